package sched

import (
	"slices"

	"github.com/tactus-ha/tactus/pengine/state"
)

// scheduleProbes asks, on every node where it is not known, whether resources run.
func (p *plan) scheduleProbes() {
	if !p.c.Options.ProbeResources {
		return
	}
	for i, n := range p.nodes {
		if !n.online {
			if p.failedRemote(n) {
				p.fenceNode(n, "the connection is unrecoverable", false)
			}
			continue
		}
		if n.unclean || !n.ProbesAllowed {
			continue
		}
		for k, r := range p.resources {
			p.at(i, k)
			p.probe(r, n)
		}
	}
}

// probe makes the probes of r and all below it on n that are needed. It reports whether
// there were any.
func (p *plan) probe(r *resource, n *node) bool {
	switch r.Variant {
	case state.Clone:
		return p.probeClone(r, n)
	case state.Bundle:
		return p.probeBundle(r, n)
	}
	return p.probeOne(r, n)
}

func (p *plan) probeAll(list []*resource, n *node) bool {
	any := false
	for _, r := range list {
		any = p.probe(r, n) || any
	}
	return any
}

func (p *plan) probeClone(r *resource, n *node) bool {
	if r.is(fExclusiveProbes) {
		if s := r.allowed.at(n); s == nil || s.probe != probeExclusive {
			r.allowed.remove(n)
			return false
		}
	}
	r.children = slices.Clone(r.children)
	slices.SortStableFunc(r.children, compareInstanceNumbers)
	if r.Unique {
		return p.probeAll(r.children, n)
	}
	if len(r.children) == 0 {
		return false
	}
	return p.probe(p.instanceToProbe(r, n), n)
}

// instanceToProbe is the one instance of an anonymous clone that stands for all: one
// known there, one that will start there, or the first.
func (p *plan) instanceToProbe(r *resource, n *node) *resource {
	for _, i := range r.children {
		if probedOn(i, n) {
			return i
		}
	}
	for _, i := range r.children {
		if i.nodeOf(assignedNodes) == n {
			return i
		}
	}
	return r.children[0]
}

func probedOn(r *resource, n *node) bool {
	if len(r.children) == 0 {
		return r.probed[n.idx]
	}
	for _, c := range r.children {
		if probedOn(c, n) {
			return true
		}
	}
	return false
}

// cannotProbe reports whether the kinds of resource and node rule a probe out.
func (p *plan) cannotProbe(r *resource, n *node) bool {
	return n.isRemote() && (r.FenceDevice || r.RemoteConnection || n.isGuest() && p.guestConnection(r) != nil)
}

// hidden reports whether exclusive or disabled discovery forbids the probe.
func hidden(r, top *resource, n *node) bool {
	s := r.allowed.at(n)
	if r.is(fExclusiveProbes) || top.is(fExclusiveProbes) {
		if s == nil || s.probe != probeExclusive {
			return true
		}
	}
	if s == nil {
		return n.Probe == state.ProbeNever
	}
	return s.probe == probeNever
}

func (p *plan) probeOne(r *resource, n *node) bool {
	top := r.top()
	if p.cannotProbe(r, n) {
		return false
	}
	if len(r.children) > 0 {
		return p.probeAll(r.children, n)
	}
	if !r.isPrimitive() || r.launcher != nil && !r.RemoteConnection || r.Removed || r.probed[n.idx] || hidden(r, top, n) {
		return false
	}
	if n.isGuest() && p.guestGoes(n, top) {
		return false
	}
	a := p.action(r, r.key(taskMonitor), taskMonitor, n, false)
	a.clear(Optional)
	p.orderVsUnfencing(r, n, a, relOrdered)
	if !r.activeOn(n) {
		p.shareMeta(a, "op_target_rc", "7")
	} else if r.role == rolePromoted {
		p.shareMeta(a, "op_target_rc", "8")
	}
	if !top.isClone() {
		top = r
	}
	flags := relOrdered
	if !a.Is(Runnable) && len(top.active) == 0 {
		flags |= relUnrunnableFirstBlocks
	}
	p.orderEnds(end{rsc: r, action: a}, taskOf(top, taskStart), flags)
	p.orderEnds(end{rsc: r, action: a}, taskOf(top, taskReload), relOrdered)
	return true
}

// guestGoes reports whether a guest node is down or going down, so that nothing needs to
// be probed there; then starts wait for what happens to the guest.
func (p *plan) guestGoes(n *node, top *resource) bool {
	g := n.remote.launcher
	switch {
	case g.role == roleStopped:
		if a := g.assigned; a != nil && !g.probed[a.idx] {
			p.order(g, taskMonitor, top, taskStart, relOrdered)
		}
		return true
	case n.remoteReset, n.unclean, g.is(fFailed), g.next == roleStopped,
		g.role > roleStopped && g.assigned != nil && !g.activeOn(g.assigned):
		p.order(g, taskStop, top, taskStart, relOrdered)
		return true
	}
	return false
}

// orderProbes lets probes come before what depends on what they find.
func (p *plan) orderProbes() {
	for _, r := range p.resources {
		p.orderProbesOf(r)
	}
	p.orderProbesBeforeStops()
}

func (p *plan) orderProbesOf(r *resource) {
	if !r.isPrimitive() {
		for _, c := range r.children {
			p.orderProbesOf(c)
		}
		return
	}
	for _, probe := range r.actionsByKey(r.key(taskMonitor), nil) {
		for i := len(probe.after) - 1; i >= 0; i-- {
			then := probe.after[i]
			p.orderStartsAfterProbe(probe, then)
			p.visit++
			p.orderRestartsAfterProbe(probe, then.other)
		}
	}
}

// orderStartsAfterProbe: when a probe cannot run, instances of the collective resource
// that waits for it cannot start either.
func (p *plan) orderStartsAfterProbe(probe *Action, after *relation) {
	r := after.other.rsc
	if r == nil || r.Variant <= state.Group || probe.Is(Runnable) || after.flags.has(relUnrunnableFirstBlocks) ||
		probe.rsc.top() != r || after.other.Task != taskStart {
		return
	}
	for i := len(after.other.after) - 1; i >= 0; i-- {
		then := after.other.after[i].other
		if then.rsc == nil || len(then.rsc.active) > 0 || then.rsc.top() != r || then.Task != taskStart {
			continue
		}
		relate(probe, then, relOrdered|relUnrunnableFirstBlocks)
	}
}

// orderRestartsAfterProbe: a probe comes before the stop of what would be restarted
// because of what the probe finds.
func (p *plan) orderRestartsAfterProbe(probe, after *Action) {
	if !probe.rsc.isPrimitive() || probe.Task != taskMonitor || after.visited == p.visit {
		return
	}
	after.visited = p.visit
	r := after.rsc
	if r.isPrimitive() && probe.rsc != r {
		down := map[string]string{taskStart: taskStop, taskPromote: taskDemote}[after.Task]
		if down != "" {
			for _, then := range r.actionsByKey(r.key(down), nil) {
				if !then.Is(Pseudo) {
					relate(probe, then, relOrdered)
				}
			}
		}
	}
	interleave, compatible := false, (*resource)(nil)
	if r != nil && r.Variant > state.Group {
		if interleave = isTrue(r.Meta["interleave"]); interleave {
			compatible = p.compatibleInstance(probe.rsc, r, roleUnknown, false, "")
		}
	}
	for i := len(after.after) - 1; i >= 0; i-- {
		w := after.after[i]
		if !w.flags.has(relFirstImpliesThen) {
			if r == nil || r.Variant < state.Group || probe.rsc.parent == r || w.other.rsc == nil {
				continue
			}
			chained := w.other.rsc
			if chained.Variant > state.Group || chained.parent != r {
				continue
			}
			if r.Variant > state.Group && interleave && (compatible == nil || compatible != chained) {
				continue
			}
		}
		p.orderRestartsAfterProbe(probe, w.other)
	}
}

// orderProbesBeforeStops: what a stop of a resource comes before, its probes come
// before, too.
func (p *plan) orderProbesBeforeStops() {
	for _, o := range p.orderings {
		r := o.first.rsc
		if o.flags == relNone || r == nil || r == o.then.rsc || !o.first.is(taskStop) {
			continue
		}
		if o.then.rsc != nil && r.launcher == o.then.rsc && o.then.is(taskStop) {
			continue
		}
		flags := relOrdered | o.flags&(relIfFirstUnmigratable|relIfOnSameNode)
		if o.flags == relIfRequiredOnSameNode || o.flags == relIfOnSameNodeOrTarget {
			flags = o.flags
		}
		probes := r.actionsByKey(r.key(taskMonitor), nil)
		if len(probes) == 0 {
			continue
		}
		then := []*Action{o.then.action}
		if o.then.action == nil {
			then = o.then.rsc.actionsByKey(o.then.key(), nil)
		}
		for _, probe := range probes {
			for _, t := range then {
				if probeBefore(probe, t) {
					relate(probe, t, flags)
				}
			}
		}
	}
}

// probeBefore reports whether a probe belongs before an action: not before the
// unfencing of its node, nor before the shutdown of another.
func probeBefore(probe, then *Action) bool {
	if then.Task == taskFence && probe.node == then.node && then.meta["stonith_action"] == taskFenceOn {
		return false
	}
	return then.Task != taskShutdown || probe.node == nil || then.node == nil || probe.node == then.node
}
