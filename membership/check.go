package membership

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// Check reports what no configuration may contain, whatever file it is from, and sorts
// the nodes by id. It changes c.
func Check(c *Config, r *Report) {
	names, ids, addrs := map[crm.NodeName]Node{}, map[crm.NodeID]Node{}, map[netip.Addr]Node{}
	for _, n := range c.Nodes {
		if bad := badName(n.Name); bad != "" {
			r.Errorf(n.Line, "use letters, digits, '-', '.' and '_'", "node name %q: %s", clip(string(n.Name)), bad)
		}
		if other, dup := names[n.Name]; dup {
			r.Errorf(n.Line, "give every node a name of its own", "node %q is listed twice (first in line %d)", n.Name, other.Line)
		}
		if other, dup := ids[n.ID]; dup {
			r.Errorf(n.Line, fmt.Sprintf("nodeid: %d", freeID(c.Nodes)), "nodeid %d of node %q is that of node %q too", n.ID, n.Name, other.Name)
		}
		names[n.Name], ids[n.ID] = n, n
		for i, a := range n.Addrs {
			if !a.IsValid() {
				continue
			}
			if other, dup := addrs[a]; dup {
				r.Errorf(n.Line, "give every node and link an address of its own", "address %s of node %q is that of node %q too", a, n.Name, other.Name)
			}
			if a.IsUnspecified() || a.IsMulticast() {
				r.Errorf(n.Line, "", "address %s of node %q (link %d) is not that of one machine", a, n.Name, i)
			}
			addrs[a] = n
		}
	}
	checkLinks(c, r)
	checkWitness(c, r)
	if len(c.Nodes) > MaxNodes {
		r.Errorf(0, "make the others remote nodes", "%d nodes: at most %d full members are supported", len(c.Nodes), MaxNodes)
	}
	slices.SortStableFunc(c.Nodes, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
}

// checkWitness asks that a witness has something to decide, and a vote.
func checkWitness(c *Config, r *Report) {
	var first *Node
	for i := range c.Nodes {
		n := &c.Nodes[i]
		switch {
		case !n.Witness:
		case first != nil:
			r.Errorf(n.Line, "", "node %q is a second witness (the first is %q): one is enough", n.Name, first.Name)
		case n.Votes == 0:
			r.Errorf(n.Line, "quorum_votes: 1", "witness %q has no vote, and there is nothing else that it is for", n.Name)
		case len(c.Nodes) < 3:
			r.Errorf(n.Line, "", "witness %q beside %d node: a witness decides between at least two", n.Name, len(c.Nodes)-1)
		}
		if n.Witness {
			first = n
		}
	}
}

// checkLinks asks that every node is on every link, with one address family.
func checkLinks(c *Config, r *Report) {
	links := 0
	for _, n := range c.Nodes {
		links = max(links, len(n.Hosts))
	}
	for i := range links {
		var missing []string
		v4, v6 := false, false
		for _, n := range c.Nodes {
			if i >= len(n.Hosts) || n.Hosts[i] == "" {
				missing = append(missing, string(n.Name))
			} else if n.Addrs[i].IsValid() {
				v4, v6 = v4 || n.Addrs[i].Is4(), v6 || n.Addrs[i].Is6()
			}
		}
		if len(missing) > 0 && len(missing) < len(c.Nodes) {
			r.Errorf(0, fmt.Sprintf("add ring%d_addr to it, or remove it from the others", i), "link %d: no ring%d_addr on node %s", i, i, strings.Join(missing, ", "))
		}
		if v4 && v6 {
			r.Errorf(0, "", "link %d mixes IPv4 and IPv6 addresses", i)
		}
	}
}

func badName(name crm.NodeName) string {
	switch {
	case name == "":
		return "it is empty"
	case len(name) > 255:
		return "it is longer than 255 bytes"
	case strings.IndexFunc(string(name), func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_')
	}) >= 0:
		return "a character in it is not allowed"
	}
	return ""
}

func freeID(nodes []Node) crm.NodeID {
	for id := crm.NodeID(1); ; id++ {
		if !slices.ContainsFunc(nodes, func(n Node) bool { return n.ID == id }) {
			return id
		}
	}
}
