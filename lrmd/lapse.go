package lrmd

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// errLapsed is the refusal of orders that would make something active.
var errLapsed = errors.New("this node's right to run resources is over: too few of the others have heard it, and may have taken over")

// Lapse stops what is active, because the right to run it is over: others may run it now.
// Nothing that waits is done any more, starts under way are ended. Addresses go at
// once: then nobody reaches what is still there. Everything else is stopped in the reverse
// order of its start, one after the other: what started later may need what started earlier. Exempt
// resources and fence devices go on. It returns the resources that it stops.
//
// Until Resume, orders that would make something active are refused.
func (e *Executor) Lapse(now time.Time, exempt []crm.ResourceID) (stopping []crm.ResourceID, effects []Effect) {
	e.lapsed = true
	var rest []*resource
	for _, r := range e.sorted() {
		if slices.Contains(exempt, r.id) || r.agent.Class == "stonith" {
			continue
		}
		effects = append(effects, e.drop(now, r)...)
		if r.active != nil && raises(r.active.order.Op.Name) {
			effects = append(effects, Effect{Kill: r.active.run})
		} else if !r.isActive() {
			continue
		}
		stopping = append(stopping, r.id)
		rest = append(rest, r)
	}
	slices.SortStableFunc(rest, func(a, b *resource) int { return cmp.Compare(b.startedBy(), a.startedBy()) })
	var wait []*resource
	for _, r := range rest {
		if isAddress(r.agent) {
			effects = append(effects, e.stopLapsed(now, r)...)
		} else {
			wait = append(wait, r)
		}
	}
	e.lapsing, e.lapseCall = wait, e.lastCall
	return stopping, append(effects, e.lapseOn(now)...)
}

// Stopping lists the resources whose stop is under way.
func (e *Executor) Stopping() (ids []crm.ResourceID) {
	for _, r := range e.sorted() {
		if r.active != nil && r.active.order.Op.Name == "stop" {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// Resume says that the right to run resources is there again.
func (e *Executor) Resume() { e.lapsed = false }

// lapseOn stops the next resource of the row when none is being stopped.
func (e *Executor) lapseOn(now time.Time) (effects []Effect) {
	for len(e.lapsing) > 0 && e.lapseStop == nil {
		r := e.lapsing[0]
		e.lapsing = e.lapsing[1:]
		if !r.isActive() && r.active == nil || r.startedBy() > e.lapseCall {
			continue // it was stopped meanwhile, and may have been started again since
		}
		e.lapseStop = r
		effects = append(effects, e.stopLapsed(now, r)...)
	}
	return effects
}

// lapseDone goes on with the row when a stop has ended.
func (e *Executor) lapseDone(now time.Time, r *resource, name string) []Effect {
	if e.lapseStop != r || name != "stop" {
		return nil
	}
	e.lapseStop = nil
	return e.lapseOn(now)
}

// stopLapsed queues the stop of a resource, unless one is under way or waits: a second
// would still be under way when the node is a member again, and look like the service.
func (e *Executor) stopLapsed(now time.Time, r *resource) []Effect {
	if r.stops() {
		return nil
	}
	o := r.stopOrder()
	o.Timeout = max(o.Timeout, DefaultTimeout)
	e.lastCall++
	n := &op{call: e.lastCall, resource: r, slot: -1, order: o, queuedAt: now, light: e.cfg.Light != nil && e.cfg.Light(o)}
	r.queue = append(r.queue, n)
	return e.pump(now, r)
}

// stops reports whether a stop of it is under way or waits.
func (r *resource) stops() bool {
	stop := func(n *op) bool { return n != nil && !n.cancelled && n.order.Op.Name == "stop" }
	return stop(r.active) || slices.ContainsFunc(r.queue, stop)
}

// stopOrder is the stop of a resource as it was started.
func (r *resource) stopOrder() Order {
	key := crm.OpKey{Resource: r.id, Name: "stop"}
	o := Order{Op: key, Agent: r.agent}
	if last, ok := r.history[key]; ok {
		o.Params = last.Params
	}
	if probe, ok := r.history[crm.OpKey{Resource: r.id, Name: "monitor"}]; ok && probe.Params != nil {
		o.Params = probe.Params
	}
	if r.lived != nil {
		o.Params = r.lived
	}
	if r.active != nil && o.Params == nil {
		o.Params = r.active.order.Params
	}
	if ms, err := strconv.Atoi(o.Params["CRM_meta_timeout"]); err == nil {
		o.Timeout = max(DefaultTimeout, time.Duration(ms)*time.Millisecond)
	}
	return o
}

// isActive reports whether a resource may be active, by the last result that says so; until
// there is one, by what was read back.
func (r *resource) isActive() bool {
	active, call := r.before, -1
	for _, res := range r.history {
		if res.Call < call || res.Op.Name == "notify" {
			continue
		}
		switch {
		case res.Op.Name == "stop":
			active, call = res.RC != crm.OK || res.Status != crm.ExecDone, res.Call
		case res.Op.Name == "monitor" && res.Op.Interval == 0:
			active, call = !inactive(res.RC), res.Call
		case raises(res.Op.Name) || res.Op.Name == "demote" || res.Op.Name == "migrate_to":
			active, call = true, res.Call
		}
	}
	return active
}

// inactive reports whether a probe that ends so has found nothing.
func inactive(rc crm.ExitCode) bool {
	return rc == crm.NotRunning || rc == crm.NotInstalled || rc == crm.NotConfigured
}

// raises reports whether an operation makes a resource active, or more so.
func raises(name string) bool {
	switch name {
	case "start", "promote", "migrate_from", "reload", "reload-agent":
		return true
	}
	return false
}

func isAddress(a Agent) bool {
	return a.Class == "ocf" && (a.Type == "IPaddr2" || a.Type == "IPaddr" || a.Type == "IPv6addr")
}

// startedBy is the call that started the resource, or starts it now; 0 when it is not known.
func (r *resource) startedBy() int {
	if r.active != nil && raises(r.active.order.Op.Name) {
		return r.active.call
	}
	call := 0
	for _, name := range []string{"start", "migrate_from"} {
		if res, ok := r.history[crm.OpKey{Resource: r.id, Name: name}]; ok {
			call = max(call, res.Call)
		}
	}
	return call
}
