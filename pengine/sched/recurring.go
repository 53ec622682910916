package sched

import (
	"strconv"

	"github.com/tactus-ha/tactus/pengine/state"
)

// createRecurring makes the monitors that the configuration asks for.
func (p *plan) createRecurring(r *resource) {
	if r.is(fBlocked) || r.is(fMaintenance) {
		return
	}
	var start *Action
	if n := r.assigned; n != nil && !n.maintenance && (r.next != roleStopped || !r.is(fManaged)) {
		start = p.start(r, n, true)
	}
	for _, op := range r.Ops {
		if !p.canRecur(r, op) {
			continue
		}
		ms := op.Interval.Milliseconds()
		key := string(r.ID) + "_" + op.Name + "_" + strconv.FormatInt(ms, 10)
		if start != nil {
			p.recurActive(r, start, r.assigned, op, key)
		}
		p.recurInactive(r, r.assigned, op, key)
	}
}

// canRecur reports whether a configured operation is a recurring one, the first of its
// name and interval, and enabled.
func (p *plan) canRecur(r *resource, op *state.OpConfig) bool {
	if op.Interval <= 0 {
		return false
	}
	switch op.Name {
	case taskStop, taskStart, taskDemote, taskPromote, taskReload, taskMigrateTo, taskMigrateFrom:
		p.confErr("Ignoring " + op.ID + " because " + op.Name + " action cannot be recurring")
		return false
	}
	same := 0
	for _, other := range r.Ops {
		if other.Name == op.Name && other.Interval == op.Interval {
			if same++; same > 1 {
				p.confErr("Operation " + other.ID + " is a duplicate (do not use same name and interval combination more than once per resource)")
				return false
			}
		}
	}
	if role, ok := op.XML.Lookup("role"); ok && op.Role == roleUnknown {
		p.confErr("Ignoring " + op.ID + " role because " + role + " is not a valid role")
		return false
	}
	return r.Op(op.Name, op.Interval, false) != nil
}

// recurActive makes (or ends) a monitor where r will be active.
func (p *plan) recurActive(r *resource, start *Action, n *node, op *state.OpConfig, key string) {
	if op.Role == roleStopped {
		return
	}
	running := p.alreadyRecurs(r, n, key, start)
	if op.Role == roleUnknown && r.next == rolePromoted || op.Role != roleUnknown && r.next != op.Role {
		if running {
			p.cancelForRole(r, n, op)
		}
		return
	}
	mon := p.action(r, key, op.Name, n, running)
	if !start.Is(Runnable) || n == nil || !n.online || n.unclean {
		mon.clear(Runnable)
	}
	if r.next == rolePromoted {
		mon.setMeta("op_target_rc", "8")
	}
	if n != nil && !r.is(fManaged) {
		return
	}
	blocks := relFirstImpliesThen | relUnrunnableFirstBlocks
	p.orderEnds(taskOf(r, taskStart), actionEnd(mon), blocks)
	p.orderEnds(taskOf(r, taskReload), actionEnd(mon), blocks)
	if r.next == rolePromoted {
		p.orderEnds(taskOf(r, taskPromote), actionEnd(mon), relOrdered|relUnrunnableFirstBlocks)
	} else if r.role == rolePromoted {
		p.orderEnds(taskOf(r, taskDemote), actionEnd(mon), relOrdered|relUnrunnableFirstBlocks)
	}
}

// alreadyRecurs reports whether the monitor runs already and may go on.
func (p *plan) alreadyRecurs(r *resource, n *node, key string, start *Action) bool {
	if n == nil || !start.Is(Optional) {
		return false
	}
	list := r.actionsOn(key, n)
	for _, a := range list {
		if a.Is(rescheduleIt) {
			return false
		}
	}
	return len(list) > 0
}

// cancelForRole ends a monitor that is meant for another role.
func (p *plan) cancelForRole(r *resource, n *node, op *state.OpConfig) {
	cancel := p.newCancel(r, op.Name, op.Interval.Milliseconds(), n)
	after := ""
	switch r.role {
	case roleUnpromoted, roleStarted:
		if r.next == rolePromoted {
			after = taskPromote
		} else if r.next == roleStopped {
			after = taskStop
		}
	case rolePromoted:
		after = taskDemote
	}
	if after != "" {
		p.orderEnds(actionEnd(cancel), taskOf(r, after), relUnrunnableFirstBlocks)
	}
}

// recurInactive makes the monitors that watch that r does not run elsewhere
// (role="Stopped").
func (p *plan) recurInactive(r *resource, n *node, op *state.OpConfig, key string) {
	if op.Role != roleStopped {
		return
	}
	if !r.Unique {
		p.notice("Ignoring " + op.ID + " (recurring monitors for Stopped role are not supported for anonymous clones)")
		return
	}
	for _, other := range p.nodes {
		if n != nil && other == n {
			if len(r.actionsOn(key, n)) > 0 {
				cancel := p.newCancel(r, op.Name, op.Interval.Milliseconds(), n)
				if r.next == roleStarted || r.next == roleUnpromoted {
					p.orderEnds(actionEnd(cancel), taskOf(r, taskStart), relUnrunnableFirstBlocks)
				}
			}
			continue
		}
		mon := p.action(r, key, op.Name, other, len(r.actionsOn(key, other)) > 0)
		mon.setMeta("op_target_rc", "7")
		if r.is(fManaged) {
			for _, probe := range r.actionsByKey(r.key(taskMonitor), other) {
				relate(probe, mon, relUnrunnableFirstBlocks)
			}
		}
		p.recurAfterStops(r, other, mon)
		if !other.online || other.unclean {
			mon.clear(Runnable)
		}
	}
}

func (p *plan) recurAfterStops(r *resource, n *node, mon *Action) {
	for _, stop := range r.actionsOn(r.key(taskStop), n) {
		if !stop.Is(Optional) && !mon.Is(Optional) && !r.is(fManaged) {
			mon.set(Optional)
		}
		if !stop.Is(Runnable) {
			mon.clear(Runnable)
		}
		if r.is(fManaged) {
			p.orderEnds(end{rsc: r, task: taskStop, action: stop}, actionEnd(mon), relFirstImpliesThen|relUnrunnableFirstBlocks)
		}
	}
}
