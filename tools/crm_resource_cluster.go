package tools

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/state"
)

// cleanup asks the cluster to forget failures (or, for refresh, all history).
func (c *crmResource) cleanup(ctx context.Context) int {
	if !c.st.Live() {
		if c.resource != "" {
			c.complain("Dry run: skipping clean-up of %s due to CIB_file", c.resource)
		} else {
			c.printf("Dry run: skipping clean-up of all nodes due to CIB_file\n")
		}
		return c.finish(ExitOK)
	}
	req := api.Cleanup{Node: crm.NodeName(c.node), Operation: c.operation, Interval: c.interval, Refresh: c.command == "refresh", Force: c.force}
	if c.rsc != nil {
		req.Resource = crm.ResourceID(c.resource)
		if !c.force { // the whole collective resource, as the original does it
			if top := c.rsc.Top(); top != c.rsc {
				req.Resource = top.XMLID
			}
		}
	}
	var reply api.CleanupReply
	if err := c.st.API().Post(ctx, "/v1/cleanup", nil, req, &reply); err != nil {
		return c.fail(err)
	}
	for _, x := range reply.Cleaned {
		c.printf("Cleaned up %s on %s\n", x.Resource, x.Node)
	}
	if len(reply.Cleaned) == 0 && c.resource == "" {
		c.printf("Cleaned up all resources on all nodes\n")
	}
	return c.finish(ExitOK)
}

// pretendFailure records a failure that did not happen.
func (c *crmResource) pretendFailure(ctx context.Context) int {
	node := c.node
	if node == "" {
		here, _ := c.current()
		if here == nil {
			return c.usage("Must supply a node name with -N: %s does not run on exactly one node", c.resource)
		}
		node = string(here.Name)
	}
	err := c.st.API().Post(ctx, "/v1/fail", nil, api.FailRequest{Resource: crm.ResourceID(c.resource), Node: crm.NodeName(node)}, nil)
	if err != nil {
		return c.fail(err)
	}
	return c.finish(ExitOK)
}

// wait returns when the cluster has had nothing to do for a moment.
func (c *crmResource) wait(ctx context.Context) int {
	if err := c.settled(ctx); err != nil {
		return c.waitFailed(err)
	}
	return c.finish(ExitOK)
}

// waitFailed reports why a wait ended without success; after a timeout, what is to do.
func (c *crmResource) waitFailed(err error) int {
	if !errors.Is(err, context.DeadlineExceeded) {
		return c.fail(err)
	}
	if c.snap != nil {
		c.complain("Pending actions:")
		for _, line := range c.pending() {
			c.complain("\t%s", line)
		}
	}
	return c.oneLine(ExitTimeout)
}

// Polling of --wait and --restart.
const (
	pollEvery  = 100 * time.Millisecond
	quietPolls = 3 // so many looks in a row without anything to do mean settled
)

// settled waits until nothing is in flight and the policy engine finds nothing to do.
func (c *crmResource) settled(ctx context.Context) error {
	version, quiet, busy := "", 0, true
	for {
		s, err := c.st.API().Status(ctx)
		if err == nil && s.CIBVersion != version {
			if c.snap, err = c.st.CIB(ctx); err == nil {
				version, quiet, busy = s.CIBVersion, 0, len(c.pending()) > 0
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case busy || !idle(s):
			quiet = 0
		default:
			if quiet++; quiet >= quietPolls {
				return nil
			}
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// pending lists operations in flight and what the policy engine would still do.
func (c *crmResource) pending() (lines []string) {
	for e := range c.snap.Section(cib.TagStatus).Walk() {
		if e.Name == cib.TagLRMRscOp && e.Get("op-status") == "-1" {
			lines = append(lines, fmt.Sprintf("%s\ton %s: in flight", e.Get("operation_key"), e.Get("on_node")))
		}
	}
	for _, s := range pengine.Schedule(pengine.Input{CIB: c.snap, Now: c.env.Now()}).Graph.Synapses {
		if s.Action.Kind != graph.PseudoEvent {
			lines = append(lines, fmt.Sprintf("Action %d: %s\ton %s", s.Action.ID, s.Action.Key, s.Action.Node))
		}
	}
	return lines
}

// idle reports whether a node's status shows no work. Only the DC knows of transitions;
// on other nodes the CIB has to tell.
func idle(s api.Status) bool {
	return s.DC != "" && (s.State == "S_IDLE" || s.State == "S_NOT_DC") && s.Transition.Pending == 0 &&
		(s.Transition.State == "" || s.Transition.State == "idle")
}

// restart stops a resource by its target-role, waits, gives the role back, and waits.
func (c *crmResource) restart(ctx context.Context) int {
	r := c.rsc
	if clone := cloneOf(r); clone != nil && !c.force {
		r = clone
	}
	id := string(r.XMLID)
	if len(places(r)) == 0 {
		c.complain("%s: %s is not running and so cannot be restarted", c.tool, id)
		return c.oneLine(ExitError)
	}
	owner := c.snap.ByID(id)
	before := pairs(owner, cib.TagMetaAttrs, "target-role", "", "")
	stop := newPair(c.snap, cib.TagMetaAttrs, id+"-meta_attributes", "", "target-role", "Stopped")
	nvID := stop.Children[0].ID()
	undo := api.CIBOp{Kind: "delete", Scope: cib.TagResources, XML: string(cib.New(cib.TagNvpair, cib.AttrID, nvID).AppendCompact(nil))}
	do := api.CIBOp{Kind: "modify", Scope: cib.TagResources, AllowCreate: true, XML: string(nest(stop, cib.New(owner.Name, cib.AttrID, id)).AppendCompact(nil))}
	if len(before) > 0 {
		nv := before[0].nv
		do = api.CIBOp{Kind: "modify", Scope: cib.TagResources, XML: string(cib.New(cib.TagNvpair, cib.AttrID, nv.ID(), cib.AttrValue, "Stopped").AppendCompact(nil))}
		undo = api.CIBOp{Kind: "modify", Scope: cib.TagResources, XML: string(nv.AppendCompact(nil))}
	}
	if _, err := c.st.Change(ctx, api.CIBRequest{Ops: []api.CIBOp{do}}); err != nil {
		return c.fail(err)
	}
	err := c.until(ctx, id, func(r *state.Resource) bool { return !r.Active(false) })
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), api.DefaultTimeout) // also after a timeout
	defer cancel()
	if _, undoErr := c.st.Change(back, api.CIBRequest{Ops: []api.CIBOp{undo}}); undoErr != nil {
		return c.fail(fmt.Errorf("%s is left with target-role=Stopped: %w", id, undoErr))
	}
	if err == nil {
		err = c.until(ctx, id, func(r *state.Resource) bool { return r.Active(false) })
	}
	if err == nil {
		err = c.settled(ctx)
	}
	if err != nil {
		return c.waitFailed(err)
	}
	return c.finish(ExitOK)
}

// until waits for something to become true of a resource.
func (c *crmResource) until(ctx context.Context, id string, holds func(*state.Resource) bool) error {
	for {
		if err := c.load(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		r := findResource(c.cluster, id)
		if r == nil {
			return notFound("resource %s is gone", id)
		}
		if holds(r) {
			return nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// agentName splits "ocf:heartbeat:IPaddr2", "lsb:nginx", "stonith:external/ssh".
func agentName(s string) (class, provider, kind string, ok bool) {
	f := strings.SplitN(s, ":", 3)
	switch {
	case len(f) == 3 && f[0] == "ocf":
		return f[0], f[1], f[2], f[1] != "" && f[2] != ""
	case len(f) == 2 && f[0] == "ocf":
		return "ocf", "heartbeat", f[1], f[1] != ""
	case len(f) == 2:
		return f[0], "", f[1], f[0] != "" && f[1] != ""
	}
	return "", "", "", false
}
