package cib

import (
	"slices"
	"strings"
)

// Diff says how to come from one snapshot to another.
func Diff(before, after *Snapshot) *Patch {
	p := DiffElements(before.root, after.root)
	p.Source, p.Target, p.Versioned = before.version, after.version, true
	return p
}

// DiffElements says how to come from one document to another; both must have the same
// root element. The patch carries no versions.
func DiffElements(before, after *Element) *Patch {
	p := &Patch{}
	p.compareAttrs("/"+after.Name, before, after)
	p.compareChildren("/"+after.Name, before, after)
	p.order()
	return p
}

// order puts deletions first and changes of the root's attributes before the rest, as
// Pacemaker writes them.
func (p *Patch) order() {
	rank := func(c Change) int {
		switch {
		case c.Kind == ChangeDelete:
			return 0
		case c.Kind == ChangeModify && strings.Count(c.Path, "/") == 1:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(p.Changes, func(a, b Change) int { return rank(a) - rank(b) })
}

func sameAttrs(a, b *Element) bool {
	return len(a.Attrs) == len(b.Attrs) && Equal(&Element{Name: "x", Attrs: a.Attrs}, &Element{Name: "x", Attrs: b.Attrs})
}

// compareAttrs records how the attributes of one element changed.
func (p *Patch) compareAttrs(path string, before, after *Element) {
	c := Change{Kind: ChangeModify, Path: path, Element: after.WithChildren()}
	for _, a := range before.Attrs {
		if v, ok := after.Lookup(a.Name); !ok {
			c.Attrs = append(c.Attrs, AttrChange{Name: a.Name})
		} else if v != a.Value {
			c.Attrs = append(c.Attrs, AttrChange{a.Name, v, true})
		}
	}
	for _, a := range after.Attrs {
		if _, ok := before.Lookup(a.Name); !ok {
			c.Attrs = append(c.Attrs, AttrChange{a.Name, a.Value, true})
		}
	}
	if len(c.Attrs) > 0 {
		p.Changes = append(p.Changes, c)
	}
}

// compareChildren records how what is below an element changed. Children that a path
// cannot tell apart are deleted and created anew when any of them changed.
func (p *Patch) compareChildren(path string, before, after *Element) {
	if before == after {
		return
	}
	a, b, skipped := trimShared(before.Children, after.Children)
	if len(a) == 0 && len(b) == 0 {
		return
	}
	if ambiguous(a, before.Children) || ambiguous(b, after.Children) {
		p.compareAmbiguous(path, before.Children, after.Children)
		return
	}
	from, gone := matchChildren(a, b)
	for j, i := range from {
		if i >= 0 && a[i].Text != b[j].Text { // a patch cannot change text
			from[j], gone = -1, append(gone, i)
		}
	}
	for _, i := range gone {
		p.Changes = append(p.Changes, Change{Kind: ChangeDelete, Path: path + pathStep(a[i])})
	}
	stays := increasing(from)
	for j, i := range from {
		switch {
		case i < 0:
			p.Changes = append(p.Changes, Change{Kind: ChangeCreate, Path: path, Position: skipped + j, Element: b[j]})
			continue
		case !stays[j]:
			p.Changes = append(p.Changes, Change{Kind: ChangeMove, Path: path + pathStep(b[j]), Position: skipped + j, Element: b[j].WithChildren()})
		}
		p.compareAttrs(path+pathStep(b[j]), a[i], b[j])
		p.compareChildren(path+pathStep(b[j]), a[i], b[j])
	}
}

// ambiguous reports whether a path cannot tell one of the changed children from a
// sibling: same name and same id, or same name and one of them has no id.
func ambiguous(changed, all []*Element) bool {
	if len(changed) <= 8 { // few of many: cheaper than a table
		return slices.ContainsFunc(changed, func(c *Element) bool {
			id := c.ID()
			return slices.ContainsFunc(all, func(e *Element) bool {
				return e != c && e.Name == c.Name && (id == "" || e.ID() == id || e.ID() == "")
			})
		})
	}
	seen, named := make(map[childKey]bool, len(all)), map[string]int{}
	for _, e := range all {
		if seen[keyOf(e)] {
			return true
		}
		seen[keyOf(e)] = true
		named[e.Name]++
	}
	for name, n := range named {
		if n > 1 && seen[childKey{name, ""}] {
			return true
		}
	}
	return false
}

func (p *Patch) compareAmbiguous(path string, a, b []*Element) {
	if slices.EqualFunc(a, b, Equal) {
		return
	}
	for _, withID := range []bool{true, false} { // a step without an id matches any of the name
		for _, e := range a {
			if (e.ID() != "") == withID {
				p.Changes = append(p.Changes, Change{Kind: ChangeDelete, Path: path + pathStep(e)})
			}
		}
	}
	for j, e := range b {
		p.Changes = append(p.Changes, Change{Kind: ChangeCreate, Path: path, Position: j, Element: e})
	}
}

// increasing marks a longest increasing subsequence of the indexes that are not
// negative: what need not be moved.
func increasing(from []int) []bool {
	stays := make([]bool, len(from))
	var tails []int // tails[k]: where the best sequence of length k+1 ends
	prev := make([]int, len(from))
	for j, i := range from {
		if i < 0 {
			continue
		}
		k, _ := slices.BinarySearchFunc(tails, i, func(t, i int) int { return from[t] - i })
		if prev[j] = -1; k > 0 {
			prev[j] = tails[k-1]
		}
		if k == len(tails) {
			tails = append(tails, j)
		} else {
			tails[k] = j
		}
	}
	if len(tails) > 0 {
		for j := tails[len(tails)-1]; j >= 0; j = prev[j] {
			stays[j] = true
		}
	}
	return stays
}
