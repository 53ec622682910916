package sched

// applyStickiness makes every active resource like where it is. Only what runs on
// exactly one node is sticky, and in an opt-in cluster only where it is allowed at all.
func (p *plan) applyStickiness() {
	for _, r := range p.resources {
		p.stick(r)
	}
}

func (p *plan) stick(r *resource) {
	for _, c := range r.children {
		p.stick(c)
	}
	if len(r.children) > 0 || !r.is(fManaged) || r.Stickiness < 1 || len(r.active) != 1 {
		return
	}
	n := r.active[0]
	if !p.c.Options.Symmetric && !r.allowed.has(n) {
		return
	}
	p.addLocation(r, n, r.Stickiness, CauseStickiness)
}
