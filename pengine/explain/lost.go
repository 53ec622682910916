package explain

import (
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

// maxLost bounds how many nodes are taken out on paper for one answer.
const maxLost = 8

// lost says, for each node where r will be, where its parts there would go if that node
// was lost. Quorum is taken to stay: whether it does is not the CIB's to say.
func (k *Case) lost(r *state.Resource) []Lost {
	var out []Lost
	for _, place := range k.placesThen(r) {
		if len(out) == maxLost {
			break
		}
		n := k.nodeNamed(place.Node)
		if n == nil || n.IsRemote() || !n.Online {
			continue
		}
		out = append(out, k.lostOn(r, n))
	}
	return out
}

func (k *Case) nodeNamed(name string) *state.Node {
	for _, n := range k.c.Nodes {
		if n.Label() == name {
			return n
		}
	}
	return nil
}

func (k *Case) lostOn(r *state.Resource, n *state.Node) Lost {
	root, _, _ := simulate.Inject(k.c, &simulate.Injections{Fail: []string{n.Label()}}, k.c.Now)
	t := k.whatIf("lost "+n.Label(), root, k.c.Now, n.Label())
	id := string(r.PrintableID())
	before, after := k.outcome(r), t[string(r.ID)]
	out := Lost{Node: n.Label(), Then: after.places}
	switch {
	case k.c.Options.FencingEnabled && !k.c.HaveFencing:
		out.Then = without(after.places, n.Label())
		out.Text = id + " would not be recovered: " + n.Label() + " could not be fenced, because no fencing device is configured"
	case after.running == 0:
		out.Text = id + " could run nowhere"
		out.Why = after.why
	case after.running < before.running && r.Variant == state.Group:
		out.Text = "only part of " + id + " would run, on " + where(after.places)
	case after.running < before.running:
		out.Text = id + " would be left on " + where(after.places)
	case len(before.places) == 1:
		out.Text = id + " would start on " + where(after.places)
	default:
		out.Text = id + " would be on " + where(after.places)
	}
	if fenced := k.c.Options.FencingEnabled && k.c.HaveFencing; fenced && after.running > 0 {
		out.Text += ", once " + n.Label() + " is fenced"
	}
	return out
}

func without(list []Place, node string) []Place {
	out := []Place{}
	for _, p := range list {
		if p.Node != node {
			out = append(out, p)
		}
	}
	return out
}
