package rules

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// attribute evaluates an expression about a node attribute.
func attribute(e *cib.Element, in *Input) bool {
	name, hasName := e.Lookup("attribute")
	if e.ID() == "" || !hasName {
		return false
	}
	actual, have := in.NodeAttrs[expand(name, in.Matches)]
	op := strings.ToLower(e.Get("operation"))
	value, hasValue := e.Lookup("value")
	switch op {
	case "defined":
		return !hasValue && have
	case "not_defined":
		return !hasValue && !have
	case "eq", "ne", "lt", "lte", "gt", "gte":
	default:
		return false
	}
	if !hasValue {
		return false
	}
	reference, known, ok := in.reference(strings.ToLower(e.Get("value-source")), value)
	if !ok {
		return false
	}
	kind := e.Get("type")
	if kind == "" {
		kind = defaultType(op, actual, reference)
	}
	cmp := 0
	switch {
	case !known && !have:
	case !known:
		cmp = 1
	case !have:
		cmp = -1
	default:
		if cmp, ok = compare(actual, reference, strings.ToLower(kind)); !ok {
			return false
		}
	}
	switch op {
	case "eq":
		return cmp == 0
	case "ne":
		return cmp != 0
	}
	if !have || !known {
		return false
	}
	return op == "lt" && cmp < 0 || op == "lte" && cmp <= 0 || op == "gt" && cmp > 0 || op == "gte" && cmp >= 0
}

// reference gives the value to compare with.
func (in *Input) reference(source, value string) (text string, known, ok bool) {
	switch source {
	case "", "literal":
		return value, true, true
	case "param":
		text, known = in.Params[value]
		return text, known, true
	case "meta":
		text, known = in.Meta[value]
		return text, known, true
	}
	return "", false, false
}

func defaultType(op, a, b string) string {
	if op == "eq" || op == "ne" {
		return "string"
	}
	if strings.Contains(a, ".") || strings.Contains(b, ".") {
		return "number"
	}
	return "integer"
}

func compare(a, b, kind string) (cmp int, ok bool) {
	switch kind {
	case "string":
		return foldCompare(a, b), true
	case "integer":
		x, ok1 := wholePart(a)
		y, ok2 := wholePart(b)
		if !ok1 || !ok2 {
			return foldCompare(a, b), true
		}
		return order(x, y), true
	case "number":
		x, ok1 := fraction(a)
		y, ok2 := fraction(b)
		if !ok1 || !ok2 {
			return foldCompare(a, b), true
		}
		return order(x, y), true
	case "version":
		return CompareVersions(a, b), true
	}
	return 0, false
}

// wholePart reads the whole number that a text begins with: "3.6" is 3. What is too
// large is no number.
func wholePart(text string) (int64, bool) {
	n, _, clipped, ok := scanNumber(text, 0)
	return n, ok && !clipped
}

// fraction reads the number that a text begins with: "1.5abc" is 1.5. What is too large
// or too small to be kept is no number.
func fraction(text string) (float64, bool) {
	text = trimSpaceLeft(text)
	end := 0
	digits := func() int {
		from := end
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		return end - from
	}
	sign := func() {
		if end < len(text) && (text[end] == '-' || text[end] == '+') {
			end++
		}
	}
	sign()
	n := digits()
	if end < len(text) && text[end] == '.' {
		end++
		n += digits()
	}
	if n == 0 {
		return 0, false
	}
	if mantissa := end; end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		end++
		sign()
		if digits() == 0 {
			end = mantissa
		}
	}
	x, err := strconv.ParseFloat(text[:end], 64)
	return x, err == nil
}

func order[T int | int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func foldCompare(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// CompareVersions compares the dotted version numbers that two texts begin with, field
// by field; missing fields count as zero, and so does a text that begins with none.
func CompareVersions(a, b string) int {
	for a != "" || b != "" {
		var x, y int64
		x, a = versionField(a)
		y, b = versionField(b)
		if c := order(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// versionField takes the first field off a version; the rest is empty at its end.
func versionField(s string) (field int64, rest string) {
	s = trimSpaceLeft(s)
	if s == "" || !isDigit(s[0]) {
		return 0, ""
	}
	field, s, _, _ = scanNumber(s, 0)
	if len(s) < 2 || s[0] != '.' || !isDigit(s[1]) {
		return field, ""
	}
	return field, s[1:]
}

// expand replaces %0 to %9 by the submatches of a resource pattern.
func expand(name string, matches []string) string {
	if len(matches) == 0 || !strings.Contains(name, "%") {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' || i+1 == len(name) || name[i+1] < '0' || name[i+1] > '9' {
			b.WriteByte(name[i])
			continue
		}
		i++
		if n := int(name[i] - '0'); n < len(matches) {
			b.WriteString(matches[n])
		}
	}
	return b.String()
}

// resource evaluates an expression about the agent.
func resource(e *cib.Element, in *Input) bool {
	if e.ID() == "" {
		return false
	}
	for _, p := range [...]struct{ attr, actual string }{{"class", in.Class}, {"provider", in.Provider}, {"type", in.Type}} {
		if want, ok := e.Lookup(p.attr); ok && want != p.actual {
			return false
		}
	}
	return true
}

// operation evaluates an expression about the operation.
func operation(e *cib.Element, in *Input) bool {
	name, ok := e.Lookup("name")
	if e.ID() == "" || !ok || name != in.OpName {
		return false
	}
	text, ok := e.Lookup("interval")
	if !ok {
		return true
	}
	interval, ok := ParseInterval(text)
	return ok && interval == in.OpInterval
}
