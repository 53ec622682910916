package cib

import "iter"

// Attr is one XML attribute.
type Attr struct{ Name, Value string }

// Element is one XML element. It never changes once it is part of a tree that others
// can see: edits copy the path from the root and share the rest, so a Snapshot may be
// read by any number of goroutines without locks.
//
// The With methods return changed copies; only code that has just made an Element
// may write its fields.
type Element struct {
	Name     string
	Attrs    []Attr     // in document order
	Children []*Element // in document order
	Text     string     // character data, trimmed; CIB elements seldom have any
	Line     int        // in the text it was parsed from; 0 when made by code
}

// New makes an element from alternating attribute names and values.
// It panics when a value is missing: that is a programming error.
func New(name string, namesAndValues ...string) *Element {
	if len(namesAndValues)%2 != 0 {
		panic("cib: New(" + name + "): attribute without a value")
	}
	e := &Element{Name: name}
	for i := 0; i < len(namesAndValues); i += 2 {
		e.Attrs = append(e.Attrs, Attr{namesAndValues[i], namesAndValues[i+1]})
	}
	return e
}

// Get returns the value of an attribute, "" when absent. A nil element has none.
func (e *Element) Get(name string) string {
	v, _ := e.Lookup(name)
	return v
}

// ID returns the id attribute, "" when absent.
func (e *Element) ID() string { return e.Get("id") }

// Lookup returns the value of an attribute and whether it is there.
func (e *Element) Lookup(name string) (string, bool) {
	if e == nil {
		return "", false
	}
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			return e.Attrs[i].Value, true
		}
	}
	return "", false
}

// Child returns the first child of that name, or nil. It may be chained: a nil
// element has no children.
func (e *Element) Child(name string) *Element {
	if e == nil {
		return nil
	}
	for _, c := range e.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// ChildWith returns the first child of that name whose attribute has that value.
func (e *Element) ChildWith(name, attr, value string) *Element {
	for c := range e.All(name) {
		if c.Get(attr) == value {
			return c
		}
	}
	return nil
}

// All yields the children of that name in document order; "" yields every child.
func (e *Element) All(name string) iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		if e == nil {
			return
		}
		for _, c := range e.Children {
			if (name == "" || c.Name == name) && !yield(c) {
				return
			}
		}
	}
}

// Walk yields e and everything below it in document order.
func (e *Element) Walk() iter.Seq[*Element] {
	return func(yield func(*Element) bool) { e.walk(yield) }
}

func (e *Element) walk(yield func(*Element) bool) bool {
	if e == nil {
		return true
	}
	if !yield(e) {
		return false
	}
	for _, c := range e.Children {
		if !c.walk(yield) {
			return false
		}
	}
	return true
}

// With returns a copy of e in which the attribute has the value. Children are shared.
func (e *Element) With(name, value string) *Element {
	c := *e
	c.Attrs = make([]Attr, 0, len(e.Attrs)+1)
	found := false
	for _, a := range e.Attrs {
		if a.Name == name {
			a.Value, found = value, true
		}
		c.Attrs = append(c.Attrs, a)
	}
	if !found {
		c.Attrs = append(c.Attrs, Attr{name, value})
	}
	return &c
}

// Without returns a copy of e that lacks the attribute. Children are shared.
func (e *Element) Without(name string) *Element {
	c := *e
	c.Attrs = make([]Attr, 0, len(e.Attrs))
	for _, a := range e.Attrs {
		if a.Name != name {
			c.Attrs = append(c.Attrs, a)
		}
	}
	return &c
}

// WithChildren returns a copy of e with these children instead of its own.
func (e *Element) WithChildren(children ...*Element) *Element {
	c := *e
	c.Children = children
	return &c
}

// Plus returns a copy of e with more children after its own.
func (e *Element) Plus(children ...*Element) *Element {
	c := *e
	c.Children = append(append(make([]*Element, 0, len(e.Children)+len(children)), e.Children...), children...)
	return &c
}
