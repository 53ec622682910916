package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Decisive says what made a node win over another for a resource: what forbids the
// other; else the contributions that differ, the heaviest first; else how equals are told
// apart. It is empty when nothing on record tells.
func (r *Result) Decisive(rsc *state.Resource, winner, loser *state.Node) []Cause {
	if forbidden := r.Forbidden(rsc, loser); len(forbidden) > 0 {
		return forbidden
	}
	p := r.plan
	w := p.all[rsc.Index]
	if list := p.differences(w, p.wrapNode(winner), p.wrapNode(loser)); len(list) > 0 && w.allowed.get(p.wrapNode(winner)) > w.allowed.get(p.wrapNode(loser)) {
		return list
	}
	if c := p.tieBreak(w, winner, loser); c.Kind != CauseUnknown {
		return []Cause{c}
	}
	return nil
}

// differences lists the causes that gave the winner more than the loser (or the loser
// less than nothing), the heaviest first.
func (p *plan) differences(w *resource, winner, loser *node) []Cause {
	var list []Cause
	add := func(m mark, sign crm.Score) {
		c := p.causeOf(w, m)
		c.Score = sign * m.delta
		for i := range list {
			if o := &list[i]; o.Kind == c.Kind && o.ID == c.ID && o.Rule == c.Rule && o.Resource == c.Resource {
				if o.Score = o.Score.Add(c.Score); sign > 0 {
					o.Node = c.Node
				}
				return
			}
		}
		list = append(list, c)
	}
	for _, m := range w.allowed.trail {
		switch {
		case m.delta == 0:
		case m.node == winner:
			add(m, 1)
		case m.node == loser:
			add(m, -1)
		}
	}
	list = slices.DeleteFunc(list, func(c Cause) bool { return c.Score <= 0 })
	if slices.ContainsFunc(list, func(c Cause) bool { return c.Kind != CauseNodeScore }) {
		list = slices.DeleteFunc(list, func(c Cause) bool { return c.Kind == CauseNodeScore })
	}
	slices.SortStableFunc(list, func(a, b Cause) int { return int(b.Score - a.Score) })
	return list
}

// tieBreak says how two nodes with equal scores were told apart.
func (p *plan) tieBreak(w *resource, winner, loser *state.Node) Cause {
	if w.choice == nil {
		return Cause{}
	}
	var a, b *Rank
	for i := range w.choice.Ranked {
		switch rank := &w.choice.Ranked[i]; rank.Node {
		case winner:
			a = rank
		case loser:
			b = rank
		}
	}
	if a == nil || b == nil || a.Score != b.Score {
		return Cause{}
	}
	c := Cause{Node: winner, Count: a.Assigned, Limit: b.Assigned}
	strategy := strings.ToLower(p.c.Options.PlacementStrategy)
	switch {
	case strategy == "balanced" && compareFree(a.Free, b.Free) < 0:
		c.Kind = CauseTieCapacity
	case a.Running && w.choice.Chosen >= 0 && w.choice.Ranked[w.choice.Chosen].Node == winner && (strategy == "minimal" || a.Assigned >= b.Assigned):
		c.Kind = CauseTieStays
	case strategy != "minimal" && a.Assigned < b.Assigned:
		c.Kind = CauseTieFewer
	case a.Running:
		c.Kind = CauseTieStays
	default:
		c.Kind = CauseTieName
	}
	return c
}

func compareFree(a, b map[string]int) int {
	return compareCapacities(&node{utilization: a}, &node{utilization: b})
}

// RunnersUp lists the nodes that could run a primitive beside where it shall run, best
// first.
func (r *Result) RunnersUp(rsc *state.Resource) []*state.Node {
	w := r.plan.all[rsc.Index]
	var out []*state.Node
	for _, each := range r.plan.rank(w.allowed, r.plan.current(w)) {
		if each.n != w.assigned && each.score >= 0 && each.n.available() {
			out = append(out, each.n.Node)
		}
	}
	return out
}

// PlaceCauses says why a primitive shall be where it shall be, or nowhere. Of a resource
// that shall run, the first is of kind placement, unless nobody may move it; what made
// the node win follows.
func (r *Result) PlaceCauses(rsc *state.Resource) []Cause {
	return r.plan.whyPlace(r.plan.all[rsc.Index])
}

func (p *plan) whyPlace(r *resource) []Cause {
	switch {
	case r.Removed && r.assigned == nil:
		return []Cause{{Kind: CauseRemoved}}
	case !r.is(fManaged):
		return []Cause{p.whyUnmanaged(r)}
	case p.c.Options.StopAll:
		return []Cause{{Kind: CauseStopAll}}
	case r.assigned == nil:
		return p.whyNowhere(r)
	}
	out := []Cause{{Kind: CausePlacement, Node: r.assigned.Node}}
	res := Result{plan: p}
	var others []*state.Node
	if cur := p.current(r); cur != nil && cur != r.assigned {
		others = append(others, cur.Node) // why it leaves matters most
	}
	for _, n := range append(others, res.RunnersUp(r.Resource)...) {
		out = append(out, res.Decisive(r.Resource, r.assigned.Node, n)...)
		break
	}
	if len(out) > 1 {
		return out
	}
	for _, n := range p.nodes {
		if list := res.Forbidden(r.Resource, n.Node); n != r.assigned && len(list) > 0 && !aboutRemote(list[0]) && len(out) < maxCauses {
			out = append(out, list[0])
		}
	}
	if len(out) == 1 {
		out = append(out, p.differences(r, r.assigned, nil)...)
	}
	return out
}

// aboutRemote reports whether a cause only says that remote nodes are not for everything.
func aboutRemote(c Cause) bool { return c.Kind == CauseNotAllowed || c.Kind == CauseRemoteNode }

// whyUnmanaged says why nobody may touch r.
func (p *plan) whyUnmanaged(r *resource) Cause {
	switch {
	case r.is(fBlocked):
		if r.MultiplyActive == state.MultiplyBlock && len(r.active) > 1 {
			return Cause{Kind: CauseMultiple, Count: len(r.active), ID: "block"}
		}
		for _, t := range r.ticketed {
			if t.policy == lossFreeze && t.missing() {
				return t.cause()
			}
		}
		return Cause{Kind: CauseBlocked, Op: lastFailure(p.c, r.Resource, nil)}
	case p.c.Options.MaintenanceMode:
		return Cause{Kind: CauseMaintenance, ID: "maintenance-mode"}
	case len(r.active) > 0 && r.active[0].maintenance:
		return Cause{Kind: CauseNodeMaint, Node: r.active[0].Node}
	case r.is(fMaintenance) || isTrue(r.Meta["maintenance"]):
		return Cause{Kind: CauseMaintenance, ID: "maintenance", Resource: r.Resource}
	case p.c.Options.FencingEnabled && !p.c.HaveFencing:
		return Cause{Kind: CauseNoFencing}
	case r.Removed:
		return Cause{Kind: CauseRemoved}
	}
	return Cause{Kind: CauseUnmanaged}
}

// whyNowhere says why r has no place: one cause when it is the same everywhere, else what
// forbids each node.
func (p *plan) whyNowhere(r *resource) []Cause {
	if r.is(fAssigning) || r.is(fUnassigned) && len(r.allowed.trail) == 0 {
		return []Cause{{Kind: CauseLoop}}
	}
	res := Result{plan: p}
	var lists [][]Cause
	for _, n := range p.nodes {
		if list := res.Forbidden(r.Resource, n.Node); len(list) > 0 && !(n.isRemote() && aboutRemote(list[0])) {
			lists = append(lists, list)
		}
	}
	if c, ok := common(lists); ok {
		return []Cause{c}
	}
	if r.next == roleStopped && r.Target == roleStopped {
		return []Cause{p.whyStopped(r, Cause{Kind: CauseTargetRole, ID: "Stopped"})}
	}
	out := []Cause{{Kind: CauseNoNode}}
	for _, list := range lists {
		if !sameAsAny(list[0], out) || list[0].Node != nil && !sameNodeAsAny(list[0], out) {
			out = append(out, list[0])
		}
	}
	return out
}

func sameNodeAsAny(c Cause, list []Cause) bool {
	return slices.ContainsFunc(list, func(o Cause) bool { return o.Kind == c.Kind && o.ID == c.ID && o.Node == c.Node })
}

// common finds the cause that every list has; its node is dropped.
func common(lists [][]Cause) (Cause, bool) {
	if len(lists) == 0 {
		return Cause{}, false
	}
	for _, c := range lists[0] {
		switch c.Kind {
		case CauseNodeOffline, CauseNodeStandby, CauseNodeMaint, CauseNodeUnclean, CauseNodePending, CauseNodeShutdown,
			CauseFailLimit, CauseMove, CauseHardError, CauseStopFailed, CauseUtilization, CauseNotAllowed, CauseNodeFailed,
			CauseProbeFailed, CauseHealth, CauseOnFailMigrate, CauseInstanceLimit:
			continue // these are about nodes
		}
		everywhere := true
		for _, list := range lists[1:] {
			everywhere = everywhere && sameAsAny(c, list)
		}
		if everywhere {
			if c.Kind != CauseShutdownLock {
				c.Node = nil
			}
			return c, true
		}
	}
	return Cause{}, false
}

// whyStopped says why r shall be stopped at most.
func (p *plan) whyStopped(r *resource, c Cause) Cause {
	if role, ok := crm.ParseRole(r.Meta["target-role"]); ok && role == roleStopped {
		c.ID = "Stopped"
		return c
	}
	for _, n := range p.nodes {
		if n.remote == r && shutdownRequested(n) {
			return Cause{Kind: CauseNodeShutdown, Node: n.Node}
		}
	}
	if op := lastFailure(p.c, r.Resource, nil); op != nil {
		return Cause{Kind: CauseOnFailStop, Op: op, Node: op.Node}
	}
	if len(p.whyUnable(r)) > 0 {
		return p.whyUnable(r)[0]
	}
	return Cause{Kind: CauseNoNode}
}

// whyUnable lists what the cluster as a whole lacks to run r.
func (p *plan) whyUnable(r *resource) []Cause {
	if p.c.Quorate || p.c.Options.NoQuorum == state.QuorumIgnore || !r.NeedsQuorum && !r.NeedsFencing {
		return nil
	}
	return []Cause{{Kind: CauseNoQuorum, ID: p.c.Options.NoQuorum.String()}}
}
