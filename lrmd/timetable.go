package lrmd

import (
	"time"
)

// Tick puts what is due into the queues and starts what can start.
func (e *Executor) Tick(now time.Time) []Effect {
	var effects []Effect
	for _, r := range e.sorted() {
		for _, n := range r.sortedRecurring() {
			if n.due.IsZero() || n == r.active || r.queued(n) || n.due.After(now.Add(e.slack(n))) {
				continue
			}
			n.queuedAt = now
			r.queue = append(r.queue, n)
		}
		for len(r.delayed) > 0 && r.takeDelayed(now) {
		}
		effects = append(effects, e.pump(now, r)...)
	}
	return effects
}

// takeDelayed moves one delayed operation that is due into the queue.
func (r *resource) takeDelayed(now time.Time) bool {
	for i, n := range r.delayed {
		if !n.due.After(now) {
			r.delayed = append(r.delayed[:i:i], r.delayed[i+1:]...)
			n.queuedAt = now
			r.queue = append(r.queue, n)
			return true
		}
	}
	return false
}

func (r *resource) queued(n *op) bool {
	for _, q := range r.queue {
		if q == n {
			return true
		}
	}
	return false
}

// slack is how much earlier than due n may run.
func (e *Executor) slack(n *op) time.Duration {
	return min(e.cfg.Slack, n.order.Op.Interval/20)
}

// Next is when Tick has something to do; ok is false when nothing is on the timetable.
func (e *Executor) Next() (at time.Time, ok bool) {
	for _, r := range e.resources { // the minimum does not depend on the order
		for _, n := range r.recurring {
			if !n.due.IsZero() && n != r.active && !r.queued(n) && (!ok || n.due.Before(at)) {
				at, ok = n.due, true
			}
		}
		for _, n := range r.delayed {
			if !ok || n.due.Before(at) {
				at, ok = n.due, true
			}
		}
	}
	return at, ok
}
