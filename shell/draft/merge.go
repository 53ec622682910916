package draft

import (
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// Merge brings the changes that lead from base to mine onto theirs, which someone else
// made of base meanwhile. Elements are matched by name and id; what only one side
// changed is taken from it. Conflicts says, one line each, what both changed to
// different things; then the result must not be used.
func Merge(base, mine, theirs *cib.Element) (result *cib.Element, conflicts []string) {
	m := merger{}
	b, x, y := base.Child("configuration"), mine.Child("configuration"), theirs.Child("configuration")
	conf := m.merge(b, x, y, "configuration")
	if y == nil || len(m.conflicts) > 0 {
		return nil, m.conflicts
	}
	result = swap(theirs, y, conf)
	for _, name := range []string{"validate-with"} {
		if v := mine.Get(name); v != base.Get(name) {
			result = result.With(name, v)
		}
	}
	return result, nil
}

type merger struct{ conflicts []string }

func (m *merger) conflict(where, format string, args ...any) {
	m.conflicts = append(m.conflicts, where+": "+fmt.Sprintf(format, args...))
}

// merge merges one element that exists on all three sides.
func (m *merger) merge(base, mine, theirs *cib.Element, where string) *cib.Element {
	switch {
	case mine == base || language.Same(mine, base) || language.Same(mine, theirs):
		return theirs
	case theirs == base || language.Same(theirs, base):
		return mine
	}
	e := *theirs
	e.Attrs = m.attributes(base, mine, theirs, where)
	e.Children = m.children(base, mine, theirs, where)
	return &e
}

func (m *merger) attributes(base, mine, theirs *cib.Element, where string) []cib.Attr {
	var out []cib.Attr
	for _, a := range theirs.Attrs {
		was, before := base.Lookup(a.Name)
		now, still := mine.Lookup(a.Name)
		switch {
		case still == before && now == was: // we did not touch it
			out = append(out, a)
		case still && now == a.Value:
			out = append(out, a)
		case before && a.Value == was: // they did not touch it
			if still {
				out = append(out, cib.Attr{Name: a.Name, Value: now})
			}
		default:
			m.conflict(where, "%s is %q here and %q in the cluster", a.Name, now, a.Value)
		}
	}
	for _, a := range mine.Attrs {
		if _, have := theirs.Lookup(a.Name); have {
			continue
		}
		was, before := base.Lookup(a.Name)
		switch {
		case !before:
			out = append(out, a)
		case was != a.Value:
			m.conflict(where, "%s is %q here and was removed in the cluster", a.Name, a.Value)
		}
	}
	return out
}

// key tells which element on another side is the same one.
func key(e *cib.Element) string {
	if id := e.ID(); id != "" {
		return e.Name + " " + id
	}
	return e.Name
}

func byKey(e *cib.Element) (order []string, index map[string]*cib.Element) {
	index = map[string]*cib.Element{}
	for c := range e.All("") {
		k := key(c)
		order = append(order, k)
		index[k] = c
	}
	return order, index
}

func (m *merger) children(base, mine, theirs *cib.Element, where string) []*cib.Element {
	baseOrder, inBase := byKey(base)
	mineOrder, inMine := byKey(mine)
	theirOrder, inTheirs := byKey(theirs)
	result := map[string]*cib.Element{}
	for _, k := range union(theirOrder, mineOrder) {
		b, x, y := inBase[k], inMine[k], inTheirs[k]
		at := where + ", " + k
		if where == "configuration" {
			at = k
		}
		switch {
		case x != nil && y != nil && b != nil:
			result[k] = m.merge(b, x, y, at)
		case x != nil && y != nil: // both added it
			if !language.Same(x, y) {
				m.conflict(at, "added here and in the cluster, but not the same")
			}
			result[k] = y
		case x == nil && b == nil:
			result[k] = y // they added it
		case y == nil && b == nil:
			result[k] = x // we added it
		case x == nil && !language.Same(b, y):
			m.conflict(at, "removed here and changed in the cluster")
		case y == nil && !language.Same(b, x):
			m.conflict(at, "changed here and removed in the cluster")
		}
	}
	order := union(theirOrder, mineOrder)
	if !sameOrder(baseOrder, mineOrder) {
		order = union(mineOrder, theirOrder)
	}
	var out []*cib.Element
	for _, k := range order {
		if e := result[k]; e != nil {
			out = append(out, e)
		}
	}
	return out
}

func union(a, b []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, k := range slices.Concat(a, b) {
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

// sameOrder reports whether what is in both lists comes in the same order, with what
// is new in b at its end.
func sameOrder(a, b []string) bool {
	inA := map[string]bool{}
	for _, k := range a {
		inA[k] = true
	}
	var both, new []string
	for _, k := range b {
		if !inA[k] {
			new = append(new, k)
			continue
		}
		if len(new) > 0 {
			return false
		}
		both = append(both, k)
	}
	i := 0
	for _, k := range a {
		if i < len(both) && both[i] == k {
			i++
		}
	}
	return i == len(both)
}
