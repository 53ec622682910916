package sched

import "github.com/tactus-ha/tactus/pengine/state"

// withThisColocations lists the colocations in which others are placed with r.
func (p *plan) withThisColocations(r *resource) []*colocation {
	var list []*colocation
	p.collectWithThis(r, r, &list)
	return list
}

// thisWithColocations lists the colocations in which r is placed with others.
func (p *plan) thisWithColocations(r *resource) []*colocation {
	var list []*colocation
	p.collectThisWith(r, r, &list)
	return list
}

// addWithThis merges more colocations into a list, sorted. An empty list takes them as
// they are. When it is not empty, upstream adds the first as often as there are any;
// agreement with its decisions needs the same.
func addWithThis(list *[]*colocation, more []*colocation) { addColocations(list, more, true) }
func addThisWith(list *[]*colocation, more []*colocation) { addColocations(list, more, false) }

func addColocations(list *[]*colocation, more []*colocation, byDependent bool) {
	if len(*list) == 0 {
		*list = more[:len(more):len(more)]
		return
	}
	for range more {
		*list = insertColocation(*list, more[0], byDependent)
	}
}

// collectWithThis adds what concerns orig of the colocations of r: orig itself, or one
// of its ancestors or siblings.
func (p *plan) collectWithThis(r, orig *resource, list *[]*colocation) {
	switch r.Variant {
	case state.Group:
		p.collectWithGroup(r, orig, list)
	case state.Clone:
		addWithThis(list, r.withThis)
		if r.parent != nil {
			p.collectWithThis(r.parent, orig, list)
		}
	case state.Bundle:
		p.collectWithBundle(r, orig, list, true)
	default:
		if r == orig {
			addWithThis(list, r.withThis)
			if r.parent != nil {
				p.collectWithThis(r.parent, orig, list)
			}
			return
		}
		for _, c := range r.withThis {
			if c.explicit {
				*list = insertColocation(*list, c, true)
			}
		}
	}
}

func (p *plan) collectThisWith(r, orig *resource, list *[]*colocation) {
	switch r.Variant {
	case state.Group:
		p.collectGroupWith(r, orig, list)
	case state.Clone:
		addThisWith(list, r.thisWith)
		if r.parent != nil {
			p.collectThisWith(r.parent, orig, list)
		}
	case state.Bundle:
		p.collectWithBundle(r, orig, list, false)
	default:
		if r == orig {
			addThisWith(list, r.thisWith)
			if r.parent != nil {
				p.collectThisWith(r.parent, orig, list)
			}
			return
		}
		for _, c := range r.thisWith {
			if c.explicit {
				*list = insertColocation(*list, c, false)
			}
		}
	}
}
