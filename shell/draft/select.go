package draft

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

// Select returns the objects that filters name, in the order in which they are
// printed: by kind, then by id. No filter selects all. A filter is an id, a pattern
// with * and ?, changed, type:VERB, tag:TAG, related:RSC or the word or; and keeps what
// both sides select.
func (d *Draft) Select(filters []string) ([]Object, error) {
	all := d.Objects()
	var chosen []Object
	if len(filters) == 0 {
		chosen = all
	}
	var narrowed []Object
	narrow := false
	for _, f := range filters {
		switch f {
		case "or":
			continue
		case "and":
			narrowed, chosen, narrow = chosen, nil, true
			continue
		}
		found, err := d.filter(all, f)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if !has(chosen, o) {
				chosen = append(chosen, o)
			}
		}
		if narrow {
			chosen = slices.DeleteFunc(chosen, func(o Object) bool { return !has(narrowed, o) })
			narrow = false
		}
	}
	slices.SortStableFunc(chosen, printOrder)
	return chosen, nil
}

func has(list []Object, o Object) bool {
	return slices.ContainsFunc(list, func(x Object) bool { return x.Element == o.Element })
}

// printOrder is crmsh's: nodes, templates, primitives, containers, tags, constraints,
// fencing, properties, defaults; by id within a kind.
func printOrder(a, b Object) int {
	if c := cmp.Compare(printRank(a.Verb), printRank(b.Verb)); c != 0 {
		return c
	}
	return cmp.Compare(sortID(a), sortID(b))
}

func sortID(o Object) string {
	if o.Verb == "node" {
		return o.Element.ID()
	}
	return o.ID
}

func printRank(verb string) int {
	ranks := [][]string{{"node"}, {"rsc_template"}, {"primitive"}, {"bundle"}, {"group"}, {"ms"}, {"clone"}, {"tag"},
		{"location", "colocation", "order"}, {"rsc_ticket", "fencing_topology"}, {"property"}, {"rsc_defaults"}, {"op_defaults"},
		{"role"}, {"acl_target", "acl_group", "user"}, {"alert"}}
	return slices.IndexFunc(ranks, func(verbs []string) bool { return slices.Contains(verbs, verb) })
}

func (d *Draft) filter(all []Object, f string) ([]Object, error) {
	kind, arg, _ := strings.Cut(f, ":")
	var keep func(Object) bool
	switch {
	case f == "changed":
		keep = d.isChanged
	case kind == "type" && arg != "":
		keep = func(o Object) bool { return o.Verb == arg }
	case kind == "tag" && arg != "":
		tagged := d.tagged(arg)
		keep = func(o Object) bool { return slices.Contains(tagged, o.ID) }
	case kind == "related" && arg != "":
		keep = func(o Object) bool { return o.ID == arg || isRelated(o, arg) }
	case strings.ContainsAny(f, "*?"):
		keep = func(o Object) bool { ok, _ := path.Match(f, o.ID); return ok }
	default:
		keep = func(o Object) bool { return o.ID == f || o.Verb == "node" && o.Element.ID() == f }
	}
	var out []Object
	for _, o := range all {
		if keep(o) {
			out = append(out, o)
		}
	}
	plain := kind == f && f != "changed"
	if plain && len(out) == 0 && !strings.ContainsAny(f, "*?") {
		return nil, fmt.Errorf("object %s does not exist", f)
	}
	return out, nil
}

func (d *Draft) tagged(tag string) []string {
	t, ok := d.Find(tag)
	if !ok || t.Verb != "tag" {
		return nil
	}
	return append(References(t.Element), tag)
}

func isRelated(o Object, id string) bool {
	if o.Element.Get("template") == id || slices.Contains(References(o.Element), id) {
		return true
	}
	agent := language.AgentSpec(o.Element)
	if agent == id || strings.HasSuffix(agent, ":"+id) {
		return true
	}
	return slices.ContainsFunc(membersOf(o.Element), func(m *cib.Element) bool { return m.ID() == id })
}

// isChanged reports whether an object differs from the one in the base.
func (d *Draft) isChanged(o Object) bool {
	was, ok := New(d.base).find(o.Verb, o.ID)
	return !ok || !language.Same(was.Element, o.Element)
}
