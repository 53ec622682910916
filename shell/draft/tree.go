package draft

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
)

// swap returns the tree with one element (found by identity) replaced; a nil
// replacement removes it. Only the path to it is copied.
func swap(tree, old, replacement *cib.Element) *cib.Element {
	if tree == old {
		return replacement
	}
	for i, c := range tree.Children {
		n := swap(c, old, replacement)
		if n == c {
			continue
		}
		children := slices.Clone(tree.Children)
		if n == nil {
			children = slices.Delete(children, i, i+1)
		} else {
			children[i] = n
		}
		return tree.WithChildren(children...)
	}
	return tree
}

// section returns a section of the configuration; it is made when it is missing.
func (d *Draft) section(name string) *cib.Element {
	conf := d.root.Child("configuration")
	if s := conf.Child(name); s != nil {
		return s
	}
	s := cib.New(name)
	d.root = swap(d.root, conf, conf.Plus(s))
	return s
}

// append puts an element at the end of a section.
func (d *Draft) append(section string, e *cib.Element) {
	s := d.section(section)
	d.root = swap(d.root, s, s.Plus(e))
}

// replace puts e in the place of old; nil removes old.
func (d *Draft) replace(old, e *cib.Element) { d.root = swap(d.root, old, e) }

// rewrite returns the tree in which f was applied to every element, children first.
// f returns its argument when nothing changes, and nil to remove the element.
func rewrite(e *cib.Element, f func(*cib.Element) *cib.Element) *cib.Element {
	children := make([]*cib.Element, 0, len(e.Children))
	changed := false
	for _, c := range e.Children {
		n := rewrite(c, f)
		changed = changed || n != c
		if n != nil {
			children = append(children, n)
		}
	}
	if changed {
		e = e.WithChildren(children...)
	}
	return f(e)
}
