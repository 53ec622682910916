package tools

import (
	"context"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/state"
)

// why says of one resource, or of all, whether it runs (on a node) and what keeps it from
// that: first in the sentences that scripts know, then with the policy engine's own
// reasons.
func (c *crmResource) why(context.Context) int {
	var told []*state.Resource
	switch {
	case c.rsc != nil:
		told = []*state.Resource{c.rsc}
	case c.node == "":
		told = c.cluster.Resources
	default:
		if n := c.cluster.Node(crm.NodeName(c.node)); n != nil {
			told = n.Running
		}
	}
	for _, r := range told {
		c.whether(r)
		c.checks(r)
	}
	return c.explained(told)
}

// whether says whether a resource runs, on the node if one was named.
func (c *crmResource) whether(r *state.Resource) {
	id, running, host := string(r.XMLID), false, ""
	for _, p := range places(r) {
		running = running || c.node == "" || strings.EqualFold(string(p.node.Name), c.node)
	}
	if c.node != "" {
		host = " on host " + c.node
	}
	if running {
		c.printf("Resource %s is running%s\n", id, host)
	} else {
		c.printf("Resource %s is not running%s\n", id, host)
	}
}

// checks says what the configuration has to do with it.
func (c *crmResource) checks(r *state.Resource) {
	id := string(r.TopWithBundle().XMLID)
	if r.IsDisabled() {
		switch role, _ := crm.ParseRole(r.Meta["target-role"]); role {
		case crm.RoleStopped:
			c.printf("Configuration specifies '%s' should remain stopped\n", id)
		case crm.RoleUnpromoted:
			c.printf("Configuration specifies '%s' should not be promoted\n", id)
		}
	}
	if !r.Managed {
		c.printf("Configuration prevents cluster from stopping or starting unmanaged '%s'\n", id)
	}
	if r.LockNode != nil {
		c.printf("'%s' is locked to node %s due to shutdown\n", id, r.LockNode.Label())
	}
}

// explained adds the policy engine's own reasons. About one resource they are complete;
// about all, what can be said without trying changes.
func (c *crmResource) explained(told []*state.Resource) int {
	if c.xml || c.quiet {
		return c.finish(ExitOK)
	}
	k := explain.Of(c.cluster)
	for _, r := range told {
		answer, err := k.Resource(string(r.ID), explain.Ask{Node: c.node, Brief: c.rsc == nil})
		if err != nil {
			c.complain("crm_resource: %v", err)
			return c.finish(ExitNoSuch)
		}
		c.printf("\n%s", answer.Text())
	}
	return c.finish(ExitOK)
}
