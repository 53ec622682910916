package fencing

import (
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Pauses after failed rounds.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
	rarePause    = time.Minute // once stonith-max-attempts rounds have failed
)

// request is an open request.
type request struct {
	Event
	recorded bool // it was seen on record
	moot     bool // needed no more: closed when what is under way has ended
	round    *round
}

// open takes up a request.
func (e *Engine) open(ev Event, recorded bool) {
	if e.requests[ev.ID] != nil || !ev.Open() {
		return
	}
	r := &request{Event: ev, recorded: recorded}
	if recorded && !ev.Next.IsZero() { // by the clock of the DC before, which may be hours ahead
		r.Next = e.now.Add(min(max(0, ev.Next.Sub(e.now)), e.pause(max(1, ev.Attempts))))
	}
	e.requests[ev.ID] = r
	delete(e.demanded, ev.ID)
	if e.vouched[ev.ID] {
		e.success(r, Operator, "")
		return
	}
	if ev.Tolerance > 0 && e.snap != nil {
		for _, old := range History(e.snap) {
			if old.State == Success && old.Target == ev.Target && (Event{Action: ev.Action}).merges(old.Action) && ev.Requested.Sub(old.Completed) <= ev.Tolerance && !old.Completed.After(ev.Requested) {
				e.success(r, old.Delegate, old.Device)
				return
			}
		}
	}
}

// drop forgets a request and what is under way for it.
func (e *Engine) drop(r *request) {
	delete(e.requests, r.ID)
	if r.round != nil {
		for id, a := range e.attempts {
			if a.round == r.round {
				delete(e.attempts, id)
			}
		}
		r.round = nil
	}
}

// begin starts the rounds that may start: one for each target, and only one at all where
// concurrent-fencing is off.
func (e *Engine) begin() {
	if e.snap == nil || !e.agentsKnown() {
		return
	}
	e.prefetch()
	busy := map[crm.NodeName]bool{}
	for _, r := range e.requests {
		if r.round != nil {
			busy[r.Target] = true
		}
	}
	for _, r := range e.sorted() {
		switch {
		case e.requests[r.ID] != r || r.round != nil || busy[r.Target] || r.Next.After(e.now):
		case len(busy) > 0 && !e.equipment.Concurrent:
		default:
			busy[r.Target] = true
			r.round = &round{request: r}
			e.advance(r.round)
			if r.round == nil {
				delete(busy, r.Target)
			}
		}
	}
}

// agentsKnown reports whether the meta-data of all devices were looked up, with success
// or not: without them it is not known what a device can do.
func (e *Engine) agentsKnown() bool {
	for _, d := range e.equipment.Devices {
		if _, ok := e.world.Agents[d.Agent]; !ok {
			return false
		}
	}
	return true
}

// success closes a request, and all others that wanted the same done.
func (e *Engine) success(r *request, delegate crm.NodeName, device string) {
	done := r.Action
	for _, o := range e.sorted() {
		if o != r && (o.Target != r.Target || !o.merges(done)) {
			continue
		}
		e.drop(o)
		o.State, o.Delegate, o.Device, o.Completed, o.Next, o.ExitReason = Success, delegate, device, e.now, time.Time{}, ""
		e.closed[o.ID] = true
		e.do(Ended{Event: o.Event})
	}
}

// mootReason is why a request is closed that is needed no more.
const mootReason = "not needed any more: the node joined again, and nothing demands that it be fenced"

// moot closes the DC's own requests for nodes that need no fencing any more, or lets the
// attempt under way be their last.
func (e *Engine) moot(targets []crm.NodeName) {
	for _, r := range e.sorted() {
		if r.Client != ClientDC || !slices.Contains(targets, r.Target) {
			continue
		}
		r.moot = true
		if r.round == nil || !r.round.active {
			e.giveUp(r, r.ExitReason)
		}
	}
}

// giveUp closes a request as failed. why is what failed last, "" when nothing did.
func (e *Engine) giveUp(r *request, why string) {
	e.drop(r)
	r.State, r.Completed, r.Next = Failed, e.now, time.Time{}
	if r.ExitReason = why; r.moot {
		r.ExitReason = mootReason
		if why != "" {
			r.ExitReason = clip(why + "; " + mootReason)
		}
	}
	e.closed[r.ID] = true
	e.do(Ended{Event: r.Event})
}

// failure ends a round that did not succeed. Requests for the same that wait share it.
func (e *Engine) failure(r *request, device, why string) {
	for _, o := range e.sorted() {
		if o != r && (o.Target != r.Target || o.Action != r.Action || o.round != nil) {
			continue
		}
		e.drop(o)
		o.Attempts++
		o.Device, o.ExitReason = device, clip(why)
		if o.Once || o.moot {
			e.giveUp(o, o.ExitReason)
			continue
		}
		o.Next = e.now.Add(e.pause(o.Attempts))
		e.requests[o.ID] = o
		e.do(RoundFailed{o.Event})
	}
}

// pause is how long to wait after so many failed rounds.
func (e *Engine) pause(failures int) time.Duration {
	if failures >= e.equipment.MaxAttempts && e.equipment.MaxAttempts > 0 {
		return rarePause
	}
	return min(firstPause<<min(failures-1, 10), longestPause)
}

// clip bounds a text that goes into the CIB.
func clip(text string) string {
	if len(text) > 500 {
		return text[:500] + "..."
	}
	return text
}
