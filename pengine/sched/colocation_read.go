package sched

import (
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// readColocation turns a configured colocation into the scheduler's own.
func (p *plan) readColocation(c *state.Colocation) {
	score := crm.Score(0)
	if c.Score != "" {
		var err error
		if score, err = p.c.ParseScore(c.Score); err != nil {
			p.confErr("Ignoring colocation " + c.ID + " because '" + c.Score + "' is not a valid score")
			return
		}
	}
	sets, ok := p.colocationSets(c)
	if !ok {
		return
	}
	if len(sets) == 0 {
		p.readSimpleColocation(c, score)
		return
	}
	for i := range sets {
		p.colocateSet(c, &sets[i], score)
		if i > 0 {
			p.colocateSets(c, &sets[i-1], &sets[i], score)
		}
	}
}

// colocationSets gives the sets of a colocation, templates and tags replaced. One
// between two resources has none.
func (p *plan) colocationSets(c *state.Colocation) ([]state.ResourceSet, bool) {
	if len(c.Sets) > 0 {
		return p.expandSets(c.ID, c.Sets), true
	}
	d, dRefs, ok1 := p.resourceOrRefs(c.Resource)
	r, rRefs, ok2 := p.resourceOrRefs(c.With)
	switch {
	case !ok1:
		p.confErr("Ignoring constraint '" + c.ID + "' because '" + c.Resource + "' is not a valid resource or tag")
		return nil, false
	case !ok2:
		p.confErr("Ignoring constraint '" + c.ID + "' because '" + c.With + "' is not a valid resource or tag")
		return nil, false
	case d != nil && r != nil:
		return nil, true
	case d == nil && r == nil:
		p.confErr("Ignoring constraint '" + c.ID + "' because two templates or tags cannot be colocated")
		return nil, false
	}
	ds, rs := singleSet(c.Resource), singleSet(c.With)
	if d == nil {
		ds = refSet(c.Resource, dRefs)
	} else {
		rs = refSet(c.With, rRefs)
	}
	ds.Role, rs.Role = c.Role, c.WithRole
	return []state.ResourceSet{ds, rs}, true
}

func (p *plan) readSimpleColocation(c *state.Colocation, score crm.Score) {
	d, r := p.find(c.Resource), p.find(c.With)
	for _, side := range []struct {
		r  *resource
		id string
	}{{d, c.Resource}, {r, c.With}} {
		if side.r == nil {
			p.confErr("Ignoring constraint '" + c.ID + "' because resource '" + side.id + "' does not exist")
			return
		}
	}
	p.colocate(c, c.ID, d, r, c.Role, c.WithRole, score, c.NodeAttribute, d)
}

// colocate records one configured colocation. influential is the resource whose
// "critical" decides the default of influence.
func (p *plan) colocate(c *state.Colocation, id string, d, r *resource, dRole, rRole string, score crm.Score, attr string, influential *resource) {
	role1, ok1 := p.constraintRole(id, dRole)
	role2, ok2 := p.constraintRole(id, rRole)
	if !ok1 || !ok2 {
		return
	}
	p.newColocation(colocation{id: id, dependent: d, primary: r, dependentRole: role1, primaryRole: role2,
		attr: attr, score: score, explicit: true, influence: p.influence(c, influential)})
}

func (p *plan) influence(c *state.Colocation, r *resource) bool {
	if c.Influence != "" {
		if v, ok := parseBool(c.Influence); ok {
			return v
		}
		p.confErr("Constraint '" + c.ID + "' has invalid value for influence (using default)")
	}
	return r.Critical
}

// members finds the resources of a set; the first that does not exist ends the list.
func (p *plan) members(set *state.ResourceSet) []*resource {
	var out []*resource
	for _, id := range set.Members {
		r := p.find(id)
		if r == nil {
			p.confErr("Ignoring " + id + " and later resources in set " + set.ID + ": No such resource")
			break
		}
		out = append(out, r)
	}
	return out
}

// colocateSet colocates the members of a set with each other.
func (p *plan) colocateSet(c *state.Colocation, set *state.ResourceSet, score crm.Score) {
	if set.Score != "" {
		var err error
		if score, err = p.c.ParseScore(set.Score); err != nil {
			p.confErr("Ignoring colocation '" + c.ID + "' for set '" + set.ID + "' because '" + set.Score + "' is not a valid score")
			return
		}
	}
	if score == 0 || set.Sequential != "" && !isTrue(set.Sequential) {
		return
	}
	withPrevious := set.Ordering == "" || strings.EqualFold(set.Ordering, "group")
	members := p.members(set)
	for i, m := range members {
		switch {
		case score < 0: // each away from all before it
			p.separate(c, set, m, score)
		case i == 0:
		case withPrevious:
			p.colocate(c, set.ID, m, members[i-1], set.Role, set.Role, score, "", m)
		default:
			p.colocate(c, set.ID, members[i-1], m, set.Role, set.Role, score, "", m)
		}
	}
}

// separate keeps m away from what its set lists before it. A clone that is listed by the
// name of what it clones does not find itself there, and keeps away from all that is
// listed; upstream has it so.
func (p *plan) separate(c *state.Colocation, set *state.ResourceSet, m *resource, score crm.Score) {
	for _, id := range set.Members {
		if id == string(m.ID) {
			return
		}
		if other := p.find(id); other != nil {
			p.colocate(c, set.ID, m, other, set.Role, set.Role, score, "", m)
		}
	}
}

// colocateSets colocates a set with the next: sequential sets by the first of the one
// and the last of the other, others by every member.
func (p *plan) colocateSets(c *state.Colocation, a, b *state.ResourceSet, score crm.Score) {
	if score == 0 || len(a.Members) == 0 || len(b.Members) == 0 {
		return
	}
	as, bs := a.Members, b.Members
	if sequential(a) {
		as = as[:1]
	}
	if sequential(b) {
		bs = bs[len(bs)-1:]
	}
	for _, dependent := range as {
		for _, primary := range bs {
			d, r := p.find(dependent), p.find(primary)
			if d == nil || r == nil {
				p.confErr("Ignoring colocation of " + dependent + " in set " + a.ID + " with " + primary + " in set " + b.ID + ": No such resource")
				continue
			}
			p.colocate(c, c.ID, d, r, a.Role, b.Role, score, "", d)
		}
	}
}
