package fencing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// slack is how much longer than its timeout an attempt may take to be answered.
const slack = 5 * time.Second

// maxLost bounds how often a step is given to another node because one was lost.
const maxLost = 5

// attempt is one run of a device that is waited for.
type attempt struct {
	Attempt
	round *round
	until time.Time
}

// launch begins the step under way. False: there is something to wait for first.
func (e *Engine) launch(r *round) bool {
	s := r.alternatives[r.at].steps[r.step]
	if s.device.ID == Watchdog {
		return e.launchWatchdog(r, s)
	}
	if s.action.Stops() && !r.delayed && r.request.Delay >= 0 {
		if r.wait.IsZero() {
			r.wait = e.now.Add(r.request.Delay + s.device.delay(r.request.Target, r.request.ID))
		}
		if r.wait.After(e.now) {
			return false
		}
	}
	if s.action.Stops() {
		r.delayed, r.wait = true, time.Time{} // the others are off, or the delay did its work
	}
	nodes := e.executors(s.device, s.action, r.request.Target)
	if len(nodes) == 0 {
		e.stepFailed(r, s, "no node that may use it is there")
		return true
	}
	timeout := s.device.timeout(s.action, e.timeoutOf(r.request))
	if r.began.IsZero() {
		r.began = e.now
	}
	left := timeout - e.now.Sub(r.began)
	if left <= 0 {
		left = timeout // a lost node cost the time: the device had none of it
	}
	e.try(r, Attempt{Request: r.request.ID, Node: nodes[(r.tries+r.lost)%len(nodes)], Device: s.device.ID, Agent: s.device.Agent, Params: s.device.Params,
		Action: s.action, Target: r.request.Target, Plug: s.device.Plug(r.request.Target), Timeout: left})
	r.active = true
	return true
}

func (e *Engine) timeoutOf(r *request) time.Duration {
	if r.Timeout > 0 {
		return r.Timeout
	}
	return e.equipment.Timeout
}

// launchWatchdog waits until the target's watchdog must have worked. It proves nothing
// while the target is heard.
func (e *Engine) launchWatchdog(r *round, s step) bool {
	if r.wait.IsZero() || !r.delayed {
		r.delayed, r.wait = true, e.now.Add(e.watchdogWait())
		if why := e.noWatchdog(r.request.Target, r.request.Action); why == "" && slices.Contains(e.world.Heard, r.request.Target) {
			e.orderReset(r)
		}
	}
	if r.wait.After(e.now) {
		return false
	}
	r.wait = time.Time{}
	switch why := e.noWatchdog(r.request.Target, r.request.Action); {
	case why != "":
		e.stepFailed(r, s, why)
	case slices.Contains(e.world.Heard, r.request.Target):
		e.stepFailed(r, s, "node "+string(r.request.Target)+" is still heard, so its watchdog did not reset it")
	default:
		r.delegate = r.request.Target
		r.nextStep()
	}
	return true
}

// orderReset tells a target that is heard to reset itself: it has no reason of its own. No
// answer is waited for: that it is heard no more when the time is over is the answer.
func (e *Engine) orderReset(r *round) {
	e.serial++
	e.do(Try{Attempt{ID: e.name + "/" + strconv.Itoa(e.serial), Request: r.request.ID, Node: r.request.Target, Device: Watchdog, Action: r.request.Action,
		Target: r.request.Target, Plug: string(r.request.Target), Timeout: e.watchdogWait()}})
}

// try asks a node to run a device.
func (e *Engine) try(r *round, a Attempt) {
	e.serial++
	a.ID = e.name + "/" + strconv.Itoa(e.serial)
	e.attempts[a.ID] = &attempt{Attempt: a, round: r, until: e.now.Add(a.Timeout + slack)}
	e.do(Try{a})
}

// overdue ends attempts that nobody answered, and delays that are over.
func (e *Engine) overdue() {
	for _, id := range slices.Sorted(maps.Keys(e.attempts)) {
		if a := e.attempts[id]; a != nil && !a.until.After(e.now) {
			e.answered(Answered{Attempt: id, Reason: fmt.Sprintf("node %s gave no result within %s", a.Node, a.Timeout+slack)})
		}
	}
	for _, r := range e.sorted() {
		if r.round != nil && !r.round.wait.IsZero() && !r.round.wait.After(e.now) {
			e.advance(r.round)
		}
	}
}

// answered takes the result of an attempt. One that is not waited for any more says nothing.
func (e *Engine) answered(in Answered) {
	a := e.attempts[in.Attempt]
	if a == nil {
		return
	}
	delete(e.attempts, in.Attempt)
	switch {
	case a.Action == List:
		e.listAnswered(a, in)
		return
	case a.Action == Status:
		e.statusAnswered(a, in)
		return
	}
	r := a.round
	s := r.alternatives[r.at].steps[r.step]
	r.active = false
	switch {
	case in.OK && !in.Lost:
		r.delegate = a.Node
		r.nextStep()
	case in.Lost && r.lost < maxLost:
		r.lost++
	default:
		r.tries++
		if over := s.device.timeout(s.action, e.timeoutOf(r.request)); r.tries >= s.device.tries(s.action) || e.now.Sub(r.began) >= over {
			e.stepFailed(r, s, reasonOf(in))
		}
	}
	e.advance(r)
}

func reasonOf(in Answered) string {
	if in.Reason != "" {
		return in.Reason
	}
	return "its agent failed with exit code " + strconv.Itoa(int(in.Code))
}

func (r *round) nextStep() {
	r.step++
	r.tries, r.lost, r.began = 0, 0, time.Time{}
}

// stepFailed goes on to the next alternative, unless the step may fail.
func (e *Engine) stepFailed(r *round, s step, why string) {
	if s.soft {
		r.nextStep()
		return
	}
	r.complain(s.device.ID, why)
	r.nextStep()
	r.at, r.step = r.at+1, 0
}
