package schemas

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Level says how bad a finding is.
type Level string

// The levels. A CIB with errors is refused; warnings are for the operator.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Finding is one remark about a document.
type Finding struct {
	Level   Level
	Line    int    // in the text it was parsed from; 0: not known
	Element string // its name
	ID      string // its id, "" when it has none
	Msg     string // what is wrong, and what to write instead
}

// String is one line for the operator: `line 12: primitive "p1": ...`.
func (f Finding) String() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", f.Line)
	}
	b.WriteString(f.Element)
	if f.ID != "" {
		fmt.Fprintf(&b, " %q", f.ID)
	}
	return b.String() + ": " + f.Msg
}

// Validate checks a whole CIB. Documents with validate-with="none" are not checked.
func Validate(root *cib.Element) []Finding {
	if root.Get(cib.AttrValidateWith) == "none" {
		return nil
	}
	v := newValidator()
	v.root(root)
	return v.findings
}

// ValidateConfiguration checks a <configuration> element.
func ValidateConfiguration(configuration *cib.Element) []Finding {
	v := newValidator()
	v.element(configuration)
	v.references()
	return v.findings
}

// FirstError makes an error of the first finding of level Error, and says how many more
// there are; nil when there is none.
func FirstError(findings []Finding) error {
	bad := slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Level != Error })
	switch len(bad) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s", bad[0])
	}
	return fmt.Errorf("%s (and %d more)", bad[0], len(bad)-1)
}

// attribute is one attribute of an element, read from the table's notation.
type attribute struct {
	name, kind string
	required   bool
}

type rule struct {
	element
	attrs    []attribute
	children []string
}

type reference struct {
	from       *cib.Element
	attr, want string
}

type validator struct {
	rules    map[string]*rule // compiled so far
	lookup   *cib.Snapshot    // where ids are found, instead of ids, when only a change is checked
	ids      map[string]*cib.Element
	refs     []reference
	findings []Finding
}

func newValidator() *validator {
	return &validator{rules: map[string]*rule{}, ids: map[string]*cib.Element{}}
}

// rule gives what the table says of an element, nil when it is not there.
func (v *validator) rule(name string) *rule {
	if r, ok := v.rules[name]; ok {
		return r
	}
	i := slices.IndexFunc(elements, func(e element) bool { return e.name == name })
	if i < 0 {
		return nil
	}
	v.rules[name] = compile(elements[i])
	return v.rules[name]
}

func compile(e element) *rule {
	r := &rule{element: e, children: strings.Fields(e.children)}
	for _, f := range strings.Fields(e.attrs) {
		f, required := strings.CutSuffix(f, "!")
		name, kind, _ := strings.Cut(f, ":")
		r.attrs = append(r.attrs, attribute{name, kind, required})
	}
	return r
}

func (v *validator) complain(level Level, e *cib.Element, format string, args ...any) {
	v.findings = append(v.findings, Finding{level, e.Line, e.Name, e.ID(), fmt.Sprintf(format, args...)})
}

func (v *validator) root(e *cib.Element) {
	if e.Name != cib.TagCIB {
		v.complain(Error, e, "the document is not a CIB: its first element must be <cib>")
		return
	}
	with, ok := e.Lookup(cib.AttrValidateWith)
	if !ok {
		v.complain(Error, e, "validate-with is missing: write validate-with=%q", cib.ValidateWith)
	} else if !strings.HasPrefix(with, "pacemaker-") {
		v.complain(Error, e, "validate-with=%q is not known: write validate-with=%q", with, cib.ValidateWith)
	}
	v.attributes(e, compile(element{name: cib.TagCIB, attrs: rootAttrs}))
	for _, c := range e.Children {
		switch c.Name {
		case cib.TagConfiguration:
			v.element(c)
		case cib.TagStatus:
		default:
			v.complain(Error, c, "not allowed in <cib>: only <configuration> and <status> are")
		}
	}
	v.references()
}

// element checks e and all below it.
func (v *validator) element(e *cib.Element) {
	r := v.rule(e.Name)
	v.local(e, r)
	for _, c := range e.Children {
		if slices.Contains(r.children, c.Name) {
			v.element(c)
		}
	}
}

// local checks e itself, and that its children may be there.
func (v *validator) local(e *cib.Element, r *rule) {
	v.attributes(e, r)
	v.needs(e, r)
	for _, c := range e.Children {
		if !slices.Contains(r.children, c.Name) {
			v.complain(Error, c, "not allowed in %s: %s", named(e), allowed(r.children))
		}
	}
	v.special(e)
}

func named(e *cib.Element) string {
	if e.ID() != "" {
		return fmt.Sprintf("%s %q", e.Name, e.ID())
	}
	return "<" + e.Name + ">"
}

func allowed(names []string) string {
	if len(names) == 0 {
		return "it holds no elements"
	}
	return "it holds only " + strings.Join(names, ", ")
}

func (v *validator) attributes(e *cib.Element, r *rule) {
	for _, a := range e.Attrs {
		i := slices.IndexFunc(r.attrs, func(x attribute) bool { return x.name == a.Name })
		if i < 0 {
			v.complain(Error, e, "unknown attribute %s%s", a.Name, suggestion(a.Name, r.attrs))
			continue
		}
		v.value(e, r.attrs[i], a.Value)
	}
	for _, a := range r.attrs {
		if a.required {
			if _, ok := e.Lookup(a.name); !ok {
				v.complain(Error, e, "attribute %s is missing: write %s=\"...\"", a.name, a.name)
			}
		}
	}
}

// suggestion proposes the attribute that differs from a name in separators only.
func suggestion(name string, attrs []attribute) string {
	plain := strings.NewReplacer("_", "", "-", "")
	for _, a := range attrs {
		if strings.EqualFold(plain.Replace(a.name), plain.Replace(name)) {
			return ": write " + a.name
		}
	}
	return ""
}

// value checks one attribute's value against its type.
func (v *validator) value(e *cib.Element, a attribute, value string) {
	switch a.kind {
	case "":
	case "id":
		v.define(e, value)
	case "ref":
		v.refs = append(v.refs, reference{e, a.name, value})
	case "score":
		if _, err := crm.ParseScore(value); err != nil {
			v.complain(Error, e, "%s=%q is not a score: write a whole number, INFINITY or -INFINITY", a.name, value)
		}
	case "int":
		if _, err := strconv.Atoi(strings.TrimSpace(value)); err != nil {
			v.complain(Error, e, "%s=%q is not a whole number", a.name, value)
		}
	case "bool":
		if !slices.Contains([]string{"true", "false", "1", "0"}, value) {
			v.complain(Error, e, "%s=%q is not a truth value: write true or false", a.name, value)
		}
	case "time":
		if !WellFormedTime(value) {
			v.complain(Warning, e, "%s=%q is not a time: write for example 10s, 500ms, 2min or PT1H", a.name, value)
		}
	default:
		if !slices.Contains(strings.Split(a.kind, "|"), value) {
			v.complain(Error, e, "%s=%q is not allowed: write %s", a.name, value, strings.ReplaceAll(a.kind, "|", ", "))
		}
	}
}

func (v *validator) define(e *cib.Element, id string) {
	if !wellFormedID(id) {
		v.complain(Error, e, "id %q is malformed: write a letter or '_' first, then letters, digits, '-', '_' and '.'", id)
		return
	}
	other, ok := v.ids[id]
	if v.lookup != nil {
		other = v.lookup.Configured(id)
		ok = v.lookup.IDShared(id)
	}
	if ok {
		where := ""
		if other.Line > 0 {
			where = fmt.Sprintf(" of line %d", other.Line)
		}
		v.complain(Error, e, "id %q is taken by a %s%s: every id may be used once", id, other.Name, where)
		return
	}
	v.ids[id] = e
}

// wellFormedID follows NCName of XML Namespaces.
func wellFormedID(id string) bool {
	for i, c := range id {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '-' || c == '.')) {
			return false
		}
	}
	return id != ""
}

// references checks that everything referred to exists.
func (v *validator) references() {
	for _, r := range v.refs {
		if !v.defined(r.want) {
			v.complain(Error, r.from, "%s=%q: there is no element with that id", r.attr, r.want)
		}
	}
}

func (v *validator) defined(id string) bool {
	if v.lookup == nil {
		return v.ids[id] != nil
	}
	e := v.lookup.Configured(id)
	return e != nil && v.owns(e)
}

// owns reports whether an element's id is one that others can refer to.
func (v *validator) owns(e *cib.Element) bool {
	r := v.rule(e.Name)
	return r != nil && slices.ContainsFunc(r.attrs, func(a attribute) bool { return a.name == cib.AttrID && a.kind == "id" })
}

// needs checks the attributes and children of which one or another has to be there.
func (v *validator) needs(e *cib.Element, r *rule) {
	if r.unless != "" {
		if _, ok := e.Lookup(r.unless); ok || e.Child(r.unless) != nil {
			return
		}
	}
	if r.need != "" && !slices.ContainsFunc(strings.Split(r.need, "|"), func(set string) bool {
		return !slices.ContainsFunc(strings.Split(set, ","), func(name string) bool { _, ok := e.Lookup(name); return !ok })
	}) {
		v.complain(Error, e, "needs the attribute %s", strings.NewReplacer("|", ", or ", ",", " and ").Replace(r.need))
	}
	if r.atLeast != "" && !slices.ContainsFunc(e.Children, func(c *cib.Element) bool { return slices.Contains(strings.Fields(r.atLeast), c.Name) }) {
		v.complain(Error, e, "is empty: put at least one %s in it", strings.Join(strings.Fields(r.atLeast), ", "))
	}
}

// special checks what a table of attributes cannot say.
func (v *validator) special(e *cib.Element) {
	switch e.Name {
	case cib.TagPrimitive, cib.TagTemplate:
		if e.Get(cib.AttrClass) == "ocf" && e.Get(cib.AttrProvider) == "" {
			v.complain(Error, e, "class ocf needs a provider: write provider=\"heartbeat\" or another")
		}
	case cib.TagRscLocation:
		if _, ok := e.Lookup(cib.AttrRsc); !ok && e.Get("rsc-pattern") == "" && e.Child(cib.TagResourceSet) == nil {
			v.complain(Error, e, "needs the attribute rsc, or rsc-pattern, or a resource_set")
		}
		_, node := e.Lookup(cib.AttrNode)
		_, score := e.Lookup(cib.AttrScore)
		if !(node && score) && e.Child(cib.TagRule) == nil && e.Child(cib.TagResourceSet) == nil {
			v.complain(Error, e, "needs the attributes node and score, or a rule")
		}
	case cib.TagClone, cib.TagMaster:
		inside := 0
		for _, c := range e.Children {
			if c.Name == cib.TagPrimitive || c.Name == cib.TagGroup {
				inside++
			}
		}
		if inside > 1 {
			v.complain(Error, e, "holds %d resources: put them into one group", inside)
		}
	}
}

// WellFormedTime reports whether a text is a time as operations and options have it: a
// whole number with an optional unit, or an ISO 8601 duration.
func WellFormedTime(s string) bool {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "P") {
		return strings.Trim(s[1:], "0123456789.,YMWDTHS/-:PZ") == "" && len(s) > 2
	}
	s = strings.TrimPrefix(s, "+")
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits == 0 {
		return strings.EqualFold(s, "INFINITY")
	}
	unit := strings.ToLower(strings.TrimSpace(s[digits:]))
	return slices.Contains([]string{"", "s", "sec", "ms", "msec", "us", "usec", "m", "min", "h", "hr"}, unit)
}
