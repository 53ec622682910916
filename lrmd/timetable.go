package lrmd

import (
	"container/heap"
	"slices"
	"time"
)

// Tick puts what is due into the queues and starts what can start.
func (e *Executor) Tick(now time.Time) []Effect {
	var effects []Effect
	for len(e.timetable) > 0 {
		n := e.timetable[0]
		if n.due.After(now.Add(e.slack(n))) {
			break
		}
		e.unschedule(n)
		n.queuedAt = now
		r := n.resource
		r.delayed = slices.DeleteFunc(r.delayed, func(d *op) bool { return d == n })
		r.queue = append(r.queue, n)
		effects = append(effects, e.pump(now, r)...)
	}
	return effects
}

// Next is when Tick has something to do; ok is false when nothing is on the timetable.
func (e *Executor) Next() (at time.Time, ok bool) {
	if len(e.timetable) == 0 {
		return time.Time{}, false
	}
	return e.timetable[0].due, true
}

// slack is how much earlier than due n may run. A one-off order is never early.
func (e *Executor) slack(n *op) time.Duration {
	return min(e.cfg.Slack, n.order.Op.Interval/20)
}

// schedule puts n on the timetable at n.due.
func (e *Executor) schedule(n *op) { heap.Push(&e.timetable, n) }

// unschedule takes n off the timetable; it need not be there.
func (e *Executor) unschedule(n *op) {
	if n.slot >= 0 {
		heap.Remove(&e.timetable, n.slot)
	}
}

// timetable holds the operations that wait for their time, the next one first; between
// equals the one that was ordered first. An operation that is queued or runs is not in it.
type timetable []*op

func (t timetable) Len() int { return len(t) }

func (t timetable) Less(i, j int) bool {
	if !t[i].due.Equal(t[j].due) {
		return t[i].due.Before(t[j].due)
	}
	return t[i].call < t[j].call
}

func (t timetable) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].slot, t[j].slot = i, j
}

// Push and Pop are for container/heap.
func (t *timetable) Push(x any) {
	n := x.(*op)
	n.slot = len(*t)
	*t = append(*t, n)
}

// Pop takes the last element.
func (t *timetable) Pop() any {
	last := len(*t) - 1
	n := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	n.slot = -1
	return n
}
