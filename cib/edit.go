package cib

import "slices"

// location says where an element is: child indexes, from the root down.
type location []int

// editor changes a tree by copying the path to what changes, once per element; the rest
// is shared with the tree it began with.
type editor struct {
	root  *Element
	owned map[*Element]bool
}

func newEditor(root *Element) *editor { return &editor{root, map[*Element]bool{}} }

// at returns the element at a location.
func (ed *editor) at(l location) *Element {
	e := ed.root
	for _, i := range l {
		e = e.Children[i]
	}
	return e
}

// take returns the element at a location after making it, and all above it, this
// editor's own: the caller may write its fields.
func (ed *editor) take(l location) *Element {
	ed.root = ed.copied(ed.root)
	e := ed.root
	for _, i := range l {
		e.Children[i] = ed.copied(e.Children[i])
		e = e.Children[i]
	}
	return e
}

func (ed *editor) copied(e *Element) *Element {
	if ed.owned[e] {
		return e
	}
	c := *e
	c.Attrs, c.Children = slices.Clone(e.Attrs), slices.Clone(e.Children)
	ed.owned[&c] = true
	return &c
}

// set gives the element at a location an attribute; nothing is copied when it has it.
func (ed *editor) set(l location, name, value string) {
	if v, ok := ed.at(l).Lookup(name); ok && v == value {
		return
	}
	e := ed.take(l)
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			e.Attrs[i].Value = value
			return
		}
	}
	e.Attrs = append(e.Attrs, Attr{name, value})
}

// insert puts a child at position at, or at the end when at is negative or too large.
func (ed *editor) insert(parent location, at int, child *Element) {
	p := ed.take(parent)
	if at < 0 || at > len(p.Children) {
		at = len(p.Children)
	}
	p.Children = slices.Insert(p.Children, at, child)
}

// remove takes the element at a location, not the root, out of the tree.
func (ed *editor) remove(l location) *Element {
	p := ed.take(l[:len(l)-1])
	i := l[len(l)-1]
	e := p.Children[i]
	p.Children = slices.Delete(p.Children, i, i+1)
	return e
}

// replace puts another element at a location.
func (ed *editor) replace(l location, e *Element) {
	if len(l) == 0 {
		ed.root = e
		return
	}
	ed.take(l[:len(l)-1]).Children[l[len(l)-1]] = e
}

// section finds a section by name.
func (ed *editor) section(name string) (location, bool) {
	path, ok := sectionPath(name)
	if !ok {
		return nil, false
	}
	var l location
	e := ed.root
	for _, step := range path {
		i := slices.IndexFunc(e.Children, func(c *Element) bool { return c.Name == step })
		if i < 0 {
			return nil, false
		}
		l, e = append(l, i), e.Children[i]
	}
	return l, true
}

// find looks for the first element at or below a location that matches. The children of
// an element are looked at before what is below them.
func (ed *editor) find(from location, match func(*Element) bool) (location, bool) {
	e := ed.at(from)
	if match(e) {
		return from, true
	}
	return findBelow(e, append(make(location, 0, 32), from...), match)
}

func findBelow(e *Element, at location, match func(*Element) bool) (location, bool) {
	for i, c := range e.Children {
		if match(c) {
			return append(at, i), true
		}
	}
	for i, c := range e.Children {
		if len(c.Children) == 0 {
			continue
		}
		if l, ok := findBelow(c, append(at, i), match); ok {
			return l, true
		}
	}
	return nil, false
}
