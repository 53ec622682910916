package sched

import (
	"fmt"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// nextRole[from][to] is the role to take next on the way from one role to another.
var nextRole = [5][5]crm.Role{
	roleUnknown:    {roleUnknown, roleStopped, roleStopped, roleStopped, roleStopped},
	roleStopped:    {roleStopped, roleStopped, roleStarted, roleUnpromoted, roleUnpromoted},
	roleStarted:    {roleStopped, roleStopped, roleStarted, roleUnpromoted, rolePromoted},
	roleUnpromoted: {roleStopped, roleStopped, roleStopped, roleUnpromoted, rolePromoted},
	rolePromoted:   {roleStopped, roleUnpromoted, roleUnpromoted, roleUnpromoted, rolePromoted},
}

// change is what turns one role into the next.
type change uint8

const (
	nothing change = iota
	doStop
	doStart
	doPromote
	doDemote
	impossible
)

// roleChange[from][next] is the change that a step of nextRole takes.
var roleChange = [5][5]change{
	roleUnknown:    {impossible, doStop, impossible, impossible, impossible},
	roleStopped:    {impossible, nothing, doStart, doStart, impossible},
	roleStarted:    {impossible, doStop, nothing, nothing, doPromote},
	roleUnpromoted: {impossible, doStop, doStop, nothing, doPromote},
	rolePromoted:   {impossible, doDemote, doDemote, doDemote, nothing},
}

// apply makes the actions of one change. It reports whether there was anything to do.
func (p *plan) apply(c change, r *resource, n *node, optional bool) bool {
	switch c {
	case doStop:
		p.stopResource(r, optional)
	case doStart:
		if n == nil {
			return false
		}
		p.startResource(r, n, optional)
	case doPromote:
		if n == nil {
			return false
		}
		p.promoteResource(r, n, optional)
	case doDemote:
		p.demoteResource(r, optional)
	default:
		return false
	}
	return true
}

// createPrimitiveActions makes everything that brings r from its role to its next.
func (p *plan) createPrimitiveActions(r *resource) {
	if r.next == roleUnknown {
		if r.assigned == nil {
			r.setNext(roleStopped)
		} else {
			r.setNext(roleStarted)
		}
	}
	current, all, clean := p.activeNode(r)
	for _, source := range r.dangling {
		stop := p.stop(r, source, false)
		stop.set(abortsMove)
		p.noteOrigin(stop, originDangling)
	}
	m := p.judgeMove(r, current, all, clean)
	if r.is(fStartPending) {
		p.start(r, r.assigned, true).set(AlwaysGraph)
	}
	needPromote := p.judgeRecovery(r, current, &m)
	p.restart(r, current, m.needStop, needPromote)
	for role := r.role; role != r.next; {
		next := nextRole[role][r.next]
		if !p.apply(roleChange[role][next], r, r.assigned, false) {
			break
		}
		role = next
	}
	p.createRecurring(r)
	if m.migrate {
		p.createMigration(r, current)
	}
}

// move is what createPrimitiveActions finds out about changing places.
type move struct{ moving, migrate, needStop bool }

// judgeMove decides whether r moves, may migrate live, or is active too often.
func (p *plan) judgeMove(r *resource, current *node, all, clean int) move {
	var m move
	if current != nil && r.assigned != nil && current != r.assigned && r.next >= roleStarted {
		m = move{moving: true, migrate: p.canMigrate(r, current), needStop: true}
	}
	tooOften := false
	switch target := r.partialDest; {
	case r.partialSource != nil && target != nil && m.migrate && all == 2 &&
		current == r.partialSource && r.assigned == target:
		// The migration under way goes on.
	case r.partialSource != nil || target != nil:
		m.needStop, m.migrate = true, false
		r.partialSource, r.partialDest = nil, nil
	case r.NeedsFencing:
		tooOften = all > 1
	default:
		tooOften = clean > 1
	}
	if !tooOften {
		r.clear(fStopUnexpected)
		return m
	}
	p.findings = append(p.findings, state.Finding{Level: "error",
		Msg: fmt.Sprintf("resource %s might be active on %d nodes", r.ID, all)})
	switch r.MultiplyActive {
	case state.MultiplyRestart:
		m.needStop = true
	case state.MultiplyUnexpected:
		m.needStop = true // stopResource skips the expected node
		r.set(fStopUnexpected)
	}
	return m
}

// judgeRecovery decides whether a resource that stays must be stopped, and whether its
// promotion must be done again.
func (p *plan) judgeRecovery(r *resource, current *node, m *move) (needPromote bool) {
	switch {
	case m.moving:
	case r.is(fFailed):
		if r.is(fStopIfFailed) {
			m.needStop = true
		} else {
			needPromote = r.next == rolePromoted
		}
	case r.is(fBlocked):
		m.needStop = true
	case r.role > roleStarted && current != nil && r.assigned != nil:
		if !p.start(r, r.assigned, true).Is(Optional) {
			m.needStop = true // recovery of a promoted resource
		}
	}
	return needPromote
}

// restart makes the actions that bring r down and up again to the role it has; they
// stay optional unless needed.
func (p *plan) restart(r *resource, current *node, needStop, needPromote bool) {
	r.set(fRestarting)
	role := r.role
	for role != roleStopped {
		next := nextRole[role][roleStopped]
		if !p.apply(roleChange[role][next], r, current, !needStop) {
			break
		}
		role = next
	}
	for r.role <= r.next && role != r.role && !r.is(fBlocked) {
		next := nextRole[role][r.role]
		required := needStop || next == rolePromoted && needPromote
		if !p.apply(roleChange[role][next], r, r.assigned, !required) {
			break
		}
		role = next
	}
	r.clear(fRestarting)
}

// expectedOn reports whether a multiply active resource may stay where it is.
func expectedOn(r *resource, n *node) bool {
	return r.all(fStopUnexpected|fRestarting) && r.next > roleStopped && r.assigned == n
}

func (p *plan) stopResource(r *resource, optional bool) {
	for _, n := range r.active {
		if expectedOn(r, n) {
			continue
		}
		if r.partialDest != nil {
			if n == r.partialDest && n == r.assigned {
				continue // the migration goes on to where it is
			}
			optional = false
		}
		stop := p.stop(r, n, optional)
		if r.assigned == nil {
			stop.explain("node availability", true)
		} else if r.all(fRestarting | fStopUnexpected) {
			stop.explain("being multiply active", true)
		}
		if !r.is(fManaged) {
			stop.clear(Runnable)
		}
		if r.NeedsUnfencing {
			relate(stop, p.fenceAction(n, taskFenceOn, true, "", false), relThenImpliesFirst)
		}
	}
}

func (p *plan) startResource(r *resource, n *node, optional bool) {
	start := p.start(r, n, true)
	p.orderVsUnfencing(r, n, start, relFirstImpliesThen)
	if start.Is(Runnable) && !optional {
		start.clear(Optional)
	}
	if expectedOn(r, n) {
		start.set(Pseudo)
	}
}

func (p *plan) promoteResource(r *resource, n *node, optional bool) {
	for _, s := range r.actionsOn(r.key(taskStart), n) {
		if !s.Is(Runnable) {
			for _, a := range r.actionsOn(r.key(taskPromote), n) {
				a.clear(Runnable)
			}
			return
		}
	}
	a := p.promote(r, n, optional)
	if expectedOn(r, n) {
		a.set(Pseudo)
	}
}

func (p *plan) demoteResource(r *resource, optional bool) {
	for _, n := range r.active {
		if !expectedOn(r, n) {
			p.demote(r, n, optional)
		}
	}
}

// createActions makes the actions of every resource.
func (p *plan) createActions() {
	for i, r := range p.resources {
		p.at(i, -1)
		p.create(r)
	}
}

func (p *plan) create(r *resource) {
	switch r.Variant {
	case state.Primitive:
		p.createPrimitiveActions(r)
	case state.Group:
		p.createGroupActions(r)
	case state.Clone:
		p.createInstanceActions(r, r.children)
		if r.Promotable {
			p.createPromotableActions(r)
		}
	case state.Bundle:
		p.createBundleActions(r)
	}
}

func (p *plan) createGroupActions(r *resource) {
	for _, c := range r.children {
		p.create(c)
	}
	tasks := []string{taskStart, taskRunning, taskStop, taskStopped}
	if isTrue(r.Meta["promotable"]) {
		tasks = append(tasks, taskDemote, taskDemoted, taskPromote, taskPromoted)
	}
	for _, t := range tasks {
		p.pseudo(r, t, true, true)
	}
}
