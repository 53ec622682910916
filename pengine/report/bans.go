package report

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/rules"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Ban is a location constraint that keeps a resource away from a node.
type Ban struct {
	ID       string // of the constraint, or of its rule
	Resource crm.ResourceID
	Node     *state.Node
	Score    crm.Score
	Promoted bool // only from being promoted there
}

// Bans lists what keeps resources away from nodes, the last constraint first.
func Bans(c *state.Cluster) (bans []Ban) {
	for _, k := range slices.Backward(c.Constraints) {
		l := k.Location
		if l == nil || l.Resource == "" {
			continue
		}
		ban := func(id string, n *state.Node, score crm.Score, role string) {
			if score < 0 {
				r, _ := crm.ParseRole(role)
				bans = append(bans, Ban{id, crm.ResourceID(l.Resource), n, score, r == crm.RolePromoted})
			}
		}
		if n := c.Node(crm.NodeName(l.Node)); l.Node != "" && n != nil {
			s, _ := c.ParseScore(l.Score)
			ban(l.ID, n, s, l.Role)
		}
		for _, rule := range slices.Concat(l.Rules, l.Lifetime) {
			for _, n := range c.Nodes {
				in := rules.Input{Now: c.Now, NodeAttrs: n.Attrs}
				if ok, _ := rules.InForce(rule, &in); !ok {
					continue
				}
				text := rule.Get("score")
				if a := rule.Get("score-attribute"); a != "" {
					text = n.Attrs[a]
				}
				s, _ := c.ParseScore(text)
				ban(rule.ID(), n, s, rule.Get("role"))
			}
		}
	}
	return bans
}

func bans(w *Writer, c *state.Cluster, prefix string, o *Options, spacer bool) bool {
	l := list{w: w, spacer: spacer}
	for _, b := range Bans(c) {
		if !strings.HasPrefix(b.ID, prefix) || !o.WantID(b.Resource) {
			continue
		}
		l.header("Negative Location Constraints")
		role := ""
		if b.Promoted {
			role = "in Promoted role "
		}
		w.Item(b.ID + "\tprevents " + string(b.Resource) + " from running " + role + "on " + NodeName(b.Node, o.NodeIDs))
	}
	return l.end()
}

// MovedByHand is a constraint that crm_resource --move or --ban left behind.
type MovedByHand struct {
	Resource crm.ResourceID
	Node     string
	Ban      bool   // away from Node; else to it
	Undo     string // the command that removes it
}

// Moved lists the constraints that operators made by moving resources, and what undoes
// them.
func Moved(c *state.Cluster) (moved []MovedByHand) {
	for _, k := range c.Constraints {
		l := k.Location
		if l == nil {
			continue
		}
		prefer, ban := strings.HasPrefix(l.ID, "cli-prefer-"), strings.HasPrefix(l.ID, "cli-ban-")
		if !prefer && !ban || l.Resource == "" {
			continue
		}
		node := l.Node
		for _, r := range l.Rules {
			for e := range r.All("expression") {
				if node == "" && e.Get("attribute") == "#uname" {
					node = e.Get("value")
				}
			}
		}
		moved = append(moved, MovedByHand{crm.ResourceID(l.Resource), node, ban, "crm_resource --clear --resource " + l.Resource})
	}
	return moved
}
