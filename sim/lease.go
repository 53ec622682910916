package sim

import (
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// lease is the page of memory by which crmd tells lrmd until when resources may run here
// (lrmd/lease). It outlives both, and ends with the machine.
type lease struct {
	until     time.Time // the zero time: none is kept
	quorateAt time.Time // what crmd leaves for the next crmd: when there was a quorum last
	unjoined  time.Time // and since when it has not taken part; the zero time: it has, or could not
}

// readLease tells a controller that begins what the one before it left. A lease that is over
// is not renewed before what ran here is stopped (crmd/daemon has the same).
func (p *controller) readLease() {
	l, now := p.h.lease, p.h.now()
	kept := !l.until.IsZero()
	if !l.quorateAt.IsZero() {
		p.post(crmd.QuorateBefore{At: l.quorateAt, Leased: kept, Unjoined: l.unjoined})
	}
	if kept {
		p.parting.quorateAt = l.quorateAt
	}
	if kept && !now.Before(l.until) {
		p.parting.lapsed = true
		p.post(crmd.Lapsed{For: now.Sub(l.until)})
	}
}

// noteQuorum notes for a later controller, at every heartbeat, that there is a quorum.
func (p *controller) noteQuorum() {
	if p.core.Quorate() {
		p.parting.quorateAt, p.h.lease.quorateAt = p.h.now(), p.h.now()
	}
}

// hasQuorum takes the controller's word on that (crmd/daemon has the same).
func (g *parting) hasQuorum(yes bool) {
	h, now := g.p.h, g.p.h.now()
	came := yes && !g.quorate
	g.quorate = yes
	if !came {
		return
	}
	if h.s.keepsLease() && !h.lease.until.IsZero() && !h.s.timing.LeaseEnds(now, g.quorateAt).After(now) {
		g.lapsed, g.stopped = true, false
		g.p.post(crmd.Lapsed{For: now.Sub(g.quorateAt)})
	}
	g.quorateAt = now
	g.renewLease()
}

// leaseCheck is how long a lease that is over, or not there, is left alone (lrmd/daemon).
const leaseCheck = 100 * time.Millisecond

// keepsLease reports whether nodes of this cluster have leases: without fencing, where a
// majority must hear a node. Older kinds of clusters here do without.
func (s *Site) keepsLease() bool { return s.plan.Leased && !s.plan.Config.fences() }

// renewLease writes the lease, unless what runs here must be stopped first (crmd/daemon has
// the same).
func (g *parting) renewLease() {
	h := g.p.h
	since := g.backing.Since()
	if !h.s.keepsLease() || g.lapsed || since.IsZero() || !g.backing.OthersSuffice() || h.s.broken(IdleLease) {
		return
	}
	h.lease.until = h.s.timing.LeaseEnds(since, g.quorateAt)
}

// watchLease looks at the lease whenever it may be over (lrmd/daemon has the same).
func (x *lrmProcess) watchLease() {
	wait := leaseCheck
	if until := x.h.lease.until; !until.IsZero() && !x.lapsed {
		wait = max(100*time.Microsecond, until.Sub(x.h.now()))
	}
	x.h.s.w.After(x.h.clock.Lasts(wait), func() {
		x.input(func() {
			x.keepLease()
			if x.h.lrm == x {
				x.watchLease()
			}
		})
	})
}

// keepLease stops what runs here when crmd has not renewed the lease: the processes are
// killed at once, then the agents stop what is left. It takes orders again when it has.
func (x *lrmProcess) keepLease() {
	until := x.h.lease.until
	switch over := !until.IsZero() && !x.h.now().Before(until); {
	case over && !x.lapsed:
		x.lapsed = true
		underWay := x.core.Stopping()
		stopping, effects := x.core.Lapse(x.h.now(), nil)
		x.h.s.say(x.h, "lease is over: stops %v", stopping)
		for _, id := range stopping {
			if !slices.Contains(underWay, id) {
				x.h.killService(id)
			}
		}
		x.carry(effects)
	case !over && x.lapsed:
		x.lapsed = false
		x.core.Resume()
	}
}

// killService ends the processes of a service.
func (h *Host) killService(id crm.ResourceID) {
	if v := h.services[id]; v != nil && v.active {
		v.active, v.promoted = false, false
		h.s.say(h, "%s is killed", id)
		h.s.checks.serviceChanged(h, id)
	}
}
