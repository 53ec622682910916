package crmd

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// opResult takes a result of this node's executor.
func (c *Controller) opResult(r lrmd.Result) {
	if c.deviceUsed(r) {
		return
	}
	c.noteStopped(r)
	if r.Unknown && c.toldBefore(r) {
		return
	}
	if r.UserData != "" && !r.Removed {
		if f := c.executor.inFlight[r.UserData]; f != nil && f.order.Op.Interval == 0 {
			c.disarm("pending:" + r.UserData)
		}
		if r.Agent == (lrmd.Agent{}) && c.executor.inFlight[r.UserData] != nil {
			r.Agent = c.executor.inFlight[r.UserData].order.Agent
		}
	}
	if r.Call < 0 && r.Status == crm.ExecNotConnected && r.UserData != "" && c.alone == nil {
		// It never reached the executor: nothing is known of the resource that was not known
		// before, and a failure in its history would say that there is.
		c.settleFlight(r)
		c.lostKeys = append(c.lostKeys, r.UserData)
		c.ackLost()
		return
	}
	if c.asksMemory() { // the answer may be older than this
		c.executor.late = append(c.executor.late, r)
		return
	}
	if r.Removed && c.executor.inFlight[r.UserData] != nil {
		c.withdrawn(r)
	}
	if c.alone != nil && !c.alone.ordered(r.UserData) {
		c.owe(r)
	}
	if !c.join.done && c.join.committing == "" && c.alone == nil {
		c.owe(r)
		c.settleFlight(r)
		return // the executor remembers it: joining records it
	}
	if a := c.executor.agents[r.Agent]; a != nil && !a.known && needsTraits(r) {
		a.waiting = append(a.waiting, r)
		return
	}
	c.record(r)
}

// toldBefore reports whether an operation has its result already: an executor writes its
// memory a little later than it tells results, and may have been killed between.
func (c *Controller) toldBefore(r lrmd.Result) bool {
	told, ok := c.executor.recorded[r.Op]
	return ok && told.call == r.Call || knownEntry(c.nodeState(c.cfg.Self).Child(cib.TagLRM), r.UserData, r.Call)
}

// owe notes a result that whoever ordered it does not hear now: this node is alone, or has
// not joined. The executor's memory tells it when the node joins, unless something else was
// done since that it remembers in its place.
func (c *Controller) owe(r lrmd.Result) {
	if c.executor.inFlight[r.UserData] != nil {
		c.executor.owed = append(c.executor.owed, r.UserData)
	}
}

// withdrawn notes an order that the executor gave up before it had a result: at the end of
// the lease it drops what waits and what recurs, and probes behind a stop that failed. Who
// ordered it must not wait for a result.
func (c *Controller) withdrawn(r lrmd.Result) {
	c.executor.owed = append(c.executor.owed, r.UserData)
	switch {
	case c.alone != nil:
		c.alone.step(c, r.UserData, "")
	case c.join.done:
		c.tellOwed(nil)
	}
}

// ackLost tells the DC of orders that were not carried out, once all results before are in
// the CIB: what it decides then must not overlook the failed stop for which a probe was
// dropped.
func (c *Controller) ackLost() {
	if len(c.inDoubt) > 0 {
		return
	}
	for _, key := range c.lostKeys {
		c.do(Ack{c.view.Leader, key, crm.GenericError})
	}
	c.lostKeys = nil
}

// needsTraits reports whether the history entry of r differs by what its agent is.
func needsTraits(r lrmd.Result) bool {
	return !r.Removed && r.Agent.Class == "ocf" && isTask(r.Op.Name) && r.Op.Name != "stop"
}

// agentKnown releases the results that waited for an agent's traits.
func (c *Controller) agentKnown(in AgentKnown) {
	a := c.executor.agents[in.Agent]
	if a == nil {
		a = &agent{}
		c.executor.agents[in.Agent] = a
	}
	a.known, a.traits = true, in.Traits
	waiting := a.waiting
	a.waiting = nil
	for _, r := range waiting {
		c.record(r)
	}
}

// record takes a result into the CIB.
func (c *Controller) record(r lrmd.Result) {
	c.write(r)
	c.probed(r)
}

// write writes a result, and what a failure counts, in one commit.
func (c *Controller) write(r lrmd.Result) {
	offsets := c.settleFlight(r)
	switch {
	case r.Removed:
		c.recordRemoval(r)
		return
	case !isTask(r.Op.Name):
		c.do(Ack{c.view.Leader, r.UserData, r.RC})
		return
	case c.executor.recorded[r.Op] == markOf(r):
		return // heard before
	}
	c.executor.recorded[r.Op] = markOf(r)
	ops := c.staleAttributes(r)
	list := entries(c.cfg.Self.Name, r, c.traits(r.Agent), originResult)
	ops = append(ops, modify(c.selfState(originResult).WithChildren(lrmElement(c.cfg.Self, rscElement(r.Op.Resource, r.Agent, list)))))
	ops = append(ops, c.countFailure(r, offsets)...)
	c.commit("result", false, ops...)
	c.sayResult(r)
}

// settleFlight forgets that the operation is in flight and returns its order's offsets.
func (c *Controller) settleFlight(r lrmd.Result) (offsets [2]string) {
	f := c.executor.inFlight[r.UserData]
	if f == nil {
		return [2]string{}
	}
	delete(c.executor.inFlight, r.UserData)
	return [2]string{f.order.StartOffset, f.order.StopOffset}
}

func (c *Controller) sayResult(r lrmd.Result) {
	level, text := Info, r.Op.Name+" of "+string(r.Op.Resource)+": "+r.RC.String()
	if failed(r) && !isProbe(r) {
		level = Warning
		if r.Status != crm.ExecDone {
			text += " (" + r.Status.String() + ")"
		}
		if r.ExitReason != "" {
			text += ": " + r.ExitReason
		}
	}
	c.say(level, "result", text, "node", string(c.cfg.Self.Name), "resource", string(r.Op.Resource), "op", r.Op.Name,
		"interval", r.Op.Interval.String(), "rc", r.RC.String(), "exec", r.ExecTime.Round(time.Millisecond).String())
}

func isProbe(r lrmd.Result) bool { return r.Op.Name == "monitor" && r.Op.Interval == 0 }

// recordRemoval takes the entry of a cancelled operation away, if there is one.
func (c *Controller) recordRemoval(r lrmd.Result) {
	delete(c.executor.recorded, r.Op)
	rsc := c.historyOf(c.cfg.Self, r.Op.Resource)
	if rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, r.Op.String()) != nil {
		c.commit("cancelled", false, remove(c.rscPath(r.Op.Resource)+"/lrm_rsc_op[@id='"+r.Op.String()+"']"))
	}
}

// historyOf finds a resource's history of a node; nil when there is none.
func (c *Controller) historyOf(p Peer, id crm.ResourceID) *cib.Element {
	return c.nodeState(p).Child(cib.TagLRM).Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, string(id))
}

// staleAttributes removes entries whose present attributes the new ones would not replace.
func (c *Controller) staleAttributes(r lrmd.Result) (ops []cib.Op) {
	rsc := c.historyOf(c.cfg.Self, r.Op.Resource)
	if rsc == nil {
		return nil
	}
	for _, fresh := range entries(c.cfg.Self.Name, r, c.traits(r.Agent), originResult) {
		old := rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, fresh.ID())
		if old == nil {
			continue
		}
		if slices.ContainsFunc(old.Attrs, func(a cib.Attr) bool { _, ok := fresh.Lookup(a.Name); return !ok }) {
			ops = append(ops, remove(c.rscPath(r.Op.Resource)+"/lrm_rsc_op[@id='"+fresh.ID()+"']"))
		}
	}
	return ops
}

// recordPending notes in the CIB that an operation is under way, for displays and for a
// DC that takes over.
func (c *Controller) recordPending(key string) {
	f := c.executor.inFlight[key]
	if f == nil || f.recorded || !isTask(f.order.Op.Name) || f.order.Op.Interval > 0 {
		return
	}
	f.recorded = true
	o := f.order
	r := lrmd.Result{Call: -1, Op: o.Op, Agent: o.Agent, RC: crm.UnknownExit, Status: crm.ExecPending, LastRun: f.since, LastChange: f.since, UserData: o.Key, Params: o.Params}
	list := entries(c.cfg.Self.Name, r, AgentTraits{}, originPending)
	c.commit("pending", false, append(c.staleAttributes(r), modify(c.selfState(originPending).WithChildren(lrmElement(c.cfg.Self, rscElement(o.Op.Resource, o.Agent, list)))))...)
}

// resultCommitted notices results that could not be recorded: joining anew records them.
func (c *Controller) resultCommitted(in Committed) {
	kind, _, _ := strings.Cut(in.Tag, "#")
	if in.Err == "" || (kind != "result" && kind != "pending" && kind != "cancelled") {
		return
	}
	c.say(Warning, "result", "a result could not be recorded; this node joins again to record it", "error", in.Err)
	c.join.done = false
}
