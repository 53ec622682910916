package fencing

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

// allowed tells which nodes may use a device: those where its location constraints, and
// those of the group or clone it is in, give it no negative score. In a cluster that is
// not symmetric a constraint must name the node.
// Source: Pacemaker Explained, "Fencing", what location constraints mean for devices.
func allowed(c *state.Cluster, r *state.Resource) map[crm.NodeName]bool {
	optIn := !c.Options.Bool("symmetric-cluster", true)
	ids := map[crm.ResourceID]bool{}
	for x := r; x != nil; x = x.Parent {
		ids[x.ID], ids[x.XMLID] = true, true
	}
	out := map[crm.NodeName]bool{}
	for _, n := range c.Nodes {
		score, named := crm.Score(0), false
		for i := range c.Constraints {
			if l := c.Constraints[i].Location; l != nil {
				s, hit := scoreOn(c, l, r, ids, n)
				score, named = score.Add(s), named || hit
			}
		}
		if out[n.Name] = score >= 0 && (named || !optIn); !out[n.Name] {
			delete(out, n.Name)
		}
	}
	return out
}

// scoreOn is what one location constraint gives a device on a node.
func scoreOn(c *state.Cluster, l *state.Location, r *state.Resource, ids map[crm.ResourceID]bool, n *state.Node) (crm.Score, bool) {
	if !concerns(c, l, ids) {
		return 0, false
	}
	if l.Node != "" && l.Score != "" {
		s, err := c.ParseScore(l.Score)
		if err != nil || l.Node != string(n.Name) {
			return 0, false
		}
		return s, true
	}
	if len(l.Rules) == 0 {
		return 0, false
	}
	rule := l.Rules[0]
	in := &rules.Input{Now: c.Now, NodeAttrs: n.Attrs, Meta: r.Meta, Params: r.Params(nil)}
	if holds, _ := rules.InForce(rule, in); !holds {
		return 0, false
	}
	text := rule.Get(cib.AttrScore)
	if attr := rule.Get("score-attribute"); attr != "" {
		text = n.Attrs[attr]
	}
	s, err := c.ParseScore(text)
	if err != nil {
		return 0, false
	}
	return s, true
}

// concerns reports whether a location constraint is about one of these resources.
func concerns(c *state.Cluster, l *state.Location, ids map[crm.ResourceID]bool) bool {
	switch {
	case l.Resource != "":
		refs := append(slices.Clone(c.Tags[l.Resource]), c.Templates[l.Resource]...)
		return ids[crm.ResourceID(l.Resource)] || slices.ContainsFunc(refs, func(id string) bool { return ids[crm.ResourceID(id)] })
	case l.Pattern != "":
		pattern, invert := strings.CutPrefix(l.Pattern, "!")
		re, err := regexp.CompilePOSIX(pattern)
		if err != nil {
			return false
		}
		hit := false
		for id := range ids {
			hit = hit || re.MatchString(string(id))
		}
		return hit != invert
	}
	for _, set := range l.Sets {
		for _, m := range set.Members {
			if ids[crm.ResourceID(m)] {
				return true
			}
		}
	}
	return false
}
