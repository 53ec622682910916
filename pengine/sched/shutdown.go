package sched

import (
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/pengine/state"
)

// shutDown makes the action that lets a node go, after everything on it has stopped.
func (p *plan) shutDown(n *node) *Action {
	down := p.action(nil, taskShutdown+"-"+string(n.Name), taskShutdown, n, false)
	for i := len(p.actions) - 1; i >= 0; i-- {
		a := p.actions[i]
		if a.node != n || a.Task != taskStop || a.rsc == nil {
			continue
		}
		if a.rsc.is(fMaintenance) || n.maintenance || !a.rsc.is(fManaged) && !a.rsc.is(fBlocked) {
			continue // stays as it is
		}
		a.requireFor(down)
		p.orderEnds(end{rsc: a.rsc, action: a}, actionEnd(down), relOrdered|relUnrunnableFirstBlocks)
	}
	down.setMeta("op_no_wait", "true")
	return down
}

// applyShutdownLocks keeps what ran on a node that leaves in good order from starting
// elsewhere (shutdown-lock).
func (p *plan) applyShutdownLocks() {
	if !p.c.Options.ShutdownLock {
		return
	}
	for i, r := range p.resources {
		p.at(i, -1)
		p.lock(r)
	}
}

func (p *plan) lock(r *resource) {
	switch r.Variant {
	case state.Group:
		for _, m := range r.children {
			p.lock(m)
		}
		return
	case state.Clone, state.Bundle:
		return // cannot be locked
	}
	if r.FenceDevice || r.RemoteConnection {
		return
	}
	if r.lockNode != nil {
		if len(r.active) > 0 { // it was started all the same
			p.noteOrigin(p.clearHistory(r, r.lockNode), "it was started although it was locked to a node")
			r.lockNode, r.lockTime = nil, time.Time{}
		}
	} else if len(r.active) == 1 {
		if n := r.active[0]; n.shutdown && !n.unclean {
			r.lockNode, r.lockTime = n, p.shutdownTime(n)
		}
	}
	if r.lockNode == nil {
		return
	}
	if limit := p.c.Options.ShutdownLockLimit; limit > 0 {
		p.recheck(r.lockTime.Add(limit.Truncate(time.Second) + time.Second))
	}
	for _, n := range p.nodes {
		if n != r.lockNode {
			p.addLocation(r, n, -infinity, CauseShutdownLock)
		}
	}
}

// shutdownTime is when a node asked to leave.
func (p *plan) shutdownTime(n *node) time.Time {
	if s, err := strconv.ParseInt(n.Attrs["shutdown"], 10, 64); err == nil && s != 0 {
		return time.Unix(s, 0)
	}
	return p.c.Now
}

// locksToNode reports whether an action keeps its resource's shutdown lock.
func locksToNode(a *Action) bool {
	if a.rsc == nil || a.node == nil || a.node != a.rsc.lockNode {
		return false
	}
	return !a.node.shutdown || a.Task == taskStop
}
