package sim

import (
	"errors"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd"
)

// executorBound is how long lrmd may take to accept an order.
const executorBound = 5 * time.Second

// link is crmd's connection to lrmd: requests go one after the other.
type link struct {
	to    *lrmProcess // nil: not connected
	work  []crmd.Effect
	busy  bool
	ended func() // fails the request under way
}

// attend connects to lrmd, and tries again until it is there.
func (p *controller) attend() {
	x := p.h.lrm
	if x == nil || x.paused { // it does not answer
		p.post(crmd.LRMDown{})
		p.after(100*time.Millisecond, p.attend)
		return
	}
	p.link.to = x
	fresh := p.h.lastSeen != x.life
	p.h.lastSeen = x.life
	p.post(crmd.LRMUp{Fresh: fresh, Newest: x.core.Stamp()})
	x.hears = p
	unsaid := x.unsaid
	x.unsaid = nil
	for _, r := range unsaid {
		x.tell(r)
	}
	p.pulse(x, 0)
}

// executorPulse is the pause between two looks whether lrmd moves on.
const executorPulse = 5 * time.Second

// pulse looks whether lrmd moves on: one that has missed it twice in a row counts as gone where
// fencing is on (crmd/daemon has the same).
func (p *controller) pulse(x *lrmProcess, missed int) {
	p.after(executorPulse, func() {
		if p.link.to != x {
			return
		}
		answered := false
		x.input(func() { answered = true })
		p.after(executorBound, func() {
			switch {
			case p.link.to != x:
			case answered && missed >= 2: // what it was ordered meanwhile was given up: joining anew tells what it did
				p.hangUpExecutor()
			case answered:
				p.pulse(x, 0)
			case missed == 1 && p.h.s.plan.Config.fences():
				p.hangUpExecutor()
			default:
				p.pulse(x, missed+1)
			}
		})
	})
}

// hangUpExecutor closes the connection.
func (p *controller) hangUpExecutor() {
	x := p.link.to
	if x == nil {
		p.post(crmd.LRMDown{})
		return
	}
	x.hears = nil
	p.executorGone()
}

// executorGone notices that the connection ended, and connects anew.
func (p *controller) executorGone() {
	p.link.to = nil
	if p.link.ended != nil {
		p.link.ended()
	}
	p.post(crmd.LRMDown{})
	p.after(50*time.Millisecond, p.attend)
}

// result takes a result of the executor that the controller is connected to.
func (p *controller) result(from *lrmProcess, r lrmd.Result) {
	if p.link.to == from {
		p.post(crmd.OpResult{Result: r})
	}
}

// put gives lrmd one more thing to do.
func (l *link) put(p *controller, e crmd.Effect) {
	l.work = append(l.work, e)
	if !l.busy {
		l.next(p)
	}
}

func (l *link) next(p *controller) {
	l.busy = len(l.work) > 0
	if !l.busy {
		return
	}
	e := l.work[0]
	l.work = l.work[1:]
	switch e := e.(type) {
	case crmd.Execute:
		l.ask(p, func(x *lrmProcess) (any, error) { return nil, x.submit(e.Order) }, func(_ any, err error) {
			if err != nil {
				p.post(crmd.OpResult{Result: p.notExecuted(e.Order, err)})
			}
		})
	case crmd.Withdraw:
		l.ask(p, func(x *lrmProcess) (any, error) { return nil, x.cancel(e.Stamp, e.Op) }, func(any, error) {})
	case crmd.Drop:
		l.ask(p, func(x *lrmProcess) (any, error) { return nil, x.forget(e.Stamp, e.Resource) }, func(any, error) {})
	case crmd.Recall:
		l.ask(p, func(x *lrmProcess) (any, error) { return x.core.State(), nil }, func(v any, err error) {
			if err != nil { // crmd closes the connection, and makes another
				p.hangUpExecutor()
				return
			}
			p.post(crmd.LRMUp{States: v.([]lrmd.ResourceState)})
		})
	}
}

// ask sends a request and passes on its answer. The request is carried out even when
// nobody waits for the answer any more, unless it was given up before.
func (l *link) ask(p *controller, serve func(*lrmProcess) (any, error), done func(any, error)) {
	over := false
	end := func(v any, err error) {
		if over {
			return
		}
		over, l.ended = true, nil
		done(v, err)
		l.next(p)
	}
	l.ended = func() { end(nil, errGone) }
	x := l.to
	if x == nil {
		p.after(0, func() { end(nil, errGone) })
		return
	}
	givenUp := p.h.s.w.Now + executorBound
	p.h.s.w.After(localWay, func() {
		x.input(func() {
			if p.h.s.w.Now >= givenUp {
				return // it stood still, and refuses what comes too late
			}
			v, err := serve(x)
			p.h.s.w.After(localWay, func() { p.awake(func() { end(v, err) }) })
		})
	})
	p.after(executorBound, func() { end(nil, errGone) })
}

// notExecuted is the result of an order that lrmd did not take (crmd/daemon has the same).
func (p *controller) notExecuted(o lrmd.Order, err error) lrmd.Result {
	now := p.h.now()
	r := lrmd.Result{Call: -1, Op: o.Op, Agent: o.Agent, RC: crm.GenericError, Status: crm.ExecNotConnected, ExitReason: err.Error(), LastRun: now, LastChange: now, UserData: o.UserData, Params: o.Params}
	var stale *lrmd.StaleStampError
	if errors.As(err, &stale) {
		r.Status = crm.ExecInvalid
	}
	return r
}
