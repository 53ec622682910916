package sched

func (p *plan) assignGroup(r *resource, prefer *node, stopIfFail bool) *node {
	if !r.is(fUnassigned) {
		return r.assigned
	}
	if r.is(fAssigning) {
		return nil
	}
	if len(r.children) == 0 {
		r.clear(fUnassigned)
		return nil
	}
	r.set(fAssigning)
	r.role = r.children[0].role
	p.showScores(r, "pcmk__group_assign", r.allowed)
	var first *node
	for _, m := range r.children {
		if n := p.assign(m, prefer, stopIfFail); first == nil {
			first = n
		}
	}
	r.setNext(r.children[0].next)
	r.clear(fAssigning | fUnassigned)
	if !r.GroupData.Colocated {
		return nil
	}
	return first
}
