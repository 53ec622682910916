package language

import (
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// AgentSpec writes an agent as CLASS:PROVIDER:TYPE; ocf:heartbeat is left out, as
// crmsh does.
func AgentSpec(e *cib.Element) string {
	class, provider, typ := e.Get("class"), e.Get("provider"), e.Get("type")
	switch {
	case class == "ocf" && provider == "heartbeat":
		return typ
	case provider != "":
		return class + ":" + provider + ":" + typ
	}
	return class + ":" + typ
}

func (p Printer) primitive(verb string, e *cib.Element) string {
	head := verb + " " + e.ID() + " "
	if t, ok := e.Lookup("template"); ok && verb == "primitive" {
		head += "@" + t
	} else {
		head += AgentSpec(e)
	}
	var below []string
	for _, c := range e.Children {
		if c.Name == "operations" {
			below = append(below, p.operations(c)...)
		} else {
			below = append(below, p.list(listWord(c), c))
		}
	}
	return lines(head, e, below...)
}

func listWord(e *cib.Element) string {
	return map[string]string{"instance_attributes": "params", "meta_attributes": "meta", "utilization": "utilization"}[e.Name]
}

func (p Printer) operations(e *cib.Element) []string {
	var out []string
	if id := e.ID(); id != "" {
		out = append(out, "operations $id="+Quote(id))
	} else if ref, ok := e.Lookup("id-ref"); ok {
		out = append(out, "operations $id-ref="+Quote(ref))
	}
	for op := range e.All("op") {
		out = append(out, p.op(op)...)
	}
	return out
}

func (p Printer) op(e *cib.Element) []string {
	head := []string{"op", e.Get("name")}
	for _, a := range e.Attrs {
		if a.Name != "name" && a.Name != "id" {
			head = append(head, a.Name+"="+Quote(a.Value))
		}
	}
	out := []string{strings.Join(head, " ")}
	for _, c := range e.Children {
		out = append(out, p.list(map[string]string{"instance_attributes": "op_params", "meta_attributes": "op_meta"}[c.Name], c))
	}
	return out
}

// container prints group, clone and ms.
func (p Printer) container(verb string, e *cib.Element) string {
	head := verb + " " + e.ID() + " " + strings.Join(memberIDs(e), " ")
	var below []string
	for _, c := range e.Children {
		if w := listWord(c); w != "" {
			below = append(below, p.list(w, c))
		}
	}
	return lines(head, e, below...)
}

func (p Printer) bundle(e *cib.Element) string {
	var below []string
	for _, c := range e.Children {
		switch c.Name {
		case "primitive":
			below = append(below, "primitive "+c.ID())
		case "meta_attributes", "instance_attributes":
			below = append(below, p.list(listWord(c), c))
		default:
			below = append(below, bundlePart(c))
		}
	}
	return lines("bundle "+e.ID(), e, below...)
}

func bundlePart(e *cib.Element) string {
	words := append([]string{e.Name}, attributes(e)...)
	for _, c := range e.Children {
		words = append(append(words, c.Name), attributes(c)...)
	}
	return strings.Join(words, " ")
}

func attributes(e *cib.Element) []string {
	var out []string
	for _, a := range e.Attrs {
		if a.Name != "id" {
			out = append(out, a.Name+"="+Quote(a.Value))
		}
	}
	return out
}

// IsResource reports whether an element is a resource that a container may hold.
func IsResource(e *cib.Element) bool {
	switch e.Name {
	case "primitive", "group", "clone", "master", "bundle":
		return true
	}
	return false
}

func memberIDs(e *cib.Element) []string {
	var ids []string
	for _, c := range e.Children {
		if IsResource(c) {
			ids = append(ids, c.ID())
		}
	}
	return ids
}

func references(e *cib.Element) []string {
	var ids []string
	for _, c := range e.Children {
		ids = append(ids, c.ID())
	}
	return ids
}

// withoutMembers returns a container without the resources in it.
func withoutMembers(e *cib.Element) *cib.Element {
	var kept []*cib.Element
	for _, c := range e.Children {
		if !IsResource(c) {
			kept = append(kept, c)
		}
	}
	return e.WithChildren(kept...)
}
