package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

// defaultPlacement reports whether capacities do not matter.
func (p *plan) defaultPlacement() bool {
	s := p.c.Options.PlacementStrategy
	return s == "" || strings.EqualFold(s, "default")
}

// utilizationValues reads a table of capacities; what is no number is the least there
// is, as upstream has it: nothing fits on such a node, and such a need fits anywhere.
func utilizationValues(m map[string]string) map[string]int {
	out := make(map[string]int, len(m))
	for k, v := range m {
		out[k] = utilizationValue(v)
	}
	return out
}

func utilizationValue(v string) int {
	n, ok := rules.LeadingNumber(v)
	if !ok {
		return -1 << 31
	}
	return int(max(-1<<31, min(n, 1<<31-1)))
}

func consume(capacity map[string]int, r *resource) { adjust(capacity, r, -1) }
func release(capacity map[string]int, r *resource) { adjust(capacity, r, 1) }

func adjust(capacity map[string]int, r *resource, sign int) {
	for k, v := range r.util {
		capacity[k] = max(-1<<31, min(capacity[k]+sign*v, 1<<31-1))
	}
}

// compareCapacities is negative when a has more free capacity than b in more respects.
func compareCapacities(a, b *node) int {
	result := 0
	for k, v := range a.utilization {
		result += descending(v, b.utilization[k])
	}
	for k, v := range b.utilization {
		if _, seen := a.utilization[k]; !seen {
			result += descending(0, v)
		}
	}
	return result
}

func enough(n *node, need map[string]int) bool {
	for k, v := range need {
		if v > n.utilization[k] {
			return false
		}
	}
	return true
}

// banInsufficient bans r from nodes without room for it and for all that must run with
// it. When no node has room for all of them, room for r alone will do, and the node
// with most room is returned as the one to prefer.
func (p *plan) banInsufficient(r *resource) *node {
	if p.defaultPlacement() {
		return nil
	}
	together := p.colocatedResources(r, nil, nil)
	if len(together) == 0 {
		return nil
	}
	if !slices.Contains(together, r) {
		together = append([]*resource{r}, together...)
	}
	need := map[string]int{}
	for i := len(together) - 1; i >= 0; i-- {
		p.addUtilization(together[i], together, need)
	}
	var most *node
	any := false
	for _, n := range p.walkOrder(r.allowed) {
		if !r.allowed.usable(n) {
			continue
		}
		any = any || enough(n, need)
		if most == nil || compareCapacities(n, most) < 0 {
			most = n
		}
	}
	if any {
		most = nil
	} else {
		need = r.util
	}
	for _, n := range p.byIndex {
		if r.allowed.usable(n) && !enough(n, need) {
			p.addLocation(r, n, -infinity, CauseUtilization)
		}
	}
	return most
}

// addUtilization adds what r needs and has not been assigned yet.
func (p *plan) addUtilization(r *resource, together []*resource, need map[string]int) {
	if !r.is(fUnassigned) {
		return
	}
	switch r.Variant {
	case state.Group:
		members := r.children
		if !r.GroupData.Colocated && !r.parent.isClone() && len(members) > 1 {
			members = members[:1]
		}
		for _, m := range members {
			if m.is(fUnassigned) && !slices.Contains(together, m) {
				p.addUtilization(m, together, need)
			}
		}
	case state.Clone:
		p.addCloneUtilization(r, together, need)
	case state.Bundle:
		if len(r.replicas) > 0 {
			p.addUtilization(r.replicas[0].container, together, need)
		}
	default:
		release(need, r)
	}
}

func (p *plan) addCloneUtilization(r *resource, together []*resource, need map[string]int) {
	existing := false
	for _, c := range r.children {
		if slices.Contains(together, c) {
			existing = true
			continue
		}
		for _, m := range c.children {
			if slices.Contains(together, m) {
				p.addUtilization(c, together, need)
				existing = true
				break
			}
		}
	}
	if !existing && len(r.children) > 0 {
		p.addUtilization(r.children[0], together, need)
	}
}

// loadStopped is the milestone "all that must leave this node has left".
func (p *plan) loadStopped(n *node) *Action {
	a := p.milestone(taskLoadStopped + "_" + string(n.Name))
	if a.node == nil {
		a.node = n
		a.clear(Optional)
	}
	return a
}

// orderUtilization makes room before it is taken: stops on a node come before starts there.
func (p *plan) orderUtilization(r *resource, allowed []*node) {
	for _, n := range r.active {
		p.orderEnds(taskOf(r, taskStop), actionEnd(p.loadStopped(n)), relIfOnSameNodeOrTarget)
	}
	for _, n := range allowed {
		a := actionEnd(p.loadStopped(n))
		p.orderEnds(a, taskOf(r, taskStart), relIfOnSameNodeOrTarget)
		p.orderEnds(a, taskOf(r, taskMigrateTo), relIfOnSameNodeOrTarget)
	}
}

func (p *plan) showCapacities(when string) {
	if !p.opts.ShowUtilization {
		return
	}
	for _, n := range p.nodes {
		if !n.isBundleNode() {
			p.remarks = append(p.remarks, Remark{Kind: RemarkCapacity, Step: when, Node: n.name(), Amounts: amounts(n.utilization)})
		}
	}
}

func (p *plan) showUtilization(r *resource, n *node) {
	if p.opts.ShowUtilization {
		p.remarks = append(p.remarks, Remark{Kind: RemarkUtilization, Step: "pcmk__assign_resource", Resource: string(r.ID), Node: n.name(),
			Amounts: amounts(r.util)})
	}
}
