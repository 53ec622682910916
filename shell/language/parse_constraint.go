package language

import (
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

func parseLocation(r *reader) (Parsed, error) {
	id, err := r.identifier("a constraint id")
	if err != nil {
		return Parsed{}, err
	}
	e := &cib.Element{Name: "rsc_location"}
	set(e, "id", id)
	if err := r.locationTarget(e); err != nil {
		return Parsed{}, err
	}
	if err := r.locationAttributes(e); err != nil {
		return Parsed{}, err
	}
	score, isScore := strings.CutSuffix(r.peek(), ":")
	switch {
	case isScore && score != "":
		r.at++
		if err := r.score(e, score); err != nil {
			return Parsed{}, err
		}
		if _, byAttribute := e.Lookup("score-attribute"); byAttribute {
			return Parsed{}, r.failAt(score+":", "a score must be a whole number, inf or -inf here")
		}
		node, err := r.take("a node")
		if err != nil {
			return Parsed{}, err
		}
		set(e, "node", node)
		if err := r.locationAttributes(e); err != nil {
			return Parsed{}, err
		}
	default:
		before := len(e.Children)
		if err := r.rules(e); err != nil {
			return Parsed{}, err
		}
		if len(e.Children) == before {
			return Parsed{}, r.fail("expected SCORE: NODE or rule ...")
		}
	}
	return Parsed{Name: id, Element: e}, nil
}

// locationTarget reads RSC, /PATTERN/ or { RSC ... }.
func (r *reader) locationTarget(e *cib.Element) error {
	w, err := r.take("a resource")
	if err != nil {
		return err
	}
	if len(w) > 2 && w[0] == '/' && w[len(w)-1] == '/' {
		set(e, "rsc-pattern", w[1:len(w)-1])
		return nil
	}
	if w != "{" {
		if !ValidID(w) {
			return r.failAt(w, "%q cannot be a resource id", w)
		}
		set(e, "rsc", w)
		return nil
	}
	var words []string
	for r.peek() != "}" {
		w, err := r.take("}")
		if err != nil {
			return err
		}
		words = append(words, w)
	}
	r.at++
	sets, err := r.resourceSets(words, "role")
	e.Children = append(e.Children, sets...)
	return err
}

// locationAttributes reads role=ROLE and resource-discovery=WHEN, with or without $.
func (r *reader) locationAttributes(e *cib.Element) error {
	for {
		name, value, ok := strings.Cut(strings.TrimPrefix(r.peek(), "$"), "=")
		if !ok {
			return nil
		}
		switch name = strings.ReplaceAll(strings.ToLower(name), "_", "-"); name {
		case "role":
			role, known := roleName(value)
			if !known {
				return r.fail("invalid role %q: use Started, Promoted, Unpromoted, Master, Slave or Stopped", value)
			}
			value = role
		case "resource-discovery":
			if value != "always" && value != "never" && value != "exclusive" {
				return r.fail("resource-discovery must be always, never or exclusive")
			}
		default:
			return r.fail("unknown attribute %q of a location: use role or resource-discovery", name)
		}
		set(e, name, value)
		r.at++
	}
}

func parseColocation(r *reader) (Parsed, error) {
	id, err := r.identifier("a constraint id")
	if err != nil {
		return Parsed{}, err
	}
	e := &cib.Element{Name: "rsc_colocation"}
	set(e, "id", id)
	score, ok := strings.CutSuffix(r.peek(), ":")
	if !ok || score == "" {
		return Parsed{}, r.fail("expected SCORE: (as in inf: or 100:)")
	}
	r.at++
	if err := r.score(e, score); err != nil {
		return Parsed{}, err
	}
	if v, ok := r.tail("node-attribute"); ok {
		set(e, "node-attribute", v)
	}
	return Parsed{Name: id, Element: e}, r.resources(e, "role", "rsc", "with-rsc")
}

func parseOrder(r *reader) (Parsed, error) {
	id, err := r.identifier("a constraint id")
	if err != nil {
		return Parsed{}, err
	}
	e := &cib.Element{Name: "rsc_order"}
	set(e, "id", id)
	if word, ok := strings.CutSuffix(r.peek(), ":"); ok && word != "" {
		kind, ok := orderKind(word)
		if !ok {
			return Parsed{}, r.fail("invalid kind %q: use Mandatory, Optional, Serialize or a score", word)
		}
		set(e, "kind", kind)
		r.at++
	}
	if v, ok := r.tail("symmetrical"); ok {
		b, known := boolean(v)
		if !known {
			return Parsed{}, r.failAt("symmetrical="+v, "symmetrical must be true or false")
		}
		set(e, "symmetrical", b)
	}
	return Parsed{Name: id, Element: e}, r.resources(e, "action", "first", "then")
}

// orderKind reads a kind, or a score as old configurations have it: 0 is advice,
// everything else is a must.
func orderKind(word string) (string, bool) {
	for _, k := range []string{"Mandatory", "Optional", "Serialize"} {
		if strings.EqualFold(k, word) {
			return k, true
		}
	}
	if strings.EqualFold(word, "advisory") {
		return "Optional", true
	}
	score, ok := scoreValue(word)
	if !ok {
		return "", false
	}
	if score == "0" {
		return "Optional", true
	}
	return "Mandatory", true
}

func parseTicket(r *reader) (Parsed, error) {
	id, err := r.identifier("a constraint id")
	if err != nil {
		return Parsed{}, err
	}
	e := &cib.Element{Name: "rsc_ticket"}
	set(e, "id", id)
	ticket, ok := strings.CutSuffix(r.peek(), ":")
	if !ok || ticket == "" {
		return Parsed{}, r.fail("expected TICKET:")
	}
	r.at++
	set(e, "ticket", ticket)
	if v, ok := r.tail("loss-policy"); ok {
		if !isOneOf(v, []string{"stop", "demote", "fence", "freeze"}) {
			return Parsed{}, r.failAt("loss-policy="+v, "loss-policy must be stop, demote, fence or freeze")
		}
		set(e, "loss-policy", v)
	}
	return Parsed{Name: id, Element: e}, r.resources(e, "role", "rsc")
}

// tail takes NAME=VALUE from the end of the statement, where colocation, order and
// rsc_ticket have their one attribute. The old spelling with _ is taken too.
func (r *reader) tail(name string) (string, bool) {
	last := len(r.words) - 1
	if last < r.at {
		return "", false
	}
	n, v, ok := strings.Cut(r.words[last], "=")
	if !ok || v == "" || !strings.EqualFold(strings.ReplaceAll(n, "_", "-"), name) {
		return "", false
	}
	r.words = r.words[:last]
	return v, true
}

// resources reads the resources of a constraint: exactly the simple form's number of
// words, or resource sets.
func (r *reader) resources(e *cib.Element, qualifier string, names ...string) error {
	words := r.words[r.at:]
	r.at = len(r.words)
	if len(words) == len(names) && words[0] != "_rsc_set_" && !strings.ContainsAny(strings.Join(words, ""), "()[]=") {
		for i, name := range names {
			if err := r.simple(e, words[i], name, qualifier); err != nil {
				return err
			}
		}
		return nil
	}
	if len(words) < len(names) {
		return r.fail("expected %s or resource sets", strings.Join(names, " and "))
	}
	sets, err := r.resourceSets(words, qualifier)
	e.Children = append(e.Children, sets...)
	return err
}

// simple reads RSC, RSC:QUALIFIER or RSC:INSTANCE.
func (r *reader) simple(e *cib.Element, word, name, qualifier string) error {
	rsc, q, has := strings.Cut(word, ":")
	if !ValidID(rsc) {
		return r.failAt(word, "%q cannot be a resource id", rsc)
	}
	set(e, name, rsc)
	switch {
	case !has:
	case strings.Trim(q, "0123456789") == "" && q != "":
		set(e, name+"-instance", q)
	default:
		canonical, ok := qualifierName(qualifier, q)
		if !ok {
			return r.failAt(word, "invalid %s %q for %q", qualifier, q, rsc)
		}
		set(e, name+"-"+qualifier, canonical)
	}
	return nil
}

func qualifierName(qualifier, word string) (string, bool) {
	if qualifier == "role" {
		return roleName(word)
	}
	for _, a := range []string{"start", "promote", "demote", "stop"} {
		if strings.EqualFold(a, word) {
			return a, true
		}
	}
	return "", false
}
