package whatif

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Loss is what becomes of the resources when nodes are suddenly gone.
type Loss struct {
	Nodes  []crm.NodeName `json:"nodes"`
	Quorum Quorum         `json:"quorum"`

	// Waits says what has to happen before anything is recovered, when the cluster cannot
	// go on by itself; the answer is what happens then, the waiting not counted.
	Waits  string `json:"waits,omitempty"`
	Fences bool   `json:"fences"` // the nodes are fenced before anything is recovered
	Answer
}

// Lose tells what happens when nodes are suddenly gone, in a rehearsal in which nothing
// has happened yet. Unknown nodes, remote nodes and those that are not there anyway are
// refused.
func (r *Rehearsal) Lose(nodes []crm.NodeName) (Loss, error) {
	gone, err := r.losable(nodes)
	if err != nil {
		return Loss{}, err
	}
	opts := &r.opts
	loss := Loss{Nodes: gone, Quorum: opts.after(r.first, gone, true)}
	o := &r.first.Options
	byHand := r.unfenceable(gone)
	loss.Fences = o.FencingEnabled && len(byHand) == 0 && loss.Quorum.Quorate
	if o.FencingEnabled && loss.Quorum.Quorate && len(byHand) > 0 {
		loss.Waits = waits(byHand, r.first.HaveFencing)
	}
	r.lose(gone, loss)
	loss.Answer = r.Answer()
	return loss, nil
}

// unfenceable lists the nodes that no device can fence.
func (r *Rehearsal) unfenceable(nodes []crm.NodeName) []crm.NodeName {
	return slices.DeleteFunc(slices.Clone(nodes), func(n crm.NodeName) bool {
		return r.first.HaveFencing && (r.opts.CanFence == nil || r.opts.CanFence(r.root, n))
	})
}

// losable checks the names and gives them as the CIB writes them.
func (r *Rehearsal) losable(names []crm.NodeName) ([]crm.NodeName, error) {
	var out []crm.NodeName
	for _, name := range names {
		n := r.first.Node(name)
		switch {
		case n == nil:
			return nil, fmt.Errorf("node %s does not exist", name)
		case n.Kind != state.ClusterNode:
			return nil, fmt.Errorf("node %s is a remote or guest node: it is lost with its connection; lose the node where that runs", name)
		case !n.Online:
			return nil, fmt.Errorf("node %s is not online: it cannot be lost", name)
		case slices.Contains(out, n.Name):
			return nil, fmt.Errorf("node %s is named twice", name)
		}
		out = append(out, n.Name)
	}
	return out, nil
}

func waits(nodes []crm.NodeName, device bool) string {
	names := make([]string, len(nodes))
	commands := make([]string, len(nodes))
	for i, n := range nodes {
		names[i], commands[i] = string(n), "crm -F node clearstate "+string(n)
	}
	why := "fencing is on and no fence device is configured"
	if device {
		why = "fencing is on and no fence device can fence " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("until somebody confirms that %s is off (%s): %s", strings.Join(names, ", "), strings.Join(commands, "; "), why)
}

// lose lets nodes go, and the others notice.
func (r *Rehearsal) lose(gone []crm.NodeName, loss Loss) {
	for _, n := range r.first.Nodes {
		if slices.Contains(gone, n.Name) || r.hostedBy(n, gone) {
			r.line.vacate(0, n.Name)
		}
	}
	r.lost = gone
	r.clock += r.opts.Detection
	in := simulate.Injections{}
	names := make([]string, len(gone))
	for i, n := range gone {
		names[i] = string(n)
	}
	if loss.Fences || !loss.Quorum.Quorate && r.first.Options.FencingEnabled {
		in.Fail = names
	} else {
		in.Down = names // nothing has to be fenced, or somebody vouched for it
	}
	root, _, _ := simulate.Inject(r.first, &in, r.opts.Now)
	r.Change(loss.Quorum.apply(root, survivor(r.first, gone)))
}

// hostedBy reports whether a remote or guest node is reached through a node of the list.
func (r *Rehearsal) hostedBy(n *state.Node, list []crm.NodeName) bool {
	if n.Kind != state.GuestNode || n.Remote == nil {
		return false
	}
	host := n.Remote
	if host.Launcher != nil {
		host = host.Launcher
	}
	return slices.ContainsFunc(host.RunningOn, func(h *state.Node) bool { return slices.Contains(list, h.Name) })
}

// Survival tells of every single node what its loss does, and which resources survive the
// loss of any one of them.
type Survival struct {
	Losses   []Loss    `json:"losses"`
	Verdicts []Verdict `json:"verdicts"` // of what is active now and no fence device, in the order of the configuration
}

// Verdict is whether a resource outlives the loss of any one node. A group or clone is
// one resource here.
type Verdict struct {
	Resource crm.ResourceID `json:"resource"`
	Survives bool           `json:"survives"`
	Not      []NotSurvived  `json:"not,omitempty"`
}

// NotSurvived is a loss that a resource does not survive.
type NotSurvived struct {
	Node crm.NodeName `json:"node"`
	Why  string       `json:"why"`
}

// LoseEach loses one node after the other, each from the same beginning: the cluster as it
// is when it has nothing left to do.
func (r *Rehearsal) LoseEach() (Survival, error) {
	var s Survival
	start := r.Next()
	for _, n := range start.first.Nodes {
		if n.Kind != state.ClusterNode || !n.Online {
			continue
		}
		l, err := start.Next().Lose([]crm.NodeName{n.Name})
		if err != nil {
			return s, err
		}
		s.Losses = append(s.Losses, l)
	}
	s.Verdicts = verdicts(start.first, s.Losses)
	return s, nil
}

// verdicts judges the top-level resources that are active.
func verdicts(c *state.Cluster, losses []Loss) []Verdict {
	active := map[*state.Resource]bool{}
	for _, r := range c.All {
		if r.Variant == state.Primitive && !r.FenceDevice && len(r.RunningOn) > 0 {
			active[r.TopWithBundle()] = true
		}
	}
	var out []Verdict
	for _, top := range c.Resources {
		if !active[top] || top.Removed {
			continue
		}
		v := Verdict{Resource: top.XMLID, Survives: true}
		for _, l := range losses {
			if why := l.fate(top); why != "" {
				v.Survives = false
				v.Not = append(v.Not, NotSurvived{l.Nodes[0], why})
			}
		}
		out = append(out, v)
	}
	return out
}

// fate is why a top-level resource does not survive; "" when it does. Of a bundle counts
// what runs inside; of one with nothing inside, that one of its containers is left.
func (l *Loss) fate(top *state.Resource) string {
	interrupted := false
	judged, spare := judgedOf(top)
	gone, why := 0, ""
	for _, e := range l.Effects {
		if !slices.Contains(judged, e.Resource) {
			continue
		}
		name := ""
		if e.Resource != top.XMLID {
			name = string(e.Resource) + ": "
		}
		switch {
		case e.Outage.ForGood:
			if gone++; why == "" {
				why = name + e.Reason
			}
		case e.Outage.BareForGood:
			return name + "nothing is promoted any more"
		}
		interrupted = interrupted || e.Outage.Any()
	}
	switch {
	case gone > 0 && (!spare || gone == len(judged)):
		return why
	case interrupted && l.Waits != "" && !spare:
		return "recovery waits " + l.Waits
	}
	return ""
}

// judgedOf lists the primitives of a top-level resource by which it is judged; spare says
// that one of them is enough.
func judgedOf(top *state.Resource) (ids []crm.ResourceID, spare bool) {
	if top.Variant == state.Bundle && top.BundleData.Child == nil {
		for _, rep := range top.BundleData.Replicas {
			ids = append(ids, rep.Container.XMLID)
		}
		return ids, true
	}
	if top.Variant == state.Bundle {
		top = top.BundleData.Child
	}
	if top.Variant == state.Primitive {
		return []crm.ResourceID{top.XMLID}, false
	}
	for _, child := range top.Children {
		below, _ := judgedOf(child)
		for _, id := range below {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, false
}
