package draft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// How says what Put does with an object that exists.
type How int

// The ways to put an object.
const (
	Create  How = iota // refuse it; sets of properties and nodes are merged
	Update             // merge the new pairs and operations into it
	Replace            // put the new one in its place
)

// Put adds what a statement says. The notes are remarks for the user: what else had to
// change.
func (d *Draft) Put(p language.Parsed, how How) (notes []string, err error) {
	err = d.attempt(func() error {
		notes, err = d.put(p, how)
		return err
	})
	return append(slices.Clone(p.Notes), notes...), err
}

func (d *Draft) put(p language.Parsed, how How) ([]string, error) {
	switch p.Verb {
	case "monitor":
		return nil, d.addOperation(p.Name, p.Element)
	case "fencing_topology":
		return nil, d.putFencing(p.Element)
	case "property", "rsc_defaults", "op_defaults":
		return nil, d.putSet(p, how)
	}
	var old Object
	exists := false
	if p.Verb == "node" || d.known()[p.Name] {
		old, exists = d.find(p.Verb, p.Name)
	}
	if !exists && d.known()[p.Element.ID()] {
		return nil, fmt.Errorf("%s: the id is in use already: choose another", p.Element.ID())
	}
	if exists && old.Verb != p.Verb && !(old.Verb == "ms" && p.Verb == "clone" || old.Verb == "clone" && p.Verb == "ms") {
		return nil, fmt.Errorf("cannot create %s with id %s: there is a %s of that id", p.Verb, p.Name, old.Verb)
	}
	if exists && how == Create && p.Verb != "node" {
		return nil, fmt.Errorf("cannot create %s with id %s: it exists already; change it with: edit %s", p.Verb, p.Name, p.Name)
	}
	if exists && (how == Update || how == Create && p.Verb == "node") {
		p.Element = merged(old.Element, p.Element)
	}
	if !exists {
		return d.addNew(p)
	}
	return d.store(p, old.Element)
}

// addNew is store for an object that replaces none. Large files consist of those: it
// keeps the table of ids instead of making it anew.
func (d *Draft) addNew(p language.Parsed) ([]string, error) {
	if err := d.resolve(p.Element); err != nil {
		return nil, err
	}
	d.section(sectionOf(p.Verb))
	used := d.known()
	for c := range p.Element.Walk() {
		if id := c.ID(); id != "" && used[id] && c.Name != "resource_ref" && c.Name != "obj_ref" {
			return nil, fmt.Errorf("%s: the id is in use already: choose another", id)
		}
	}
	d.ids = nil // valid again only when all of this has succeeded
	language.FillIDs(p.Element, nil, used)
	if len(p.Members) > 0 || isContainer(p.Element) {
		return d.putContainer(p, nil)
	}
	d.append(sectionOf(p.Verb), p.Element)
	d.ids, d.idsRoot = used, d.root
	return nil, nil
}

// store gives the element its ids and references and puts it in its place.
func (d *Draft) store(p language.Parsed, old *cib.Element) ([]string, error) {
	used := d.IDs()
	if old != nil {
		for e := range old.Walk() {
			if !language.IsResource(e) {
				delete(used, e.ID())
			}
		}
	}
	if old != nil && p.Verb == "node" && p.Element.ID() == "" {
		p.Element = withFirst(p.Element, "id", old.ID())
	}
	if err := d.resolve(p.Element); err != nil {
		return nil, err
	}
	language.FillIDs(p.Element, old, used)
	if err := checkIDs(p.Element, d.root, old); err != nil {
		return nil, err
	}
	if len(p.Members) > 0 || isContainer(p.Element) {
		return d.putContainer(p, old)
	}
	if old != nil {
		d.replace(old, p.Element)
	} else {
		d.append(sectionOf(p.Verb), p.Element)
	}
	return nil, nil
}

func withFirst(e *cib.Element, name, value string) *cib.Element {
	c := *e
	c.Attrs = append([]cib.Attr{{Name: name, Value: value}}, e.Attrs...)
	return &c
}

func isContainer(e *cib.Element) bool {
	return language.IsResource(e) && e.Name != "primitive"
}

// checkIDs refuses an id that something outside of old has already.
func checkIDs(e, root, old *cib.Element) error {
	mine := map[string]bool{}
	for c := range e.Walk() {
		if id := c.ID(); id != "" && c.Name != "resource_ref" && c.Name != "obj_ref" {
			if mine[id] {
				return fmt.Errorf("%s: the id is used twice", id)
			}
			mine[id] = true
		}
	}
	inside := map[*cib.Element]bool{}
	if old != nil {
		for c := range old.Walk() {
			inside[c] = true
		}
	}
	for c := range root.Child("configuration").Walk() {
		if mine[c.ID()] && !inside[c] && c.Name != "resource_ref" && c.Name != "obj_ref" {
			return fmt.Errorf("%s: the id is in use already, by a %s", c.ID(), c.Name)
		}
	}
	return nil
}

// resolve turns references to objects ($id-ref=web) into references to their sets.
func (d *Draft) resolve(e *cib.Element) error {
	for c := range e.Walk() {
		ref, ok := c.Lookup("id-ref")
		if !ok {
			continue
		}
		target, err := d.resolveOne(c.Name, ref)
		if err != nil {
			return err
		}
		for i := range c.Attrs {
			if c.Attrs[i].Name == "id-ref" {
				c.Attrs[i].Value = target
			}
		}
	}
	return nil
}

func (d *Draft) resolveOne(name, ref string) (string, error) {
	for e := range d.root.Child("configuration").Walk() {
		if e.ID() != ref || e.Name == "resource_ref" || e.Name == "obj_ref" {
			continue
		}
		if e.Name == name {
			return ref, nil
		}
		for c := range e.Walk() {
			if c.Name == name && c.ID() != "" {
				return c.ID(), nil
			}
		}
	}
	return "", fmt.Errorf("$id-ref=%s: there is no %s of that id", ref, strings.ReplaceAll(name, "_", " "))
}

// putSet merges pairs into a set of properties or defaults, or replaces the set.
func (d *Draft) putSet(p language.Parsed, how How) error {
	id := p.Element.ID()
	if id == "" {
		id = map[string]string{"property": "cib-bootstrap-options", "rsc_defaults": "rsc-options", "op_defaults": "op-options"}[p.Verb]
		p.Element = withFirst(p.Element, "id", id)
	}
	old := d.section(sectionOf(p.Verb)).ChildWith(p.Element.Name, "id", id)
	if old != nil && how != Replace {
		p.Element = merged(old, p.Element)
	}
	_, err := d.store(p, old)
	return err
}

func (d *Draft) putFencing(e *cib.Element) error {
	s := d.section("fencing-topology")
	used := d.IDs()
	for _, l := range s.Children {
		delete(used, l.ID())
	}
	language.FillIDs(e, s, used)
	d.replace(s, e)
	return nil
}

func (d *Draft) addOperation(rsc string, op *cib.Element) error {
	o, err := d.Resource(rsc)
	if err != nil {
		return err
	}
	if o.Verb != "primitive" {
		return fmt.Errorf("%s is a %s: an operation belongs to a primitive", rsc, o.Verb)
	}
	ops := o.Element.Child("operations")
	for c := range ops.All("op") {
		if c.Get("name") == op.Get("name") && c.Get("interval") == op.Get("interval") && c.Get("role") == op.Get("role") {
			return fmt.Errorf("%s has an operation %s with interval %s already", rsc, op.Get("name"), op.Get("interval"))
		}
	}
	holder := &cib.Element{Name: "primitive", Attrs: []cib.Attr{{Name: "id", Value: rsc}}, Children: []*cib.Element{op}}
	used := d.IDs()
	language.FillIDs(holder, nil, used)
	if ops == nil {
		d.replace(o.Element, o.Element.Plus(&cib.Element{Name: "operations", Children: []*cib.Element{op}}))
	} else {
		d.replace(ops, ops.Plus(op))
	}
	return nil
}
