package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/membership/gossip"
	"github.com/tactus-ha/tactus/ocf"
)

// Pauses between attempts to reach lrmd.
const (
	shortestRedial = 50 * time.Millisecond
	patientRedial  = 400 * time.Millisecond // shorter ones are no news
	longestRedial  = 2 * time.Second
)

// executorBound is how long lrmd may take to accept an order.
const executorBound = 5 * time.Second

// attend keeps a connection to lrmd until ctx ends.
func (d *Daemon) attend(ctx context.Context) {
	pause := shortestRedial
	anew := false // what the first connection to another lrmd told, which may have come to nothing
	for ctx.Err() == nil {
		e, fresh, newest, err := d.reach(ctx)
		anew = anew || fresh
		if err != nil {
			if pause > patientRedial { // both daemons may have been started together
				d.executorLost(true)
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, longestRedial)
			continue
		}
		pause = shortestRedial
		d.executor.Store(&e)
		d.executorLost(false)
		d.mail.put(crmd.LRMUp{Fresh: anew, Newest: newest})
		anew = false
		d.hear(ctx, e)
		d.executor.Store(nil)
		_ = e.Close()
		if ctx.Err() == nil {
			d.executorLost(true)
		}
	}
}

// reach connects to lrmd. One that does not answer is not reached: it hangs. It says which
// is the highest authority that it has seen: this controller may have been started anew, and
// have heard of none that is so new; what it orders of its own accord, when it is cut off,
// would be refused.
func (d *Daemon) reach(ctx context.Context) (e Executor, fresh bool, newest crm.Stamp, err error) {
	if e, fresh, err = d.ports.Dial(ctx); err != nil {
		return nil, false, newest, err
	}
	ctx, cancel := context.WithTimeout(ctx, executorBound)
	defer cancel()
	s, err := e.Stats(ctx)
	if err != nil {
		_ = e.Close()
		return nil, fresh, newest, err
	}
	return e, fresh, s.Stamp, nil
}

// executorLost tells the controller, and the other nodes for their displays.
func (d *Daemon) executorLost(lost bool) {
	if lost {
		d.mail.put(crmd.LRMDown{})
	}
	d.say(func(m *gossip.Meta) { m.ExecutorLost = lost })
}

// hear passes on what lrmd tells until it is gone.
func (d *Daemon) hear(ctx context.Context, e Executor) {
	results, scores, silent := e.Results(), e.Scores(), d.silent(ctx, e)
	for {
		select {
		case <-ctx.Done():
			return
		case <-silent:
			return
		case r, ok := <-results:
			if !ok {
				return
			}
			d.observe(r)
			d.mail.put(crmd.OpResult{Result: r})
		case s, ok := <-scores:
			if !ok {
				scores = nil
				continue
			}
			d.mail.put(scoreAttribute(s))
		}
	}
}

// scoreAttribute is the transient attribute that a promotion score is kept in.
func scoreAttribute(s lrmd.PromotionScore) crmd.AttributeWanted {
	w := crmd.AttributeWanted{Name: "master-" + string(s.Resource), Now: true}
	if !s.Delete {
		w.Value = &s.Score
	}
	return w
}

// orderly gives lrmd its work in order, from one goroutine.
func (d *Daemon) orderly(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.work.wake:
		}
		items, _ := d.work.take()
		for _, item := range items {
			d.order(ctx, item.(crmd.Effect))
		}
	}
}

func (d *Daemon) order(ctx context.Context, effect crmd.Effect) {
	e := d.connected()
	bound, cancel := context.WithTimeout(ctx, executorBound)
	defer cancel()
	switch x := effect.(type) {
	case crmd.Execute:
		err := errNoExecutor
		if e != nil {
			_, err = e.Submit(bound, x.Order)
		}
		if err != nil {
			d.mail.put(crmd.OpResult{Result: notExecuted(x.Order, err)})
		}
	case crmd.Withdraw:
		if e != nil {
			if _, err := e.Cancel(bound, x.Stamp, x.Op); err != nil {
				d.log.Warn("operation could not be cancelled", "op", x.Op.String(), "error", err)
			}
		}
	case crmd.Drop:
		if e != nil {
			if err := e.Forget(bound, x.Stamp, x.Resource); err != nil {
				d.log.Warn("the executor could not forget a resource", "resource", x.Resource, "error", err)
			}
		}
	case crmd.Announce:
		if e != nil {
			if err := e.Announce(bound); err != nil {
				d.log.Warn("neighbours are not told anew where addresses are; some may look for them elsewhere for a while", "error", err)
			}
		}
	case crmd.Recall:
		d.recall(bound, e)
	}
}

func (d *Daemon) recall(ctx context.Context, e Executor) {
	if e == nil {
		d.mail.put(crmd.LRMDown{})
		return
	}
	states, err := e.State(ctx)
	if err != nil {
		d.log.Warn("the executor's memory could not be read; connecting again", "error", err)
		_ = e.Close()
		d.mail.put(crmd.LRMDown{})
		return
	}
	d.mail.put(crmd.LRMUp{States: states})
}

var errNoExecutor = errors.New("lrmd cannot be reached")

// notExecuted is the result of an order that lrmd did not take.
func notExecuted(o lrmd.Order, err error) lrmd.Result {
	r := lrmd.Result{Call: -1, Op: o.Op, Agent: o.Agent, RC: crm.GenericError, Status: crm.ExecNotConnected, ExitReason: err.Error(),
		LastRun: time.Now(), LastChange: time.Now(), UserData: o.UserData, Params: o.Params}
	var stale *lrmd.StaleStampError
	if errors.As(err, &stale) {
		r.Status = crm.ExecInvalid
	}
	return r
}

// connected is the present connection to lrmd, nil when there is none.
func (d *Daemon) connected() Executor {
	if e := d.executor.Load(); e != nil {
		return *e
	}
	return nil
}

// lookUp finds out what history must know about an agent.
func (d *Daemon) lookUp(ctx context.Context, a lrmd.Agent) {
	known := crmd.AgentKnown{Agent: a}
	if e := d.connected(); e != nil {
		text, err := e.Metadata(ctx, a)
		if err == nil {
			var m ocf.Metadata
			if m, err = ocf.ParseMetadata(text); err == nil {
				known.Traits = traitsOf(m)
			}
		}
		if err != nil {
			d.log.Info("agent's meta-data cannot be read; changed parameters will restart its resources", "agent", a.Class+":"+a.Provider+":"+a.Type, "error", err)
		}
	}
	d.mail.put(known)
}

// traitsOf reads what digests need from meta-data. Agents of OCF 1.0 that offer reload
// mean by unique what 1.1 means by not reloadable.
func traitsOf(m ocf.Metadata) crmd.AgentTraits {
	t := crmd.AgentTraits{Fence: fencing.AgentOf(m)}
	modern, old := m.HasAction("reload-agent"), m.HasAction("reload")
	t.Reload = modern || old
	for _, p := range m.Parameters {
		if (modern && !p.Reloadable) || (!modern && old && p.Unique) {
			t.Restart = append(t.Restart, p.Name)
		}
	}
	return t
}
