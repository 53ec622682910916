package crmd

import (
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// advance feeds a result into the transition and gives out what may start now.
func (c *Controller) advance(r transition.Result) {
	d := c.duty
	if d == nil || d.walk == nil {
		return
	}
	c.dispatch(d.walk.Step(c.now, r))
	c.afterStep()
}

// dispatch carries out actions: orders for other nodes travel together, in order.
func (c *Controller) dispatch(actions []graph.Action) {
	d := c.duty
	batches := map[crm.NodeID][]Order{}
	var local []Order
	var settled []transition.Result
	for _, a := range actions {
		c.say(Debug, "action", a.Operation+" "+string(a.Resource.ID)+" on "+string(a.Node), "node", string(a.Node), "resource", string(a.Resource.ID),
			"op", a.Operation, "transition", itoa(d.transition), "reason", a.Reason)
		if r, done := c.ownAction(a); done {
			settled = append(settled, r)
			continue
		} else if isOwn(a) {
			continue
		}
		p, known := c.peer(transition.Executor(a))
		if !known {
			settled = append(settled, transition.Result{Action: a.ID, Failed: true, Text: "unknown node " + string(transition.Executor(a))})
			continue
		}
		o := orderFor(d.walk, a, d.stamp)
		if c.alreadyGone(p, o) {
			settled = append(settled, transition.Result{Action: a.ID, Text: "nothing to remove"})
		}
		if p.ID == c.cfg.Self.ID {
			local = append(local, o)
		} else {
			batches[p.ID] = append(batches[p.ID], o)
		}
	}
	for _, p := range c.cfg.Peers {
		if len(batches[p.ID]) > 0 {
			c.do(Send{p.ID, batches[p.ID]})
		}
	}
	for _, o := range local {
		if err := c.accept(o); err != nil {
			settled = append(settled, transition.Result{Action: o.Action, Failed: true, Text: err.Error()})
		}
	}
	for _, r := range settled {
		if c.duty == d {
			c.advance(r)
		}
	}
}

// isOwn reports whether the DC itself carries the action out.
func isOwn(a graph.Action) bool {
	return a.Kind == graph.PseudoEvent || a.Operation == "clear_failcount" || a.Operation == "stonith" || a.Operation == "lrm_refresh"
}

// ownAction carries out what is the DC's own to do; done is true when that is over at once.
func (c *Controller) ownAction(a graph.Action) (r transition.Result, done bool) {
	d := c.duty
	switch {
	case a.Kind == graph.PseudoEvent:
		ops := maintenanceOps(a)
		if len(ops) == 0 {
			return transition.Result{Action: a.ID}, true
		}
		d.byTag[c.commit("maintenance", false, ops...)] = a.ID
	case a.Operation == "clear_failcount":
		p, _ := c.peer(a.Node)
		ops := c.clearRecords(p, a.Resource.ID, a.Attributes["CRM_meta_operation"], milliseconds(a.Attributes["CRM_meta_interval"]))
		if len(ops) == 0 {
			return transition.Result{Action: a.ID}, true
		}
		d.byTag[c.commit("clear", false, ops...)] = a.ID
	case a.Operation == "stonith":
		c.demandFencing(a)
	case a.Operation == "lrm_refresh":
		return transition.Result{Action: a.ID}, true
	}
	return r, false
}

func maintenanceOps(a graph.Action) (ops []cib.Op) {
	for _, m := range a.Maintenance {
		value := "0"
		if m.Maintenance {
			value = "1"
		}
		ops = append(ops, modify(cib.New(cib.TagNodeState, cib.AttrID, m.NodeUUID, "node_in_maintenance", value)))
	}
	return ops
}

// alreadyGone reports whether an action removes history that is not there: nothing in the
// CIB would ever confirm it.
func (c *Controller) alreadyGone(p Peer, o Order) bool {
	switch o.Kind {
	case CancelOrder:
		return c.historyOf(p, o.Op.Resource).ChildWith(cib.TagLRMRscOp, cib.AttrID, o.Op.String()) == nil
	case ForgetOrder:
		return c.historyOf(p, o.Op.Resource) == nil
	}
	return false
}

// ordersAnswered takes what a node said to orders. An order whose delivery is in doubt is
// given again while it matters: nodes carry out the same order once.
func (c *Controller) ordersAnswered(in OrdersAnswered) {
	d := c.duty
	if d == nil {
		return
	}
	if in.Err != "" {
		if c.presence[in.To] == Alive {
			d.unsent[in.To] = append(d.unsent[in.To], in.Orders...)
			c.arm("resend", joinPause)
		}
		return
	}
	for i, o := range in.Orders {
		if o.Stamp != d.stamp {
			continue
		}
		if o.Kind == SyncOrder {
			delete(d.syncing, in.To)
			unsaid := i < len(in.Answers) && (in.Answers[i].Unjoined || in.Answers[i].Err != "")
			if p, ok := c.peerByID(in.To); ok && unsaid && Joined(c.nodeState(p)) {
				c.mustJoin(p.ID)
			}
			continue
		}
		if i < len(in.Answers) && in.Answers[i].Err != "" {
			if o.Kind == FenceOrder {
				c.deviceAnswered(fencing.Answered{Attempt: attemptOf(o.Key), Lost: true, Reason: "node " + string(c.nameOf(in.To)) + ": " + in.Answers[i].Err})
				continue
			}
			if !c.stillWanted(o) {
				continue // of an earlier transition, or of an earlier term of office under the same stamp
			}
			c.say(Warning, "action", "order refused", "node", string(c.nameOf(in.To)), "resource", string(o.Op.Resource), "op", o.Op.Name, "error", in.Answers[i].Err)
			d.walk.Abort(int(crm.Infinity), "an order was refused")
			c.advance(transition.Result{Action: o.Action, Failed: true, Text: in.Answers[i].Err})
		}
	}
}

// resend gives orders again whose delivery is in doubt.
func (c *Controller) resend() {
	d := c.duty
	if d == nil {
		return
	}
	for _, p := range c.cfg.Peers {
		var still []Order
		for _, o := range d.unsent[p.ID] {
			if c.stillWanted(o) {
				still = append(still, o)
			}
		}
		delete(d.unsent, p.ID)
		if len(still) > 0 && c.presence[p.ID] == Alive {
			c.do(Send{p.ID, still})
		}
	}
}

func (c *Controller) stillWanted(o Order) bool {
	if o.Stamp != c.duty.stamp {
		return false
	}
	if o.Kind == SyncOrder {
		return len(c.duty.syncing) > 0
	}
	if o.Kind == FenceOrder {
		return c.duty.fencing.engine.Waits(attemptOf(o.Key))
	}
	if c.duty.walk == nil {
		return false
	}
	a, state, ok := c.duty.walk.Action(o.Action)
	return ok && state == transition.InFlight && c.duty.walk.Key(a).String() == o.Key
}

// acked takes a result that the CIB does not record: of a notification, or of an order that
// an executor lost.
func (c *Controller) acked(in Acked) {
	d := c.duty
	key, err := crm.ParseTransitionKey(in.Key)
	if d == nil || d.walk == nil || err != nil || key.UUID != d.uuid || key.Transition != d.transition {
		return
	}
	a, _, ok := d.walk.Action(key.Action)
	lost := ok && isTask(a.Operation) // of a notification the failure is ignored, as in the field
	if lost {
		c.say(Warning, "action", "the executor lost an order; deciding anew", "node", string(a.Node), "resource", string(a.Resource.ID), "op", a.Operation)
		d.walk.Abort(int(crm.Infinity), "an order was lost")
	}
	c.advance(transition.Result{Action: key.Action, Failed: lost, Text: in.RC.String()})
}

// walkOverdue fails the actions whose results did not come in time.
func (c *Controller) walkOverdue() {
	d := c.duty
	if d == nil || d.walk == nil {
		return
	}
	for _, a := range d.walk.Overdue(c.now) {
		if a.Operation == "stonith" { // its request goes on, whatever is decided meanwhile
			d.walk.Abort(int(crm.Infinity), "fencing "+string(a.Node)+" takes long")
			c.advance(transition.Result{Action: a.ID, Failed: true, Text: "not done yet"})
			continue
		}
		c.say(Error, "action", "no result came within the timeout and cluster-delay", "node", string(a.Node), "resource", string(a.Resource.ID), "op", a.Operation)
		d.walk.Abort(int(crm.Infinity), "an action was lost")
		if a.Kind == graph.ResourceOp && recordable(a.Operation) {
			c.recordLost(a)
		}
		c.advance(transition.Result{Action: a.ID, Failed: true, Text: "no result came in time"})
	}
	c.afterStep()
}

func recordable(op string) bool {
	return op != "cancel" && op != "delete" && op != "notify"
}
