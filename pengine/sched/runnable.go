package sched

import "github.com/tactus-ha/tactus/pengine/state"

// changed tells which ends of a relation an update touched.
type changed uint8

const (
	changedFirst changed = 1 << iota
	changedThen
)

// maxDepth bounds the recursion of updates: a loop of orderings settles long before.
const maxDepth = 20000

// updateForOrderings applies to then what the actions before it imply, and lets changes
// spread.
func (p *plan) updateForOrderings(then *Action) {
	if p.depth >= maxDepth {
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	var ch changed
	last := then.Flags
	if then.requiredBefore > 0 {
		then.runnableBefore = 0
		then.clear(Runnable)
	}
	for i := len(then.before) - 1; i >= 0; i-- {
		ch = p.updateForRelation(then, then.before[i], ch)
	}
	if then.requiredBefore > 0 {
		if last == then.Flags {
			ch &^= changedThen
		} else {
			ch |= changedThen
		}
	}
	if ch&changedThen == 0 {
		return
	}
	if last&Runnable != 0 && !then.Is(Runnable) {
		p.blockDependents(then)
	}
	p.updateForOrderings(then)
	for i := len(then.after) - 1; i >= 0; i-- {
		p.updateForOrderings(then.after[i].other)
	}
}

func (p *plan) updateForRelation(then *Action, rel *relation, ch changed) changed {
	first := rel.other
	firstNode, thenNode := groupNode(first, first.node), groupNode(then, then.node)
	if rel.flags.has(relIfOnSameNode) && firstNode != nil && thenNode != nil && firstNode != thenNode {
		rel.flags = relNone
		return ch
	}
	ch &^= changedFirst
	if first.rsc != nil && rel.flags.has(relThenCancelsFirst) && !then.Is(Optional) {
		first.set(Optional)
		if first.Task == taskReload {
			first.rsc.clear(fReload)
		}
	}
	if first.rsc != nil && then.rsc != nil && first.rsc != then.rsc && !then.rsc.descendsFrom(first.rsc) {
		first = p.standIn(first)
	}
	if first == rel.other {
		ch |= p.applyRelation(first, then, p.flagsOf(first, thenNode), p.flagsOf(then, firstNode), rel)
	} else if relate(first, then, rel.flags) {
		ch |= changedThen
		rel.flags = relNone
	}
	if ch&changedFirst != 0 {
		for i := len(first.after) - 1; i >= 0; i-- {
			p.updateForOrderings(first.after[i].other)
		}
		p.updateForOrderings(first)
	}
	return ch
}

// update passes one rule on to the method of the resource's variant.
func (p *plan) update(r *resource, first, then *Action, n *node, flags, filter Flag, rule Relation) changed {
	switch r.Variant {
	case state.Group:
		return p.updateGroup(first, then, n, flags, filter, rule)
	case state.Clone, state.Bundle:
		return p.updateInstances(first, then, n, flags, filter, rule)
	}
	return p.updatePair(first, then, n, flags, filter, rule)
}

// applyRelation applies every rule of a relation.
func (p *plan) applyRelation(first, then *Action, firstFlags, thenFlags Flag, rel *relation) changed {
	var ch changed
	n := then.node
	if rel.flags.has(relFirstImpliesSameNodeThen) {
		rel.flags = rel.flags&^relFirstImpliesSameNodeThen | relFirstImpliesThen
		n = first.node
	}
	thenUpdate := func(flags, filter Flag, rule Relation) {
		if then.rsc != nil {
			ch |= p.update(then.rsc, first, then, n, flags, filter, rule)
		}
	}
	if rel.flags.has(relFirstImpliesThen) {
		if then.rsc == nil {
			if firstFlags&Optional == 0 && then.Is(Optional) {
				then.clear(Optional)
				then.because = first
				ch |= changedThen
			}
		}
		thenUpdate(firstFlags&Optional, Optional, relFirstImpliesThen)
	}
	if rel.flags.has(relIntermediateStop) {
		thenUpdate(firstFlags, Optional|Runnable, relIntermediateStop)
	}
	if rel.flags.has(relThenImpliesFirst) {
		if first.rsc != nil {
			ch |= p.update(first.rsc, first, then, n, firstFlags, Optional, relThenImpliesFirst)
		} else if firstFlags&Optional == 0 && first.Is(Runnable) {
			first.clear(Runnable)
			first.preventBy(then)
			ch |= changedFirst
		}
	}
	if rel.flags.has(relPromotedThenImpliesFirst) {
		thenUpdate(firstFlags&Optional, Optional, relPromotedThenImpliesFirst)
	}
	if rel.flags.has(relMinRunnable) {
		ch |= p.countRunnable(first, then, n, firstFlags)
	}
	if rel.flags.has(relNestedRemoteProbe) && then.rsc != nil {
		if firstFlags&Runnable == 0 && first.rsc != nil && len(first.rsc.active) > 0 {
			rel.flags = relNone
		} else {
			thenUpdate(firstFlags, Runnable, relUnrunnableFirstBlocks)
		}
	}
	if rel.flags.has(relUnrunnableFirstBlocks) {
		if then.rsc == nil && firstFlags&Runnable == 0 && then.Is(Runnable) {
			then.clear(Runnable)
			then.preventBy(first)
			ch |= changedThen
		}
		thenUpdate(firstFlags, Runnable, relUnrunnableFirstBlocks)
	}
	if rel.flags.has(relUnmigratableThenBlocks) {
		thenUpdate(firstFlags, Optional, relUnmigratableThenBlocks)
	}
	if rel.flags.has(relFirstElseThen) {
		thenUpdate(firstFlags, Optional, relFirstElseThen)
	}
	if rel.flags.has(relOrdered) {
		thenUpdate(firstFlags, Runnable, relOrdered)
	}
	if rel.flags.has(relAsymmetric) {
		thenUpdate(firstFlags, Runnable, relAsymmetric)
	}
	return ch | p.applyMarks(first, then, firstFlags, thenFlags, rel)
}

// countRunnable counts the runnable firsts of a one-or-more milestone.
func (p *plan) countRunnable(first, then *Action, n *node, firstFlags Flag) changed {
	if then.rsc != nil {
		return p.update(then.rsc, first, then, n, firstFlags, Runnable, relMinRunnable)
	}
	if firstFlags&Runnable == 0 {
		return 0
	}
	then.runnableBefore++
	if then.runnableBefore >= then.requiredBefore && !then.Is(Runnable) {
		then.set(Runnable)
		return changedThen
	}
	return 0
}

// applyMarks applies the rules about being in the graph, and that a blocked stop blocks.
func (p *plan) applyMarks(first, then *Action, firstFlags, thenFlags Flag, rel *relation) changed {
	if first.Is(Runnable) && rel.flags.has(relFirstImpliesThenGraphed) && firstFlags&Optional == 0 {
		then.set(AlwaysGraph)
	}
	if rel.flags.has(relThenImpliesFirstGraphed) && thenFlags&Optional == 0 {
		first.set(AlwaysGraph)
	}
	if rel.flags.any(relFirstImpliesThen|relThenImpliesFirst|relIntermediateStop) && first.rsc != nil &&
		!first.rsc.is(fManaged) && first.rsc.is(fBlocked) && !first.Is(Runnable) && first.Task == taskStop && then.Is(Runnable) {
		then.clear(Runnable)
		then.preventBy(first)
		return changedThen
	}
	return 0
}

// updatePair applies one rule to a pair of actions.
func (p *plan) updatePair(first, then *Action, n *node, flags, filter Flag, rule Relation) changed {
	thenBefore, firstBefore := then.Flags, first.Flags
	if rule.has(relAsymmetric) {
		p.updateAsymmetric(first, then)
	}
	if rule.has(relThenImpliesFirst) && thenBefore&Optional == 0 {
		if filter&Optional != 0 && flags&Optional == 0 && firstBefore&Optional != 0 {
			first.clearBecause(Optional, then)
		}
		if flags&Migratable != 0 && !then.Is(Migratable) {
			first.clearBecause(Migratable, then)
		}
	}
	if rule.has(relPromotedThenImpliesFirst) && then.rsc != nil && then.rsc.role == rolePromoted &&
		filter&Optional != 0 && !then.Is(Optional) {
		first.clearBecause(Optional, then)
		if !then.Is(Migratable) {
			first.clearBecause(Migratable, then)
		}
	}
	if rule.has(relUnmigratableThenBlocks) && filter&Optional != 0 {
		if !then.Is(Migratable | Runnable) {
			first.clearBecause(Runnable, then)
		}
		if !then.Is(Optional) {
			first.clearBecause(Optional, then)
		}
	}
	if rule.has(relFirstElseThen) && filter&Optional != 0 && !first.Is(Runnable) {
		then.clearBecause(Migratable, first)
		then.clear(Pseudo)
	}
	if rule.has(relUnrunnableFirstBlocks) && filter&Runnable != 0 && then.Is(Runnable) && flags&Runnable == 0 {
		then.clearBecause(Runnable, first)
		then.clearBecause(Migratable, first)
	}
	if rule.has(relFirstImpliesThen) && filter&Optional != 0 && then.Is(Optional) && flags&Optional == 0 && !first.Is(Migratable) {
		then.clearBecause(Optional, first)
	}
	if rule.has(relIntermediateStop) {
		p.updateRestart(first, then, filter)
	}
	var ch changed
	if then.Flags != thenBefore {
		ch |= changedThen
		if then.rsc != nil && then.rsc.parent != nil {
			p.updateForOrderings(then) // "stop then start" of cloned groups needs it
		}
	}
	if first.Flags != firstBefore {
		ch |= changedFirst
	}
	return ch
}

// updateAsymmetric: what cannot be done first makes then impossible, unless then is
// already so.
func (p *plan) updateAsymmetric(first, then *Action) {
	if then.rsc == nil || first.Is(Runnable) {
		return
	}
	if then.Is(Optional) {
		role := then.rsc.roleOf(true)
		if role == roleStopped && then.Task == taskStop {
			return
		}
		if role >= roleStarted && then.Task == taskStart && then.rsc.activeOnlyOn(then.node) {
			return
		}
	}
	then.clearBecause(Optional, first)
	then.clearBecause(Runnable, first)
}

// updateRestart: a start that is required, or impossible, requires the stop before it.
func (p *plan) updateRestart(first, then *Action, filter Flag) {
	if !first.rsc.isPrimitive() || !then.rsc.isPrimitive() {
		return
	}
	needed := filter&Optional != 0 && !then.Is(Optional) ||
		filter&Runnable != 0 && !then.Is(Runnable) && then.rsc.is(fManaged) && first.rsc == then.rsc
	if !needed {
		return
	}
	if first.Is(Runnable) || !then.Is(Optional) {
		first.clearBecause(Optional, then)
	}
	if !then.Is(Migratable) {
		first.clearBecause(Migratable, then)
	}
	if !first.Is(Optional) && !first.Is(Runnable) {
		then.clearBecause(Runnable, first)
	}
}
