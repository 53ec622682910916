package crmd

// The CIB that a node alone decides from: the last one agreed on, completed by what its
// executor remembers, with nobody else there.

import (
	"maps"
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// seclude makes the CIB that a node alone decides from, and decides.
func (c *Controller) seclude(states []lrmd.ResourceState) {
	a := c.alone
	a.asking = false
	a.snap, a.probes = c.secluded(a, states), probesIn(states)
	if a.snap == nil {
		c.alone = nil
		c.settle(a)
		return
	}
	c.thinkAlone()
}

// probesIn lists the probes that an executor is at.
func probesIn(states []lrmd.ResourceState) map[crm.OpKey]bool {
	probes := map[crm.OpKey]bool{}
	for _, s := range states {
		for _, op := range s.InFlight {
			if op.Name == "monitor" && op.Interval == 0 && s.Agent.Class != "stonith" {
				probes[op] = true
			}
		}
	}
	return probes
}

// secluded is the last CIB as a node alone has to see it: no quorum, nobody else there.
func (c *Controller) secluded(a *alone, states []lrmd.ResourceState) *cib.Snapshot {
	ops := []cib.Op{{Kind: cib.Modify, Data: cib.New(cib.TagCIB, cib.AttrHaveQuorum, "0", cib.AttrDCUUID, c.cfg.Self.UUID())}}
	if a.stops() {
		ops = append(ops, overrule("no-quorum-policy", "stop")...)
		ops = append(ops, overrule("stonith-enabled", "false")...)
		ops = append(ops, overrule("fencing-enabled", "false")...)
	}
	// A controller that was just started may know little of what was agreed on, not even the
	// nodes; what the executor remembers of a node that is not listed would not be looked at.
	ops = append(ops, cib.Op{Kind: cib.Modify, Scope: cib.TagNodes, AllowCreate: true,
		Data: cib.New(cib.TagNode, cib.AttrID, c.cfg.Self.UUID(), cib.AttrUname, string(c.cfg.Self.Name))})
	for _, p := range c.cfg.Peers {
		if p.ID == c.cfg.Self.ID {
			ops = append(ops, modify(c.selfState("alone").With("in_ccm", "true").With("crmd", "online").With("join", "member").With("expected", "member")))
			continue
		}
		ops = append(ops, remove(statePath(p)))
	}
	ops = append(ops, c.remembered(states)...)
	ops = append(ops, c.triedAnew(states)...)
	ops = append(ops, c.readBack(states)...)
	ops = append(ops, c.takenAlong(states)...)
	for _, id := range a.keep {
		ops = append(ops, remove(c.rscPath(id)))
	}
	next, _, err := c.snap.Apply(cib.Command{Ops: ops})
	if err != nil {
		c.say(Error, "quorum", "the last CIB cannot be used to act alone", "error", err.Error())
		return nil
	}
	return next
}

// remembered replaces this node's history by what its executor knows, where it knows it.
func (c *Controller) remembered(states []lrmd.ResourceState) (ops []cib.Op) {
	for _, s := range states {
		if !s.Restored && len(s.History)+len(s.InFlight) > 0 {
			ops = append(ops, remove(c.rscPath(s.Resource)))
		}
	}
	return append(ops, modify(cib.New(cib.TagNodeState, cib.AttrID, c.cfg.Self.UUID()).WithChildren(c.rebuilt(states))))
}

// triedAnew has the stops ordered again that failed in an earlier life of this machine: its
// executor, which remembers across its own restarts, knows nothing of them. Left as they are
// they would be taken for stops that failed now, and a machine that resets itself for them
// would do so at every boot.
func (c *Controller) triedAnew(states []lrmd.ResourceState) (ops []cib.Op) {
	if !c.executor.up {
		return nil
	}
	known := map[string]bool{}
	for _, s := range states {
		known[string(s.Resource)] = true
	}
	for _, name := range stuckIn(c.snap, c.cfg.Self) {
		if known[name] {
			continue
		}
		id := crm.ResourceID(name)
		rsc := c.historyOf(c.cfg.Self, id)
		agent := lrmd.Agent{Class: rsc.Get(cib.AttrClass), Provider: rsc.Get(cib.AttrProvider), Type: rsc.Get(cib.AttrType)}
		ops = append(ops, c.running(id, agent, "start")...)
	}
	return ops
}

// readBack shows what may run here, or be promoted, by what an executor that was restarted
// read back from its disk, where the last CIB knows of less: it was started or promoted just
// before the quorum was lost. Nobody can record a probe of it now, so it is stopped or demoted
// on the executor's word.
func (c *Controller) readBack(states []lrmd.ResourceState) (ops []cib.Op) {
	for _, s := range states {
		known := c.historyOf(c.cfg.Self, s.Resource).ChildWith(cib.TagLRMRscOp, cib.AttrID, string(s.Resource)+"_last_0")
		promoted := wasPromoted(s.History)
		if !s.Restored || activeBy([]lrmd.ResourceState{s}) == 0 || mayBeActive(known) && (!promoted || known.Get("operation") == "promote") {
			continue
		}
		name := "start"
		if promoted {
			name = "promote"
		}
		ops = append(ops, c.running(s.Resource, s.Agent, name)...)
	}
	return ops
}

// takenAlong shows as running what this controller had its executor start, where the executor was
// killed so soon after that neither the CIB nor what its successor read back knows of it.
func (c *Controller) takenAlong(states []lrmd.ResourceState) (ops []cib.Op) {
	for _, id := range slices.Sorted(maps.Keys(c.executor.started)) {
		remembers := func(s lrmd.ResourceState) bool {
			return s.Resource == id && !s.Restored && len(s.History)+len(s.InFlight) > 0
		}
		known := c.historyOf(c.cfg.Self, id).ChildWith(cib.TagLRMRscOp, cib.AttrID, string(id)+"_last_0")
		o := c.executor.started[id]
		if slices.ContainsFunc(states, remembers) || mayBeActive(known) && (o.Op.Name != "promote" || known.Get("transition-key") == o.Key) {
			continue
		}
		ops = append(ops, c.running(id, o.Agent, o.Op.Name)...)
	}
	return ops
}

// begins reports whether an operation may make a resource active, or promoted.
func begins(name string) bool { return name == "start" || name == "promote" || name == "migrate_from" }

// noteStopped forgets what was started when the executor tells that it is not active any more.
func (c *Controller) noteStopped(r lrmd.Result) {
	o, ok := c.executor.started[r.Op.Resource]
	switch {
	case !ok || r.Call < 0 || r.Op.Interval > 0 || r.Status != crm.ExecDone:
	case r.Op.Name == "stop" && r.RC == crm.OK, r.Op.Name == "monitor" && r.RC == crm.NotRunning:
		delete(c.executor.started, r.Op.Resource)
	case r.Op.Name == "demote" && r.RC == crm.OK:
		o.Op.Name = "start"
		c.executor.started[r.Op.Resource] = o
	}
}

// wasPromoted reports whether a resource was promoted after it was demoted, started or
// stopped, if ever.
func wasPromoted(history []lrmd.Result) (promoted bool) {
	last := -1
	for _, r := range history {
		switch r.Op.Name {
		case "start", "stop", "promote", "demote", "migrate_from":
			if r.Call > last {
				last, promoted = r.Call, r.Op.Name == "promote"
			}
		}
	}
	return promoted
}

// running replaces the history of a resource here: it was started, or promoted, and nothing
// else is known.
func (c *Controller) running(id crm.ResourceID, agent lrmd.Agent, operation string) []cib.Op {
	r := lrmd.Result{Op: crm.OpKey{Resource: id, Name: operation}, Agent: agent, LastRun: c.now, LastChange: c.now}
	return []cib.Op{remove(c.rscPath(id)), modify(cib.New(cib.TagNodeState, cib.AttrID, c.cfg.Self.UUID()).WithChildren(
		lrmElement(c.cfg.Self, rscElement(id, agent, entries(c.cfg.Self.Name, r, AgentTraits{}, originRefresh)))))}
}

// overrule sets a cluster option where the first of the sets has it: no other set can
// say otherwise.
func overrule(name, value string) []cib.Op {
	const first = "cib-bootstrap-options" // always read before the others
	return []cib.Op{
		{Kind: cib.DeleteAll, XPath: "//crm_config//nvpair[@name='" + name + "']", Force: true},
		{Kind: cib.Modify, Scope: cib.TagCRMConfig, AllowCreate: true, Data: cib.New(cib.TagPropertySet, cib.AttrID, first).WithChildren(
			cib.New(cib.TagNvpair, cib.AttrID, "alone-"+name, cib.AttrName, name, cib.AttrValue, value))},
	}
}
