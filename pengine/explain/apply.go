package explain

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

// The functions here make, of a CIB, the one that a command would leave behind. What they
// do not touch is shared with the original.

// rewrite copies the elements on the way to whatever edit changes. edit sees every
// element below e, parents first; it returns what to put in its place, nil to drop it.
func rewrite(e *cib.Element, edit func(*cib.Element) *cib.Element) *cib.Element {
	var out []*cib.Element
	changed := false
	for _, c := range e.Children {
		n := edit(c)
		if n != nil {
			n = rewrite(n, edit)
		}
		if changed = changed || n != c; n != nil {
			out = append(out, n)
		}
	}
	if !changed {
		return e
	}
	return e.WithChildren(out...)
}

// withPair sets a name-value pair in a block of that kind below e, making both if needed.
func withPair(e *cib.Element, block, name, value string) *cib.Element {
	id := e.ID() + "-" + block
	for i, c := range e.Children {
		if c.Name != block || c.Child("rule") != nil || c.Get("id-ref") != "" {
			continue
		}
		kids := slices.Clone(e.Children)
		if j := slices.IndexFunc(c.Children, func(p *cib.Element) bool { return p.Get("name") == name }); j >= 0 {
			pairs := slices.Clone(c.Children)
			pairs[j] = cib.New("nvpair", "id", pairs[j].ID(), "name", name, "value", value)
			kids[i] = c.WithChildren(pairs...)
		} else {
			kids[i] = c.Plus(cib.New("nvpair", "id", c.ID()+"-"+name, "name", name, "value", value))
		}
		return e.WithChildren(kids...)
	}
	pair := cib.New("nvpair", "id", id+"-"+name, "name", name, "value", value)
	return e.Plus(cib.New(block, "id", id).Plus(pair))
}

// setMeta sets a meta-attribute of the resource that is configured under id, and removes
// it from what is below, whose own value would win.
func setMeta(root *cib.Element, id, name, value string) *cib.Element {
	return rewrite(root, func(e *cib.Element) *cib.Element {
		if e.ID() != id || !slices.Contains([]string{"primitive", "group", "clone", "master", "bundle"}, e.Name) {
			return e
		}
		below := rewrite(e, func(c *cib.Element) *cib.Element {
			if c.Name == "nvpair" && c.Get("name") == name {
				return nil
			}
			return c
		})
		return withPair(below, "meta_attributes", name, value)
	})
}

// setProperty sets a cluster property.
func setProperty(root *cib.Element, name, value string) *cib.Element {
	found := false
	out := rewrite(root, func(e *cib.Element) *cib.Element {
		if e.Name == "nvpair" && e.Get("name") == name && isProperty(root, e) {
			found = true
			return e.With("value", value)
		}
		return e
	})
	if found {
		return out
	}
	return rewrite(root, func(e *cib.Element) *cib.Element {
		if e.Name != "crm_config" {
			return e
		}
		return e.Plus(cib.New("cluster_property_set", "id", "tried-options").Plus(
			cib.New("nvpair", "id", "tried-"+name, "name", name, "value", value)))
	})
}

func isProperty(root, pair *cib.Element) bool {
	for block := range root.Child("configuration").Child("crm_config").All("cluster_property_set") {
		if slices.Contains(block.Children, pair) {
			return true
		}
	}
	return false
}

// withoutConstraints drops constraints by id.
func withoutConstraints(root *cib.Element, gone func(id, rsc string) bool) *cib.Element {
	return rewrite(root, func(e *cib.Element) *cib.Element {
		switch e.Name {
		case "rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket":
			if gone(e.ID(), e.Get("rsc")) {
				return nil
			}
		}
		return e
	})
}

// withConstraint adds a constraint.
func withConstraint(root, constraint *cib.Element) *cib.Element {
	return rewrite(root, func(e *cib.Element) *cib.Element {
		if e.Name == "constraints" {
			return e.Plus(constraint)
		}
		return e
	})
}

// cleanedUp forgets the history and the failures of resources on a node, or on all when
// node is "".
func cleanedUp(root *cib.Element, names []string, node string) *cib.Element {
	return rewrite(root, func(e *cib.Element) *cib.Element {
		if e.Name != "node_state" || node != "" && !strings.EqualFold(e.Get("uname"), node) {
			return e
		}
		return rewrite(e, func(c *cib.Element) *cib.Element {
			switch c.Name {
			case "lrm_resource":
				if slices.Contains(names, instanceBase(c.ID())) {
					return nil
				}
			case "nvpair":
				if failureOf(c.Get("name"), names) {
					return nil
				}
			}
			return c
		})
	})
}

// instanceBase cuts the instance number off a name in a history.
func instanceBase(id string) string {
	if i := strings.LastIndexByte(id, ':'); i > 0 {
		return id[:i]
	}
	return id
}

// failureOf reports whether an attribute counts failures of one of the resources.
func failureOf(name string, names []string) bool {
	for _, prefix := range []string{"fail-count-", "last-failure-"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			rest, _, _ = strings.Cut(rest, "#")
			return slices.Contains(names, instanceBase(rest))
		}
	}
	return false
}

// withNodeAttr sets a permanent attribute of a node and drops the transient one; value ""
// drops both.
func withNodeAttr(root *cib.Element, n *state.Node, block, name, value string) *cib.Element {
	return rewrite(root, func(e *cib.Element) *cib.Element {
		switch {
		case e.Name == "node_state" && e.ID() == n.ID, e.Name == "node" && e.ID() == n.ID:
		default:
			return e
		}
		out := rewrite(e, func(c *cib.Element) *cib.Element {
			if c.Name == "nvpair" && c.Get("name") == name {
				return nil
			}
			return c
		})
		if e.Name == "node" && value != "" {
			out = withPair(out, block, name, value)
		}
		return out
	})
}

// injected lets events happen.
func (k *Case) injected(in simulate.Injections) *cib.Element {
	root, _, _ := simulate.Inject(k.c, &in, k.c.Now)
	return root
}

// locationOf is a location constraint that likes a node by score.
func locationOf(id, rsc, node string, score crm.Score) *cib.Element {
	return cib.New("rsc_location", "id", id, "rsc", rsc, "node", node, "score", score.String())
}
