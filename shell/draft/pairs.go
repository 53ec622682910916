package draft

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// Pair returns the value of a pair of an object, looked for in the attribute sets of
// that element name ("meta_attributes") that no rule limits.
func Pair(e *cib.Element, set, name string) (string, bool) {
	for s := range e.All(set) {
		if nv := s.ChildWith("nvpair", "name", name); nv != nil && s.Child("rule") == nil {
			return nv.Get("value"), true
		}
	}
	return "", false
}

// SetPair gives a pair of an object a value; nil removes it. The attribute set is made
// when there is none. It reports whether anything changed.
func (d *Draft) SetPair(owner *cib.Element, set, name string, value *string) bool {
	var target, pair *cib.Element
	for s := range owner.All(set) {
		if _, ref := s.Lookup("id-ref"); ref || s.Child("rule") != nil {
			continue
		}
		if nv := s.ChildWith("nvpair", "name", name); nv != nil {
			target, pair = s, nv
			break
		}
		if target == nil {
			target = s
		}
	}
	switch {
	case value == nil && pair == nil:
		return false
	case value == nil:
		d.replace(pair, nil)
		return true
	case pair != nil:
		if v, ok := pair.Lookup("value"); ok && v == *value {
			return false
		}
		d.replace(pair, pair.With("value", *value))
		return true
	}
	d.addPair(owner, target, set, cib.New("nvpair", "name", name, "value", *value))
	return true
}

func (d *Draft) addPair(owner, target *cib.Element, set string, pair *cib.Element) {
	used := d.IDs()
	if target != nil {
		holder := &cib.Element{Name: set, Attrs: slices.Clone(target.Attrs), Children: []*cib.Element{pair}}
		language.FillIDs(holder, nil, used)
		d.replace(target, target.Plus(pair))
		return
	}
	list := &cib.Element{Name: set, Children: []*cib.Element{pair}}
	holder := &cib.Element{Name: owner.Name, Attrs: slices.Clone(owner.Attrs), Children: []*cib.Element{list}}
	language.FillIDs(holder, nil, used)
	children := slices.Clone(owner.Children)
	at := slices.IndexFunc(children, func(c *cib.Element) bool { return language.IsResource(c) || c.Name == "operations" })
	if at < 0 {
		at = len(children)
	}
	d.replace(owner, owner.WithChildren(slices.Insert(children, at, list)...))
}

// Property returns a cluster property, "" when it is not set.
func (d *Draft) Property(name string) string {
	for set := range d.root.Child("configuration").Child("crm_config").All("cluster_property_set") {
		if nv := set.ChildWith("nvpair", "name", name); nv != nil {
			return nv.Get("value")
		}
	}
	return ""
}

// AddConstraint adds a constraint that is complete, in the place of one with its id.
func (d *Draft) AddConstraint(e *cib.Element) {
	if old := d.section("constraints").ChildWith(e.Name, "id", e.ID()); old != nil {
		d.replace(old, e)
		return
	}
	d.append("constraints", e)
}

// RemoveConstraints removes the constraints that match and returns their ids.
func (d *Draft) RemoveConstraints(match func(*cib.Element) bool) []string {
	s := d.section("constraints")
	var gone []string
	var kept []*cib.Element
	for _, c := range s.Children {
		if match(c) {
			gone = append(gone, c.ID())
		} else {
			kept = append(kept, c)
		}
	}
	if len(gone) > 0 {
		d.replace(s, s.WithChildren(kept...))
	}
	return gone
}

// Set gives an element of the draft an attribute.
func (d *Draft) Set(e *cib.Element, name, value string) { d.replace(e, e.With(name, value)) }
