package sched

// applyOrderings ties the actions that exist by the recorded orderings, then lets the
// consequences (optional, runnable) spread until nothing changes.
func (p *plan) applyOrderings() {
	for i := 0; i < len(p.orderings); i++ {
		p.at(i, -1)
		o := p.orderings[i]
		switch {
		case o.first.rsc != nil:
			p.tieFirst(o)
		case o.then.rsc != nil:
			p.tieThen(o.first.action, o.then.rsc, o)
		default:
			relate(o.first.action, o.then.action, o.flags)
		}
	}
	p.at(-1, -1)
	n := len(p.actions)
	for i := n - 1; i >= 0; i-- {
		p.blockDependents(p.actions[i])
	}
	p.orderProbes()
	for i := len(p.actions) - 1; i >= 0; i-- {
		p.updateForOrderings(p.actions[i])
	}
	p.dropInvalidRelations()
}

// tieFirst finds, or makes, the first actions of an ordering.
func (p *plan) tieFirst(o *ordering) {
	r := o.first.rsc
	var firsts []*Action
	if o.first.action != nil {
		firsts = []*Action{o.first.action}
	} else {
		firsts = r.actionsByKey(o.first.key(), nil)
	}
	if len(firsts) == 0 && r != o.then.rsc {
		role := r.roleOf(true)
		skip := role == roleStopped && o.first.task == taskStop || role == roleUnpromoted && o.first.task == taskDemote
		if !skip {
			firsts = []*Action{p.action(r, o.first.key(), o.first.task, nil, true)}
		}
	}
	then := o.then.rsc
	if then == nil && o.then.action != nil {
		then = o.then.action.rsc
	}
	for _, first := range firsts {
		if then == nil {
			relate(first, o.then.action, o.flags)
		} else {
			p.tieThen(first, then, o)
		}
	}
}

// tieThen ties first to the then actions of an ordering that exist.
func (p *plan) tieThen(first *Action, r *resource, o *ordering) {
	var thens []*Action
	if o.then.action != nil {
		thens = []*Action{o.then.action}
	} else {
		thens = r.actionsByKey(o.then.key(), nil)
	}
	flags := o.flags
	if first != nil && first.rsc == r && first.Is(abortsMove) {
		flags &^= relFirstImpliesThen
	}
	if first == nil && !flags.has(relFirstImpliesThen) {
		return
	}
	for _, then := range thens {
		if first != nil {
			relate(first, then, flags)
		} else {
			then.clear(Runnable)
		}
	}
}

// dropInvalidRelations disables relations that could never be satisfied.
func (p *plan) dropInvalidRelations() {
	for k := len(p.actions) - 1; k >= 0; k-- {
		a := p.actions[k]
		for i := len(a.before) - 1; i >= 0; i-- {
			rel := a.before[i]
			switch {
			case !rel.flags.has(relGuestAllowed) && rel.other.rsc != nil && makesGuest(a.rsc, rel.other.node):
				rel.flags = relNone
			case rel.flags == relIfOnSameNodeOrTarget && a.rsc != nil && a.Task == taskMigrateTo && p.loops(a, a, rel):
				rel.flags = relNone
			}
		}
	}
}
