package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// assignAll finds a node for every resource: remote connections first, because other
// resources may run on the nodes that they make.
func (p *plan) assignAll() {
	if !p.defaultPlacement() {
		p.sortResources()
	}
	p.showCapacities("Original")
	if p.c.HaveRemotes {
		for _, r := range slices.Clone(p.resources) {
			if r.RemoteConnection {
				p.assign(r, r.partialDest, true)
			}
		}
	}
	for i, r := range slices.Clone(p.resources) {
		if !r.RemoteConnection {
			p.at(i, -1)
			p.others(i)
			p.assign(r, nil, true)
		}
	}
	p.at(-1, -1)
	p.others(len(p.resources))
	p.showCapacities("Remaining")
}

// assign finds a node for r and all below it. prefer is tried first when no other is
// better. Without stopIfFail a failed attempt leaves r's role alone, to be tried again.
func (p *plan) assign(r *resource, prefer *node, stopIfFail bool) *node {
	switch r.Variant {
	case state.Group:
		return p.assignGroup(r, prefer, stopIfFail)
	case state.Clone:
		return p.assignClone(r, prefer, stopIfFail)
	case state.Bundle:
		return p.assignBundle(r, prefer, stopIfFail)
	}
	return p.assignPrimitive(r, prefer, stopIfFail)
}

// ranked is a node with the score that it has in some table.
type ranked struct {
	n     *node
	score crm.Score
}

// rank sorts the nodes of a table, best first. Only in equal cases does the number of
// resources there, the place where it runs now, and at last the name decide.
func (p *plan) rank(table *Scores, active *node) []ranked {
	var list []ranked
	for _, n := range p.walkOrder(table) {
		list = append(list, ranked{n, table.slots[n.idx].score})
	}
	slices.Reverse(list) // upstream gathers a table's values back to front
	p.sortRanked(list, active)
	return list
}

func (p *plan) sortRanked(list []ranked, active *node) {
	mergeSort(list, func(a, b ranked) int { return p.compareNodes(a, b, active) })
}

// compareNodes orders the better node first.
func (p *plan) compareNodes(a, b ranked, active *node) int {
	as, bs := -infinity, -infinity
	if a.n.available() {
		as = a.score
	}
	if b.n.available() {
		bs = b.score
	}
	if as != bs {
		return descending(as, bs)
	}
	strategy := p.c.Options.PlacementStrategy
	if !strings.EqualFold(strategy, "minimal") {
		if strings.EqualFold(strategy, "balanced") {
			if c := compareCapacities(a.n, b.n); c != 0 {
				return c
			}
		}
		if a.n.assigned != b.n.assigned {
			return descending(b.n.assigned, a.n.assigned)
		}
		if active != nil && a.n != b.n {
			if active == a.n {
				return -1
			}
			if active == b.n {
				return 1
			}
		}
	}
	return strings.Compare(string(a.n.Name), string(b.n.Name))
}

func descending[T int | crm.Score](a, b T) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// place records the decision that r goes to n, or nowhere. Unless forced, a node that
// is banned or cannot run anything is refused. It reports whether the place changed.
func (p *plan) place(r *resource, n *node, score crm.Score, force, stopIfFail bool) bool {
	if len(r.children) > 0 {
		changed := false
		for _, c := range r.children {
			changed = p.place(c, n, score, force, stopIfFail) || changed
		}
		return changed
	}
	if !force && n != nil && (score < 0 || !n.available() && !n.isGuest()) {
		if stopIfFail {
			r.setNext(roleStopped)
		}
		n = nil
	}
	changed := r.assigned != n
	p.unassign(r)
	r.clear(fUnassigned)
	if n == nil {
		if stopIfFail {
			p.cannotRun(r)
		}
		return changed
	}
	r.assigned, r.assignedScore = n, score
	p.moved(n, 1)
	if s := r.allowed.at(n); s != nil {
		s.count++
	}
	consume(n.utilization, r)
	p.showUtilization(r, n)
	return changed
}

// cannotRun makes r stop: its stops are required, starts and monitors impossible.
func (p *plan) cannotRun(r *resource) {
	r.setNext(roleStopped)
	for i := len(r.actions) - 1; i >= 0; i-- {
		switch a := r.actions[i]; {
		case a.Task == taskStop:
			a.clear(Optional)
		case a.Task == taskStart:
			a.clear(Runnable)
		case !a.zeroInterval() && a.meta["op_target_rc"] != "7":
			a.clear(Runnable)
		}
	}
}

// unassign takes back where r and all below it were assigned.
func (p *plan) unassign(r *resource) {
	r.set(fUnassigned)
	if len(r.children) > 0 {
		for _, c := range r.children {
			p.unassign(c)
		}
		return
	}
	if old := r.assigned; old != nil {
		r.assigned = nil
		p.moved(old, -1)
		release(old.utilization, r)
	}
}

// where says which of a resource's nodes is meant.
type where uint8

const (
	assignedNodes where = iota
	currentNodes
)

// locations of r and all below it, each once.
func (r *resource) nodesOf(w where) []*node {
	var out []*node
	r.collectNodes(w, &out)
	return out
}

func (r *resource) collectNodes(w where, out *[]*node) {
	add := func(n *node) {
		if !slices.Contains(*out, n) {
			*out = append(*out, n)
		}
	}
	switch {
	case len(r.children) > 0:
		for _, c := range r.children {
			c.collectNodes(w, out)
		}
	case w == currentNodes:
		for _, n := range r.active {
			add(n)
		}
	case r.assigned != nil:
		add(r.assigned)
	}
}

// nodeOf is the one node where r (all of it) is; nil when there is none or several.
func (r *resource) nodeOf(w where) *node {
	if len(r.children) == 0 {
		if w == assignedNodes {
			return r.assigned
		}
		if len(r.active) == 1 {
			return r.active[0]
		}
		return nil
	}
	if nodes := r.nodesOf(w); len(nodes) == 1 {
		return nodes[0]
	}
	return nil
}

// assignedScoreOf is the score that r had on the node it was assigned to.
func (r *resource) assignedScoreOf() crm.Score {
	for len(r.children) > 0 {
		r = r.children[0]
	}
	return r.assignedScore
}

// roleOf is the role of r, or the highest of those below it; next: as decided.
func (r *resource) roleOf(current bool) crm.Role {
	switch {
	case r.isBundle():
		return roleUnknown
	case r.isPrimitive():
		if current {
			return r.role
		}
		return r.next
	}
	best := roleUnknown
	for _, c := range r.children {
		best = max(best, c.roleOf(current))
	}
	return best
}

// activeNode is the node that matters of those where r runs: a migration's source, a
// healthy one if fencing is not required, else the first; and how many there are, in
// all and healthy.
func (p *plan) activeNode(r *resource) (active *node, all, clean int) {
	nodes := r.active
	if r.isBundle() {
		nodes = bundleNodes(r)
	}
	for _, n := range nodes {
		happy := n.online && !n.unclean
		all++
		if happy {
			clean++
		}
		if r.partialSource != nil {
			if n == r.partialSource {
				active = n
			}
		} else if !r.NeedsFencing && happy && (active == nil || !active.online || active.unclean) {
			active = n
		}
		if active == nil {
			active = n
		}
	}
	return active, all, clean
}

// current is where r runs now, nil when nowhere.
func (p *plan) current(r *resource) *node {
	n, _, _ := p.activeNode(r)
	return n
}

// topAllowed is what the parent of an instance knows of a node.
func topAllowed(r *resource, n *node) *slot {
	if r == nil || n == nil {
		return nil
	}
	if r.parent != nil {
		return r.parent.allowed.at(n)
	}
	return r.allowed.at(n)
}

// sortResources puts first what has higher priority, then what scores higher on the
// node where it is, then node by node. Only used when capacities matter.
func (p *plan) sortResources() {
	list := make([]ranked, len(p.nodes))
	for i, n := range p.nodes {
		list[i] = ranked{n, n.Score}
	}
	p.sortRanked(list, nil)
	tables := map[*resource]*Scores{}
	table := func(r *resource) *Scores {
		t, ok := tables[r]
		if !ok {
			p.addColocatedScores(r, nil, &t, nil, 1, selectThisWith)
			tables[r] = t
		}
		return t
	}
	mergeSort(p.resources, func(a, b *resource) int {
		if a.priority != b.priority {
			return descending(a.priority, b.priority)
		}
		at, bt := table(a), table(b)
		if c := descending(at.get(p.current(a)), bt.get(p.current(b))); c != 0 {
			return c
		}
		for _, n := range list {
			if c := descending(at.get(n.n), bt.get(n.n)); c != 0 {
				return c
			}
		}
		return 0
	})
}
