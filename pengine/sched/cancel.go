package sched

import "strconv"

// newCancel makes the action that ends a recurring operation on n.
func (p *plan) newCancel(r *resource, task string, intervalMS int64, n *node) *Action {
	interval := strconv.FormatInt(intervalMS, 10)
	a := p.action(r, string(r.ID)+"_"+task+"_"+interval, taskCancel, n, false)
	r.setTask(a, taskCancel)
	a.Cancels = task
	a.setMeta("operation", task)
	a.setMeta("interval", interval)
	return a
}

// scheduleCancel ends a recurring operation that should no longer run.
func (p *plan) scheduleCancel(r *resource, callID int, task string, intervalMS int64, n *node) {
	a := p.newCancel(r, task, intervalMS, n)
	a.setMeta("call-id", strconv.Itoa(callID))
	p.orderEnds(taskOf(r, taskStop), actionEnd(a), relOrdered)
}

// reschedule starts a recurring operation anew with changed parameters.
func (p *plan) reschedule(r *resource, task string, intervalMS int64, n *node) {
	p.triggerUnfencing(r, n, "Device parameters changed (reschedule)")
	key := string(r.ID) + "_" + task + "_" + strconv.FormatInt(intervalMS, 10)
	p.action(r, key, task, n, true).set(rescheduleIt)
}
