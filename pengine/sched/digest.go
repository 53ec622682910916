package sched

import (
	"strings"
	"time"

	"github.com/tactus-ha/tactus/pengine/state"
)

// paramCheck is a comparison of parameters that has to wait until addresses are known.
type paramCheck struct {
	rsc     *resource
	node    *node
	op      *state.Op
	failure bool // op failed: changed parameters forgive it
}

// checkDefinitions compares what runs with what is configured now: what changed is
// reloaded or restarted, monitors that are gone are cancelled, and histories of what is
// no longer configured are deleted.
func (p *plan) checkDefinitions() {
	byHistory := p.primitivesByHistory()
	for i, n := range p.nodes {
		if !n.maintenance && !n.available() {
			continue
		}
		for k, h := range n.History {
			p.at(i, k)
			if len(h.Ops) == 0 {
				continue
			}
			for _, r := range byHistory[h.Entry] {
				p.checkHistory(h, r, n)
			}
		}
	}
}

// primitivesByHistory finds primitives by the names that histories may use, the last
// first.
func (p *plan) primitivesByHistory() map[string][]*resource {
	m := map[string][]*resource{}
	var add func(list []*resource)
	add = func(list []*resource) {
		for _, r := range list {
			if r.isPrimitive() {
				m[string(r.ID)] = append([]*resource{r}, m[string(r.ID)]...)
				if r.histID != "" && r.histID != r.ID {
					m[string(r.histID)] = append([]*resource{r}, m[string(r.histID)]...)
				}
			}
			add(r.children)
		}
	}
	add(p.resources)
	return m
}

func (p *plan) checkHistory(h *state.History, r *resource, n *node) {
	if r.Removed {
		if !r.top().isAnonClone() {
			p.scheduleCleanup(r, n, false)
		}
		return
	}
	if !r.activeOn(n) {
		if p.agentChanged(h, r, n, false) {
			p.scheduleCleanup(r, n, false)
		}
		return
	}
	if p.agentChanged(h, r, n, true) {
		p.scheduleCleanup(r, n, false)
	}
	if h.StartIndex < h.StopIndex {
		return // it is stopped
	}
	for i, op := range h.Ops {
		if i < h.StartIndex {
			continue
		}
		p.checkOperation(op, r, n)
	}
}

func (p *plan) checkOperation(op *state.Op, r *resource, n *node) {
	switch {
	case op.IntervalMS > 0 && (r.is(fMaintenance) || n.maintenance):
		p.scheduleCancel(r, op.CallID, op.Task, op.IntervalMS, n)
		return
	case op.IntervalMS > 0:
	case op.Task == taskMonitor, op.Task == taskStart, op.Task == taskPromote, op.Task == taskMigrateFrom:
	default:
		return
	}
	if p.needsAddress(r) {
		p.checks = append(p.checks, paramCheck{r, n, op, false})
	} else if p.operationChanged(op, r, n) && p.failcount(r, n, false) != 0 {
		p.clearFailcount(r, n, "action definition changed")
	}
}

// runParamChecks makes the comparisons that had to wait, the last first.
func (p *plan) runParamChecks() {
	for i := len(p.checks) - 1; i >= 0; i-- {
		c := &p.checks[i]
		if c.failure {
			if res, _ := c.rsc.CompareDigests(c.op, c.node.Node, p.hostAddress(c.rsc)); res == state.DigestMismatch || res == state.DigestRestart {
				p.clearFailcount(c.rsc, c.node, "resource parameters have changed")
			}
		} else if p.operationChanged(c.op, c.rsc, c.node) && p.failcount(c.rsc, c.node, false) != 0 {
			p.clearFailcount(c.rsc, c.node, "action definition changed")
		}
	}
}

// agentChanged reports whether another agent than the configured one was used, and has
// what it started restarted.
func (p *plan) agentChanged(h *state.History, r *resource, n *node, active bool) bool {
	changed := false
	for _, pair := range [][2]string{{r.Type, h.Type}, {r.Class, h.Class}, {r.Provider, h.Provider}} {
		if pair[0] != pair[1] {
			changed = true
			p.triggerUnfencing(r, n, "Device definition changed")
		}
	}
	if changed && active {
		p.noteOrigin(p.stop(r, n, false), originAgent)
		r.set(fStartPending)
	}
	return changed
}

// scheduleCleanup makes the action that deletes r's history on n, between a stop and a
// start.
func (p *plan) scheduleCleanup(r *resource, n *node, optional bool) {
	if r.is(fFailed) || n.unclean || !n.online {
		return
	}
	p.notice("Scheduling clean-up of " + string(r.ID) + " on " + n.name())
	p.noteOrigin(p.action(r, r.key(taskDelete), taskDelete, n, optional), originAgent)
	flags := relOrdered
	if optional {
		flags = relFirstImpliesThen
	}
	p.order(r, taskStop, r, taskDelete, flags)
	p.order(r, taskDelete, r, taskStart, flags)
}

// operationChanged compares one operation with the configuration and does what follows.
// It reports whether something changed.
func (p *plan) operationChanged(op *state.Op, r *resource, n *node) bool {
	interval := time.Duration(op.IntervalMS) * time.Millisecond
	if op.IntervalMS > 0 && r.Op(op.Task, interval, false) == nil {
		if p.c.Options.CancelRemoved {
			p.scheduleCancel(r, op.CallID, op.Task, op.IntervalMS, n)
		}
		return true
	}
	task := op.Task
	if op.IntervalMS == 0 && (task == taskMonitor || task == taskMigrateFrom || task == taskPromote) {
		task = taskStart
	}
	res, d := r.CompareDigests(op, n.Node, p.hostAddress(r))
	if p.c.Sanitized && res != state.DigestMatch {
		if secure, ok := op.XML.Lookup("op-secure-digest"); ok && secure == d.Secure {
			p.note("Only 'private' parameters to " + readableInterval(op.IntervalMS) + "-interval " +
				task + " for " + string(r.ID) + " on " + n.name() + " changed: " + op.XML.Get("transition-magic"))
			return false
		}
	}
	switch res {
	case state.DigestRestart:
		p.forceRestart(r, task, op.IntervalMS, n)
		return true
	case state.DigestUnknown, state.DigestMismatch:
		if _, reloadable := op.XML.Lookup("op-restart-digest"); op.IntervalMS > 0 {
			p.reschedule(r, task, op.IntervalMS, n)
		} else if reloadable {
			p.triggerUnfencing(r, n, "Device parameters changed (reload)")
			p.scheduleReload(r, n)
		} else {
			p.forceRestart(r, task, op.IntervalMS, n)
		}
		return true
	}
	return false
}

// forceRestart requires the operation anew, which restarts the resource.
func (p *plan) forceRestart(r *resource, task string, intervalMS int64, n *node) {
	a := p.action(r, opKey(r.ID, task, intervalMS), task, nil, false)
	a.explain("resource definition change", true)
	p.noteOrigin(a, originDefinition)
	p.triggerUnfencing(r, n, "Device parameters changed")
}

// scheduleReload tells the agent that its parameters changed, unless it is stopped or
// demoted anyway.
func (p *plan) scheduleReload(r *resource, n *node) {
	if len(r.children) > 0 {
		for _, c := range r.children {
			p.scheduleReload(c, n)
		}
		return
	}
	if n == nil || !r.is(fManaged) || r.is(fFailed) {
		return
	}
	if r.is(fStartPending) {
		p.noteOrigin(p.stop(r, n, false), originDefinition)
		return
	}
	r.set(fReload)
	a := p.action(r, r.key(taskReload), taskReload, n, false)
	a.explain("resource definition change", false)
	p.orderEnds(actionEnd(a), taskOf(r, taskStop), relOrdered|relThenCancelsFirst)
	p.orderEnds(actionEnd(a), taskOf(r, taskDemote), relOrdered|relThenCancelsFirst)
}

// deviceDigest is what a fencing device's parameters amount to.
type deviceDigest struct {
	all, secure string
	changed     bool // since the node was unfenced
}

// unfencingDigest compares a device's parameters with those that n was unfenced with.
func (p *plan) unfencingDigest(r *resource, agent string, n *node) deviceDigest {
	d := r.Digests("stonith-on", 0, n.Node, nil, nil, "")
	out := deviceDigest{all: d.All, secure: d.Secure}
	recorded, ok := n.Attrs["#digests-all"]
	if !ok || strings.Contains(recorded, string(r.ID)+":"+agent+":"+d.All) {
		return out
	}
	secure := string(r.ID) + ":" + agent + ":" + d.Secure
	if strings.Contains(n.Attrs["#digests-secure"], secure) {
		p.note("Only 'private' parameters to " + string(r.ID) + " for unfencing " + n.name() + " changed")
		return out
	}
	out.changed = true
	if p.c.Sanitized {
		p.note("Parameters to " + string(r.ID) + " for unfencing " + n.name() + " changed, try '" + secure + "'")
	}
	return out
}

// readableInterval prints an interval as people say it: "10s", "1m30s", "0s".
func readableInterval(ms int64) string {
	if ms == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []struct {
		ms   int64
		name string
	}{{86400000, "d"}, {3600000, "h"}, {60000, "m"}} {
		if n := ms / u.ms; n > 0 {
			b.WriteString(itoa(n) + u.name)
			ms %= u.ms
		}
	}
	switch rest := ms % 1000; {
	case ms >= 1000 && rest > 0:
		b.WriteString(itoa(ms/1000) + "." + itoa(1000 + rest)[1:] + "s")
	case ms >= 1000:
		b.WriteString(itoa(ms/1000) + "s")
	case ms > 0:
		b.WriteString(itoa(ms) + "ms")
	}
	return b.String()
}
