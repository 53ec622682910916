package diff

import (
	"slices"

	"github.com/tactus-ha/tactus/cib"
)

// Shrink removes what it can from a case while still says that the difference stays. It
// asks at most budget times.
func Shrink(c Case, budget int, still func(Case) bool) Case {
	s := &shrinker{best: Case{c.Name, copyOf(c.Root), slices.Clone(c.Args)}, budget: budget, still: still}
	for again := true; again && s.budget > 0; {
		again = s.args()
		for depth := 0; s.level(depth, &again); depth++ {
		}
		if s.attributes() {
			again = true
		}
	}
	return s.best
}

type shrinker struct {
	best   Case
	budget int
	still  func(Case) bool
}

// try asks about a smaller case and keeps it if the difference stays.
func (s *shrinker) try(c Case) bool {
	if s.budget <= 0 {
		return false
	}
	s.budget--
	if !s.still(c) {
		return false
	}
	s.best = c
	return true
}

// args leaves out events; an option and its value go together.
func (s *shrinker) args() (any bool) {
	for i := 0; i+1 < len(s.best.Args); {
		if s.best.Args[i] != "-t" && s.try(Case{s.best.Name, s.best.Root, slices.Delete(slices.Clone(s.best.Args), i, i+2)}) {
			any = true
			continue
		}
		i += 2
	}
	return any
}

// level leaves out elements of one depth: halves of a parent's children, then smaller
// runs of them. It reports whether there is such a depth.
func (s *shrinker) level(depth int, any *bool) bool {
	found := false
	for i := 0; ; i++ {
		parents := atDepth(s.best.Root, depth)
		if i >= len(parents) {
			return found
		}
		n := len(parents[i].Children)
		found = found || n > 0
		for size := n; size > 0; size /= 2 {
			for from := 0; from < len(atDepth(s.best.Root, depth)[i].Children); {
				root := copyOf(s.best.Root)
				p := atDepth(root, depth)[i]
				p.Children = slices.Delete(p.Children, from, min(from+size, len(p.Children)))
				if s.try(Case{s.best.Name, root, s.best.Args}) {
					*any = true
				} else {
					from += size
				}
				if s.budget <= 0 {
					return false
				}
			}
		}
	}
}

// atDepth lists the elements so far below root.
func atDepth(root *cib.Element, depth int) []*cib.Element {
	level := []*cib.Element{root}
	for range depth {
		var next []*cib.Element
		for _, e := range level {
			next = append(next, e.Children...)
		}
		level = next
	}
	return level
}

// needed are attributes that no element of the kind can be without.
var needed = []string{"id", "uname", "name", "value", "validate-with", "class", "provider", "type", "operation", "interval", "rsc", "with-rsc", "first", "then"}

// attributes leaves out attributes, one by one.
func (s *shrinker) attributes() (any bool) {
	total := len(slices.Collect(s.best.Root.Walk()))
	for i := range total {
		for k := 0; ; {
			e := slices.Collect(s.best.Root.Walk())[i]
			if k >= len(e.Attrs) || s.budget <= 0 {
				break
			}
			if slices.Contains(needed, e.Attrs[k].Name) {
				k++
				continue
			}
			root := copyOf(s.best.Root)
			changed := slices.Collect(root.Walk())[i]
			changed.Attrs = slices.Delete(changed.Attrs, k, k+1)
			if s.try(Case{s.best.Name, root, s.best.Args}) {
				any = true
			} else {
				k++
			}
		}
	}
	return any
}
