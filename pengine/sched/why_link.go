package sched

// link says what ties an action to the one before it.
func (p *plan) link(first, then *Action) Cause {
	c := Cause{Resource: first.Resource(), Node: first.Node(), Task: first.Task}
	a, b := first.rsc, then.rsc
	switch {
	case first.Task == taskFence:
		c.Kind, c.Resource = CauseFencing, nil
		if first.meta["stonith_action"] == taskFenceOn {
			c.Kind = CauseUnfencing
		}
	case first.Task == taskShutdown:
		c.Kind = CauseNodeShutdown
	case a == nil || b == nil:
		c.Kind = CausePart
	case a == b:
		c.Kind = CauseRestart
	default:
		p.linkResources(first, then, &c)
	}
	return c
}

func (p *plan) linkResources(first, then *Action, c *Cause) {
	a, b := first.rsc, then.rsc
	if id := p.orderBetween(first, then); id != "" {
		c.Kind, c.ID = CauseOrder, id
		return
	}
	switch {
	case a.descendsFrom(b) || b.descendsFrom(a):
		c.Kind = CausePart
	case a.parent != nil && a.parent == b.parent && a.parent.isGroup():
		c.Kind = CauseMemberStep
	case a.launcher == b || b.launcher == a:
		c.Kind = CauseContainer
	case a.RemoteConnection || b.RemoteConnection:
		c.Kind = CauseRemote
	case p.colocationBetween(a, b) != nil:
		col := p.colocationBetween(a, b)
		if c.Kind = col.cause().Kind; c.Kind == CauseColocation {
			c.ID, c.Limit = col.id, int(col.score)
		}
	case a.topWithBundle() == b.topWithBundle():
		c.Kind = CausePart
	default:
		c.Kind = CauseNeeds
	}
}

// namedOrdering is an ordering that a constraint asks for.
type namedOrdering struct {
	*ordering
	id string
}

// orderBetween finds the configured ordering that ties two actions, "" when none does.
func (p *plan) orderBetween(first, then *Action) string {
	for _, o := range p.named {
		if o.first.rsc == nil || o.then.rsc == nil {
			continue
		}
		if covers(o.first, first) && covers(o.then, then) || covers(o.first, then) && covers(o.then, first) {
			return o.id
		}
	}
	return ""
}

// covers reports whether one end of an ordering means an action: of the resource, of what
// it is part of, or the milestone that completes it.
func covers(e end, a *Action) bool {
	if a.rsc == nil || a.rsc != e.rsc && !a.rsc.descendsFrom(e.rsc) && !e.rsc.descendsFrom(a.rsc) {
		return false
	}
	task := e.task
	if e.action != nil {
		task = e.action.Task
	}
	return a.Task == task || regular[a.Task] == task || completed[a.Task] == task
}

// colocationBetween finds the colocation of two resources, or of what they are part of.
func (p *plan) colocationBetween(a, b *resource) *colocation {
	for x := a; x != nil; x = x.parent {
		for _, list := range [][]*colocation{x.thisWith, x.withThis} {
			for _, c := range list {
				other := c.primary
				if other == x {
					other = c.dependent
				}
				if other == b || b.descendsFrom(other) {
					return c
				}
			}
		}
	}
	return nil
}

// Wait is an action that another waits for, and the tie between them.
type Wait struct {
	Action *Action
	Cause  Cause
}

// Waits lists the real actions of the graph that an action waits for. Milestones are
// looked through to what they stand for.
func (r *Result) Waits(a *Action) []Wait {
	var out []Wait
	seen := map[*Action]bool{a: true}
	var walk func(of *Action)
	walk = func(of *Action) {
		for _, in := range of.before {
			first := in.other
			if !in.graphed || seen[first] || !first.Is(Graphed) {
				continue
			}
			seen[first] = true
			if first.Is(Pseudo) && first.Task != taskFence {
				walk(first)
				continue
			}
			out = append(out, Wait{first, r.plan.link(first, a)})
		}
	}
	walk(a)
	return out
}

// Action finds an action by its number in the graph; nil when there is none.
func (r *Result) Action(id int) *Action {
	if id < 1 || id > len(r.Actions) {
		return nil
	}
	return r.Actions[id-1]
}
