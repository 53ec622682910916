package diff

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
)

// copyOf is a tree of its own, free to be edited.
func copyOf(e *cib.Element) *cib.Element {
	c := *e
	c.Attrs = slices.Clone(e.Attrs)
	c.Children = make([]*cib.Element, len(e.Children))
	for i, child := range e.Children {
		c.Children[i] = copyOf(child)
	}
	return &c
}

// set changes e: its attribute gets the value.
func set(e *cib.Element, name, value string) {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			e.Attrs[i].Value = value
			return
		}
	}
	e.Attrs = append(e.Attrs, cib.Attr{Name: name, Value: value})
}

// unset changes e: it loses the attribute.
func unset(e *cib.Element, name string) {
	e.Attrs = slices.DeleteFunc(e.Attrs, func(a cib.Attr) bool { return a.Name == name })
}

// add appends a child and returns it.
func add(parent, child *cib.Element) *cib.Element {
	parent.Children = append(parent.Children, child)
	return child
}

// within finds or makes the child of that name.
func within(parent *cib.Element, name string) *cib.Element {
	if c := parent.Child(name); c != nil {
		return c
	}
	return add(parent, cib.New(name))
}

// everyNamed lists all elements of these names below root, in document order.
func everyNamed(root *cib.Element, names ...string) []*cib.Element {
	var out []*cib.Element
	if root == nil {
		return nil
	}
	for e := range root.Walk() {
		if slices.Contains(names, e.Name) {
			out = append(out, e)
		}
	}
	return out
}

// remove takes one element out of the tree below root; it reports whether it was there.
func remove(root, gone *cib.Element) bool {
	for i, c := range root.Children {
		if c == gone {
			root.Children = slices.Delete(root.Children, i, i+1)
			return true
		}
		if remove(c, gone) {
			return true
		}
	}
	return false
}

// idsOf lists the ids of elements.
func idsOf(list []*cib.Element) []string {
	var out []string
	for _, e := range list {
		if id := e.ID(); id != "" {
			out = append(out, id)
		}
	}
	return out
}
