package crmd

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// releaseFencing lets a transition end that something else has overtaken, and that waits
// for fencing only: the requests go on, and the next transition waits for them in its turn.
func (c *Controller) releaseFencing() {
	d := c.duty
	if d.walk == nil || d.walk.Complete() {
		return
	}
	if _, aborted := d.walk.Aborted(); !aborted {
		return
	}
	flying := d.walk.Flying()
	if slices.ContainsFunc(flying, func(a graph.Action) bool { return a.Operation != "stonith" }) {
		return
	}
	d.fencing.actions = map[string][]int{}
	for _, a := range flying {
		d.fencing.released++
		if c.duty == d {
			c.advance(transition.Result{Action: a.ID, Failed: true, Text: "not done yet: it goes on"})
		}
	}
}

// waitingFor lists the resources that the transition under way does not start before a
// node is fenced.
func (c *Controller) waitingFor(target crm.NodeName) (list []crm.ResourceID) {
	if c.duty == nil || c.duty.walk == nil {
		return nil
	}
	return waitsIn(c.duty.walk.Graph(), target)
}

// waitsIn follows a graph from the fencing of a node to the resources that need it.
func waitsIn(g *graph.Graph, target crm.NodeName) (list []crm.ResourceID) {
	after := map[int]bool{}
	for changed := true; changed; {
		changed = false
		for i := range g.Synapses {
			a := &g.Synapses[i].Action
			if after[a.ID] {
				continue
			}
			if a.Operation == "stonith" && a.Node == target || slices.ContainsFunc(g.Synapses[i].Inputs, func(id int) bool { return after[id] }) {
				after[a.ID], changed = true, true
				if a.Kind == graph.ResourceOp && (a.Operation == "start" || a.Operation == "promote") && !slices.Contains(list, a.Resource.ID) {
					list = append(list, a.Resource.ID)
				}
			}
		}
	}
	slices.Sort(list)
	return list
}
