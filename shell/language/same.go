package language

import "github.com/tactus-ha/tactus/cib"

// Same reports whether two elements say the same: the order of attributes and
// attributes that only repeat their default do not count, nor does an order of
// attribute sets among other children.
func Same(a, b *cib.Element) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Name != b.Name || a.Text != b.Text || len(a.Children) != len(b.Children) {
		return false
	}
	if !attributesIn(a, b) || !attributesIn(b, a) {
		return false
	}
	for i := range a.Children {
		if !Same(a.Children[i], b.Children[i]) {
			return false
		}
	}
	return true
}

func attributesIn(a, b *cib.Element) bool {
	for _, at := range a.Attrs {
		if v, ok := b.Lookup(at.Name); (!ok || v != at.Value) && !(at.Value == defaultOf(a.Name, at.Name) && !ok) {
			return false
		}
	}
	return true
}

// defaultOf returns the value that leaving an attribute out stands for.
func defaultOf(element, attribute string) string {
	switch element + "/" + attribute {
	case "node/type":
		return "normal"
	case "resource_set/sequential", "resource_set/require-all":
		return "true"
	case "rule/boolean-op":
		return "and"
	case "expression/value-source":
		return "literal"
	}
	return "\x00" // never a value
}
