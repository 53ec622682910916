package schemas

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
)

// structure40 leaves one pair of each name in a set, makes members of ping nodes,
// promotable clones of masters, and one constraint of each rule of a location.
func (u *upgrade) structure40(root *cib.Element) *cib.Element {
	var bans []*cib.Element
	for node := range root.Child(cib.TagConfiguration).Child(cib.TagNodes).All(cib.TagNode) {
		if node.Get("type") == "ping" {
			name := node.Get("uname")
			bans = append(bans, cib.New(cib.TagRscLocation, "id", upgradePrefix+"ping-node-ban-"+name, "rsc-pattern", ".*", "node", name,
				"score", "-INFINITY", "resource-discovery", "never"))
		}
	}
	split := map[string]int{} // rules of locations that have several
	for e := range root.Child(cib.TagConfiguration).Child(cib.TagConstraints).All(cib.TagRscLocation) {
		if n := count(e, cib.TagRule); n > 1 {
			split[e.ID()] = n
		}
	}
	return one(root, func(e, parent *cib.Element) []*cib.Element {
		switch e.Name {
		case cib.TagNode:
			if e.Get("type") == "ping" {
				u.changed = true
				return only(e.With("type", "member"))
			}
		case cib.TagMaster:
			return only(u.promotable(e))
		case "docker", "podman", "rkt":
			if v, ok := e.Lookup("masters"); ok {
				u.changed = true
				return only(renamed(e, "masters", "promoted-max", v))
			}
		case cib.TagConstraints:
			if len(bans) > 0 {
				return only(e.Plus(bans...))
			}
		case cib.TagRscLocation:
			if split[e.ID()] > 0 {
				return splitLocation(e)
			}
		case "acl_permission":
			if n := split[e.Get("reference")]; n > 0 {
				u.changed = true
				return only(renamed(e, "reference", "xpath", splitPath(e.Get("reference"), n)))
			}
		}
		return only(u.dedupe(e))
	})
}

// promotable makes a promotable clone of a master.
func (u *upgrade) promotable(e *cib.Element) *cib.Element {
	u.changed = true
	id := upgradePrefix + "promotable-legacy-" + e.ID() + "-meta_attributes"
	set := cib.New(cib.TagMetaAttrs, "id", id, "score", "INFINITY").Plus(cib.New(cib.TagNvpair, "id", id+"-promotable", "name", "promotable", "value", "true"))
	c := *e
	c.Name = cib.TagClone
	c.Children = append([]*cib.Element{set}, e.Children...)
	return &c
}

// splitLocation makes a constraint of each rule. What the rules share is defined in the
// first and referred to in the others.
func splitLocation(e *cib.Element) (out []*cib.Element) {
	var rules, sets, lifetimes []*cib.Element
	for _, c := range e.Children {
		switch c.Name {
		case cib.TagRule:
			rules = append(rules, c)
		case cib.TagResourceSet:
			sets = append(sets, c)
		case "lifetime":
			lifetimes = append(lifetimes, c)
		}
	}
	for i, rule := range rules {
		c := e.With("id", splitID(e.ID(), i+1))
		c.Children = slices.Concat(references(sets, i > 0), []*cib.Element{rule}, references(lifetimes, i > 0))
		out = append(out, c)
	}
	return out
}

// references refers to elements with ids instead of repeating them, if that is asked for.
func references(list []*cib.Element, wanted bool) (out []*cib.Element) {
	for _, e := range list {
		switch {
		case !wanted || has(e, "id-ref"):
			out = append(out, e)
		case e.ID() != "":
			out = append(out, cib.New(e.Name, "id-ref", e.ID()))
		default:
			out = append(out, e.WithChildren(references(e.Children, true)...))
		}
	}
	return out
}

func splitID(id string, n int) string { return upgradePrefix + id + "-" + strconv.Itoa(n) }

func splitPath(id string, n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, "@id = '"+splitID(id, i+1)+"'")
	}
	return "//*[" + strings.Join(parts, " or ") + "]"
}

// dedupe leaves the pair of each name that counts: the first, or the first after the last
// #default.
func (u *upgrade) dedupe(set *cib.Element) *cib.Element {
	if count(set, cib.TagNvpair) < 2 {
		return set
	}
	at := map[string][]int{}
	for i, c := range set.Children {
		if c.Name == cib.TagNvpair {
			name := u.pairName(c)
			at[name] = append(at[name], i)
		}
	}
	drop := map[int]bool{}
	for _, list := range at {
		counts := 0 // position in list of the pair that counts
		for k, i := range list {
			if u.target(set.Children[i]).Get("value") == "#default" && k+1 < len(list) {
				counts = k + 1
			} else if u.target(set.Children[i]).Get("value") == "#default" {
				counts = k
			}
		}
		for k, i := range list {
			drop[i] = k != counts
		}
	}
	var children []*cib.Element
	for i, c := range set.Children {
		if !drop[i] {
			children = append(children, c)
		}
	}
	if len(children) == len(set.Children) {
		return set
	}
	return set.WithChildren(children...)
}

func (u *upgrade) pairName(pair *cib.Element) string {
	if t := u.target(pair); t != pair {
		if n := property40[t.Get("name")]; n != "" {
			return n
		}
		return t.Get("name")
	}
	return pair.Get("name")
}

// lifetimes40 makes rules of lifetimes in locations and drops them elsewhere.
func (u *upgrade) lifetimes40(root *cib.Element) *cib.Element {
	return one(root, func(e, parent *cib.Element) []*cib.Element {
		switch {
		case e.Name == cib.TagRscLocation && e.Child("lifetime") != nil:
			return only(locationOfLifetime(e))
		case e.Name == "lifetime" && (nameOf(parent) == cib.TagRscColocation || nameOf(parent) == cib.TagRscOrder):
			u.remark("WARNING: Dropping lifetime element from constraint %s because lifetime elements are no longer supported. "+
				"Any rules contained there will no longer apply to the constraint", parent.ID())
			return nil
		}
		return only(e)
	})
}

// locationOfLifetime joins what a location says and when it says so into one rule.
func locationOfLifetime(e *cib.Element) *cib.Element {
	rule := cib.New(cib.TagRule, "id", upgradePrefix+e.ID()+"-lifetime-and-rule", "boolean-op", "and")
	if own := e.Child(cib.TagRule); own != nil {
		rule = rule.Plus(own)
	} else {
		id := upgradePrefix + e.ID() + "-node-score-rule"
		rule = rule.Plus(cib.New(cib.TagRule, "id", id, "score", e.Get("score")).Plus(
			cib.New(cib.TagExpression, "id", id+"-expr", "attribute", "#uname", "operation", "eq", "value", e.Get("node"))))
	}
	var children []*cib.Element
	for _, c := range e.Children {
		switch {
		case c.Name == cib.TagResourceSet:
			children = append(children, c)
		case c.Name != "lifetime":
		case count(c, cib.TagRule) > 1:
			rule = rule.Plus(cib.New(cib.TagRule, "id", upgradePrefix+e.ID()+"-lifetime-or-rule", "boolean-op", "or").Plus(c.Children...))
		default:
			rule = rule.Plus(c.Children...)
		}
	}
	return e.Without("node").Without("score").WithChildren(append(children, rule)...)
}
