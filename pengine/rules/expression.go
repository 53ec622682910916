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
		x, err1 := strconv.ParseFloat(strings.TrimSpace(a), 64)
		y, err2 := strconv.ParseFloat(strings.TrimSpace(b), 64)
		if err1 != nil || err2 != nil {
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
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && (text[end] == '-' || text[end] == '+')) {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	return n, err == nil
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

// CompareVersions compares dotted version numbers field by field; what is no number
// counts as zero, and missing fields are less than present ones only when those are
// not zero.
func CompareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < max(len(x), len(y)); i++ {
		if c := order(versionField(x, i), versionField(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

func versionField(f []string, i int) int {
	if i >= len(f) {
		return 0
	}
	s := f[i]
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
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
