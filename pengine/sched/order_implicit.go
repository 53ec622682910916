package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/pengine/state"
)

// orderImplicitly records what needs no configuration: stop before start, members of a
// group one after the other, instances within their clone ...
func (p *plan) orderImplicitly() {
	for i, r := range p.resources {
		p.at(i, -1)
		p.implicit(r)
	}
}

func (p *plan) implicit(r *resource) {
	switch r.Variant {
	case state.Primitive:
		p.implicitPrimitive(r)
	case state.Group:
		p.implicitGroup(r)
	case state.Clone:
		p.implicitClone(r)
	case state.Bundle:
		p.implicitBundle(r)
	}
}

func (p *plan) implicitPrimitive(r *resource) {
	if !r.is(fManaged) {
		return
	}
	p.order(r, taskStop, r, taskStart, relOrdered|relFirstImpliesThen|relIntermediateStop)
	if r.top().Promotable || r.role > roleUnpromoted {
		p.order(r, taskDemote, r, taskStop, relPromotedThenImpliesFirst)
		p.order(r, taskStart, r, taskPromote, relUnrunnableFirstBlocks)
	}
	// A history is not deleted where the resource is being probed.
	p.order(r, taskClearHistory, r, taskMonitor, relIfOnSameNode|relThenCancelsFirst)

	unfencing := !r.FenceDevice && p.c.UnfencingInUse && r.NeedsUnfencing
	capacity := len(r.util) > 0 && !p.defaultPlacement()
	var allowed []*node
	if unfencing || capacity || r.launcher != nil {
		allowed = p.allowedNodes(r.allowed)
		slices.SortStableFunc(allowed, func(a, b *node) int { return compareNames(string(a.Name), string(b.Name)) })
	}
	if unfencing {
		for _, n := range allowed {
			p.orderRestartVsUnfence(r, n)
		}
	}
	if capacity {
		p.orderUtilization(r, allowed)
	}
	if r.launcher != nil {
		p.implicitLaunched(r, allowed)
	}
	if r.RemoteConnection || r.FenceDevice {
		p.banRemotes(r)
	}
}

func (p *plan) banRemotes(r *resource) {
	for _, n := range p.byIndex {
		if n.remote != nil && r.allowed.has(n) {
			r.allowed.ban(n, CauseRemoteNode)
		}
	}
}

// implicitLaunched ties r to what launches it: to the node inside, or to the place of
// the launcher.
func (p *plan) implicitLaunched(r *resource, allowed []*node) {
	l := r.launcher
	var connection *resource
	if r.RemoteConnection {
		if !r.remoteNesting() {
			p.banRemotes(l)
		}
		p.order(l, taskMonitor, r, taskStop, relOrdered)
	} else if l.RemoteConnection {
		connection = l
	} else {
		connection = p.guestConnection(l)
	}
	if connection != nil {
		for _, n := range allowed {
			if n.remote != connection {
				r.allowed.ban(n, inside{l})
			}
		}
		return
	}
	p.order(l, taskStart, r, taskStart, relFirstImpliesThen|relUnrunnableFirstBlocks)
	p.order(r, taskStop, l, taskStop, relThenImpliesFirst)
	score := infinity
	if r.remoteNesting() {
		score = 10000
	}
	p.newColocation(colocation{id: "#resource-with-container", score: score, dependent: r, primary: l, influence: true})
}

// guestConnection is the connection to the guest node that r makes; nil when none.
func (p *plan) guestConnection(r *resource) *resource {
	if !p.c.HaveRemotes {
		return nil
	}
	for _, l := range r.launched {
		if l.RemoteConnection {
			return l
		}
	}
	return nil
}

func (p *plan) implicitGroup(r *resource) {
	p.order(r, taskStop, r, taskStopped, relUnrunnableFirstBlocks)
	p.order(r, taskStopped, r, taskStart, relOrdered)
	p.order(r, taskStart, r, taskRunning, relUnrunnableFirstBlocks)
	m := memberOrder{ordered: r.GroupData.Ordered, colocated: r.GroupData.Colocated, promotable: r.top().Promotable}
	for _, member := range r.children {
		p.implicitMember(r, member, &m)
	}
}

// memberOrder is what implicitGroup remembers from member to member.
type memberOrder struct {
	ordered, colocated, promotable bool
	lastActive, previous           *resource
}

func (p *plan) implicitMember(group, r *resource, m *memberOrder) {
	down, postDown := relThenImpliesFirstGraphed, relFirstImpliesThenGraphed
	p.implicit(r)
	if m.previous == nil {
		if m.ordered {
			down |= relOrdered
			postDown = relFirstImpliesThen
		}
	} else if m.colocated {
		p.newColocation(colocation{id: "#group-members", score: infinity, dependent: r, primary: m.previous, influence: r.Critical})
	}
	up := relUnrunnableFirstBlocks | relFirstImpliesThen | relFirstImpliesThenGraphed
	if m.promotable {
		p.order(group, taskDemote, r, taskDemote, down)
		p.order(r, taskDemote, group, taskDemoted, postDown)
		p.order(r, taskPromote, group, taskPromoted, up)
		p.order(group, taskPromote, r, taskPromote, relThenImpliesFirstGraphed)
	}
	p.orderStops(group, r, down)
	p.order(r, taskStop, group, taskStopped, postDown)
	p.orderStarts(group, r, relThenImpliesFirstGraphed)
	p.order(r, taskStart, group, taskRunning, up)
	p.implicitSequence(group, r, m)
	if len(r.active) > 0 {
		if m.ordered && m.previous != nil && len(m.previous.active) == 0 && m.lastActive != nil && len(m.lastActive.active) > 0 {
			p.orderStops(r, m.lastActive, relOrdered) // a partially active group stops in sequence, too
		}
		m.lastActive = r
	}
	m.previous = r
}

// implicitSequence orders a member after its predecessor, or only after the group's own
// milestones.
func (p *plan) implicitSequence(group, r *resource, m *memberOrder) {
	implies := relFirstImpliesThen | relUnrunnableFirstBlocks
	switch {
	case !m.ordered:
		p.orderStarts(group, r, implies|relThenImpliesFirstGraphed)
		if m.promotable {
			p.order(group, taskPromote, r, taskPromote, implies|relThenImpliesFirstGraphed)
		}
	case m.previous == nil:
		p.orderStarts(group, r, relNone)
		if m.promotable {
			p.order(group, taskPromote, r, taskPromote, relNone)
		}
	default:
		p.orderStarts(m.previous, r, implies)
		p.orderStops(r, m.previous, relOrdered|relIntermediateStop)
		if len(r.active) > 0 && len(m.previous.active) == 0 {
			p.order(r, taskStop, m.previous, taskStart, relThenImpliesFirst|relUnrunnableFirstBlocks)
		}
		if m.promotable {
			p.order(m.previous, taskPromote, r, taskPromote, implies)
			p.order(r, taskDemote, m.previous, taskDemote, relOrdered)
		}
	}
}

func (p *plan) implicitClone(r *resource) {
	p.order(r, taskStopped, r, taskStart, relOrdered)
	p.order(r, taskStart, r, taskRunning, relUnrunnableFirstBlocks)
	p.order(r, taskStop, r, taskStopped, relUnrunnableFirstBlocks)
	if r.Promotable {
		p.order(r, taskDemoted, r, taskStop, relOrdered)
		p.order(r, taskRunning, r, taskPromote, relUnrunnableFirstBlocks)
	}
	ordered := r.CloneData.Ordered
	if ordered {
		r.children = slices.Clone(r.children)
		slices.SortStableFunc(r.children, compareInstanceNumbers)
	}
	for i, c := range r.children {
		p.implicit(c)
		p.orderStarts(r, c, relUnrunnableFirstBlocks|relThenImpliesFirstGraphed)
		p.order(c, taskStart, r, taskRunning, relFirstImpliesThenGraphed)
		p.orderStops(r, c, relThenImpliesFirstGraphed)
		p.order(c, taskStop, r, taskStopped, relFirstImpliesThenGraphed)
		if !ordered {
			continue
		}
		for _, later := range r.children[i+1:] {
			p.orderStarts(c, later, relOrdered)
			p.orderStops(later, c, relOrdered)
		}
	}
	if r.Promotable {
		p.implicitPromotable(r)
	}
}

func (p *plan) implicitPromotable(r *resource) {
	p.orderPromotableRestart(r)
	var previous *resource
	for _, c := range r.children {
		p.order(c, taskDemote, c, taskPromote, relOrdered)
		p.order(r, taskPromote, c, taskPromote, relOrdered)
		p.order(c, taskPromote, r, taskPromoted, relOrdered)
		if previous != nil && r.CloneData.Ordered {
			p.order(previous, taskPromote, c, taskPromote, relOrdered)
		}
		p.order(r, taskDemote, c, taskDemote, relThenImpliesFirstGraphed)
		p.order(c, taskDemote, r, taskDemoted, relFirstImpliesThenGraphed)
		if previous != nil && r.CloneData.Ordered {
			p.order(c, taskDemote, previous, taskDemote, relOrdered)
		}
		previous = c
	}
}

// orderPromotableRestart: all down before anything goes up.
func (p *plan) orderPromotableRestart(r *resource) {
	for _, pair := range [][2]string{
		{taskStopped, taskStart}, {taskStopped, taskPromote},
		{taskDemoted, taskStop}, {taskDemoted, taskStart}, {taskDemoted, taskPromote},
		{taskRunning, taskPromote}, {taskDemote, taskDemoted},
	} {
		p.order(r, pair[0], r, pair[1], relOrdered)
	}
}

// compareNames orders names as displays do: without regard to case, digits as numbers.
func compareNames(a, b string) int {
	for a != "" && b != "" {
		ad, bd := digits(a), digits(b)
		if ad > 0 && bd > 0 {
			an, bn := strings.TrimLeft(a[:ad], "0"), strings.TrimLeft(b[:bd], "0")
			if len(an) != len(bn) {
				return len(an) - len(bn)
			}
			if c := strings.Compare(an, bn); c != 0 {
				return c
			}
			a, b = a[ad:], b[bd:]
			continue
		}
		if c := strings.Compare(strings.ToLower(a[:1]), strings.ToLower(b[:1])); c != 0 {
			return c
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}
