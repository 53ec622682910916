package sched

// maxCauses bounds how far a chain of causes is followed.
const maxCauses = 6

// ActionCauses says why an action is required or, when it cannot run, what prevents it.
// The first is the nearest cause; what is behind it follows. It is derived from what the
// run left behind: nothing is recorded for it but the action before each.
func (r *Result) ActionCauses(a *Action) []Cause {
	w := whyAction{p: r.plan, seen: map[*Action]bool{}}
	list := w.causes(a)
	if len(list) == 0 {
		list = []Cause{{Kind: CauseUnknown}}
	}
	return list
}

// whyAction follows causes from action to action, each once.
type whyAction struct {
	p    *plan
	seen map[*Action]bool
}

func (w *whyAction) causes(a *Action) []Cause {
	if w.seen[a] || len(w.seen) >= maxCauses {
		return nil
	}
	w.seen[a] = true
	if !a.Is(Runnable) && !a.Is(Pseudo) {
		if list := w.blocked(a); len(list) > 0 {
			return list
		}
	}
	switch a.Task {
	case taskStart:
		return w.start(a)
	case taskStop:
		return w.stop(a)
	case taskPromote, taskDemote:
		return w.role(a)
	case taskMigrateTo, taskMigrateFrom:
		return w.migration(a)
	case taskMonitor:
		return w.monitor(a)
	}
	return w.other(a)
}

// blocked says why an action cannot run.
func (w *whyAction) blocked(a *Action) []Cause {
	switch {
	case a.rsc != nil && a.Task == taskStop && !a.rsc.is(fManaged):
		return []Cause{w.p.whyUnmanaged(a.rsc)}
	case a.because != nil && a.prevented:
		return w.follow(a, a.because)
	case a.node == nil:
		return nil
	}
	if c := a.node.trouble(); c.Kind != CauseUnknown && !a.node.online || a.node.pending {
		return []Cause{c}
	}
	if a.rsc != nil && a.needs != needsNothing {
		return w.p.whyUnable(a.rsc)
	}
	return nil
}

// follow gives the tie to the action that is the cause, and that action's own causes.
func (w *whyAction) follow(a, because *Action) []Cause {
	list := append([]Cause{w.p.link(because, a)}, w.causes(because)...)
	if len(list) > 1 && list[1].Kind == CauseUnfencing && list[0].Kind == CauseUnfencing {
		list = list[1:] // it says the same, and why
	}
	for i := range list[1:] {
		if c := &list[i+1]; c.Of == nil && because.rsc != a.rsc {
			c.Of = because.Resource()
		}
	}
	return list
}

// origin gives the cause that was noted when the action was made.
func (w *whyAction) origin(a *Action) []Cause {
	o := w.p.origins[a]
	switch o {
	case "":
		return nil
	case originFailure:
		if op := lastFailure(w.p.c, a.rsc.Resource, nil); op != nil {
			return []Cause{{Kind: CauseFailed, Op: op, Node: op.Node}}
		}
		for _, l := range a.rsc.launched {
			if op := lastFailure(w.p.c, l.Resource, nil); op != nil {
				return []Cause{{Kind: CauseFailed, Op: op, Node: op.Node, Resource: l.Resource}}
			}
		}
		return []Cause{{Kind: CauseFailed, Node: stateNode(a.node)}}
	case originDangling:
		return []Cause{{Kind: CauseMigration, Node: stateNode(a.rsc.assigned)}}
	case originAgent:
		if a.rsc.Removed {
			return []Cause{{Kind: CauseRemoved}}
		}
		return []Cause{{Kind: CauseAgent}}
	case originDefinition:
		return []Cause{{Kind: CauseParameters, Names: parameterNames(a.rsc)}}
	}
	return []Cause{{Kind: CauseExpired, ID: string(o)}}
}

// parameterNames lists the parameters that r has: the history knows only a digest of what
// they were.
func parameterNames(r *resource) []string { return sortedKeys(r.Params(nil)) }

// start: it is wanted; when it runs already, what makes it come down first.
func (w *whyAction) start(a *Action) []Cause {
	r := a.rsc
	if !r.isPrimitive() {
		return w.whole(a)
	}
	if list := w.origin(a); list != nil {
		return list
	}
	if len(r.active) == 0 || r.role == roleStopped {
		if r.is(fFailed) {
			if op := lastFailure(w.p.c, r.Resource, nil); op != nil {
				return append([]Cause{{Kind: CauseFailed, Op: op, Node: op.Node}}, w.p.whyPlace(r)...)
			}
		}
		return w.p.whyPlace(r)
	}
	if stop := r.firstAction(taskStop, nil); stop != nil && !w.seen[stop] {
		return w.stop(stop)
	}
	if a.because != nil {
		return w.follow(a, a.because)
	}
	return w.p.whyPlace(r)
}

func (w *whyAction) stop(a *Action) []Cause {
	r := a.rsc
	w.seen[a] = true
	if !r.isPrimitive() {
		return w.whole(a)
	}
	if r.Removed {
		return []Cause{{Kind: CauseRemoved}}
	}
	if list := w.origin(a); list != nil {
		return w.withPlace(list, r)
	}
	switch {
	case r.is(fFailed) && (r.is(fStopIfFailed) || r.assigned == nil):
		return w.withPlace(w.failure(a), r)
	case a.node != nil && a.node.unclean:
		return append([]Cause{{Kind: CauseNodeUnclean, Node: a.node.Node}}, w.elsewhere(r)...)
	case len(r.active) > 1 && r.assigned != nil && r.activeOn(r.assigned):
		return []Cause{{Kind: CauseMultiple, Count: len(r.active), ID: r.Meta["multiple-active"]}}
	case r.assigned == nil || a.node != r.assigned && !r.is(fStopUnexpected):
		return w.p.whyPlace(r)
	case a.because != nil && a.because.rsc != r:
		return w.follow(a, a.because)
	}
	return w.restart(a)
}

// withPlace adds where it goes when that is somewhere else.
func (w *whyAction) withPlace(list []Cause, r *resource) []Cause {
	return append(list, w.elsewhere(r)...)
}

func (w *whyAction) elsewhere(r *resource) []Cause {
	if cur := w.p.current(r); r.assigned != cur {
		return w.p.whyPlace(r)
	}
	return nil
}

// failure says what failed.
func (w *whyAction) failure(a *Action) []Cause {
	if op := lastFailure(w.p.c, a.rsc.Resource, nil); op != nil {
		return []Cause{{Kind: CauseFailed, Op: op, Node: op.Node}}
	}
	if n := a.node; n != nil {
		if c := n.trouble(); c.Kind != CauseUnknown {
			return []Cause{c}
		}
	}
	for _, l := range a.rsc.launched {
		if op := lastFailure(w.p.c, l.Resource, nil); op != nil {
			return []Cause{{Kind: CauseFailed, Op: op, Node: op.Node, Resource: l.Resource}}
		}
	}
	for _, n := range w.p.nodes {
		if n.remote != nil && n.remote.launcher == a.rsc && n.remoteReset {
			return []Cause{{Kind: CauseNodeUnclean, Node: n.Node}}
		}
	}
	return []Cause{{Kind: CauseFailed, Node: stateNode(a.node)}}
}

// restart says why something goes down to come up again in the same place.
func (w *whyAction) restart(a *Action) []Cause {
	r := a.rsc
	for _, task := range []string{taskStart, taskPromote, taskMigrateFrom} {
		up := r.firstAction(task, nil)
		if up == nil || w.seen[up] && up != a.because {
			continue
		}
		if list := w.origin(up); list != nil {
			return list
		}
		if up.because != nil && up.because.rsc != r {
			w.seen[up] = true
			return w.follow(up, up.because)
		}
		if !up.Is(Runnable) && !up.Is(Pseudo) {
			if list := w.blocked(up); len(list) > 0 {
				return list
			}
		}
	}
	for _, other := range r.actions {
		if list := w.origin(other); other != a && !other.Is(Optional) && list != nil {
			return list
		}
	}
	switch {
	case r.is(fFailed):
		return w.failure(a)
	case r.is(fStartPending):
		return []Cause{{Kind: CauseParameters, Names: parameterNames(r)}}
	case r.is(fBlocked):
		return []Cause{w.p.whyUnmanaged(r)}
	case r.PartialSource != nil || r.PartialTarget != nil || len(r.DanglingSources) > 0:
		return []Cause{{Kind: CauseMigration, Node: stateNode(r.assigned)}}
	case a.because != nil:
		return w.follow(a, a.because)
	}
	return w.p.whyPlace(r)
}

// role says why an instance is promoted or demoted.
func (w *whyAction) role(a *Action) []Cause {
	r := a.rsc
	if !r.isPrimitive() {
		return w.whole(a)
	}
	if list := w.origin(a); list != nil {
		return list
	}
	switch {
	case a.because != nil && a.because.rsc != r:
		return w.follow(a, a.because)
	case r.is(fFailed) && r.role == rolePromoted:
		return w.failure(a)
	case a.Task == taskPromote && r.role != rolePromoted:
		return []Cause{w.p.promotionCause(r)}
	case r.assigned == nil || r.assigned != w.p.current(r):
		return w.p.whyPlace(r)
	case a.Task == taskDemote && r.next < rolePromoted:
		return w.p.whyNotPromoted(r)
	}
	if stop := r.firstAction(taskStop, nil); stop != nil && !stop.Is(Optional) && !w.seen[stop] {
		return w.stop(stop)
	}
	return w.restart(a)
}

func (w *whyAction) migration(a *Action) []Cause {
	other := a.rsc.assigned
	if a.Task == taskMigrateFrom {
		other = w.p.current(a.rsc)
	}
	return append([]Cause{{Kind: CauseMigration, Node: stateNode(other)}}, w.p.whyPlace(a.rsc)...)
}

func (w *whyAction) monitor(a *Action) []Cause {
	switch {
	case a.intervalMS == 0 && !a.Is(rescheduleIt):
		return []Cause{{Kind: CauseProbe, Node: stateNode(a.node)}}
	case a.Is(rescheduleIt):
		return []Cause{{Kind: CauseParameters, Names: parameterNames(a.rsc)}}
	}
	return []Cause{{Kind: CauseRecurring, Count: int(a.intervalMS), Node: stateNode(a.node)}}
}

// whole says why the milestone of a group, clone or bundle is in the graph: on account of
// its parts.
func (w *whyAction) whole(a *Action) []Cause {
	if a.because != nil {
		return w.follow(a, a.because)
	}
	for _, part := range instances(a.rsc) {
		for _, t := range []string{instanceTask(a), regular[a.Task], a.Task} {
			if pa := part.firstAction(t, nil); pa != nil && t != "" && pa != a && !pa.Is(Optional) {
				return w.follow(a, pa)
			}
		}
	}
	return w.byInputs(a)
}

// byInputs falls back on what an action that is only there for others is tied to.
func (w *whyAction) byInputs(a *Action) []Cause {
	for _, list := range [][]*relation{a.before, a.after} {
		for _, in := range list {
			if in.other.Is(Graphed) && !in.other.Is(Pseudo) {
				return []Cause{{Kind: CausePart, Resource: in.other.Resource(), Node: in.other.Node(), Task: in.other.Task}}
			}
		}
	}
	for _, list := range [][]*relation{a.before, a.after} {
		for _, in := range list {
			if in.other.Is(Graphed) {
				return []Cause{{Kind: CausePart, Resource: in.other.Resource(), Node: in.other.Node(), Task: in.other.Task}}
			}
		}
	}
	return nil
}

// other says why anything else is done.
func (w *whyAction) other(a *Action) []Cause {
	if a.rsc != nil {
		if list := w.origin(a); list != nil {
			return list
		}
	}
	switch a.Task {
	case taskFence:
		return w.fencing(a)
	case taskShutdown:
		return []Cause{{Kind: CauseNodeShutdown, Node: stateNode(a.node)}}
	case taskReload:
		return []Cause{{Kind: CauseParameters, Names: parameterNames(a.rsc)}}
	case taskCancel:
		return w.cancel(a)
	case taskNotify, taskNotified:
		return []Cause{{Kind: CauseNotice, Task: a.meta["notify_operation"], Resource: a.rsc.top().Resource}}
	case taskMaintenance:
		return []Cause{{Kind: CauseMaintenance}}
	case taskLoadStopped:
		return []Cause{{Kind: CauseUtilization, Node: stateNode(a.node)}}
	}
	if a.rsc != nil && known[a.Task] {
		return w.whole(a)
	}
	if hasPrefix(a.Task, taskLoadStopped) {
		return []Cause{{Kind: CauseUtilization, Node: stateNode(a.node)}}
	}
	if a.because != nil {
		return w.follow(a, a.because)
	}
	if a.intervalMS > 0 {
		return w.monitor(a)
	}
	return w.byInputs(a)
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

func (w *whyAction) cancel(a *Action) []Cause {
	r := a.rsc
	switch {
	case r.is(fMaintenance) || a.node != nil && a.node.maintenance:
		return []Cause{w.p.whyUnmanaged(r)}
	case r.next != r.role && r.next > roleStopped:
		return []Cause{{Kind: CauseRole, ID: r.next.String()}}
	case r.next == roleStopped:
		return []Cause{{Kind: CauseRole, ID: r.next.String()}}
	}
	return []Cause{{Kind: CauseNotWatched, Count: int(a.intervalMS), Task: a.Cancels}}
}

func (w *whyAction) fencing(a *Action) []Cause {
	if a.meta["stonith_action"] == taskFenceOn {
		return []Cause{{Kind: CauseUnfencing, Node: stateNode(a.node), ID: a.Reason}}
	}
	out := []Cause{{Kind: CauseNodeUnclean, Node: stateNode(a.node), ID: a.Reason}}
	for _, op := range w.p.c.Failed {
		if op.Node == a.node.Node && a.Reason == string(op.Resource.ID)+" failed there" {
			return append(out, Cause{Kind: CauseFailed, Op: op, Node: op.Node, Resource: op.Resource})
		}
	}
	return out
}
