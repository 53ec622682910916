package language

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

func parseNode(r *reader) (Parsed, error) {
	e := &cib.Element{Name: "node"}
	id, _ := r.leadingID()
	set(e, "id", id)
	name, err := r.take("a node name")
	if err != nil {
		return Parsed{}, err
	}
	name, typ, hasType := strings.Cut(name, ":")
	if name == "" || strings.Contains(name, "=") {
		r.at--
		return Parsed{}, r.fail("%q cannot be a node name", name)
	}
	set(e, "uname", name)
	if hasType {
		switch typ = strings.ToLower(typ); typ {
		case "normal", "member", "ping", "remote":
			set(e, "type", typ)
		default:
			r.at--
			return Parsed{}, r.fail("node type must be normal, member, ping or remote")
		}
	}
	if d, ok := r.description(); ok {
		set(e, "description", d)
	}
	err = r.sets(e, []keyword{{"attributes", "instance_attributes"}, {"utilization", "utilization"}}, "attributes")
	return Parsed{Name: name, Element: e}, err
}

func parseTag(r *reader) (Parsed, error) {
	word, err := r.take("a tag name")
	if err != nil {
		return Parsed{}, err
	}
	id := strings.TrimSuffix(word, ":")
	if !ValidID(id) {
		return Parsed{}, r.failAt(word, "%q cannot be a tag name", id)
	}
	e := cib.New("tag", "id", id)
	for !r.done() {
		ref, err := r.identifier("a resource id")
		if err != nil {
			return Parsed{}, err
		}
		add(e, cib.New("obj_ref", "id", ref))
	}
	return Parsed{Name: id, Element: e}, nil
}

// parseFencing reads the whole fencing topology: there is one.
func parseFencing(r *reader) (Parsed, error) {
	e := &cib.Element{Name: "fencing-topology"}
	level := map[string]int{}
	var target []cib.Attr
	var common []string
	for !r.done() {
		w, _ := r.take("")
		switch {
		case strings.HasPrefix(w, "pattern:"):
			target = []cib.Attr{{Name: "target-pattern", Value: strings.TrimPrefix(w, "pattern:")}}
		case strings.HasPrefix(w, "attr:"):
			name, value, ok := strings.Cut(strings.TrimPrefix(w, "attr:"), "=")
			if !ok {
				return Parsed{}, r.failAt(w, "want attr:NAME=VALUE")
			}
			target = []cib.Attr{{Name: "target-attribute", Value: name}, {Name: "target-value", Value: value}}
		case strings.HasSuffix(w, ":"):
			target = []cib.Attr{{Name: "target", Value: strings.TrimSuffix(w, ":")}}
		case target == nil:
			common = append(common, w)
		default:
			addLevel(e, level, target, w)
		}
	}
	if len(common) > 0 && len(e.Children) > 0 {
		return Parsed{}, r.failAt(common[0], "name the node of these devices")
	}
	for _, node := range r.ctx.Nodes {
		for _, devices := range common {
			addLevel(e, level, []cib.Attr{{Name: "target", Value: node}}, devices)
		}
	}
	if len(e.Children) == 0 {
		return Parsed{}, r.fail("no fencing level: name a device")
	}
	return Parsed{Name: "fencing_topology", Element: e}, nil
}

func addLevel(e *cib.Element, level map[string]int, target []cib.Attr, devices string) {
	key := ""
	for _, a := range target {
		key += a.Name + "=" + a.Value + "\x00"
	}
	level[key]++
	l := add(e, &cib.Element{Name: "fencing-level"})
	if len(target) == 1 && target[0].Name == "target" {
		l.Attrs = append(l.Attrs, target...)
		target = nil
	}
	set(l, "index", strconv.Itoa(level[key]))
	set(l, "devices", devices)
	l.Attrs = append(l.Attrs, target...)
}

// parseXML reads `xml <element .../>`. Members of containers are part of the element.
func parseXML(text string) (Parsed, error) {
	e, err := cib.Parse([]byte(strings.ReplaceAll(text, "\\\n", "\n")))
	if err != nil {
		return Parsed{}, &SyntaxError{Verb: "xml", Msg: err.Error(), Form: xmlForm}
	}
	verb := VerbOf(e)
	if verb == "" {
		return Parsed{}, &SyntaxError{Verb: "xml", Near: "<" + e.Name, Msg: "not an element of a configuration", Form: xmlForm}
	}
	name := e.ID()
	if e.Name == "node" {
		name = e.Get("uname")
	}
	if e.Name == "rsc_defaults" || e.Name == "op_defaults" {
		if len(e.Children) == 0 {
			return Parsed{}, &SyntaxError{Verb: "xml", Msg: e.Name + " is empty", Form: xmlForm}
		}
		e = e.Children[0]
		name = e.ID()
	}
	return Parsed{Verb: verb, Name: name, Element: e}, nil
}

// verbs are the words that write elements; nobody changes the table.
var verbs = map[string]string{
	"node": "node", "primitive": "primitive", "template": "rsc_template", "group": "group",
	"clone": "clone", "master": "ms", "bundle": "bundle", "rsc_location": "location",
	"rsc_colocation": "colocation", "rsc_order": "order", "rsc_ticket": "rsc_ticket",
	"cluster_property_set": "property", "rsc_defaults": "rsc_defaults", "op_defaults": "op_defaults",
	"fencing-topology": "fencing_topology", "tag": "tag", "alert": "alert",
	"acl_role": "role", "acl_target": "acl_target", "acl_group": "acl_group", "acl_user": "user",
}

// VerbOf returns the verb that writes an element, "" when there is none. Elements of
// access control and alerts have no words of their own: they are written as xml.
func VerbOf(e *cib.Element) string { return verbs[e.Name] }
