package whatif

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// obstacles says why a resource is active nowhere in the end: for the cluster as a whole,
// or node by node.
func (r *Rehearsal) obstacles(end *state.Cluster, id crm.ResourceID) string {
	c := r.last.State
	rsc := find(id, c)
	switch {
	case rsc == nil || rsc.Removed:
		return "it is no longer configured"
	case !c.Quorate && c.Options.NoQuorum != state.QuorumIgnore:
		return "no quorum (no-quorum-policy=" + c.Options.NoQuorum.String() + ")"
	case c.Options.StopAll:
		return "stop-all-resources is set"
	case rsc.Target == crm.RoleStopped:
		return "its target-role is Stopped"
	case c.Options.FencingEnabled && !c.HaveFencing:
		return "fencing is on and no fence device is configured: nothing is recovered"
	case !rsc.Managed:
		return "it is not managed"
	}
	return r.nodeObstacles(c, rsc)
}

// nodeObstacles says for every node that is there what keeps the resource from it.
func (r *Rehearsal) nodeObstacles(c *state.Cluster, rsc *state.Resource) string {
	trail := r.last.Result.Trail(rsc)
	var reasons []string // in order of the nodes
	nodes := map[string][]string{}
	note := func(reason, node string) {
		if nodes[reason] == nil {
			reasons = append(reasons, reason)
		}
		nodes[reason] = append(nodes[reason], node)
	}
	for _, n := range c.Nodes {
		switch {
		case n.Kind != state.ClusterNode && !n.Online, slices.Contains(r.lost, n.Name), !n.Online:
			continue
		case n.Standby:
			note("standby", string(n.Name))
		case n.Maintenance:
			note("maintenance", string(n.Name))
		default:
			if why := forbids(trail, n.Name); why != "" {
				note(why, string(n.Name))
			}
		}
	}
	if len(reasons) == 0 {
		if reason, _ := r.because(rsc.XMLID); reason != "" {
			return reason
		}
		return "no node is left for it"
	}
	for i, reason := range reasons {
		reasons[i] = strings.Join(nodes[reason], ", ") + ": " + reason
	}
	return "no other node allows it (" + strings.Join(reasons, "; ") + ")"
}

// forbids names what made a node impossible; "" when it is possible.
func forbids(trail []sched.Contribution, node crm.NodeName) string {
	why, listed := "", false
	for _, t := range trail {
		if t.Node != node {
			continue
		}
		listed = true
		switch {
		case t.Result > -crm.Infinity:
			why = ""
		case why == "" && t.Reason != "":
			why = t.Reason
		}
	}
	if !listed {
		return "no constraint allows it"
	}
	return why
}
