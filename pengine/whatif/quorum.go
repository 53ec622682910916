package whatif

import (
	"fmt"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Votes count for quorum. The zero value stands for one vote of every cluster node that
// the CIB has, of which those that are online are present.
type Votes struct {
	Expected int `json:"expected"`
	Present  int `json:"present"`

	Of map[crm.NodeName]int `json:"-"` // how many each node has now; nil: one each
}

// of is how many votes these nodes have together.
func (v Votes) of(nodes []crm.NodeName) (sum int) {
	if v.Of == nil {
		return len(nodes)
	}
	for _, n := range nodes {
		sum += v.Of[n]
	}
	return sum
}

// Quorum is what is left of the votes, and what follows from it.
type Quorum struct {
	Votes
	Needed  int    `json:"needed"`
	Quorate bool   `json:"quorate"`
	Policy  string `json:"policy,omitempty"` // without quorum: what is applied, as no-quorum-policy is written
	Text    string `json:"text"`             // the same in words
}

// votes counts those of a cluster.
func (o *Options) votes(c *state.Cluster) Votes {
	if o.Votes.Expected > 0 {
		return o.Votes
	}
	var v Votes
	for _, n := range c.Nodes {
		if n.Kind != state.ClusterNode {
			continue
		}
		v.Expected++
		if n.Online {
			v.Present++
		}
	}
	return v
}

// after tells what remains when nodes are gone. A node that is lost may still run; one
// that left, or was confirmed to be off, does not.
func (o *Options) after(c *state.Cluster, gone []crm.NodeName, lost bool) Quorum {
	q := Quorum{Votes: o.votes(c)}
	q.Present = max(q.Present-q.of(gone), 0)
	q.Needed = q.Expected/2 + 1
	q.Quorate = q.Present >= q.Needed
	count := fmt.Sprintf("%d of %d votes", q.Present, q.Expected)
	two := q.Expected == 2 && q.Present == 1
	fencing := c.Options.FencingEnabled
	switch policy := c.Options.Raw["no-quorum-policy"]; {
	case q.Quorate:
		q.Text = count + ": quorum is kept"
	case two && !lost:
		q.Quorate = true
		q.Text = count + ": the other one left in an orderly way, so this node goes on"
	case two && fencing:
		q.Quorate = true
		q.Text = count + ": the survivor goes on as soon as the other one is certainly off"
	case two && strings.EqualFold(policy, "ignore"):
		q.Quorate = true
		q.Text = count + ": the survivor goes on UNPROTECTED (fencing is off and no-quorum-policy is ignore)"
	default:
		q.Policy = withoutQuorum(policy)
		q.Text = fmt.Sprintf("%s, %d are needed: no quorum, %s", count, q.Needed, consequence(q.Policy))
		if two {
			q.Text += "; it goes on when somebody says that the other one is off"
		}
	}
	return q
}

// withoutQuorum is what nodes without quorum do by themselves: there is nobody to lead, so
// ignore can only leave things as they are; and no watchdog, so fencing itself is stopping.
func withoutQuorum(policy string) string {
	switch policy = strings.ToLower(policy); policy {
	case "ignore", "freeze":
		return "freeze"
	case "demote":
		return "demote"
	}
	return "stop"
}

func consequence(policy string) string {
	switch policy {
	case "freeze":
		return "what runs stays, nothing is started"
	case "demote":
		return "promoted instances are demoted"
	}
	return "what runs is stopped"
}

// apply makes a CIB have or lack quorum.
func (q Quorum) apply(root *cib.Element, survivor string) *cib.Element {
	have := "1"
	if !q.Quorate {
		have = "0"
	}
	root = root.With("have-quorum", have)
	if survivor != "" {
		root = root.With("dc-uuid", survivor)
	}
	if q.Policy == "" {
		return root
	}
	return withProperty(root, "no-quorum-policy", q.Policy)
}

// withProperty sets a cluster property where the first of the sets has it: no other set
// can say otherwise.
func withProperty(root *cib.Element, name, value string) *cib.Element {
	conf := root.Child("configuration")
	section := conf.Child("crm_config")
	if section == nil {
		section = cib.New("crm_config")
	}
	const first = "cib-bootstrap-options" // always read before the others
	set := cib.New("cluster_property_set", "id", first)
	var others []*cib.Element
	for _, e := range section.Children {
		if e.ID() == first {
			set = e
		} else {
			others = append(others, e)
		}
	}
	var pairs []*cib.Element
	for _, p := range set.Children {
		if p.Get("name") != name {
			pairs = append(pairs, p)
		}
	}
	pairs = append(pairs, cib.New("nvpair", "id", "what-if-"+name, "name", name, "value", value))
	changed := section.WithChildren(append([]*cib.Element{set.WithChildren(pairs...)}, others...)...)
	var sections []*cib.Element
	for _, e := range conf.Children {
		if e.Name != "crm_config" {
			sections = append(sections, e)
		}
	}
	return replaced(root, conf, conf.WithChildren(append([]*cib.Element{changed}, sections...)...))
}

// replaced puts another element in the place of a child.
func replaced(parent, old, child *cib.Element) *cib.Element {
	var children []*cib.Element
	for _, e := range parent.Children {
		if e == old {
			e = child
		}
		children = append(children, e)
	}
	return parent.WithChildren(children...)
}

// survivor is the id of the node that decides when others are gone: the DC, or the first
// node that stays.
func survivor(c *state.Cluster, gone []crm.NodeName) string {
	if c.DC != nil && !has(gone, c.DC.Name) {
		return ""
	}
	for _, n := range c.Nodes {
		if n.Kind == state.ClusterNode && n.Online && !has(gone, n.Name) {
			return n.ID
		}
	}
	return ""
}

func has(list []crm.NodeName, name crm.NodeName) bool {
	for _, n := range list {
		if n == name {
			return true
		}
	}
	return false
}
