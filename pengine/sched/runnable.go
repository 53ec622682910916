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

// applyOrderings ties the actions that exist by the recorded orderings, then lets the
// consequences (optional, runnable) spread until nothing changes.
func (p *plan) applyOrderings() {
	for i := 0; i < len(p.orderings); i++ {
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

// flagsOf are an action's flags, those of collective resources computed from their
// members' (on a node).
func (p *plan) flagsOf(a *Action, n *node) Flag {
	if a.rsc == nil {
		return a.Flags
	}
	f := p.variantFlags(a, nil)
	if n == nil || !a.rsc.isClone() {
		return f
	}
	runnable := f & Runnable
	return p.variantFlags(a, n) | runnable // runnable anywhere is good enough
}

func (p *plan) variantFlags(a *Action, n *node) Flag {
	switch a.rsc.Variant {
	case state.Group:
		return p.groupFlags(a, n)
	case state.Clone:
		return p.collectiveFlags(a, a.rsc.children, n)
	case state.Bundle:
		return p.bundleFlags(a, n)
	}
	return a.Flags
}

// groupFlags: required if any member's action is, runnable only if all are.
func (p *plan) groupFlags(a *Action, n *node) Flag {
	f := Optional | Runnable | Pseudo
	for _, m := range a.rsc.children {
		task := memberTask(m, a.Task)
		ma := m.firstAction(task, n)
		if ma == nil {
			if task != taskStop && task != taskDemote {
				f &^= Runnable
			}
			continue
		}
		mf := p.variantFlags(ma, n)
		if f&Optional != 0 && mf&Optional == 0 {
			f &^= Optional
			a.clear(Optional)
		}
		if task != a.Task && f&Runnable != 0 && mf&Runnable == 0 {
			f &^= Runnable
			a.clear(Runnable)
		}
	}
	return f
}

// instanceTask is the task by which instances do what an action of the whole says.
func instanceTask(a *Action) string {
	task := a.Task
	if task == taskNotify || task == taskNotified {
		task = notifiedTask(a.Key)
	}
	if len(a.rsc.children) == 0 {
		return task
	}
	return memberTask(a.rsc.children[0], task)
}

// collectiveFlags: required if any instance's action is, runnable if any is.
func (p *plan) collectiveFlags(a *Action, list []*resource, n *node) Flag {
	f := Optional | Runnable | Pseudo
	any := false
	task := instanceTask(a)
	for _, i := range list {
		on := n
		if !i.isPrimitive() {
			on = nil
		}
		ia := i.firstAction(task, on)
		if ia == nil {
			continue
		}
		fi := p.variantFlags(ia, n)
		if f&Optional != 0 && fi&Optional == 0 {
			f &^= Optional
			a.clear(Optional)
		}
		any = any || fi&Runnable != 0
	}
	if !any {
		f &^= Runnable
		if n == nil {
			a.clear(Runnable)
		}
	}
	return f
}

// standIn is the action to use for a collective first: its milestone of completion,
// after notifications if there are any.
func (p *plan) standIn(a *Action) *Action {
	r := a.rsc
	if r == nil || r.Variant < state.Group {
		return a
	}
	key := p.standInKey(a.Key, a.intervalMS, r)
	if key == a.Key {
		return a
	}
	if s := r.firstByKey(key, nil); s != nil {
		return s
	}
	return a
}

func (p *plan) standInKey(key string, intervalMS int64, r *resource) string {
	if intervalMS > 0 || isNotifyKey(key) {
		return key
	}
	task := keyTask(key, r)
	done, ok := completed[task]
	if !ok {
		if _, milestone := regular[task]; !milestone {
			return key
		}
		done = task
	}
	if r.Notify && (r.isClone() || r.isBundled()) {
		return string(r.ID) + "_" + notifyConfirmedPo + "_notify_" + done + "_0"
	}
	return string(r.ID) + "_" + done + "_0"
}

// keyTask cuts the task out of a key of r without interval.
func keyTask(key string, r *resource) string {
	if len(key) < len(r.ID)+4 || key[:len(r.ID)] != string(r.ID) {
		return ""
	}
	return key[len(r.ID)+1 : len(key)-2]
}

// groupNode is where a group's start will happen; other actions have their own node.
func groupNode(a *Action, otherwise *node) *node {
	if a.rsc.isGroup() && a.Task == taskStart {
		return a.rsc.nodeOf(assignedNodes)
	}
	return otherwise
}

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

// updateGroup applies one rule to the group's action and to each member's.
func (p *plan) updateGroup(first, then *Action, n *node, flags, filter Flag, rule Relation) changed {
	if then.rsc == nil {
		return 0
	}
	ch := p.updatePair(first, then, n, flags, filter, rule)
	for _, m := range then.rsc.children {
		if ma := m.firstAction(then.Task, n); ma != nil {
			ch |= p.update(m, first, ma, n, flags, filter, rule)
		}
	}
	return ch
}

// updateInstances applies one rule to a clone's or bundle's action and its instances':
// pair by pair when they interleave.
func (p *plan) updateInstances(first, then *Action, n *node, flags, filter Flag, rule Relation) changed {
	if then.rsc == nil {
		return 0
	}
	if p.interleaves(first, then) {
		return p.updateInterleaved(first, then, n, filter, rule)
	}
	ch := p.updatePair(first, then, n, flags, filter, rule)
	for _, i := range instances(then.rsc) {
		ia := i.firstAction(then.Task, n)
		if ia == nil || p.variantFlags(ia, n)&Runnable == 0 {
			continue
		}
		c := p.update(i, first, ia, n, flags, filter, rule)
		ch |= c
		if c&changedThen != 0 {
			for k := len(ia.after) - 1; k >= 0; k-- {
				p.updateForOrderings(ia.after[k].other)
			}
		}
	}
	return ch
}

func (p *plan) interleaves(first, then *Action) bool {
	if first.rsc == nil || first.rsc == then.rsc || first.rsc.Variant < state.Clone || then.rsc.Variant < state.Clone {
		return false
	}
	r := then.rsc
	if hasSuffix(then.Key, "_stop_0") || hasSuffix(then.Key, "_demote_0") {
		r = first.rsc
	}
	return isTrue(r.Meta["interleave"])
}

func hasSuffix(s, suffix string) bool {
	return len(s) >= len(suffix) && s[len(s)-len(suffix):] == suffix
}

func (p *plan) updateInterleaved(first, then *Action, n *node, filter Flag, rule Relation) changed {
	var ch changed
	firstTask := instanceTask(first)
	current := hasSuffix(first.Key, "_stopped_0") || hasSuffix(first.Key, "_demoted_0")
	for _, ti := range instances(then.rsc) {
		fi := p.compatibleInstance(ti, first.rsc, roleUnknown, current, "")
		if fi == nil {
			if !current && rule.any(relUnrunnableFirstBlocks|relFirstImpliesThen) && p.place(ti, nil, 0, true, true) {
				ch |= changedThen
			}
			continue
		}
		fa := instanceAction(first, fi, firstTask, n, true)
		if fa == nil {
			continue
		}
		ta := instanceAction(then, ti, then.Task, n, false)
		if ta == nil {
			continue
		}
		if relate(fa, ta, rule) {
			ch |= changedFirst | changedThen
		}
		ch |= p.update(ti, fa, ta, n, p.variantFlags(fa, n), filter, rule)
	}
	return ch
}

// instanceAction finds an instance's action; for bundles some are those of what runs
// inside.
func instanceAction(a *Action, i *resource, task string, n *node, first bool) *Action {
	var inside *resource
	if first && a.Task != taskStop && a.Task != taskStopped ||
		!first && (a.Task == taskPromote || a.Task == taskPromoted || a.Task == taskDemote || a.Task == taskDemoted) {
		if i.replica != nil {
			inside = i.replica.child
		}
	}
	if inside != nil {
		return inside.firstAction(task, nil)
	}
	return i.firstAction(task, n)
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
