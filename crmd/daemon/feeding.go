package daemon

import (
	"context"
	"time"

	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd"
)

// Watchdog resets this machine unless it is fed within its timeout.
type Watchdog interface {
	Timeout() time.Duration
	Feed() error
	Disarm() error  // this machine may live on without us
	Abandon() error // it must not, unless another crmd feeds it in time
}

// How often the watchdog is fed within its timeout, at least, and how long it is at most until
// it is asked again whether this node may live: a crmd that is started again and again feeds it
// by opening it, and must live to be asked.
const (
	feedsPerTimeout = 5
	askedEvery      = 500 * time.Millisecond
)

// feed feeds the watchdog as long as the controller's loop moves on and says that this
// node may live. An orderly leave disarms it; anything else leaves it armed.
func (d *Daemon) feed(ctx context.Context) {
	if d.ports.Watchdog == nil || d.cfg.Witness {
		return
	}
	dog, err := d.ports.Watchdog()
	if err != nil {
		d.log.Error("this node has no watchdog: it cannot reset itself in time, and the others do not rely on it", "error", err)
		return
	}
	if dog == nil {
		return
	}
	d.log.Info("the watchdog is armed", "timeout", dog.Timeout().String())
	pause := dog.Timeout() / feedsPerTimeout
	tick := time.NewTicker(min(pause, askedEvery))
	defer tick.Stop()
	var said crmd.Feeding
	for {
		select {
		case <-ctx.Done():
			d.endWatch(dog)
			return
		case <-tick.C:
		}
		var states []lrmd.ResourceState
		if !said.Quorate {
			states = d.executorsWord(ctx, pause/2)
		}
		asked, cancel := context.WithTimeout(ctx, pause)
		verdict, err := look(asked, d, func(c *crmd.Controller) crmd.Feeding { return c.MayLive(time.Now(), dog.Timeout(), states) })
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				d.log.Error("the controller does not move on: the watchdog is not fed", "timeout", dog.Timeout().String())
			}
			continue
		}
		if verdict.OK && verdict.Running > 0 && !d.pulse(ctx, pause) {
			d.log.Error("the agreement does not move on (does the disk hang?) and resources run here: the watchdog is not fed", "timeout", dog.Timeout().String(), "resources", verdict.Running)
			continue
		}
		d.judged(dog, verdict, said)
		said = verdict
	}
}

// executorsWord is what lrmd says that it runs; nil when it does not say it in time.
func (d *Daemon) executorsWord(ctx context.Context, bound time.Duration) []lrmd.ResourceState {
	e := d.connected()
	if e == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	states, err := e.State(ctx)
	if err != nil && ctx.Err() == nil {
		d.log.Warn("lrmd does not say what it runs", "error", err)
	}
	return states
}

// pulse reports whether the agreement's loop moves on.
func (d *Daemon) pulse(ctx context.Context, bound time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	return d.agreement.Pulse(ctx) == nil
}

// judged does what the controller says about the watchdog; before is what it said last.
func (d *Daemon) judged(dog Watchdog, v, before crmd.Feeding) {
	switch {
	case !v.OK:
		d.reset(v.Why) // if that fails, hunger does it
		return
	case v.Short != 0 && before.Short != v.Short:
		d.log.Error("stonith-watchdog-timeout is too short for this node's watchdog: the others do not rely on it", "watchdog", dog.Timeout().String(), "needed", v.Short.String())
	case v.Tell:
		yes := "true"
		d.mail.put(crmd.AttributeWanted{Name: crmd.WatchdogAttribute, Value: &yes})
	}
	if err := dog.Feed(); err != nil {
		d.log.Error("the watchdog cannot be fed: this machine will be reset", "error", err)
	}
}

func (d *Daemon) endWatch(dog Watchdog) {
	end, what := dog.Abandon, "it stays armed"
	select {
	case <-d.left:
		end, what = dog.Disarm, "it is disarmed"
	default:
	}
	if err := end(); err != nil {
		d.log.Error("the watchdog is not closed cleanly", "error", err)
		return
	}
	d.log.Info("the watchdog is closed: " + what)
}
