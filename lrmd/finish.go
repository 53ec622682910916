package lrmd

import (
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Finished takes the outcome of a run. It reports the result (of a recurring operation
// only the first and every change), starts what waited for this run, and puts a
// recurring operation back on the timetable. An unknown run is ignored.
func (e *Executor) Finished(now time.Time, run int, out Outcome) []Effect {
	if n := e.fencing[run]; n != nil {
		return e.finishedFence(now, n, out)
	}
	r := e.running[run]
	if r == nil {
		return nil
	}
	delete(e.running, run)
	n := r.active
	r.active = nil
	if !n.light {
		e.places[n.place()]--
	}
	var effects []Effect
	if !r.putBack(n, out) {
		effects = e.conclude(now, r, n, out)
		effects = append(effects, r.overtaken(now, n, out)...)
	}
	if r.forgotten && len(r.queue) == 0 && len(r.recurring) == 0 && len(r.delayed) == 0 {
		delete(e.resources, r.id)
		effects = append(effects, Effect{Forget: r.id})
	}
	effects = append(effects, e.lapseDone(now, r, n.order.Op.Name)...)
	effects = append(effects, e.pumpDevice(now, r.id)...)
	effects = append(effects, e.pump(now, r)...)
	return append(effects, e.fillPlaces(now)...)
}

// overtaken drops the probes that waited behind a stop that failed, and reports that they
// are gone. Whoever asked did not know of the failure: left to run, a probe would be the
// last that is known of the resource, and hide that it could not be stopped.
func (r *resource) overtaken(now time.Time, n *op, out Outcome) (effects []Effect) {
	if n.order.Op.Name != "stop" || out.RC == crm.OK && out.Status == crm.ExecDone {
		return nil
	}
	r.queue = slices.DeleteFunc(r.queue, func(q *op) bool {
		if q.order.Op.Name != "monitor" || q.order.Op.Interval != 0 {
			return false
		}
		effects = append(effects, Effect{Report: ptr(q.cancelledResult(now))})
		return true
	})
	return effects
}

// conclude turns the outcome into history and reports.
func (e *Executor) conclude(now time.Time, r *resource, n *op, out Outcome) []Effect {
	recurring := n.order.Op.Interval > 0
	if n.cancelled {
		if n.announce {
			return []Effect{{Report: ptr(n.cancelledResult(now))}}
		}
		if recurring {
			return nil
		}
	}
	changed := !n.repeated || out.RC != n.lastRC || out.Status != n.lastState
	if changed {
		n.changedAt = n.nextChange()
	}
	res := Result{
		Call: n.call, Op: n.order.Op, Agent: n.order.Agent,
		RC: out.RC, Status: out.Status, ExitReason: out.ExitReason, Output: out.Output,
		QueueTime: n.startedAt.Sub(n.queuedAt), ExecTime: now.Sub(n.startedAt),
		LastRun: n.startedAt.Round(0), LastChange: n.changedAt.Round(0),
		UserData: n.order.UserData, Params: n.order.Params, Recurring: recurring,
	}
	if recurring {
		n.lastRC, n.lastState, n.repeated = out.RC, out.Status, true
		n.due = next(n.due, n.order.Op.Interval, now)
		e.schedule(n)
	}
	r.lives(res)
	if !r.forgotten {
		kept := res
		kept.Output = "" // large, and of no use to a later crmd
		r.history[n.order.Op] = kept
	}
	if !changed {
		return nil
	}
	return []Effect{{Report: &res}}
}

// begins keeps the parameters that a resource may be active with from now on. They outlive
// its history, which is dropped when something is found out anew about what was read back.
func (r *resource) begins(operation string, params map[string]string) {
	if params != nil && (operation == "start" || operation == "migrate_from") {
		r.lived = params
	}
}

// lives does the same when a reload has worked; until then the old ones count.
func (r *resource) lives(res Result) {
	if res.Params != nil && res.RC == crm.OK && (res.Op.Name == "reload" || res.Op.Name == "reload-agent") {
		r.lived = res.Params
	}
}

// nextChange is when the result is said to have changed: now, by the wall clock, unless
// that was set back. The policy engine takes the result of a recurring operation with the
// later time for the newer one, and would overlook a failure that seems to be older than the
// success before it.
func (n *op) nextChange() time.Time {
	at := n.startedAt.Round(0)
	if n.repeated && at.Unix() < n.changedAt.Unix() {
		return n.changedAt.Add(time.Second)
	}
	return at
}

// next is the first point of the timetable due, due+interval, ... that lies after now:
// runs that take longer than the interval are skipped, never piled up.
func next(due time.Time, interval time.Duration, now time.Time) time.Time {
	behind := now.Sub(due)
	if behind < 0 {
		return due.Add(interval)
	}
	return due.Add(interval * (behind/interval + 1))
}

func (n *op) cancelledResult(now time.Time) Result {
	return Result{
		Call: n.call, Op: n.order.Op, Agent: n.order.Agent, RC: crm.UnknownExit, Status: crm.ExecCancelled,
		LastRun: now.Round(0), LastChange: now.Round(0), UserData: n.order.UserData, Params: n.order.Params,
		Recurring: n.order.Op.Interval > 0, Removed: true, Fence: n.order.Fence,
	}
}

// fillPlaces gives free places to resources that wait, longest first.
func (e *Executor) fillPlaces(now time.Time) []Effect {
	var effects []Effect
	waiting := e.waiting
	e.waiting = nil
	for _, r := range waiting {
		r.waiting = false
		effects = append(effects, e.pump(now, r)...)
	}
	return effects
}

func ptr[T any](v T) *T { return &v }
