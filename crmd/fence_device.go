package crmd

import (
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
)

// deviceUse is what this node's executor does with fence devices, by key of the order.
// What ended is kept for a DC that did not hear it and orders again.
type deviceUse map[string]*use

type use struct {
	from  crm.NodeID // who ordered it
	ended bool
	res   FenceResult
}

// maxUses bounds what is remembered of uses that ended.
const maxUses = 64

// fenceKey begins the keys of orders to fence devices.
const fenceKey = "fence:"

func attemptOf(key string) string { return strings.TrimPrefix(key, fenceKey) }

// deviceOrder is an attempt as an order.
func (c *Controller) deviceOrder(a fencing.Attempt, stamp crm.Stamp) Order {
	name := string(a.Action)
	if other := a.Params["pcmk_"+name+"_action"]; other != "" {
		name = other
	}
	o := Order{Kind: FenceOrder, Stamp: stamp, Key: fenceKey + a.ID, Timeout: a.Timeout, Params: a.Params, Agent: lrmd.Agent{Class: "stonith", Type: a.Agent},
		Op: crm.OpKey{Resource: a.Device, Name: name}, Fence: &lrmd.FenceCall{Target: a.Target, Plug: a.Plug}}
	if p, ok := c.peer(a.Target); ok {
		o.Fence.NodeID = p.UUID()
	}
	return o
}

// useDevice gives an order to the executor, once. A DC that asks again after the end gets
// the answer again.
func (c *Controller) useDevice(o Order) {
	if u := c.devices[o.Key]; u != nil {
		u.from = c.orderedBy
		if u.ended {
			c.reportUse(u)
		}
		return
	}
	c.devices[o.Key] = &use{from: c.orderedBy}
	if o.Op.Resource == fencing.Watchdog {
		if o.Fence != nil && o.Fence.Target == c.cfg.Self.Name {
			c.do(Reset{Reason: "the DC demands that this node be off, and its watchdog is its fence device"})
		}
		return
	}
	if c.orderedBy == 0 {
		c.devices[o.Key].from = c.cfg.Self.ID
	}
	c.do(Execute{lrmd.Order{Stamp: o.Stamp, Op: o.Op, Agent: o.Agent, Timeout: o.Timeout, Params: o.Params, UserData: o.Key, Fence: o.Fence}})
}

// deviceUsed takes a result of the executor, if it is one of a fence device.
func (c *Controller) deviceUsed(r lrmd.Result) bool {
	if !strings.HasPrefix(r.UserData, fenceKey) {
		return false
	}
	u := c.devices[r.UserData]
	if u == nil || u.ended {
		return true // ordered by a life of this controller that is over: nobody waits
	}
	u.ended = true
	u.res = FenceResult{Key: r.UserData, RC: r.RC, Status: r.Status, Reason: r.ExitReason, Output: r.Output}
	c.reportUse(u)
	c.forgetUses()
	return true
}

func (c *Controller) forgetUses() {
	for _, key := range sortedKeys(c.devices) {
		if len(c.devices) <= maxUses {
			return
		}
		if c.devices[key].ended {
			delete(c.devices, key)
		}
	}
}

// reportUse tells whoever ordered it what came of it.
func (c *Controller) reportUse(u *use) {
	switch {
	case c.lone != nil && c.lone.engine.Waits(attemptOf(u.res.Key)):
		c.loneEffects(c.lone.engine.Step(c.now, answerOf(u.res)))
	case c.duty != nil && u.from == c.cfg.Self.ID:
		c.deviceAnswered(answerOf(u.res))
	case u.from != 0 && u.from != c.cfg.Self.ID:
		c.do(Report{u.from, u.res})
	}
}

// fenceReported takes the result of another node.
func (c *Controller) fenceReported(r FenceResult) { c.deviceAnswered(answerOf(r)) }

func (c *Controller) deviceAnswered(in fencing.Answered) {
	if c.duty != nil {
		c.fenceEffects(c.duty.fencing.engine.Step(c.now, in))
	}
}

// answerOf translates a result. Only an agent that came to its end and said so succeeded.
func answerOf(r FenceResult) fencing.Answered {
	in := fencing.Answered{Attempt: attemptOf(r.Key), OK: r.Status == crm.ExecDone && r.RC == crm.OK, Code: r.RC, Reason: r.Reason, Output: r.Output}
	switch {
	case r.Status == crm.ExecNotConnected || r.Status == crm.ExecCancelled:
		in.Lost = true
	case r.Status != crm.ExecDone && in.Reason == "":
		in.Reason = r.Status.String()
	}
	return in
}
