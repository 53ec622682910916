package sched

import (
	"maps"
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Choice is how the place of a resource was found.
type Choice struct {
	Ranked []Rank // every node that the table has, best first
	Chosen int    // index in Ranked; -1: no node
}

// Rank is one node in the comparison.
type Rank struct {
	Node      *state.Node
	Score     crm.Score
	Available bool
	Assigned  int            // resources placed there before this one
	Free      map[string]int // capacities left then; nil when they do not matter
	Running   bool           // the resource is there now
}

// recordChoice keeps how r's place was found.
func (p *plan) recordChoice(r *resource, list []ranked, chosen *node) {
	c := &Choice{Chosen: -1}
	current := p.current(r)
	for i, each := range list {
		rank := Rank{Node: each.n.Node, Score: each.score, Available: each.n.available(), Assigned: each.n.assigned, Running: each.n == current}
		if !p.defaultPlacement() {
			rank.Free = maps.Clone(each.n.utilization)
		}
		if each.n == chosen && each.score >= 0 && (rank.Available || each.n.isGuest()) {
			c.Chosen = i
		}
		c.Ranked = append(c.Ranked, rank)
	}
	r.choice = c
}

// Choice tells, for a run with Options.Explain, how the place of a primitive was found;
// nil when nothing was compared, because it was left where it is or may not run at all.
func (r *Result) Choice(rsc *state.Resource) *Choice { return r.plan.all[rsc.Index].choice }

// Situation is what was decided about a resource.
type Situation struct {
	Role, Next       crm.Role // now, and then; of several parts the highest
	Managed, Blocked bool
	Assigned         []*state.Node // where it shall be; for a group, clone or bundle: where its parts shall be
	Active           []*state.Node // where it is
}

// Situation tells what was decided about a resource, or an instance of one.
func (r *Result) Situation(rsc *state.Resource) Situation {
	w := r.plan.all[rsc.Index]
	s := Situation{Role: w.roleOf(true), Next: w.roleOf(false), Managed: w.is(fManaged), Blocked: w.is(fBlocked)}
	for _, n := range w.nodesOf(assignedNodes) {
		s.Assigned = append(s.Assigned, n.Node)
	}
	for _, n := range w.nodesOf(currentNodes) {
		s.Active = append(s.Active, n.Node)
	}
	return s
}

// Score is the score of a resource on a node in the end; ok is false when its table
// lacks the node.
func (r *Result) Score(rsc *state.Resource, n *state.Node) (score crm.Score, ok bool) {
	w, node := r.plan.all[rsc.Index], r.plan.byIndex[n.Index]
	return w.allowed.get(node), w.allowed.has(node)
}

// NodeTrouble says why nothing at all can run on a node; ok is false when things can.
func (r *Result) NodeTrouble(n *state.Node) (c Cause, ok bool) {
	c = r.plan.byIndex[n.Index].trouble()
	return c, c.Kind != CauseUnknown
}

// Forbidden says what keeps a resource off a node: what is the matter with the node, or
// the contributions that made its score negative, the decisive one first. It is empty
// when the node is possible.
func (r *Result) Forbidden(rsc *state.Resource, n *state.Node) []Cause {
	p := r.plan
	w, node := p.all[rsc.Index], p.byIndex[n.Index]
	var out []Cause
	if c := node.trouble(); c.Kind != CauseUnknown {
		out = append(out, c)
	}
	score, ok := r.Score(rsc, n)
	switch {
	case !ok:
		return append(out, Cause{Kind: CauseNotAllowed, Node: n})
	case score >= 0:
		return out
	}
	for _, m := range w.allowed.trail {
		if m.node != node || m.delta >= 0 || score <= -infinity && m.delta > -infinity {
			continue
		}
		c := p.causeOf(w, m)
		if c.Kind == CauseInstanceLimit && !node.available() {
			continue // there is no room on a node that takes nothing
		}
		if !sameAsAny(c, out) {
			out = append(out, c)
		}
	}
	return out
}

func sameAsAny(c Cause, list []Cause) bool {
	for _, o := range list {
		if o.Kind == c.Kind && o.ID == c.ID && o.Rule == c.Rule && o.Resource == c.Resource {
			return true
		}
	}
	return false
}

// Contributions lists what made the score of a resource on a node, oldest first, with
// all that is known about each cause.
func (r *Result) Contributions(rsc *state.Resource, n *state.Node) []Contribution {
	p := r.plan
	w, node := p.all[rsc.Index], p.byIndex[n.Index]
	var out []Contribution
	for _, m := range w.allowed.trail {
		if m.node != node || m.delta == 0 {
			continue
		}
		c := p.causeOf(w, m)
		reason := c.ID
		if reason == "" {
			reason = c.Kind.String()
		}
		out = append(out, Contribution{n.Name, m.delta, m.result, reason, c})
	}
	return out
}

// causeOf completes the cause of a recorded contribution: which failures, where the
// other resource is, how many are enough.
func (p *plan) causeOf(r *resource, m mark) Cause {
	c := m.by.cause()
	c.Score = m.delta
	if c.Node == nil {
		c.Node = m.node.Node
	}
	switch c.Kind {
	case CauseColocation, CauseMember:
		p.completeColocation(r, m, &c)
	case CauseFailLimit:
		p.completeFailLimit(r, m.node, &c)
	case CauseHardError, CauseFatalError, CauseProbeFailed, CauseOnFailMigrate, CauseOnFailStop, CauseStopFailed:
		c.Op = p.failedOp(r, c.Kind, m.node)
	case CauseTargetRole:
		c.ID = r.Meta["target-role"]
		c = p.whyStopped(r, c)
	case CauseInstanceLimit, CauseCloneMax:
		p.completeLimit(r, &c)
	case CauseUtilization:
		c.Names = shortage(m.node, r)
	case CauseShutdownLock:
		c.Node = stateNode(r.lockNode)
		if limit := p.c.Options.ShutdownLockLimit; limit > 0 {
			c.Until = r.lockTime.Add(limit)
		}
	case CauseMultiple:
		c.Count, c.ID = len(r.active), r.Meta["multiple-active"]
	}
	return c
}

// completeColocation names the other side, seen from r: the primary when r (or what r is
// part of) is the dependent.
func (p *plan) completeColocation(r *resource, m mark, c *Cause) {
	col, ok := m.by.(*colocation)
	if !ok {
		return
	}
	other, role := col.primary, col.primaryRole
	if !standsFor(r, col) {
		other, role, c.Dependent = col.dependent, col.dependentRole, true
	}
	c.Resource, c.Limit = other.Resource, int(col.score)
	if c.Rule = ""; role == rolePromoted {
		c.Rule = role.String()
	}
	c.Names = placesOf(other, role)
}

// standsFor reports whether a colocation places r: it is (part of) the dependent, or a
// member of the same group, which is placed for all of them. Else it is the dependent's
// likings that count for r, maybe over others in between.
func standsFor(r *resource, c *colocation) bool {
	d := c.dependent
	if r == d || r.descendsFrom(d) || d.descendsFrom(r) {
		return true
	}
	return d.parent.isGroup() && r.parent == d.parent && c.primary.parent != d.parent
}

// placesOf names the nodes where r (of a promotable clone, when asked, its promoted
// instances) shall be.
func placesOf(r *resource, role crm.Role) []string {
	var out []string
	if len(r.children) == 0 {
		if r.assigned != nil && (role != rolePromoted || r.next == rolePromoted) {
			out = append(out, r.assigned.Label())
		}
		return out
	}
	for _, c := range r.children {
		for _, name := range placesOf(c, role) {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func (p *plan) completeFailLimit(r *resource, n *node, c *Cause) {
	failed := r
	if count := p.failcount(r, n, true); len(r.children) > 0 || count == 0 || crm.Score(count) < r.threshold {
		failed = p.overLimitIn(r.topWithBundle(), n)
	}
	if failed == nil {
		return
	}
	count, at := p.c.FailCount(n.Node, failed.Resource, state.FailCountOptions{Effective: true, Launched: true}, nil)
	c.Resource, c.Count, c.Limit, c.At = failed.Resource, int(count), int(failed.threshold), at
	c.Op = lastFailure(p.c, failed.Resource, n.Node)
	if t := failed.FailureTimeout; t > 0 && !at.IsZero() {
		c.Until = at.Add(state.WholeSeconds(t))
	}
}

// overLimitIn finds, in r and all below it, what failed too often on n.
func (p *plan) overLimitIn(r *resource, n *node) *resource {
	for _, each := range r.children {
		if f := p.overLimitIn(each, n); f != nil {
			return f
		}
	}
	if len(r.children) == 0 && r.threshold > 0 {
		if count := p.failcount(r, n, true); count > 0 && crm.Score(count) >= r.threshold {
			return r
		}
	}
	return nil
}

// failedOp finds the failure that a contribution of that kind stands for: on n when it
// happened there, else anywhere.
func (p *plan) failedOp(r *resource, kind CauseKind, n *node) *state.Op {
	var found *state.Op
	top := r.top()
	for _, op := range p.c.Failed {
		if op.Resource == nil || p.wrap(op.Resource).top() != top || kind == CauseStopFailed && op.Task != taskStop {
			continue
		}
		if op.Node == n.Node {
			return op
		}
		if kind == CauseFatalError || kind == CauseOnFailStop {
			found = op
		}
	}
	return found
}

// lastFailure is the newest failed operation of a resource on a node; nil: none is shown.
func lastFailure(c *state.Cluster, r *state.Resource, n *state.Node) *state.Op {
	var last *state.Op
	for _, op := range c.Failed {
		if op.Resource == r && (n == nil || op.Node == n) && (last == nil || op.LastChange.After(last.LastChange)) {
			last = op
		}
	}
	return last
}

func (p *plan) completeLimit(r *resource, c *Cause) {
	for each := r; each != nil; each = each.parent {
		switch {
		case each.isClone() && c.Kind == CauseCloneMax:
			c.Resource, c.Limit = each.Resource, each.CloneData.Max
		case each.isClone():
			c.Resource, c.Limit = each.Resource, each.CloneData.NodeMax
		case each.isBundle() && c.Kind == CauseCloneMax:
			c.Resource, c.Limit = each.Resource, len(each.replicas)
		case each.isBundle():
			c.Resource, c.Limit = each.Resource, each.BundleData.PerHost
		default:
			continue
		}
		return
	}
}

// shortage lists what r needs and a node has not: "cpu: needs 4, 2 free".
func shortage(n *node, r *resource) []string {
	var out []string
	for _, k := range sortedKeys(r.util) {
		if need, free := r.util[k], n.utilization[k]; need > free {
			out = append(out, k+": needs "+itoa(int64(need))+", "+itoa(int64(max(free, 0)))+" free")
		}
	}
	return out
}
