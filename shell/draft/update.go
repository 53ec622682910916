package draft

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// merged returns old with what update says: pairs get new values or are added,
// operations of the same name, interval and role are replaced, everything else that is
// of one kind (rules, references) is taken from the update.
func merged(old, update *cib.Element) *cib.Element {
	if isConstraint(update.Name) || update.Name == "tag" {
		return update // these have no pairs to merge: the new one replaces the old
	}
	e := *old
	e.Name = update.Name // ms <-> clone
	e.Attrs = slices.Clone(old.Attrs)
	for _, a := range update.Attrs {
		if a.Name == "id" {
			continue
		}
		i := slices.IndexFunc(e.Attrs, func(o cib.Attr) bool { return o.Name == a.Name })
		if i >= 0 {
			e.Attrs[i].Value = a.Value
		} else {
			e.Attrs = append(e.Attrs, a)
		}
	}
	e.Children = slices.Clone(old.Children)
	if language.IsResource(&e) {
		e.Children = slices.DeleteFunc(e.Children, language.IsResource) // putContainer adds them again
	}
	for _, c := range update.Children {
		i := slices.IndexFunc(e.Children, func(o *cib.Element) bool { return continues(o, c) })
		switch {
		case i < 0:
			e.Children = append(e.Children, c)
		case c.Name == "nvpair":
			e.Children[i] = withIDOf(c, e.Children[i])
		case c.Name == "op":
			e.Children[i] = c
		default:
			e.Children[i] = merged(e.Children[i], c)
		}
	}
	return &e
}

// withIDOf gives a pair the id of the one that it replaces.
func withIDOf(c, old *cib.Element) *cib.Element {
	if c.ID() == "" && old.ID() != "" {
		return c.With("id", old.ID())
	}
	return c
}

// continues reports whether an update's child is about the same thing as an old one.
func continues(old, c *cib.Element) bool {
	if old.Name != c.Name {
		return false
	}
	if id := c.ID(); id != "" {
		return id == old.ID()
	}
	switch c.Name {
	case "nvpair":
		return old.Get("name") == c.Get("name")
	case "op":
		return old.Get("name") == c.Get("name") && old.Get("interval") == c.Get("interval") && old.Get("role") == c.Get("role")
	case "rule", "expression", "date_expression":
		return language.Same(old.Without("id"), c)
	}
	return true
}

func isConstraint(element string) bool {
	switch element {
	case "rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket":
		return true
	}
	return false
}
