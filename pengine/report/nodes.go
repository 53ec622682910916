package report

import (
	"strings"

	"github.com/tactus-ha/tactus/pengine/state"
)

// NodeName is how displays name a node: with the host of a guest and the id, if these are
// wanted.
func NodeName(n *state.Node, detail bool) string {
	name := string(n.Name)
	if detail && n.Kind == state.GuestNode {
		name += "@"
		if host := n.Remote.Launcher.CurrentNode(); host != nil {
			name += string(host.Name)
		}
	}
	if detail && !strings.EqualFold(name, n.ID) && !strings.EqualFold(string(n.Name), n.ID) {
		name += " (" + n.ID + ")"
	}
	return name
}

// nodeStatus is the state of a node in words.
func nodeStatus(n *state.Node) string {
	switch {
	case n.Unclean && n.Online:
		return "UNCLEAN (online)"
	case n.Unclean && n.Pending:
		return "UNCLEAN (pending)"
	case n.Unclean:
		return "UNCLEAN (offline)"
	case n.Pending:
		return "pending"
	case n.FailedStandby && n.Online:
		return "standby (on-fail)"
	case n.Standby && !n.Online:
		return "OFFLINE (standby)"
	case n.Standby && len(n.Running) == 0:
		return "standby"
	case n.Standby:
		return "standby (with active resources)"
	case n.Maintenance && n.Online:
		return "maintenance"
	case n.Maintenance:
		return "OFFLINE (maintenance)"
	case n.Online:
		return "online"
	}
	return "OFFLINE"
}

// Health is how well a node is: negative red, zero yellow, positive green.
func Health(c *state.Cluster, n *state.Node) int {
	if c.Options.Health.Strategy == "none" {
		return 1
	}
	h := c.Options.Health
	worst := 1
	for name, value := range n.Attrs { // order does not matter: the worst counts
		if !strings.HasPrefix(name, "#health") {
			continue
		}
		s, err := c.ParseScore(value)
		switch {
		case strings.EqualFold(value, "red"), err == nil && !strings.EqualFold(value, "yellow") && s <= h.Red:
			return -1
		case strings.EqualFold(value, "yellow"), err == nil && s <= h.Yellow && h.Yellow != h.Green:
			worst = 0
		}
	}
	return worst
}

// FeatureSet is what an active node runs; "" when that cannot be said.
func FeatureSet(n *state.Node) string {
	if !n.Online || !n.ExpectedUp || n.IsRemote() {
		return ""
	}
	if f := n.FeatureSet(); f != "" {
		return f
	}
	return "<3.15.1"
}

// MixedVersions reports whether nodes run different feature sets.
func MixedVersions(c *state.Cluster) bool {
	seen := ""
	for _, n := range c.Nodes {
		f := FeatureSet(n)
		if f != "" && seen != "" && f != seen {
			return true
		}
		if f != "" {
			seen = f
		}
	}
	return false
}

// NodeList writes the node list; it reports whether it wrote anything.
func NodeList(w *Writer, c *state.Cluster, o *Options, spacer bool) bool {
	l := list{w: w, spacer: spacer}
	groups := [...]struct {
		label string
		names []string
	}{{label: "Online"}, {label: "OFFLINE"}, {label: "RemoteOnline"}, {label: "RemoteOFFLINE"}, {label: "GuestOnline"}, {}}
	for _, n := range c.Nodes {
		if !o.WantNode(n.Name) {
			continue
		}
		l.header("Node List")
		if n.Unclean || n.Pending || n.FailedStandby && n.Online || n.Standby || n.Maintenance || o.ByNode || o.FeatureSets || Health(c, n) <= 0 {
			node(w, c, n, o)
			continue
		}
		g := &groups[groupOf(n)]
		g.names = append(g.names, NodeName(n, o.NodeIDs))
	}
	for _, g := range groups {
		if g.label != "" && len(g.names) > 0 {
			w.Item(g.label + ": [ " + strings.Join(g.names, " ") + " ]")
		}
	}
	return l.end()
}

// groupOf gives the index of the list that a node in order belongs to; guests that are
// down are shown nowhere.
func groupOf(n *state.Node) int {
	switch {
	case n.Kind == state.GuestNode && n.Online:
		return 4
	case n.Kind == state.GuestNode:
		return 5
	case n.Kind == state.RemoteNode && n.Online:
		return 2
	case n.Kind == state.RemoteNode:
		return 3
	case n.Online:
		return 0
	}
	return 1
}

// node writes one node on a line of its own, with its resources if grouped by node.
func node(w *Writer, c *state.Cluster, n *state.Node, o *Options) {
	kind := [...]string{"Node", "RemoteNode", "GuestNode"}[n.Kind]
	text := kind + " " + NodeName(n, o.NodeIDs) + ": " + nodeStatus(n)
	if h := Health(c, n); h < 0 {
		text += " (health is RED)"
	} else if h == 0 {
		text += " (health is YELLOW)"
	}
	if f := FeatureSet(n); o.FeatureSets && f != "" {
		text += ", feature set " + f
	}
	if !o.ByNode {
		w.Item(text)
		return
	}
	inner := *o
	inner.rscOnly = true
	if o.Brief {
		inner.Inactive = false
		rscs := filterList(n.Running, o)
		if len(rscs) == 0 {
			return
		}
		w.Begin(text)
		w.Begin("Resources")
		brief(w, rscs, &inner)
	} else {
		w.Begin(text)
		w.Begin("Resources")
		for _, r := range n.Running {
			Resource(w, c, r, &inner)
		}
	}
	w.End()
	w.End()
}
