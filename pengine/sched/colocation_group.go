package sched

import "github.com/tactus-ha/tactus/crm"

func lastMember(r *resource) *resource {
	if len(r.children) == 0 {
		return nil
	}
	return r.children[len(r.children)-1]
}

// collectWithGroup: what is with the group concerns the group and its last member.
func (p *plan) collectWithGroup(r, orig *resource, list *[]*colocation) {
	if len(r.children) == 0 || orig != r && orig != lastMember(r) {
		return
	}
	addWithThis(list, r.withThis)
	if r.parent != nil {
		p.collectWithThis(r.parent, orig, list)
	}
	if !r.GroupData.Colocated {
		return
	}
	for _, m := range r.children {
		if m != orig {
			p.collectWithThis(m, orig, list)
		}
	}
}

// collectGroupWith: what the group is with concerns the group and its first member; and
// any member after an unmanaged one, which does not pull the rest along.
func (p *plan) collectGroupWith(r, orig *resource, list *[]*colocation) {
	if len(r.children) == 0 {
		return
	}
	if orig == r || orig == r.children[0] {
		addThisWith(list, r.thisWith)
		if r.parent != nil {
			p.collectThisWith(r.parent, orig, list)
		}
		if !r.GroupData.Colocated {
			return
		}
		for _, m := range r.children {
			if m != orig {
				p.collectThisWith(m, orig, list)
			}
		}
		return
	}
	for _, m := range r.children {
		if m == orig {
			return
		}
		if m.is(fManaged) {
			continue
		}
		for _, c := range r.thisWith {
			if c.score == infinity {
				*list = insertColocation(*list, c, false)
			}
		}
		return
	}
}

// colocateGroupWith places a group: by its first member, the others follow.
func (p *plan) colocateGroupWith(d, r *resource, c *colocation) crm.Score {
	if len(d.children) == 0 {
		return 0
	}
	var delta crm.Score
	if d.GroupData.Colocated {
		delta = p.applyColocationScore(d.children[0], r, c, true)
	} else {
		if c.score >= infinity {
			p.confErr(string(d.ID) + ": Cannot perform mandatory colocation between non-colocated group and " + string(r.ID))
			return 0
		}
		for _, m := range d.children {
			delta = delta.Add(p.applyColocationScore(m, r, c, false))
		}
	}
	if delta != 0 {
		d.priority = d.priority.Add(delta)
	}
	return delta
}

// colocateWithGroup places d with a group: with its last member if that is a must,
// else with its first.
func (p *plan) colocateWithGroup(d, r *resource, c *colocation) crm.Score {
	if r.is(fUnassigned) || len(r.children) == 0 {
		return 0
	}
	if r.GroupData.Colocated {
		m := r.children[0]
		if c.score >= infinity {
			m = lastMember(r)
		}
		return p.applyColocationScore(d, m, c, false)
	}
	if c.score >= infinity {
		p.confErr(string(d.ID) + ": Cannot perform mandatory colocation with non-colocated group " + string(r.ID))
		return 0
	}
	var delta crm.Score
	for _, m := range r.children {
		delta = delta.Add(p.applyColocationScore(d, m, c, false))
	}
	return delta
}

// addGroupColocatedScores merges a group's scores: those of its first member, or of its
// last when it is the group itself that is judged.
func (p *plan) addGroupColocatedScores(r, target *resource, table **Scores, c *colocation, factor float32, flags int) {
	if r.is(fUpdatingNodes) || len(r.children) == 0 {
		return
	}
	r.set(fUpdatingNodes)
	m := r.children[0]
	if *table == nil {
		m = lastMember(r)
	}
	p.addColocatedScores(m, target, table, c, factor, flags)
	r.clear(fUpdatingNodes)
}
