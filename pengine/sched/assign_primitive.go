package sched

import "github.com/tactus-ha/tactus/crm"

func (p *plan) assignPrimitive(r *resource, prefer *node, stopIfFail bool) *node {
	if r.parent != nil && !r.parent.is(fAssigning) {
		p.assign(r.parent, prefer, stopIfFail) // a parent places its children
	}
	if !r.is(fUnassigned) {
		return r.assigned
	}
	if r.is(fAssigning) {
		p.notice("assignment of " + string(r.ID) + " depends on itself: its colocations form a loop")
		return nil
	}
	r.set(fAssigning)
	p.applyColocations(r)
	switch {
	case r.next == roleStopped:
		p.addLocation(r, nil, -infinity, CauseTargetRole)
	case r.next > r.role && p.frozen():
		p.notice("Resource " + string(r.ID) + " cannot be elevated from " + r.role.String() + " to " +
			r.next.String() + " due to no-quorum-policy=freeze")
		r.setNext(r.role)
	}
	p.showScores(r, "pcmk__primitive_assign", r.allowed)
	if p.c.Options.FencingEnabled && !p.c.HaveFencing {
		r.clear(fManaged) // nothing could be recovered safely
	}
	switch {
	case !r.is(fManaged):
		r.setNext(r.role)
		n := p.current(r)
		score := crm.Score(0)
		if n != nil {
			score = n.Score
		}
		p.place(r, n, score, true, stopIfFail)
	case p.c.Options.StopAll:
		p.place(r, nil, 0, true, stopIfFail)
	default:
		p.assignBest(r, prefer, stopIfFail)
	}
	r.clear(fAssigning)
	if r.RemoteConnection {
		p.connectionAssigned(r)
	}
	return r.assigned
}

// applyColocations merges into r's scores what colocations say: mandatory ones first,
// to satisfy as many as possible.
func (p *plan) applyColocations(r *resource) {
	this, with := p.thisWithColocations(r), p.withThisColocations(r)
	for _, mandatory := range []bool{true, false} {
		for _, c := range this {
			if c.mandatory() == mandatory {
				p.applyThisWith(c, r)
			}
		}
		for _, c := range with {
			if c.mandatory() == mandatory {
				p.addDependentScores(c, r)
			}
		}
	}
}

// applyThisWith places the primary, then merges its place into r's scores. When a
// colocation that may be broken leaves no node, the scores stay as they were.
func (p *plan) applyThisWith(c *colocation, r *resource) {
	var archive *Scores
	if c.dependentRole >= rolePromoted || c.score < 0 && c.score > -infinity {
		archive = r.allowed.clone()
	}
	if c.primary.is(fUnassigned) {
		p.assign(c.primary, nil, true)
	}
	p.applyColocationScore(r, c.primary, c, true)
	if archive != nil && !p.anyUsable(r.allowed) {
		r.allowed = archive
	}
}

// assignBest places r on its best node.
func (p *plan) assignBest(r *resource, prefer *node, stopIfFail bool) {
	if free := p.banInsufficient(r); prefer == nil {
		prefer = free
	}
	if !r.is(fUnassigned) {
		return
	}
	list := p.rank(r.allowed, p.current(r))
	chosen, score := (*node)(nil), crm.Score(0)
	if len(list) > 0 {
		if s := r.allowed.at(prefer); s != nil && s.score >= list[0].score && r.allowed.usable(prefer) {
			chosen, score = prefer, s.score
		} else {
			chosen = p.stayIfEqual(r, list)
			score = list[0].score
		}
	}
	if p.opts.Explain {
		p.recordChoice(r, list, chosen)
	}
	p.place(r, chosen, score, false, stopIfFail)
}

// stayIfEqual is the best of a ranked list; among equals, where r already runs.
func (p *plan) stayIfEqual(r *resource, list []ranked) *node {
	best := list[0]
	running := p.current(r)
	if r.parent.isUniqueClone() || best.score <= 0 || !best.n.available() ||
		running == nil || !running.available() || running.Score < 0 {
		return best.n
	}
	for _, each := range list[1:] {
		if each.score != best.score {
			break
		}
		if each.n == running {
			return running
		}
	}
	return best.n
}
