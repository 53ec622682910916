package draft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// referenceAttributes are the attributes that name resources, in constraints.
func referenceAttributes() []string { return []string{"rsc", "with-rsc", "first", "then"} }

// References lists the resources that a constraint or tag names, each once.
func References(e *cib.Element) []string {
	var ids []string
	for c := range e.Walk() {
		for _, name := range referenceAttributes() {
			if id := c.Get(name); id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		if id := c.ID(); (c.Name == "resource_ref" || c.Name == "obj_ref") && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// renameReference returns a constraint or tag that speaks of to instead of from; the
// same element when it does not speak of from.
func renameReference(e *cib.Element, from, to string) *cib.Element {
	return rewrite(e, func(c *cib.Element) *cib.Element {
		for _, name := range referenceAttributes() {
			if c.Get(name) == from {
				c = c.With(name, to)
			}
		}
		if (c.Name == "resource_ref" || c.Name == "obj_ref") && c.ID() == from {
			c = c.With("id", to)
		}
		return c
	})
}

// withoutReference returns a constraint or tag without a resource: nil when nothing is
// left of it, the same element when it does not speak of the resource.
func withoutReference(e *cib.Element, id string) *cib.Element {
	if slices.ContainsFunc(referenceAttributes(), func(name string) bool { return e.Get(name) == id }) {
		return nil
	}
	n := rewrite(e, func(c *cib.Element) *cib.Element {
		isRef := c.Name == "resource_ref" || c.Name == "obj_ref"
		if isRef && c.ID() == id || c.Name == "resource_set" && len(c.Children) == 0 {
			return nil
		}
		return c
	})
	if n != e && len(n.Children) == 0 {
		return nil
	}
	return n
}

// pointless reports whether a colocation or order is left with fewer than two resources.
func pointless(e *cib.Element) bool {
	if e.Name != "rsc_colocation" && e.Name != "rsc_order" {
		return false
	}
	return len(References(e)) < 2
}

// Rename gives an object another id, and lets everything speak of it by that id.
func (d *Draft) Rename(from, to string) error {
	return d.attempt(func() error {
		o, ok := d.Find(from)
		switch {
		case !ok:
			return fmt.Errorf("object %s does not exist", from)
		case o.Verb == "node" || o.Verb == "fencing_topology":
			return fmt.Errorf("%s: a %s cannot be renamed", from, strings.ReplaceAll(o.Verb, "_", " "))
		case !language.ValidID(to):
			return fmt.Errorf("%q cannot be an id", to)
		case d.IDs()[to]:
			return fmt.Errorf("%s: the id is in use already: choose another", to)
		}
		d.replace(o.Element, o.Element.With("id", to))
		if !language.IsResource(o.Element) && o.Verb != "rsc_template" {
			return nil
		}
		conf := d.root.Child("configuration")
		d.replace(conf, rewrite(conf, func(e *cib.Element) *cib.Element {
			switch {
			case isConstraint(e.Name) || e.Name == "tag":
				return renameReference(e, from, to)
			case e.Name == "primitive" && e.Get("template") == from:
				return e.With("template", to)
			case e.Name == "fencing-level":
				return renameDevice(e, from, to)
			}
			return e
		}))
		return nil
	})
}

func renameDevice(level *cib.Element, from, to string) *cib.Element {
	devices := strings.Split(level.Get("devices"), ",")
	i := slices.Index(devices, from)
	if i < 0 {
		return level
	}
	devices[i] = to
	return level.With("devices", strings.Join(devices, ","))
}

// Erase removes everything but the nodes; with nodes, the nodes and nothing else.
func (d *Draft) Erase(nodes bool) {
	conf := d.root.Child("configuration")
	var kept []*cib.Element
	for _, s := range conf.Children {
		if (s.Name == "nodes") == nodes {
			s = s.WithChildren()
		}
		kept = append(kept, s)
	}
	d.replace(conf, conf.WithChildren(kept...))
}
