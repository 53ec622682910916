package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/lrmd/lease"
)

// answer carries a request out and sends its reply.
func (d *daemon) answer(c *conn, req lrmd.Request) {
	switch req.Verb {
	case lrmd.VerbSubmit, lrmd.VerbCancel, lrmd.VerbForget, lrmd.VerbFlush, lrmd.VerbAnnounce:
		if !c.may {
			c.send(failure(req.ID, errors.New("permission denied: only root and hacluster may give orders")))
			return
		}
		if req.Verb == lrmd.VerbAnnounce {
			d.do(func() { c.send(d.announce(req)) })
			return
		}
		d.do(func() { c.send(d.order(req)) })
	case lrmd.VerbSubscribe:
		d.do(func() {
			c.send(lrmd.Message{ID: req.ID})
			d.subscribe(c)
		})
	case lrmd.VerbState:
		d.do(func() { c.send(lrmd.Message{ID: req.ID, State: d.executor.State()}) })
	case lrmd.VerbStats:
		d.do(func() { c.send(lrmd.Message{ID: req.ID, Stats: d.count()}) })
	case lrmd.VerbMetadata:
		go d.metadata(c, req)
	case lrmd.VerbAgents:
		c.send(lrmd.Message{ID: req.ID, Names: exec.List(d.cfg.Dirs, req.Agent.Class, req.Agent.Provider)})
	case lrmd.VerbProviders:
		c.send(lrmd.Message{ID: req.ID, Names: exec.Providers(d.cfg.Dirs, req.Agent.Type)})
	case lrmd.VerbStandards:
		c.send(lrmd.Message{ID: req.ID, Names: exec.Classes()})
	default:
		c.send(failure(req.ID, errors.New("unknown request "+req.Verb)))
	}
}

func (d *daemon) metadata(c *conn, req lrmd.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), exec.MetadataTimeout)
	defer cancel()
	text, err := d.runner.Metadata(ctx, req.Agent)
	if err != nil {
		c.send(failure(req.ID, err))
		return
	}
	c.send(lrmd.Message{ID: req.ID, Text: text})
}

// order gives an order to the executor, after its authority was made durable.
func (d *daemon) order(req lrmd.Request) lrmd.Message {
	if d.ending {
		return failure(req.ID, errors.New("lrmd is ending"))
	}
	if late := lease.SinceBoot() - req.GiveUp; req.GiveUp != 0 && late >= 0 {
		d.log.Warn("lrmd stood still, and what it was told meanwhile was given up: not done", "request", req.Verb, "late", late.Round(time.Millisecond).String())
		return failure(req.ID, errors.New("too late: given up by who asked"))
	}
	stamp := req.Stamp
	if req.Verb == lrmd.VerbSubmit {
		if req.Order == nil {
			return failure(req.ID, errors.New("submit without an order"))
		}
		stamp = req.Order.Stamp
	}
	newer, err := d.executor.Admit(stamp)
	if err == nil && newer {
		err = d.stamp.write(stamp)
	}
	if err != nil {
		d.refused(stamp, err)
		return failure(req.ID, err)
	}
	now := time.Now()
	m := lrmd.Message{ID: req.ID}
	var effects []lrmd.Effect
	switch req.Verb {
	case lrmd.VerbSubmit:
		m.Call, effects, err = d.executor.Submit(now, *req.Order)
	case lrmd.VerbCancel:
		m.Found, effects, err = d.executor.Cancel(now, stamp, req.Key)
	case lrmd.VerbForget:
		effects, err = d.executor.Forget(now, stamp, req.Key.Resource)
	case lrmd.VerbFlush:
		effects, err = d.executor.Flush(now, stamp)
	}
	if err != nil {
		return failure(req.ID, err)
	}
	// The reply goes first: a client knows the call before it hears the result.
	d.heard.toStart = append(d.heard.toStart, effects...)
	return m
}

func (d *daemon) refused(stamp crm.Stamp, err error) {
	var stale *lrmd.StaleStampError
	if errors.As(err, &stale) {
		d.stats.Stale++
	}
	d.log.Warn("order refused", "stamp", stamp.String(), "error", err)
}

func failure(id uint64, err error) lrmd.Message {
	m := lrmd.Message{ID: id, Error: err.Error()}
	errors.As(err, &m.Stale)
	return m
}

func (d *daemon) count() *lrmd.Stats {
	s := d.stats
	s.Instance, s.Stamp = d.instance, d.executor.Stamp()
	s.Resources, s.Running, s.Queued, s.Recurring = d.executor.Counts()
	s.Unheard = len(d.heard.unheard)
	return &s
}
