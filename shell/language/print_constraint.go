package language

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

func (p Printer) location(e *cib.Element) (string, bool) {
	words := []string{"location", e.ID()}
	switch {
	case e.Get("rsc") != "":
		words = append(words, e.Get("rsc"))
	case e.Get("rsc-pattern") != "":
		words = append(words, quoteWord("/"+e.Get("rsc-pattern")+"/"))
	case e.Child("resource_set") != nil:
		words = append(words, "{ "+strings.Join(setWords(e, "location"), " ")+" }")
	default:
		return "", false
	}
	for _, name := range []string{"role", "resource-discovery"} {
		if v, ok := e.Lookup(name); ok {
			words = append(words, name+"="+v)
		}
	}
	if node, ok := e.Lookup("node"); ok {
		words = append(words, scoreOf(e)+":", quoteWord(node))
	}
	var rules []string
	for c := range e.All("rule") {
		rules = append(rules, "rule "+p.rule(c))
	}
	return lines(strings.Join(words, " "), e, rules...), true
}

// scoreOf returns the score as the language writes it.
func scoreOf(e *cib.Element) string {
	if s := e.Get("score"); s != "" {
		return shortScore(s)
	}
	return e.Get("score-attribute")
}

// constraint prints colocation, order and rsc_ticket.
func (p Printer) constraint(verb string, e *cib.Element) string {
	words := []string{verb, e.ID()}
	prefix, tail := scoreOf(e), ""
	names, qualifier := []string{"rsc", "with-rsc"}, "-role"
	switch verb {
	case "order":
		names, qualifier, tail = []string{"first", "then"}, "-action", "symmetrical"
		if prefix == "" {
			prefix = e.Get("kind")
		}
	case "rsc_ticket":
		names, prefix, tail = []string{"rsc"}, e.Get("ticket"), "loss-policy"
	default:
		tail = "node-attribute"
	}
	if prefix != "" {
		words = append(words, prefix+":")
	}
	if e.Child("resource_set") != nil {
		words = append(words, setWords(e, verb)...)
	} else {
		for _, n := range names {
			words = append(words, simpleWord(e, n, qualifier))
		}
	}
	if v, ok := e.Lookup(tail); ok {
		words = append(words, tail+"="+Quote(v))
	}
	return strings.Join(words, " ")
}

func simpleWord(e *cib.Element, name, qualifier string) string {
	for _, q := range []string{qualifier, "-instance"} {
		if v := e.Get(name + q); v != "" {
			return e.Get(name) + ":" + v
		}
	}
	return e.Get(name)
}

// setWords prints resource sets with their brackets.
func setWords(e *cib.Element, verb string) []string {
	var words []string
	count, ordered := 0, true
	for s := range e.All("resource_set") {
		sequential := s.Get("sequential") == "" || isTrue(s.Get("sequential"))
		all := s.Get("require-all") == "" || isTrue(s.Get("require-all"))
		ordered = sequential && all
		open, end := "(", ")"
		if !all {
			open, end = "[", "]"
		}
		if !ordered {
			words = append(words, open)
		}
		q := s.Get("role")
		if verb == "order" && s.Get("action") != "" {
			q = s.Get("action")
		}
		for ref := range s.All("resource_ref") {
			word := ref.ID()
			if q != "" {
				word += ":" + q
			}
			words = append(words, word)
			count++
		}
		if !all && sequential {
			words = append(words, "sequential=true")
		}
		if !ordered {
			words = append(words, end)
		}
	}
	few := 2
	if verb == "rsc_ticket" {
		few = 1
	}
	if verb != "location" && count <= few && (ordered || verb == "rsc_ticket") {
		words = slices.Insert(words, 0, "_rsc_set_") // else it would read as two plain resources
	}
	return words
}

func isTrue(v string) bool {
	b, _ := boolean(v)
	return b == "true"
}

// rule prints what follows the word rule.
func (p Printer) rule(e *cib.Element) string {
	if ref, ok := e.Lookup("id-ref"); ok {
		return "$id-ref=" + Quote(ref)
	}
	var words []string
	if p.shown(e.ID()) {
		words = append(words, "$id="+Quote(e.ID()))
	}
	if role := e.Get("role"); role != "" {
		words = append(words, "$role="+Quote(role))
	}
	if s := scoreOf(e); s != "" && e.Get("score") != "INFINITY" {
		words = append(words, s+":")
	}
	op := e.Get("boolean-op")
	if op == "" {
		op = "and"
	}
	var expressions []string
	for _, c := range e.Children {
		switch c.Name {
		case "expression":
			expressions = append(expressions, expressionWords(c))
		case "date_expression":
			expressions = append(expressions, dateWords(c))
		}
	}
	return strings.Join(append(words, strings.Join(expressions, " "+op+" ")), " ")
}

func expressionWords(e *cib.Element) string {
	op, name := e.Get("operation"), quoteWord(e.Get("attribute"))
	if t := e.Get("type"); t != "" {
		op = t + ":" + op
	}
	value, ok := e.Lookup("value")
	if !ok {
		return op + " " + name
	}
	if source := e.Get("value-source"); source != "" && source != "literal" {
		value = source + "{" + value + "}"
	}
	return name + " " + op + " " + quoteWord(value)
}

func dateWords(e *cib.Element) string {
	switch op := e.Get("operation"); op {
	case "lt":
		return "date lt " + Quote(e.Get("end"))
	case "gt":
		return "date gt " + Quote(e.Get("start"))
	default:
		words := []string{"date", map[string]string{"in_range": "in", "date_spec": "spec"}[op]}
		for _, name := range []string{"start", "end"} {
			if v, ok := e.Lookup(name); ok && op == "in_range" {
				words = append(words, name+"="+Quote(v))
			}
		}
		for _, c := range e.Children {
			words = append(words, attributes(c)...)
		}
		return strings.Join(words, " ")
	}
}
