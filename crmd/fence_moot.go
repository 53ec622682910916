package crmd

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
)

// dropMoot closes requests of DCs that a decision shows to be needed no more: their node
// is a member again and is not wanted fenced. Else a device that is mended hours later
// would end a node that has long been at work again.
func (c *Controller) dropMoot(p Plan) {
	if p.Part || !c.view.Quorate {
		return // a part says nothing of nodes; without quorum nothing is fenced
	}
	var targets []crm.NodeName
	for _, ev := range c.duty.fencing.engine.Open() {
		peer, known := c.peer(ev.Target)
		member := known && (peer.ID == c.cfg.Self.ID || c.presence[peer.ID] == Alive && !c.shot[peer.ID]) && Joined(c.nodeState(peer))
		if member && ev.Client == fencing.ClientDC && !slices.Contains(targets, ev.Target) && !wantsFenced(p, ev.Target) {
			targets = append(targets, ev.Target)
		}
	}
	if len(targets) > 0 {
		c.fenceEffects(c.duty.fencing.engine.Step(c.now, fencing.Moot{Targets: targets}))
	}
}

// wantsFenced reports whether a decision wants something done to a node by a fence device.
func wantsFenced(p Plan, node crm.NodeName) bool {
	for i := range p.Graph.Synapses {
		if a := &p.Graph.Synapses[i].Action; a.Operation == "stonith" && a.Node == node {
			return true
		}
	}
	return false
}
