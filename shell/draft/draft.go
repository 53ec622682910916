package draft

import (
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// Draft is a configuration that is being edited. It is not safe for concurrent use.
type Draft struct {
	base *cib.Element // the cib element it began with
	root *cib.Element // as it is now

	ids     map[string]bool // what IDs would give for idsRoot; grows with new objects
	idsRoot *cib.Element
}

// New begins a draft of a CIB. The element is not changed.
func New(root *cib.Element) *Draft { return &Draft{base: root, root: root} }

// Base is the CIB that the draft began with.
func (d *Draft) Base() *cib.Element { return d.base }

// Root is the CIB as the draft would have it.
func (d *Draft) Root() *cib.Element { return d.root }

// Changed reports whether there is anything to commit.
func (d *Draft) Changed() bool {
	return d.root != d.base && !language.Same(withoutStatus(d.root), withoutStatus(d.base))
}

func withoutStatus(root *cib.Element) *cib.Element {
	return root.WithChildren(root.Child("configuration"))
}

// Reset makes another CIB the draft, unchanged.
func (d *Draft) Reset(root *cib.Element) { d.base, d.root = root, root }

// SetRoot makes root the edited configuration; the base stays.
func (d *Draft) SetRoot(root *cib.Element) { d.root = root }

// Object is one thing that has a statement of its own.
type Object struct {
	Verb    string // of its statement
	ID      string // node: its name; fencing topology: "fencing_topology"
	Element *cib.Element
	Parent  *cib.Element // the group or clone around a resource; nil at the top
}

// Objects lists everything that statements can say, in document order; members follow
// their containers.
func (d *Draft) Objects() []Object {
	var out []Object
	for section := range d.root.Child("configuration").All("") {
		switch section.Name {
		case "rsc_defaults", "op_defaults":
			for set := range section.All("meta_attributes") {
				out = append(out, Object{section.Name, set.ID(), set, nil})
			}
		case "fencing-topology":
			if len(section.Children) > 0 {
				out = append(out, Object{"fencing_topology", "fencing_topology", section, nil})
			}
		default:
			for _, e := range section.Children {
				out = appendObject(out, e, nil)
			}
		}
	}
	return out
}

func appendObject(out []Object, e, parent *cib.Element) []Object {
	verb := language.VerbOf(e)
	if verb == "" {
		return out
	}
	id := e.ID()
	if e.Name == "node" {
		id = e.Get("uname")
	}
	out = append(out, Object{verb, id, e, parent})
	for _, c := range e.Children {
		if language.IsResource(c) {
			out = appendObject(out, c, e)
		}
	}
	return out
}

// Find returns the object of that id. A node is found by its name or its id; when a
// node and a resource share a name, the resource is found.
func (d *Draft) Find(id string) (Object, bool) {
	var node Object
	found := false
	for _, o := range d.Objects() {
		switch {
		case o.Verb != "node" && o.ID == id:
			return o, true
		case o.Verb == "node" && (o.ID == id || o.Element.ID() == id) && !found:
			node, found = o, true
		}
	}
	return node, found
}

// find returns the object that a statement of that verb would change.
func (d *Draft) find(verb, id string) (Object, bool) {
	for _, o := range d.Objects() {
		if (verb == "node") == (o.Verb == "node") && (o.ID == id || verb == "node" && o.Element.ID() == id) {
			return o, true
		}
	}
	return Object{}, false
}

// IDs returns every id that the configuration uses.
func (d *Draft) IDs() map[string]bool {
	used := map[string]bool{}
	for e := range d.root.Child("configuration").Walk() {
		if id := e.ID(); id != "" && e.Name != "resource_ref" && e.Name != "obj_ref" {
			used[id] = true
		}
	}
	return used
}

// known is IDs without the walk when only new objects came since it was last asked.
// Only addNew may write to it.
func (d *Draft) known() map[string]bool {
	if d.ids == nil || d.idsRoot != d.root {
		d.ids, d.idsRoot = d.IDs(), d.root
	}
	return d.ids
}

// Referenced reports whether an id-ref points at the id.
func (d *Draft) Referenced() func(id string) bool {
	refs := map[string]bool{}
	for e := range d.root.Child("configuration").Walk() {
		if ref, ok := e.Lookup("id-ref"); ok {
			refs[ref] = true
		}
	}
	return func(id string) bool { return refs[id] }
}

// Nodes returns the node names, in document order.
func (d *Draft) Nodes() []string {
	var names []string
	for n := range d.root.Child("configuration").Child("nodes").All("node") {
		names = append(names, n.Get("uname"))
	}
	return names
}

// Printer returns a printer that knows this draft.
func (d *Draft) Printer() language.Printer {
	return language.Printer{Referenced: d.Referenced(), Nodes: d.Nodes()}
}

// sectionOf names the section where objects of a verb live.
func sectionOf(verb string) string {
	switch verb {
	case "node":
		return "nodes"
	case "property":
		return "crm_config"
	case "location", "colocation", "order", "rsc_ticket":
		return "constraints"
	case "tag":
		return "tags"
	case "alert":
		return "alerts"
	case "role", "acl_target", "acl_group", "user":
		return "acls"
	case "fencing_topology":
		return "fencing-topology"
	case "rsc_defaults", "op_defaults":
		return verb
	}
	return "resources"
}

// attempt runs a change and takes it back when it fails.
func (d *Draft) attempt(change func() error) error {
	before := d.root
	if err := change(); err != nil {
		d.root = before
		return err
	}
	return nil
}

// Resource returns a resource by id, or an error that names what there is.
func (d *Draft) Resource(id string) (Object, error) {
	o, ok := d.Find(id)
	if !ok {
		return o, fmt.Errorf("object %s does not exist", id)
	}
	if !language.IsResource(o.Element) {
		return o, fmt.Errorf("%s is a %s, not a resource", id, o.Verb)
	}
	return o, nil
}

// Resources returns the ids of all resources, in document order.
func (d *Draft) Resources() []string {
	var ids []string
	for _, o := range d.Objects() {
		if language.IsResource(o.Element) && !slices.Contains(ids, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
