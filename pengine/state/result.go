package state

import (
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// progress follows one resource's history on one node, entry by entry.
type progress struct {
	r           *reader
	rsc         *Resource
	node        *Node
	onFail      OnFail
	lastFailure *Op
}

// result is one entry with its outcome as the scheduler sees it.
type result struct {
	*Op
	status   crm.ExecStatus
	rc       crm.ExitCode
	interval time.Duration
}

// tasks that say something about whether a resource is active.
var stateful = map[string]bool{"monitor": true, "start": true, "stop": true, "promote": true, "demote": true,
	"migrate_to": true, "migrate_from": true, "asyncmon": true}

// entry takes the next entry into account.
func (p *progress) entry(op *Op) {
	if op.ID == "" || !stateful[op.Task] || !p.valid(op) {
		return
	}
	res := &result{Op: op, status: op.Status, rc: op.RC, interval: time.Duration(op.IntervalMS) * time.Millisecond}
	expired := p.expired(res)
	p.remap(res, expired)
	if expired && p.ignoreExpired(res) {
		return
	}
	if p.masked(op) {
		p.maskProbe(res)
		return
	}
	switch res.status {
	case crm.ExecPending:
		p.pending(res)
	case crm.ExecDone:
		p.update(res, res.rc)
	case crm.ExecNotInstalled:
		p.notInstalled(res)
	default:
		if res.status == crm.ExecNotConnected && p.node.Kind != ClusterNode && p.node.Remote != nil && p.node.Remote.Managed {
			p.node.Remote.Failed, p.node.Remote.StopIfFailed = true, true
		}
		p.failure(res)
	}
}

// valid reports whether the result can be understood.
func (p *progress) valid(op *Op) bool {
	status, ok1 := intAttr(op.XML, "op-status")
	rc, ok2 := intAttr(op.XML, "rc-code")
	if !ok1 || status < int(crm.ExecPending) || status > int(crm.ExecNoSecrets) || status == int(crm.ExecCancelled) {
		p.r.finding("error", "Ignoring resource history entry "+op.ID+" for "+string(p.rsc.ID)+" on "+p.node.Label()+
			" with invalid op-status '"+op.XML.Get("op-status")+"'")
		return false
	}
	if !ok2 || rc < 0 || rc > 255 {
		p.r.finding("error", "Ignoring resource history entry "+op.ID+" for "+string(p.rsc.ID)+" on "+p.node.Label()+
			" with invalid rc-code '"+op.XML.Get("rc-code")+"'")
		return false
	}
	return true
}

// masked reports whether the entry is a probe whose failure only means "cannot run here".
func (p *progress) masked(op *Op) bool { return !p.rsc.Bundled() && op.MaskedProbe() }

// MaskedProbe reports whether the operation is a probe that failed in a way that only
// means that the resource cannot run there: treated as "not running".
func (o *Op) MaskedProbe() bool {
	return o.IsProbe() && (o.RC == crm.NotInstalled || o.RC == crm.InvalidParam || o.Status == crm.ExecNotInstalled)
}

// anonymousTop is whom bans concern: the whole clone when its instances are anonymous.
func (p *progress) anonymousTop() *Resource {
	if p.rsc.Unique {
		return p.rsc
	}
	return p.rsc.Top()
}

// remap turns what the agent said into what it means, given what was expected.
func (p *progress) remap(res *result, expired bool) {
	switch res.rc {
	case crm.Degraded, crm.DegradedPromoted:
		if res.rc == crm.Degraded {
			res.rc = crm.OK
		} else {
			res.rc = crm.RunningPromoted
		}
		if !expired && (!p.node.Shutdown || p.node.Online) {
			p.recordFailed(res)
		}
	}
	if p.masked(res.Op) && (res.status != crm.ExecDone || res.rc != crm.NotRunning) {
		res.status, res.rc = crm.ExecDone, crm.NotRunning
	}
	switch res.status {
	case crm.ExecDone, crm.ExecError:
	case crm.ExecNoFenceDevice, crm.ExecNoSecrets:
		res.status = crm.ExecErrorHard
		return
	default:
		return
	}
	switch {
	case res.ExpectedRC < 0:
		res.status = crm.ExecError
		p.r.finding("warning", "Expected result not found for "+res.Key+" on "+p.node.Label()+" (corrupt or obsolete CIB?)")
	case res.rc == res.ExpectedRC:
		res.status = crm.ExecDone
	default:
		res.status = crm.ExecError
	}
	p.remapByCode(res, expired)
}

func (p *progress) remapByCode(res *result, expired bool) {
	rsc, probe := p.rsc, res.IsProbe()
	switch res.rc {
	case crm.OK:
		if probe && res.ExpectedRC == crm.NotRunning {
			res.status = crm.ExecDone
		}
	case crm.NotRunning:
		if probe || res.ExpectedRC == res.rc || !rsc.Managed {
			res.status = crm.ExecDone
			rsc.Role, rsc.Target = crm.RoleStopped, crm.RoleUnknown
			p.onFail = FailIgnore
		}
	case crm.RunningPromoted:
		if probe && res.rc != res.ExpectedRC {
			res.status = crm.ExecDone
		}
		if !expired || res.rc == res.ExpectedRC {
			rsc.Role = crm.RolePromoted
		}
	case crm.FailedPromoted:
		if !expired {
			rsc.Role = crm.RolePromoted
		}
		res.status = crm.ExecError
	case crm.NotConfigured:
		res.status = crm.ExecErrorFatal
	case crm.Unimplemented:
		if res.IntervalMS != 0 {
			res.status = crm.ExecNotSupported
			return
		}
		p.blockIfUnrecoverable(res, expired)
		res.status = crm.ExecErrorHard
	case crm.NotInstalled, crm.InvalidParam, crm.NoPermission:
		p.blockIfUnrecoverable(res, expired)
		res.status = crm.ExecErrorHard
	default:
		if res.status == crm.ExecDone {
			res.status = crm.ExecError
		}
	}
}

// blockIfUnrecoverable gives a resource up whose stop failed where fencing is no way out.
func (p *progress) blockIfUnrecoverable(res *result, expired bool) {
	if expired || res.Task != "stop" || p.r.c.CanFence(p.node) {
		return
	}
	p.r.finding("error", "No further recovery can be attempted for "+string(p.rsc.ID)+" because "+res.Task+" on "+
		p.node.Label()+" failed ("+res.reason()+") at "+lastChange(res.Op)+" rc="+strconv.Itoa(int(res.rc))+" id="+res.ID)
	p.rsc.Managed, p.rsc.Blocked = false, true
}

func (res *result) reason() string {
	if res.ExitReason == "" {
		return res.rc.String()
	}
	return res.rc.String() + ": " + res.ExitReason
}

// setActive gives a resource the role that "it runs" means for it.
func (p *progress) setActive() {
	if p.rsc.Top().Promotable {
		p.rsc.Role = crm.RoleUnpromoted
	} else {
		p.rsc.Role = crm.RoleStarted
	}
}

// update takes a success into account.
func (p *progress) update(res *result, rc crm.ExitCode) {
	rsc, clears := p.rsc, false
	switch {
	case rc == crm.NotInstalled || p.masked(res.Op):
		rsc.Role = crm.RoleStopped
	case rc == crm.NotRunning:
		clears = true
	case res.Task == "monitor":
		clears = p.lastFailure != nil && res.Key == p.lastFailure.Key
		if rsc.Role < crm.RoleStarted {
			p.setActive()
		}
	case res.Task == "start" || res.Task == "migrate_from":
		rsc.Role, clears = crm.RoleStarted, true
	case res.Task == "stop":
		rsc.Role, clears = crm.RoleStopped, true
	case res.Task == "promote":
		rsc.Role, clears = crm.RolePromoted, true
	case res.Task == "demote":
		clears = p.onFail == FailDemote
		rsc.Role = crm.RoleUnpromoted
	case res.Task == "migrate_to":
		p.migrateToDone(res)
	case rsc.Role < crm.RoleStarted:
		p.setActive()
	}
	if !clears {
		return
	}
	switch p.onFail {
	case FailStop, FailBan, FailStandby, FailFence:
	case FailResetRemote:
		if rsc.ReconnectInterval == 0 {
			p.onFail, rsc.Target = FailIgnore, crm.RoleUnknown
		}
	default:
		p.onFail, rsc.Target = FailIgnore, crm.RoleUnknown
	}
}

// pending takes an operation in flight into account.
func (p *progress) pending(res *result) {
	if f := p.lastFailure; f != nil && f.Task == res.Task && f.IntervalMS == res.IntervalMS &&
		!f.LastChange.IsZero() && !res.LastChange.IsZero() && !f.LastChange.Before(res.LastChange) {
		return // the failure came later: it is no longer pending
	}
	rsc := p.rsc
	switch res.Task {
	case "start":
		rsc.StartPending = true
		p.setActive()
	case "promote":
		rsc.Role = crm.RolePromoted
	case "migrate_to":
		if p.node.Unclean {
			if target := p.r.c.Node(crm.NodeName(res.XML.Get("migrate_target"))); target != nil {
				p.r.stopOn(rsc, target)
			}
		}
	}
	if rsc.PendingOp == "" && !res.IsProbe() {
		rsc.PendingOp, rsc.PendingNode = res.Task, p.node
	}
}

func (p *progress) maskProbe(res *result) {
	p.update(res, res.ExpectedRC)
	p.recordFailed(res)
	p.r.locate(p.anonymousTop(), p.node, -crm.Infinity, "masked-probe-failure")
}

// recordFailed adds an entry to the failed operations that displays show.
func (p *progress) recordFailed(res *result) {
	if !p.node.Online {
		return
	}
	key := histKey{string(p.node.Name), res.Key}
	if p.r.failedSeen == nil {
		p.r.failedSeen = map[histKey]bool{}
	}
	if p.r.failedSeen[key] {
		return
	}
	p.r.failedSeen[key] = true
	p.r.c.Failed = append(p.r.c.Failed, res.Op)
}

// handling works out what the configuration wants after a failure.
func (p *progress) handling(res *result) (OnFail, crm.Role) {
	config := p.rsc.Op(res.Task, res.interval, true)
	meta := p.rsc.OpMeta(config, p.node, res.Task, res.interval)
	f := p.rsc.OnFail(res.Task, res.interval, meta["on-fail"])
	return f, p.rsc.RoleAfterFailure(res.Task, f)
}

func (p *progress) notInstalled(res *result) {
	f, role := p.handling(res)
	if f == FailIgnore {
		p.onFail = FailBan
	}
	p.r.locate(p.anonymousTop(), p.node, -crm.Infinity, "hard-error")
	p.failed(res, f, role)
}

func (p *progress) failure(res *result) {
	f, role := p.handling(res)
	if f == FailIgnore || f == FailRestartContainer && res.Task == "stop" {
		p.update(res, res.ExpectedRC)
		p.rsc.FailureIgnored = true
		p.recordFailed(res)
		if f == FailRestartContainer && p.onFail <= FailRestart {
			p.onFail = f
		}
		return
	}
	p.failed(res, f, role)
	top := p.anonymousTop()
	switch res.status {
	case crm.ExecErrorHard:
		p.r.locate(top, p.node, -crm.Infinity, "hard-error")
	case crm.ExecErrorFatal:
		p.r.finding("error", "Preventing "+string(top.ID)+" from restarting anywhere because of fatal failure ("+res.reason()+") "+res.ID)
		p.r.locate(top, nil, -crm.Infinity, "fatal-error")
	}
}

// failed takes a failure into account.
func (p *progress) failed(res *result, config OnFail, role crm.Role) {
	rsc := p.rsc
	p.lastFailure = res.Op
	if p.r.c.Options.Symmetric || res.rc != crm.NotInstalled {
		task := res.Task
		if res.IsProbe() {
			task = "probe"
		}
		p.r.finding("warning", "Unexpected result ("+res.reason()+") was recorded for "+task+" of "+string(rsc.ID)+" on "+
			p.node.Label()+" at "+lastChange(res.Op)+" exit-status="+strconv.Itoa(int(res.rc))+" id="+res.ID)
		p.recordFailed(res)
	}
	p.onFail = max(p.onFail, config)
	switch res.Task {
	case "stop":
		p.r.locate(rsc, p.node, -crm.Infinity, "__stop_fail__")
	case "migrate_to":
		p.migrateToFailed(res)
	case "migrate_from":
		p.migrateFromFailed(res)
	case "promote":
		rsc.Role = crm.RolePromoted
	case "demote":
		switch {
		case config == FailBlock:
			rsc.Role, rsc.Target = crm.RolePromoted, crm.RoleStopped
		case res.rc == crm.NotRunning:
			rsc.Role = crm.RoleStopped
		default:
			rsc.Role = crm.RoleUnpromoted // it will be stopped; staying promoted would loop
		}
	}
	if res.IsProbe() && res.rc == crm.NotInstalled {
		rsc.Role = crm.RoleStopped
	} else if rsc.Role < crm.RoleStarted {
		p.setActive()
	}
	if role != crm.RoleStarted && rsc.Target < role {
		rsc.Target = role
	}
	if role == crm.RoleStopped {
		p.banEverywhere()
	}
}

func (p *progress) banEverywhere() {
	rsc := p.rsc
	if rsc.Parent != nil {
		if top := rsc.Top(); top.AnonymousClone() {
			rsc = top
		}
	}
	p.r.banEverywhere(rsc, "on-fail=stop")
}
