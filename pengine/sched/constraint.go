package sched

import (
	"maps"
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// readConstraints turns the configured constraints into the scheduler's own.
func (p *plan) readConstraints() {
	for i := range p.c.Constraints {
		p.at(i, -1)
		switch c := &p.c.Constraints[i]; {
		case c.Order != nil:
			p.readOrder(c.Order)
		case c.Colocation != nil:
			p.readColocation(c.Colocation)
		case c.Location != nil:
			p.readLocation(c.Location)
		case c.Ticket != nil:
			p.readTicket(c.Ticket)
		}
	}
}

// resourceOrRefs tells what an id in a constraint means: a resource, or the resources
// made from a template or listed by a tag.
func (p *plan) resourceOrRefs(id string) (r *resource, refs []string, ok bool) {
	if r := p.find(id); r != nil {
		return r, nil, true
	}
	if refs, ok := p.c.Templates[id]; ok {
		return nil, refs, len(refs) > 0
	}
	if refs, ok := p.c.Tags[id]; ok {
		return nil, refs, len(refs) > 0
	}
	return nil, nil, false
}

// expandSets replaces templates and tags in sets by what they stand for, and these in
// turn. One unknown id leaves the sets as they are, and the remark says which.
func (p *plan) expandSets(constraint string, sets []state.ResourceSet) []state.ResourceSet {
	out := make([]state.ResourceSet, len(sets))
	for i, set := range sets {
		members, bad := p.expandMembers(nil, set.Members, nil)
		if bad != "" {
			p.confErr("Ignoring resource sets for constraint '" + constraint + "' because '" + bad + "' is not a valid resource or tag")
			return sets
		}
		set.Members = members
		out[i] = set
	}
	return out
}

// mostMembers bounds what tags of tags may make of a set.
const mostMembers = 100000

// expandMembers adds to out the resources that ids mean; path is the tags that led
// here. bad is an id that means nothing, a tag that contains itself,
// or one too many.
func (p *plan) expandMembers(out, ids, path []string) (members []string, bad string) {
	for _, id := range ids {
		r, refs, ok := p.resourceOrRefs(id)
		switch {
		case !ok || slices.Contains(path, id) || len(out) > mostMembers:
			return nil, id
		case r != nil:
			out = append(out, id)
		default:
			if out, bad = p.expandMembers(out, refs, append(slices.Clip(path), id)); bad != "" {
				return nil, bad
			}
		}
	}
	return out, ""
}

// refSet makes a set of what a template or tag stands for; its members are not
// sequential.
func refSet(id string, refs []string) state.ResourceSet {
	return state.ResourceSet{ID: id, Members: refs, Sequential: "false"}
}

// singleSet makes a set of one resource.
func singleSet(id string) state.ResourceSet { return state.ResourceSet{ID: id, Members: []string{id}} }

// constraintRole reads the role of a colocation or ticket; Started means any.
func (p *plan) constraintRole(id, spec string) (crm.Role, bool) {
	role, ok := crm.ParseRole(spec)
	if spec != "" && !ok {
		p.confErr("Ignoring constraint " + id + ": Invalid role '" + spec + "'")
		return roleUnknown, false
	}
	if role == roleStarted {
		role = roleUnknown
	}
	return role, true
}

// resolve follows an id-ref to the element that it means; nil when there is none.
func (p *plan) resolve(e *cib.Element) *cib.Element {
	ref, ok := e.Lookup("id-ref")
	if !ok {
		return e
	}
	if t := p.byXMLID(ref); t != nil && t.Name == e.Name {
		return t
	}
	p.confErr("Ignoring reference to " + e.Name + " '" + ref + "' because there is none")
	return nil
}

// byXMLID finds an element of the configuration by its id; nil when there is none.
func (p *plan) byXMLID(id string) *cib.Element {
	if p.xmlIDs == nil {
		p.xmlIDs = map[string]*cib.Element{}
		for e := range p.c.Root.Child("configuration").Walk() {
			if v, ok := e.Lookup("id"); ok && p.xmlIDs[v] == nil {
				p.xmlIDs[v] = e
			}
		}
	}
	return p.xmlIDs[id]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// sequential reports a set's sequential attribute, true by default.
func sequential(set *state.ResourceSet) bool { return set.Sequential == "" || isTrue(set.Sequential) }
