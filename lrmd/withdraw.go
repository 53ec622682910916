package lrmd

import (
	"maps"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Cancel withdraws an operation: off the timetable, out of the queue. If it runs just
// now the run goes on, but only the withdrawal is reported, after it. Found is false when there
// is no such operation; that is no error.
func (e *Executor) Cancel(now time.Time, s crm.Stamp, key crm.OpKey) (found bool, effects []Effect, err error) {
	if err := e.raise(s); err != nil {
		return false, nil, err
	}
	effects = e.withdrawFence(now, key.Resource, func(n *op) bool { return n.order.Op == key })
	found = len(effects) > 0
	r := e.resources[key.Resource]
	if r == nil {
		return found, effects, nil
	}
	for _, n := range r.pending(key) {
		found = true
		e.withdraw(n)
		if n == r.active {
			n.announce = true
		} else {
			effects = append(effects, Effect{Report: ptr(n.cancelledResult(now))})
		}
	}
	delete(r.history, key)
	return found, append(effects, e.pump(now, r)...), nil
}

// pending lists the operations of that key that wait, recur or run. A one-off
// operation that runs already is not among them: it cannot be undone.
func (r *resource) pending(key crm.OpKey) []*op {
	var out []*op
	if n := r.recurring[key]; n != nil {
		out = append(out, n)
	}
	for _, list := range [][]*op{r.queue, r.delayed} {
		for _, n := range list {
			if n.order.Op == key && n.order.Op.Interval == 0 {
				out = append(out, n)
			}
		}
	}
	return out
}

// Forget drops a resource: its timetable, its queue and its history. Withdrawn
// operations are reported as such. A run under way is let to its end and its result
// is still reported, so that whoever waits for it hears.
func (e *Executor) Forget(now time.Time, s crm.Stamp, id crm.ResourceID) ([]Effect, error) {
	if err := e.raise(s); err != nil {
		return nil, err
	}
	r := e.resources[id]
	if r == nil {
		return nil, nil
	}
	effects := e.drop(now, r)
	clear(r.history)
	if r.active != nil {
		r.forgotten = true
		return effects, nil
	}
	delete(e.resources, id)
	return append(effects, Effect{Forget: id}), nil
}

// Flush withdraws everything that waits or recurs, of every resource; history stays.
func (e *Executor) Flush(now time.Time, s crm.Stamp) ([]Effect, error) {
	if err := e.raise(s); err != nil {
		return nil, err
	}
	var effects []Effect
	for _, r := range e.sorted() {
		effects = append(effects, e.drop(now, r)...)
	}
	for _, id := range slices.Sorted(maps.Keys(e.devices)) {
		effects = append(effects, e.withdrawFence(now, id, func(*op) bool { return true })...)
	}
	return effects, nil
}

// Abandon kills every run under way. It is what a daemon does that is told to end.
func (e *Executor) Abandon() []Effect {
	var effects []Effect
	for _, r := range e.sorted() {
		if r.active != nil {
			effects = append(effects, Effect{Kill: r.active.run})
		}
	}
	for _, run := range slices.Sorted(maps.Keys(e.fencing)) {
		effects = append(effects, Effect{Kill: run})
	}
	return effects
}

// drop withdraws all operations of r that wait or recur.
func (e *Executor) drop(now time.Time, r *resource) []Effect {
	var effects []Effect
	all := append(append(r.sortedRecurring(), r.queue...), r.delayed...)
	for _, n := range all {
		if n.cancelled {
			continue
		}
		e.withdraw(n)
		if n == r.active {
			n.announce = true
		} else {
			effects = append(effects, Effect{Report: ptr(n.cancelledResult(now))})
		}
	}
	return effects
}
