package sim

import (
	"time"

	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd"
)

// watchdog is a machine's: it resets the machine unless it is fed in time.
type watchdog struct {
	armed bool
	until time.Duration // fed until then
}

// dogTimeout is the watchdogs' own; feedEvery is how often crmd feeds it (crmd/daemon).
const (
	dogTimeout = time.Second
	feedEvery  = dogTimeout / 5
)

// feedWatchdog begins to feed, as the daemon does in each of its lives.
func (p *controller) feedWatchdog() {
	h := p.h
	if !h.s.plan.Config.Watchdogs {
		return
	}
	told := false
	var feed func()
	feed = func() {
		var states []lrmd.ResourceState
		if x := p.link.to; x != nil && x == h.lrm && !x.paused && !p.view.Quorate {
			states = x.core.State()
		}
		v := p.core.MayLive(h.now(), dogTimeout, states)
		if !v.OK {
			p.resetMyself(v.Why)
			return
		}
		if v.Tell && !told {
			p.post(crmd.AttributeWanted{Name: crmd.WatchdogAttribute, Value: new("true")})
		}
		told = v.Tell
		h.dog.fed(h)
		p.after(feedEvery, feed)
	}
	p.after(feedEvery, feed)
}

// fed winds the watchdog up.
func (d *watchdog) fed(h *Host) {
	d.until = h.s.w.Now + dogTimeout
	if d.armed || h.s.broken(DeadWatchdog) {
		return
	}
	d.armed = true
	boots := h.boots
	var look func()
	look = func() {
		switch {
		case !d.armed || !h.on || h.boots != boots:
		case h.s.w.Now >= d.until:
			h.s.counts.Resets++
			h.powerOff("its watchdog was not fed")
			h.s.bootLater(h, h.s.w.Between(time.Second, 4*time.Second))
		default:
			h.s.w.After(d.until-h.s.w.Now, look)
		}
	}
	look()
}
