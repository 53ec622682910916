package state

import (
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// failures sums a resource's fail-count and last-failure attributes on a node.
type failures struct {
	count crm.Score
	last  int64 // seconds since the epoch; 0: not recorded
}

// FailCountOptions says which failures count.
type FailCountOptions struct {
	Effective bool // failures that failure-timeout has outlived do not
	Launched  bool // those of resources that this one launches do
}

// FailCount gives how often a resource has failed on a node, and when last (zero when it
// has not, or nobody knows). op narrows the question whether on-fail=block keeps failures
// from expiring to one history entry; nil: to all.
func (c *Cluster) FailCount(n *Node, rsc *Resource, o FailCountOptions, op *Op) (crm.Score, time.Time) {
	f := c.failuresOf(n, rsc)
	timeout := rsc.FailureTimeout
	if f.count > 0 && timeout > 0 && c.blockKeeps(n, rsc, op) {
		timeout = 0
	}
	if o.Effective && f.count > 0 && f.last > 0 && timeout > 0 && c.Now.Unix() > f.last+int64(WholeSeconds(timeout)/time.Second) {
		f.count = 0
	}
	if o.Launched && !rsc.Bundled() {
		for _, l := range rsc.Launched {
			count, last := c.FailCount(n, l, o, op)
			f.count += count
			if !last.IsZero() {
				f.last = max(f.last, last.Unix())
			}
		}
	}
	if f.count <= 0 || f.last == 0 {
		return f.count, time.Time{}
	}
	return f.count, time.Unix(f.last, 0)
}

// failuresOf looks a resource's failures up in the node's attributes.
func (c *Cluster) failuresOf(n *Node, rsc *Resource) failures {
	if n.fails == nil {
		c.indexFailures(n)
	}
	name := string(rsc.HistoryID)
	if name == "" {
		name = string(rsc.ID)
	}
	if rsc.Unique {
		return n.fails[name]
	}
	return n.failsBase[baseName(name)]
}

func (c *Cluster) indexFailures(n *Node) {
	n.fails, n.failsBase = map[string]failures{}, map[string]failures{}
	for key, value := range n.Attrs {
		count := true
		rest, ok := strings.CutPrefix(key, "fail-count-")
		if !ok {
			count = false
			if rest, ok = strings.CutPrefix(key, "last-failure-"); !ok {
				continue
			}
		}
		name, ok := failureName(rest)
		if !ok {
			continue
		}
		for _, m := range []struct {
			index map[string]failures
			name  string
		}{{n.fails, name}, {n.failsBase, baseName(name)}} {
			f := m.index[m.name]
			if count {
				if s, err := c.ParseScore(value); err == nil {
					f.count = f.count.Add(s)
				}
			} else if t, err := strconv.ParseInt(numberIn(value), 10, 64); err == nil {
				f.last = max(f.last, t)
			}
			m.index[m.name] = f
		}
	}
}

// failureName cuts the operation ("#start_0") off the name of a failure attribute.
func failureName(rest string) (string, bool) {
	i := strings.LastIndexByte(rest, '#')
	if i <= 0 {
		return "", false
	}
	op := rest[i+1:]
	j := strings.LastIndexByte(op, '_')
	if j <= 0 || j+1 == len(op) {
		return "", false
	}
	_, err := strconv.ParseUint(op[j+1:], 10, 64)
	return rest[:i], err == nil
}

// blockKeeps reports whether a failure of an operation with on-fail=block keeps the
// resource's failures from expiring.
func (c *Cluster) blockKeeps(n *Node, rsc *Resource, op *Op) bool {
	id := baseName(string(rsc.ID))
	if rsc.Variant != Primitive || rsc.XML.ID() != id {
		return false
	}
	for _, config := range rsc.Ops {
		if config.XML.Get("on-fail") != "block" {
			continue
		}
		if op != nil {
			if blockedFailure(id, config, op) {
				return true
			}
			continue
		}
		for _, h := range n.History {
			if h.Entry != id {
				continue
			}
			for _, o := range h.Ops {
				if o.Task == config.Name && blockedFailure(id, config, o) {
					return true
				}
			}
		}
	}
	return false
}

func blockedFailure(id string, config *OpConfig, op *Op) bool {
	if config.Interval.Milliseconds() != op.IntervalMS || !equalFold(config.Name, op.Task) {
		return false
	}
	if equalFold(op.ID, id+"_last_failure_0") {
		return true
	}
	key := crm.OpKey{Resource: crm.ResourceID(id), Name: config.Name, Interval: config.Interval}
	return equalFold(op.ID, key.String()) && op.RC != op.ExpectedRC
}

// expired reports whether a failure has outlived the resource's failure-timeout, and
// asks for its failcount to be cleared when that or changed parameters call for it.
func (p *progress) expired(res *result) bool {
	rsc, c := p.rsc, p.r.c
	if res.status == crm.ExecNotInstalled {
		return false
	}
	last := strings.HasSuffix(res.ID, "_last_failure_0")
	timeout := WholeSeconds(rsc.FailureTimeout)
	expired, reason := false, ""
	var unexpired crm.Score
	if timeout > 0 && !res.LastChange.IsZero() {
		expired = !c.Now.Before(res.LastChange.Add(timeout)) && !p.waitsForFencing(res)
		var when time.Time
		unexpired, when = c.FailCount(p.node, rsc, FailCountOptions{Effective: true}, res.Op)
		if unexpired != 0 && !when.IsZero() {
			if again := when.Add(timeout + time.Second); c.Now.Before(again) {
				p.r.recheck(again)
			}
		}
		if c.blockKeeps(p.node, rsc, res.Op) && c.failuresOf(p.node, rsc).count > 0 {
			rsc.FailureTimeout = 0
		}
	}
	if expired {
		count, _ := c.FailCount(p.node, rsc, FailCountOptions{}, res.Op)
		switch {
		case count != 0 && unexpired == 0:
			reason = "it expired"
		case count != 0:
			expired = false
		case last && rsc.ReconnectInterval > 0:
			reason = "reconnect interval is set"
		}
	}
	if !expired && last && p.parametersChanged(res) {
		reason = "resource parameters have changed"
	}
	if reason != "" {
		p.r.effect(Effect{Kind: ClearFailcount, Resource: rsc, Node: p.node, Reason: reason})
		if c.Options.FencingEnabled && rsc.ReconnectInterval > 0 {
			if remote := c.Node(crm.NodeName(rsc.ID)); remote != nil {
				p.r.effect(Effect{Kind: OrderAfterFencing, Resource: rsc, Node: remote})
			}
		}
	}
	if expired && res.IsProbe() {
		switch res.rc {
		case crm.OK, crm.NotRunning, crm.RunningPromoted, crm.Degraded, crm.DegradedPromoted:
			expired = false
		}
	}
	return expired
}

// waitsForFencing reports whether the failure of a remote connection's monitor must not
// expire before the node was fenced.
func (p *progress) waitsForFencing(res *result) bool {
	if p.rsc.ReconnectInterval == 0 || !p.r.c.Options.FencingEnabled || res.IntervalMS == 0 || res.Task != "monitor" {
		return false
	}
	remote := p.r.c.Node(crm.NodeName(p.rsc.ID))
	return remote != nil && !remote.RemoteFenced
}

// parametersChanged reports whether the configuration changed since the failure.
func (p *progress) parametersChanged(res *result) bool {
	if res.Task != "start" && res.Task != "monitor" {
		return false
	}
	if p.rsc.NeedsRemoteName() {
		p.r.effect(Effect{Kind: CheckParams, Resource: p.rsc, Node: p.node, Op: res.Op})
		return false
	}
	d, _ := p.rsc.CompareDigests(res.Op, p.node, "")
	return d == DigestMismatch || d == DigestRestart
}

// ignoreExpired forgets an expired failure; it reports whether the entry is done with.
func (p *progress) ignoreExpired(res *result) bool {
	if p.masked(res.Op) && res.RC != res.ExpectedRC {
		if p.rsc.Role <= crm.RoleStopped {
			p.rsc.Role = crm.RoleUnknown
		}
		return true
	}
	if res.rc == res.ExpectedRC {
		return false
	}
	if res.IntervalMS == 0 {
		return true
	}
	if p.node.Online && !p.node.Unclean {
		res.Rescheduled = true
		return true
	}
	return false
}
