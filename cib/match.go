package cib

// Compare calls visit for every element that two trees do not share, parents first. After
// a small change of a large document that is a handful.
func Compare(before, after *Element, visit func(before, after *Element)) {
	compare(before, after, visit)
}

// compare calls visit for every element that the two trees do not share: with both when
// the one took the other's place, else with the one and nil. Shared subtrees are skipped
// at the cost of a pointer comparison.
func compare(before, after *Element, visit func(before, after *Element)) {
	if before == after {
		return
	}
	visit(before, after)
	var a, b []*Element
	if before != nil {
		a = before.Children
	}
	if after != nil {
		b = after.Children
	}
	a, b, _ = trimShared(a, b)
	from, gone := matchChildren(a, b)
	for _, i := range gone {
		compare(a[i], nil, visit)
	}
	for j, i := range from {
		if i < 0 {
			compare(nil, b[j], visit)
		} else {
			compare(a[i], b[j], visit)
		}
	}
}

// trimShared cuts off what both lists share at their beginnings and ends; skipped is how
// many it cut off the beginnings.
func trimShared(a, b []*Element) (restA, restB []*Element, skipped int) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b, skipped = a[1:], b[1:], skipped+1
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b, skipped
}

// childKey is what tells siblings apart in patches and merges.
type childKey struct{ name, id string }

func keyOf(e *Element) childKey { return childKey{e.Name, e.ID()} }

// matchChildren pairs the children of two lists by key, the nth of a key with the nth.
// from[j] is the index in a of the partner of b[j], or -1; gone lists what of a has none.
func matchChildren(a, b []*Element) (from, gone []int) {
	from = make([]int, len(b))
	waiting := make(map[childKey][]int, len(a))
	for i, e := range a {
		waiting[keyOf(e)] = append(waiting[keyOf(e)], i)
	}
	taken := make([]bool, len(a))
	for j, e := range b {
		from[j] = -1
		if w := waiting[keyOf(e)]; len(w) > 0 {
			from[j], waiting[keyOf(e)], taken[w[0]] = w[0], w[1:], true
		}
	}
	for i := range a {
		if !taken[i] {
			gone = append(gone, i)
		}
	}
	return from, gone
}

// Equal reports whether two elements say the same: names, attributes in any order, text,
// and children in order.
func Equal(a, b *Element) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.Name != b.Name || a.Text != b.Text || len(a.Attrs) != len(b.Attrs) || len(a.Children) != len(b.Children) {
		return false
	}
	for i, x := range a.Attrs {
		if i < len(b.Attrs) && b.Attrs[i] == x {
			continue
		}
		if v, ok := b.Lookup(x.Name); !ok || v != x.Value {
			return false
		}
	}
	for i := range a.Children {
		if !Equal(a.Children[i], b.Children[i]) {
			return false
		}
	}
	return true
}
