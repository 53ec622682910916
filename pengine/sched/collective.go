package sched

import "github.com/tactus-ha/tactus/pengine/state"

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
			a.requireFor(ma)
		}
		if task != a.Task && f&Runnable != 0 && mf&Runnable == 0 {
			f &^= Runnable
			a.clear(Runnable)
			a.preventBy(ma)
		}
	}
	return f
}

// requireFor makes the action of a whole required on account of a part's.
func (a *Action) requireFor(part *Action) {
	if a.clear(Optional); a.because == nil {
		a.because = part
	}
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
			a.requireFor(ia)
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
