package language

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// lineBreak joins the parts of a statement that is printed over several lines.
const lineBreak = " \\\n\t"

// Printer writes elements as statements.
type Printer struct {
	// Referenced reports whether some id-ref points at the id: then the id is shown,
	// as reading it back needs it. Nil means none does.
	Referenced func(id string) bool
	// Nodes are the node names; a fencing topology that is the same for all of them
	// is printed without names.
	Nodes []string
	// Obscured says which names hold secrets: their values are printed as ******, and
	// what is printed does not read back. Nil means none.
	Obscured func(name string) bool
	// ShowIDs shows the ids of attribute sets and operations always.
	ShowIDs bool
}

// Print writes one object. What the language cannot say is written as xml.
func (p Printer) Print(verb string, e *cib.Element) string {
	plain := p
	plain.Obscured = nil
	text, ok := plain.words(verb, e)
	if !ok || !p.readsBack(verb, e, text) {
		return p.XML(verb, e)
	}
	if p.Obscured != nil {
		text, _ = p.words(verb, e)
	}
	return text
}

// XML writes one object as an xml statement.
func (p Printer) XML(verb string, e *cib.Element) string {
	if verb == "rsc_defaults" || verb == "op_defaults" {
		e = &cib.Element{Name: verb, Children: []*cib.Element{e}}
	}
	lines := strings.Split(strings.TrimRight(string(e.XML()), "\n"), "\n")
	return "xml " + strings.Join(lines, " \\\n")
}

// readsBack checks that the text says all of e.
func (p Printer) readsBack(verb string, e *cib.Element, text string) bool {
	statements := Statements(text)
	if len(statements) != 1 {
		return false
	}
	got, err := ParseText(statements[0].Text, Context{Verbatim: true, Nodes: p.Nodes})
	if err != nil || got.Verb != verb {
		return false
	}
	if len(got.Members) > 0 && !slices.Equal(got.Members, memberIDs(e)) {
		return false
	}
	if e.Name == "cluster_property_set" || verb == "rsc_defaults" || verb == "op_defaults" {
		set(got.Element, "id", e.ID())
	}
	FillIDs(got.Element, e, map[string]bool{})
	return Same(got.Element, withoutMembers(e))
}

func (p Printer) words(verb string, e *cib.Element) (string, bool) {
	switch verb {
	case "node":
		return p.node(e), true
	case "primitive", "rsc_template":
		return p.primitive(verb, e), true
	case "group", "clone", "ms":
		return p.container(verb, e), true
	case "bundle":
		return p.bundle(e), true
	case "location":
		return p.location(e)
	case "colocation", "order", "rsc_ticket":
		return p.constraint(verb, e), true
	case "property", "rsc_defaults", "op_defaults":
		return p.set(verb, e), true
	case "tag":
		return "tag " + e.ID() + " " + strings.Join(references(e), " "), true
	case "fencing_topology":
		return p.fencing(e), true
	}
	return "", false
}

// lines joins a head, a description and the lines below it.
func lines(head string, e *cib.Element, below ...string) string {
	all := []string{head}
	if d := e.Get("description"); d != "" {
		all = append(all, "description="+Quote(d))
	}
	for _, l := range below {
		if l != "" {
			all = append(all, l)
		}
	}
	return strings.Join(all, lineBreak)
}

func (p Printer) node(e *cib.Element) string {
	name := e.Get("uname")
	head := "node " + quoteWord(name)
	if id := e.ID(); id != name {
		head = "node " + id + ": " + quoteWord(name)
	}
	if t := e.Get("type"); t != "" && t != "normal" {
		head += ":" + t
	}
	var below []string
	for _, c := range e.Children {
		below = append(below, p.list(map[string]string{"instance_attributes": "attributes", "utilization": "utilization"}[c.Name], c))
	}
	return lines(head, e, below...)
}

// set prints property, rsc_defaults and op_defaults: a line for each pair.
func (p Printer) set(verb string, e *cib.Element) string {
	head := verb + " " + e.ID() + ":"
	if ref, ok := e.Lookup("id-ref"); ok {
		head = verb + " $id-ref=" + Quote(ref)
	}
	var below []string
	for _, c := range e.Children {
		switch c.Name {
		case "rule":
			below = append(below, "rule "+p.rule(c))
		case "nvpair":
			below = append(below, p.pair(c))
		}
	}
	return lines(head, e, below...)
}

// list prints one attribute set on one line.
func (p Printer) list(word string, e *cib.Element) string {
	words := []string{word}
	if ref, ok := e.Lookup("id-ref"); ok {
		words = append(words, "$id-ref="+Quote(ref))
	} else if p.shown(e.ID()) {
		words = append(words, "$id="+Quote(e.ID()))
	}
	if s := e.Get("score"); s != "" {
		words = append(words, shortScore(s)+":")
	}
	for c := range e.All("rule") {
		words = append(words, "rule "+p.rule(c))
	}
	for c := range e.All("nvpair") {
		words = append(words, p.pair(c))
	}
	return strings.Join(words, " ")
}

func (p Printer) shown(id string) bool { return p.ShowIDs || p.referenced(id) }

func (p Printer) referenced(id string) bool {
	return id != "" && p.Referenced != nil && p.Referenced(id)
}

func (p Printer) pair(e *cib.Element) string {
	name := e.Get("name")
	if ref, ok := e.Lookup("id-ref"); ok {
		if name != "" {
			return "@" + ref + ":" + name
		}
		return "@" + ref
	}
	text := name
	if v, ok := e.Lookup("value"); ok {
		if p.Obscured != nil && p.Obscured(name) {
			v = "******"
		}
		text += "=" + Quote(v)
	}
	if p.referenced(e.ID()) {
		text = "$" + e.ID() + ":" + text
	}
	return text
}

func (p Printer) fencing(e *cib.Element) string {
	var order []string
	devices := map[string][]string{}
	for l := range e.All("fencing-level") {
		target := fencingTarget(l)
		if _, seen := devices[target]; !seen {
			order = append(order, target)
		}
		devices[target] = append(devices[target], l.Get("devices"))
	}
	if common, ok := p.commonDevices(order, devices); ok {
		return "fencing_topology " + common
	}
	all := []string{"fencing_topology"}
	for _, target := range order {
		all = append(all, target+" "+strings.Join(devices[target], " "))
	}
	return strings.Join(all, lineBreak)
}

func fencingTarget(l *cib.Element) string {
	if v, ok := l.Lookup("target-pattern"); ok {
		return "pattern:" + v
	}
	if v, ok := l.Lookup("target-attribute"); ok {
		return "attr:" + v + "=" + l.Get("target-value")
	}
	return l.Get("target") + ":"
}

func (p Printer) commonDevices(order []string, devices map[string][]string) (string, bool) {
	if len(order) == 0 || len(order) != len(p.Nodes) {
		return "", false
	}
	for i, target := range order {
		if target != p.Nodes[i]+":" || !slices.Equal(devices[target], devices[order[0]]) {
			return "", false
		}
	}
	return strings.Join(devices[order[0]], " "), true
}
