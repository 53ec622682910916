package language

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// rules reads any number of `rule ...` into e.
func (r *reader) rules(e *cib.Element) error {
	for {
		if _, ok := r.accept("rule"); !ok {
			return nil
		}
		rule := add(e, &cib.Element{Name: "rule"})
		if err := r.idSpec(rule); err != nil {
			return err
		}
		if err := r.ruleRole(rule); err != nil {
			return err
		}
		if _, ref := rule.Lookup("id-ref"); ref {
			continue
		}
		if score, ok := strings.CutSuffix(r.peek(), ":"); ok && score != "" {
			r.at++
			if err := r.score(rule, score); err != nil {
				return err
			}
		} else {
			set(rule, "score", "INFINITY")
		}
		if err := r.expressions(rule); err != nil {
			return err
		}
	}
}

func (r *reader) ruleRole(rule *cib.Element) error {
	value, ok := cutFold(strings.TrimPrefix(r.peek(), "$"), "role=")
	if !ok {
		return nil
	}
	role, known := roleName(value)
	if !known {
		return r.fail("invalid role %q", value)
	}
	set(rule, "role", role)
	r.at++
	return nil
}

// expressions reads EXPRESSION [and|or EXPRESSION ...].
func (r *reader) expressions(rule *cib.Element) error {
	joined := ""
	for {
		e, err := r.expression()
		if err != nil {
			return err
		}
		add(rule, e)
		op, ok := r.accept("and", "or")
		if !ok {
			break
		}
		if joined != "" && op != joined {
			r.at--
			return r.fail("one rule cannot mix and with or: write two rules")
		}
		joined = op
	}
	if joined == "or" {
		set(rule, "boolean-op", "or")
	}
	return nil
}

// expression reads [not_]defined NAME, date ... or NAME [TYPE:]OP VALUE.
func (r *reader) expression() (*cib.Element, error) {
	if _, ok := r.accept("date"); ok {
		return r.date()
	}
	if op, ok := r.accept("defined", "not_defined"); ok {
		name, err := r.take("an attribute name")
		return cib.New("expression", "operation", op, "attribute", name), err
	}
	name, err := r.take("an expression, as in #uname eq NODE")
	if err != nil {
		return nil, err
	}
	op, err := r.take("a comparison")
	if err != nil {
		return nil, err
	}
	typ := ""
	if t, o, ok := strings.Cut(op, ":"); ok {
		typ, op = strings.ToLower(t), o
	}
	op = strings.ToLower(op)
	if !slices.Contains([]string{"lt", "gt", "lte", "gte", "eq", "ne"}, op) {
		r.at--
		return nil, r.fail("unknown comparison: use lt, gt, lte, gte, eq or ne")
	}
	if typ != "" && !slices.Contains([]string{"string", "number", "integer", "version"}, typ) {
		r.at--
		return nil, r.fail("unknown type %q: use string, number, integer or version", typ)
	}
	value, err := r.take("a value")
	if err != nil {
		return nil, err
	}
	e := cib.New("expression", "operation", op, "attribute", name)
	set(e, "type", typ)
	source, inner, ok := strings.Cut(value, "{")
	if ok && source != "" && strings.HasSuffix(inner, "}") {
		e.Attrs = append(e.Attrs, cib.Attr{Name: "value", Value: strings.TrimSuffix(inner, "}")}, cib.Attr{Name: "value-source", Value: source})
	} else {
		e.Attrs = append(e.Attrs, cib.Attr{Name: "value", Value: value})
	}
	return e, nil
}

// date reads lt END, gt START, in start=... end=...|DURATION and spec ...
func (r *reader) date() (*cib.Element, error) {
	op, ok := r.accept("lt", "gt", "in", "in_range", "spec", "date_spec")
	if !ok {
		return nil, r.fail("expected lt, gt, in or spec after date")
	}
	e := &cib.Element{Name: "date_expression"}
	switch op {
	case "lt", "gt":
		value, err := r.take("a date")
		if err != nil {
			return nil, err
		}
		set(e, "operation", op)
		set(e, map[string]string{"lt": "end", "gt": "start"}[op], value)
	case "in", "in_range":
		set(e, "operation", "in_range")
		return e, r.dateParts(e, "duration")
	default:
		set(e, "operation", "date_spec")
		return e, r.dateParts(e, "date_spec")
	}
	return e, nil
}

// dateParts reads start= and end= into e and everything else into a child.
func (r *reader) dateParts(e *cib.Element, child string) error {
	part := &cib.Element{Name: child}
	parts := []string{"hours", "minutes", "seconds", "monthdays", "weekdays", "yearsdays", "yeardays", "months", "weeks", "days", "years", "weekyears", "moon"}
	count := 0
	for ; ; count++ {
		name, value, ok := strings.Cut(r.peek(), "=")
		switch {
		case ok && (name == "start" || name == "end") && child == "duration":
			set(e, name, value)
		case ok && slices.Contains(parts, name):
			set(part, name, value)
		default:
			if count == 0 {
				return r.fail("expected NAME=VALUE after date")
			}
			if len(part.Attrs) > 0 {
				add(e, part)
			}
			return nil
		}
		r.at++
	}
}

// score sets score or score-attribute.
func (r *reader) score(e *cib.Element, word string) error {
	switch strings.ToLower(word) {
	case "advisory":
		word = "0"
	case "mandatory":
		word = "inf"
	}
	if s, ok := scoreValue(word); ok {
		set(e, "score", s)
		return nil
	}
	if !ValidID(word) && !strings.HasPrefix(word, "#") {
		r.at--
		return r.fail("score %q: want a whole number, inf, -inf or the name of a node attribute", word)
	}
	set(e, "score-attribute", word)
	return nil
}
