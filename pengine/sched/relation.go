package sched

// Relation is a set of rules that tie a first action to a then action.
type Relation uint32

// The rules. relationRules (runnable.go) says what each does.
const (
	relNone    Relation = 0
	relOrdered Relation = 1 << iota
	relIfFirstUnmigratable
	relThenImpliesFirst
	relFirstImpliesThen
	relPromotedThenImpliesFirst
	relUnmigratableThenBlocks
	relUnrunnableFirstBlocks
	relFirstElseThen
	relFirstImpliesSameNodeThen
	relNestedRemoteProbe
	relIntermediateStop
	relSerialize
	relIfOnSameNode
	relThenImpliesFirstGraphed
	relFirstImpliesThenGraphed
	relAsymmetric
	relIfOnSameNodeOrTarget
	relMinRunnable
	relIfRequiredOnSameNode
	relGuestAllowed
	relThenCancelsFirst
)

func (f Relation) has(g Relation) bool { return f&g == g }
func (f Relation) any(g Relation) bool { return f&g != 0 }

// relation is one end of a tie between two actions.
type relation struct {
	other   *Action
	flags   Relation
	made    Relation // flags when it was made; flags may be cleared later
	graphed bool     // the graph has it
}

// relate ties first before then. It reports whether that was new.
func relate(first, then *Action, flags Relation) bool {
	if flags == relNone || first == nil || then == nil || first == then {
		return false
	}
	if len(first.after) <= len(then.before) || then.Is(deduplicated) {
		for _, r := range first.after {
			if r.other == then && r.flags.any(flags) {
				return false
			}
		}
	} else {
		for _, r := range then.before {
			if r.other == first && r.made.any(flags) {
				return false
			}
		}
	}
	pair := &[2]relation{{other: then, flags: flags, made: flags}, {other: first, flags: flags, made: flags}}
	first.after, then.before = append(first.after, &pair[0]), append(then.before, &pair[1])
	return true
}

// ordering is a rule about actions that may not exist yet: "whatever starts a before
// whatever starts b".
type ordering struct {
	first, then end
	flags       Relation
}

// end is one side of an ordering: an action, or a task of a resource.
type end struct {
	rsc    *resource
	task   string // of interval zero
	action *Action
}

func (e end) key() string {
	if e.action != nil && e.task == "" {
		return e.action.Key
	}
	return e.rsc.key(e.task)
}

// is reports whether the end stands for that task.
func (e end) is(task string) bool {
	if e.action != nil {
		return e.action.Task == task
	}
	return e.task == task
}

func taskOf(r *resource, task string) end { return end{rsc: r, task: task} }

func actionEnd(a *Action) end { return end{rsc: a.rsc, action: a} }

// orderEnds records an ordering.
func (p *plan) orderEnds(first, then end, flags Relation) {
	if len(p.spareOrderings) == 0 {
		p.spareOrderings = make([]ordering, slab)
	}
	o := &p.spareOrderings[0]
	p.spareOrderings = p.spareOrderings[1:]
	*o = ordering{first, then, flags}
	p.orderings = append(p.orderings, o)
	if p.orderID != "" {
		p.named = append(p.named, namedOrdering{o, p.orderID})
	}
	p.orderMigrationEquivalents(o)
}

// order records that task a of first comes before task b of then.
func (p *plan) order(first *resource, a string, then *resource, b string, flags Relation) {
	p.orderEnds(taskOf(first, a), taskOf(then, b), flags)
}

func (p *plan) orderStarts(first, then *resource, flags Relation) {
	p.order(first, taskStart, then, taskStart, flags)
}

func (p *plan) orderStops(first, then *resource, flags Relation) {
	p.order(first, taskStop, then, taskStop, flags)
}
