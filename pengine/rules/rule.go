package rules

import (
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// Input is what a rule may ask about.
type Input struct {
	Now time.Time // its Location is the zone of times written without one

	NodeAttrs map[string]string // nil: no node; such expressions see nothing defined
	Meta      map[string]string // of the resource, for value-source="meta"
	Params    map[string]string // of the resource, for value-source="param"

	// Matches are the submatches of a rsc-pattern; %0 to %9 in attribute names mean them.
	Matches []string

	Class, Provider, Type string // of the resource
	OpName                string
	OpInterval            time.Duration

	// Resolve finds an element by id, for id-ref. Nil: references lead nowhere.
	Resolve func(id string) *cib.Element
}

// Deref follows an id-ref; nil when it leads nowhere.
func (in *Input) Deref(e *cib.Element) *cib.Element {
	ref, ok := e.Lookup("id-ref")
	if !ok {
		return e
	}
	if in.Resolve == nil {
		return nil
	}
	if t := in.Resolve(ref); t != nil && t.Name == e.Name {
		return t
	}
	return nil
}

// InForce reports whether the rule holds, and the earliest time at which that may
// change by itself; zero when it depends on no time, or on one that cannot be told.
func InForce(rule *cib.Element, in *Input) (ok bool, until time.Time) {
	v := verdict{}
	ok = v.rule(rule, in)
	return ok, v.until
}

// verdict collects when to look again. Rules that were reached by reference are
// evaluated once: they may be many, share parts, and lead back to themselves; one that
// needs its own answer does not hold.
type verdict struct {
	until time.Time
	known map[*cib.Element]bool
}

func (v *verdict) changesAt(t time.Time) {
	if v.until.IsZero() || t.Before(v.until) {
		v.until = t
	}
}

// mostReferences bounds how many rules one may refer to, one after the other.
const mostReferences = 10000

func (v *verdict) rule(rule *cib.Element, in *Input) bool {
	target := in.Deref(rule)
	if target == nil || target.ID() == "" {
		return false
	}
	if target == rule && v.known == nil {
		return v.conditions(rule, in)
	}
	if v.known == nil {
		v.known = map[*cib.Element]bool{}
	}
	holds, known := v.known[target]
	if !known && len(v.known) < mostReferences {
		v.known[target] = false
		holds = v.conditions(target, in)
		v.known[target] = holds
	}
	return holds
}

func (v *verdict) conditions(rule *cib.Element, in *Input) bool {
	or := false
	switch op := rule.Get("boolean-op"); {
	case op == "", strings.EqualFold(op, "and"):
	case strings.EqualFold(op, "or"):
		or = true
	default:
		return false
	}
	if len(rule.Children) == 0 {
		return true
	}
	for _, c := range rule.Children {
		if v.condition(c, in) == or {
			return or
		}
	}
	return !or
}

func (v *verdict) condition(c *cib.Element, in *Input) bool {
	switch c.Name {
	case "rule":
		return v.rule(c, in)
	case "date_expression":
		return v.date(c, in)
	case "expression":
		return attribute(c, in)
	case "rsc_expression":
		return resource(c, in)
	case "op_expression":
		return operation(c, in)
	}
	return false
}
