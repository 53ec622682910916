package draft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// putContainer stores a group, clone, ms or bundle: its members move into it, members
// that it no longer has move back to the top.
func (d *Draft) putContainer(p language.Parsed, old *cib.Element) ([]string, error) {
	members := p.Members
	if len(members) == 0 { // an xml statement has its members inside, a merge keeps the old ones
		if slices.ContainsFunc(p.Element.Children, language.IsResource) {
			d.placeContainer(p.Element, old, nil)
			return nil, nil
		}
		for _, m := range membersOf(old) {
			members = append(members, m.ID())
		}
	}
	var inside []*cib.Element
	for _, id := range members {
		m, err := d.member(p, id, old)
		if err != nil {
			return nil, err
		}
		inside = append(inside, m)
	}
	var dropped []*cib.Element
	for _, m := range membersOf(old) {
		if !slices.Contains(inside, m) {
			dropped = append(dropped, m)
		}
	}
	for _, m := range inside {
		if !slices.Contains(membersOf(old), m) {
			d.replace(m, nil)
		}
	}
	d.placeContainer(p.Element.Plus(inside...), old, dropped)
	if old != nil {
		return nil, nil
	}
	return d.redirect(members, p.Element.ID()), nil
}

func membersOf(e *cib.Element) []*cib.Element {
	var out []*cib.Element
	for c := range e.All("") {
		if language.IsResource(c) {
			out = append(out, c)
		}
	}
	return out
}

func (d *Draft) placeContainer(e, old *cib.Element, dropped []*cib.Element) {
	if old != nil {
		d.replace(old, e)
	} else {
		d.append("resources", e)
	}
	for _, m := range dropped {
		d.append("resources", m)
	}
}

// member finds a resource that is to go into a container.
func (d *Draft) member(p language.Parsed, id string, old *cib.Element) (*cib.Element, error) {
	o, err := d.Resource(id)
	if err != nil {
		return nil, fmt.Errorf("%s %s: member %s: no such resource; define it first", p.Verb, p.Name, id)
	}
	if o.Parent != nil && o.Parent != old {
		return nil, fmt.Errorf("%s %s: member %s is in %s %s already", p.Verb, p.Name, id, language.VerbOf(o.Parent), o.Parent.ID())
	}
	fits := o.Verb == "primitive" || o.Verb == "group" && (p.Verb == "clone" || p.Verb == "ms")
	if !fits {
		return nil, fmt.Errorf("%s %s: member %s is a %s: %s", p.Verb, p.Name, id, o.Verb, allowedMembers(p.Verb))
	}
	return o.Element, nil
}

func allowedMembers(verb string) string {
	if verb == "clone" || verb == "ms" {
		return "a clone holds a primitive or a group"
	}
	return "a " + verb + " holds primitives only"
}

// redirect lets constraints on members speak of their new container.
func (d *Draft) redirect(members []string, container string) []string {
	var notes []string
	constraints := d.root.Child("configuration").Child("constraints")
	if constraints == nil {
		return nil
	}
	var kept []*cib.Element
	for _, c := range constraints.Children {
		n := c
		for _, m := range members {
			if r := renameReference(n, m, container); r != n {
				notes = append(notes, fmt.Sprintf("modified %s:%s from %s to %s", language.VerbOf(c), c.ID(), m, container))
				n = r
			}
		}
		if n != c && pointless(n) {
			notes = append(notes, fmt.Sprintf("%s:%s deleted: both its resources are in %s now", language.VerbOf(c), c.ID(), container))
			continue
		}
		kept = append(kept, n)
	}
	if len(notes) > 0 {
		d.replace(constraints, constraints.WithChildren(kept...))
	}
	return notes
}

// Modgroup adds a member to a group, or takes one out of it. where is "", "before" or
// "after", relative to the member beside.
func (d *Draft) Modgroup(group, verb, id, where, beside string) error {
	return d.attempt(func() error {
		g, ok := d.Find(group)
		if !ok || g.Verb != "group" {
			return fmt.Errorf("%s: no such group", group)
		}
		ids := []string{}
		for _, m := range membersOf(g.Element) {
			ids = append(ids, m.ID())
		}
		i := slices.Index(ids, id)
		switch verb {
		case "remove":
			if i < 0 {
				return fmt.Errorf("%s is not in group %s, which holds %s", id, group, strings.Join(ids, " "))
			}
			if len(ids) == 1 {
				return fmt.Errorf("%s is the only member of group %s: delete the group instead", id, group)
			}
			ids = slices.Delete(ids, i, i+1)
		case "add":
			if i >= 0 {
				return fmt.Errorf("%s is in group %s already", id, group)
			}
			at, err := position(ids, where, beside, group)
			if err != nil {
				return err
			}
			ids = slices.Insert(ids, at, id)
		default:
			return fmt.Errorf("modgroup %s: %q: want add or remove", group, verb)
		}
		bare := g.Element.WithChildren(slices.DeleteFunc(slices.Clone(g.Element.Children), language.IsResource)...)
		_, err := d.putContainer(language.Parsed{Verb: "group", Name: group, Element: bare, Members: ids}, g.Element)
		return err
	})
}

func position(ids []string, where, beside, group string) (int, error) {
	if where == "" {
		return len(ids), nil
	}
	i := slices.Index(ids, beside)
	if i < 0 {
		return 0, fmt.Errorf("%s is not in group %s, which holds %s", beside, group, strings.Join(ids, " "))
	}
	if where == "after" {
		i++
	} else if where != "before" {
		return 0, fmt.Errorf("%q: want before or after", where)
	}
	return i, nil
}
