package draft

import (
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// Delete removes objects by id. Members of a removed container stay, at the top;
// constraints and tags lose what they said about a removed resource, and go when
// nothing is left of them. The notes say what else was changed.
func (d *Draft) Delete(ids ...string) (notes []string, err error) {
	err = d.attempt(func() error {
		for _, id := range ids {
			if _, ok := d.Find(id); !ok {
				return fmt.Errorf("object %s does not exist", id)
			}
		}
		// Containers first, so that their members are found at the top afterwards.
		ordered := slices.Clone(ids)
		slices.SortStableFunc(ordered, func(a, b string) int { return d.deleteRank(a) - d.deleteRank(b) })
		for _, id := range ordered {
			if o, ok := d.Find(id); ok { // else it went with something else
				more, err := d.delete(o)
				if err != nil {
					return err
				}
				notes = append(notes, more...)
			}
		}
		return nil
	})
	return notes, err
}

func (d *Draft) deleteRank(id string) int {
	o, _ := d.Find(id)
	switch {
	case isConstraint(o.Element.Name):
		return 0
	case o.Verb == "clone" || o.Verb == "ms" || o.Verb == "bundle":
		return 1
	case o.Verb == "group":
		return 2
	}
	return 3
}

func (d *Draft) delete(o Object) (notes []string, err error) {
	if o.Verb == "rsc_template" {
		for _, user := range d.Objects() {
			if user.Element.Get("template") == o.ID {
				return nil, fmt.Errorf("%s: primitive %s uses it: delete that first", o.ID, user.ID)
			}
		}
	}
	if o.Parent != nil && len(membersOf(o.Parent)) == 1 { // an empty container cannot be
		parent, _ := d.Find(o.Parent.ID())
		if notes, err = d.delete(parent); err != nil {
			return notes, err
		}
		o, _ = d.Find(o.ID)
	}
	if o.Verb == "fencing_topology" {
		d.replace(o.Element, cib.New("fencing-topology"))
		return notes, nil
	}
	members := membersOf(o.Element)
	d.replace(o.Element, nil)
	for _, m := range members {
		d.append("resources", m)
	}
	if !language.IsResource(o.Element) {
		return notes, nil
	}
	heir := ""
	if len(members) > 0 {
		heir = members[0].ID()
	}
	return append(notes, d.dropReferences(o.ID, heir)...), nil
}

// dropReferences takes a removed resource out of constraints and tags. The heir, the
// first member of a removed container, inherits plain constraints.
func (d *Draft) dropReferences(id, heir string) []string {
	var notes []string
	for _, name := range []string{"constraints", "tags"} {
		section := d.root.Child("configuration").Child(name)
		if section == nil {
			continue
		}
		var kept []*cib.Element
		for _, c := range section.Children {
			n := c
			if heir != "" && c.Name != "tag" && c.Child("resource_set") == nil {
				n = renameReference(c, id, heir)
			} else {
				n = withoutReference(c, id)
			}
			what := language.VerbOf(c) + ":" + c.ID()
			switch {
			case n == c:
			case n == nil || pointless(n):
				notes = append(notes, "hanging "+what+" deleted")
				continue
			case heir != "" && c.Child("resource_set") == nil && c.Name != "tag":
				notes = append(notes, fmt.Sprintf("modified %s from %s to %s", what, id, heir))
			default:
				notes = append(notes, "constraint "+what+" updated")
			}
			kept = append(kept, n)
		}
		if len(notes) > 0 {
			d.replace(section, section.WithChildren(kept...))
		}
	}
	return notes
}
