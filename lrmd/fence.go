package lrmd

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// A fence device is used in two ways. As a resource it is started, monitored and stopped
// like any other. As a device it is asked to act on a node (Order.Fence): such an order
// needs not be preceded by a start, leaves no history, takes none of the executor's
// places, and never waits for a monitor: one that is in its way is ended and run again later.

// FenceCall is what an order to a fence device says beside its operation. Its zero value
// asks the device itself (list, monitor, validate-all).
type FenceCall struct {
	Target crm.NodeName `json:"target,omitempty"`  // the node that is acted on
	NodeID string       `json:"node_id,omitempty"` // the target's number in the cluster, where it is known
	Plug   string       `json:"plug,omitempty"`    // what the device calls the target; "": the target's name
}

// FenceStatusOff is the code with which the action status of a fence device says that
// the target is off; crm.OK says that it is on.
const FenceStatusOff crm.ExitCode = 2

// ActionLimit is the parameter of a fence device that says how many of its actions may
// run at once on a node: 1 where it is missing, no limit where it is negative.
const ActionLimit = "pcmk_action_limit"

// device is the queue of orders to one fence device.
type device struct {
	waiting []*op // those that switch power first
	running []*op
}

// checkFence refuses what makes no sense for a fence device.
func (o Order) checkFence() error {
	switch {
	case o.Fence == nil:
		return nil
	case o.Agent.Class != "stonith":
		return fmt.Errorf("order %q: an agent of class %q fences nothing (want stonith)", o.Op.String(), o.Agent.Class)
	case o.Op.Interval > 0 || o.StartDelay > 0:
		return fmt.Errorf("order %q: an order to a fence device has no interval and no start delay", o.Op.String())
	case (o.Op.Name == "on" || o.Op.Name == "off" || o.Op.Name == "reboot") && o.Fence.Target == "":
		return fmt.Errorf("order %q: no target", o.Op.String())
	}
	return nil
}

// switchesPower tells the actions that something waits for from mere questions.
func (o Order) switchesPower() bool {
	if o.Fence == nil || o.Fence.Target == "" {
		return false
	}
	switch o.Op.Name {
	case "list", "list-status", "status", "monitor", "metadata", "meta-data", "validate-all":
		return false
	}
	return true
}

// submitFence accepts an order to a fence device.
func (e *Executor) submitFence(now time.Time, o Order) (call int, effects []Effect) {
	e.lastCall++
	n := &op{call: e.lastCall, slot: -1, order: o, queuedAt: now}
	d := e.devices[o.Op.Resource]
	if d == nil {
		d = &device{}
		e.devices[o.Op.Resource] = d
	}
	d.add(n)
	return n.call, e.pumpDevice(now, o.Op.Resource)
}

// add queues an order: behind those of its kind, power before questions.
func (d *device) add(n *op) {
	at := len(d.waiting)
	if n.order.switchesPower() {
		at = slices.IndexFunc(d.waiting, func(w *op) bool { return !w.order.switchesPower() })
		if at < 0 {
			at = len(d.waiting)
		}
	}
	d.waiting = slices.Insert(d.waiting, at, n)
}

// pumpDevice starts what the device's limit allows. Where the limit keeps an order that
// switches power from running, a question that runs (a monitor, a list) is ended for it.
// An order's timeout begins when it is accepted: whoever gave it has gone on without the
// answer then, and a node that was fenced by other means must not be fenced again.
func (e *Executor) pumpDevice(now time.Time, id crm.ResourceID) []Effect {
	d := e.devices[id]
	var effects []Effect
	for d != nil && len(d.waiting) > 0 {
		n := d.waiting[0]
		if limit := actionLimit(n.order); limit >= 0 && e.deviceRuns(id) >= limit {
			if n.order.switchesPower() {
				effects = append(effects, e.makeRoom(id, len(d.waiting))...)
			}
			break
		}
		d.waiting = d.waiting[1:]
		left := n.order.Timeout - now.Sub(n.queuedAt)
		if left <= 0 {
			effects = append(effects, Effect{Report: n.fenceResult(now, now, Outcome{
				RC: crm.GenericError, Status: crm.ExecTimeout,
				ExitReason: fmt.Sprintf("%s waited %s for the device, which was busy: nothing was done", n.order.Op.Name, n.order.Timeout),
			})})
			continue
		}
		e.lastRun++
		n.run, n.startedAt = e.lastRun, now
		d.running = append(d.running, n)
		e.fencing[n.run] = n
		run := &Run{ID: n.run, Call: n.call, Order: n.order}
		run.Order.Timeout = left
		effects = append(effects, Effect{Run: run})
	}
	if d != nil && len(d.waiting)+len(d.running) == 0 {
		delete(e.devices, id)
	}
	return effects
}

// fenceResult is what is reported of an order to a device.
func (n *op) fenceResult(began, now time.Time, out Outcome) *Result {
	return &Result{
		Call: n.call, Op: n.order.Op, Agent: n.order.Agent,
		RC: out.RC, Status: out.Status, ExitReason: out.ExitReason, Output: out.Output,
		QueueTime: began.Sub(n.queuedAt), ExecTime: now.Sub(began), LastRun: began.Round(0), LastChange: began.Round(0),
		UserData: n.order.UserData, Params: n.order.Params, Fence: n.order.Fence,
	}
}

// deviceRuns counts what runs of a device, its monitor as a resource included.
func (e *Executor) deviceRuns(id crm.ResourceID) int {
	count := 0
	if d := e.devices[id]; d != nil {
		count = len(d.running)
	}
	if r := e.resources[id]; r != nil && r.active != nil {
		count++
	}
	return count
}

// makeRoom ends questions under way for at most wanted orders.
func (e *Executor) makeRoom(id crm.ResourceID, wanted int) []Effect {
	var effects []Effect
	end := func(n *op) {
		if n.preempted {
			wanted--
			return
		}
		if wanted > 0 {
			wanted--
			n.preempted = true
			effects = append(effects, Effect{Kill: n.run})
		}
	}
	if r := e.resources[id]; r != nil && r.active != nil {
		end(r.active)
	}
	for _, n := range e.devices[id].running {
		if !n.order.switchesPower() {
			end(n)
		}
	}
	return effects
}

// actionLimit reads the device's limit; what is not a number is the default.
func actionLimit(o Order) int {
	limit, err := strconv.Atoi(o.Params[ActionLimit])
	if err != nil || limit == 0 {
		return 1
	}
	return limit
}

// held reports whether the resource's next operation must wait for orders to the device.
func (e *Executor) held(r *resource, n *op) bool {
	d := e.devices[r.id]
	if d == nil {
		return false
	}
	limit := actionLimit(n.order)
	return limit >= 0 && len(d.waiting)+len(d.running) >= limit
}

// finishedFence takes the outcome of an order to a device. A question that was ended to
// make room is asked again, unless it came to its answer before.
func (e *Executor) finishedFence(now time.Time, n *op, out Outcome) []Effect {
	id := n.order.Op.Resource
	d := e.devices[id]
	delete(e.fencing, n.run)
	d.running = slices.DeleteFunc(d.running, func(o *op) bool { return o == n })
	var effects []Effect
	if n.preempted && out.Status != crm.ExecDone {
		n.preempted = false
		d.add(n)
	} else {
		effects = append(effects, Effect{Report: n.fenceResult(n.startedAt, now, out)})
	}
	effects = append(effects, e.pumpDevice(now, id)...)
	if r := e.resources[id]; r != nil {
		effects = append(effects, e.pump(now, r)...)
	}
	return effects
}

// putBack takes a resource's operation that was ended to make room for fencing back to
// the head of its queue. It returns false when the operation came to its end before, or is not wanted any more.
func (r *resource) putBack(n *op, out Outcome) bool {
	preempted := n.preempted
	n.preempted = false
	if !preempted || out.Status == crm.ExecDone || n.cancelled {
		return false
	}
	n.run = 0
	r.queue = slices.Insert(r.queue, 0, n)
	return true
}

// withdrawFence takes orders to a device that match and have not begun out of its queue.
func (e *Executor) withdrawFence(now time.Time, id crm.ResourceID, match func(*op) bool) []Effect {
	d := e.devices[id]
	if d == nil {
		return nil
	}
	var effects []Effect
	d.waiting = slices.DeleteFunc(d.waiting, func(n *op) bool {
		if !match(n) {
			return false
		}
		effects = append(effects, Effect{Report: ptr(n.cancelledResult(now))})
		return true
	})
	if len(d.waiting)+len(d.running) == 0 {
		delete(e.devices, id)
	}
	return effects
}

// isDeviceProbe tells the question whether a fence device is started here. No agent can
// answer it: it is the executor that starts and stops devices.
func (n *op) isDeviceProbe() bool {
	o := n.order
	return o.Agent.Class == "stonith" && o.Fence == nil && o.Op.Name == "monitor" && o.Op.Interval == 0
}

// deviceStarted answers a probe from what was done last.
func (r *resource) deviceStarted() Outcome {
	start, started := r.history[crm.OpKey{Resource: r.id, Name: "start"}]
	stop, stopped := r.history[crm.OpKey{Resource: r.id, Name: "stop"}]
	if started && start.RC == crm.OK && (!stopped || stop.RC != crm.OK || stop.Call < start.Call) {
		return Outcome{RC: crm.OK}
	}
	return Outcome{RC: crm.NotRunning}
}
