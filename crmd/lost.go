package crmd

import (
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// recordLost writes a timed-out result on behalf of a node that gave none.
func (c *Controller) recordLost(a graph.Action) {
	p, ok := c.peer(a.Node)
	if !ok {
		return
	}
	o := orderFor(c.duty.walk, a, c.duty.stamp)
	r := lrmd.Result{Call: -1, Op: o.Op, Agent: o.Agent, RC: crm.GenericError, Status: crm.ExecTimeout, LastRun: c.now, LastChange: c.now,
		ExitReason: "Cluster node " + string(a.Node) + " did not respond in time", UserData: o.Key, Params: o.Params}
	list := entries(p.Name, r, AgentTraits{}, "controld_record_action_timeout")
	state := c.selfState("controld_record_action_timeout").With("id", p.UUID()).With("uname", string(p.Name))
	c.commit("lost", false, modify(state.WithChildren(lrmElement(p, rscElement(o.Op.Resource, o.Agent, list)))))
}
