package daemon

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd/lease"
	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/pengine/state"
)

// leaseRule says what this node's right to run resources depends on.
type leaseRule uint8

// The rules. With fencing there is none: others wait until this node is off.
const (
	noLease     leaseRule = iota // nobody takes over from this node, or only after fencing
	leaseOfAll                   // a majority must have heard it
	leaseOfSelf                  // its own heartbeats must go out: without a majority it goes on by configuration
)

// hasQuorum takes the controller's word on whether there is a quorum and a DC. From then on
// every heartbeat notes it, for a controller that is started later. One that comes when the
// lease without them is over comes too late: what ran here had to be stopped.
func (p *parting) hasQuorum(yes bool) {
	now := time.Now()
	p.mu.Lock()
	came := yes && !p.quorate
	without := now.Sub(p.quorateAt)
	lapsed := came && p.rule == leaseOfAll && p.kept && !p.timing.LeaseEnds(now, p.quorateAt).After(now)
	p.quorate = yes
	if lapsed {
		p.lapsed, p.stopped = true, false
	}
	if came {
		p.quorateAt = now
		p.renewNowLocked()
	}
	p.mu.Unlock()
	if lapsed {
		p.lapse(without)
		p.ring()
	}
}

// beat is told of every heartbeat that this node sends.
func (p *parting) beat(now time.Time) {
	p.mu.Lock()
	if p.quorate && p.lease != nil {
		p.quorateAt = now
		p.lease.Quorate()
	}
	gap := now.Sub(p.beaten)
	lapsed := p.rule == leaseOfSelf && !p.beaten.IsZero() && gap > p.selfLease()
	p.beaten = now
	if lapsed {
		p.lapsed, p.stopped = true, false
	}
	if p.lapsed && p.stopped && p.rule == leaseOfSelf {
		p.lapsed = false
	}
	if p.rule == leaseOfSelf {
		p.renewLocked(now.Add(p.selfLease()))
	}
	p.mu.Unlock()
	if lapsed {
		p.lapse(gap)
	}
}

// selfLease is how long a node that goes on without a majority by configuration may be
// silent: of two such nodes the other one takes over as soon as it counts this one as dead.
func (p *parting) selfLease() time.Duration {
	if len(p.weights) > 2 {
		return p.timing.Lease
	}
	return p.timing.Dead
}

// renewLocked writes the lease, unless what this node runs must be stopped first.
func (p *parting) renewLocked(until time.Time) {
	if p.lease != nil && !p.lapsed {
		p.kept = true
		p.lease.Renew(until)
	}
}

// follow sets the rule.
func (p *parting) follow(rule leaseRule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.rule
	p.rule = rule
	if rule == leaseOfSelf && len(p.weights) <= 2 && !p.othersAlive() {
		p.rule = noLease // there is nobody to take over
	}
	if rule == leaseOfAll && !p.backing.OthersSuffice() {
		p.rule = noLease
	}
	switch {
	case p.rule == noLease && p.kept && !p.lapsed:
		p.lease.End()
		p.kept = false
	case p.rule != old:
		p.renewNowLocked()
	}
}

func (p *parting) othersAlive() bool {
	for id, alive := range p.alive {
		if alive && id != p.self {
			return true
		}
	}
	return false
}

// renew takes note that what had to be stopped after a lapse is stopped. The lease goes on
// once others are known to hear this node now.
func (p *parting) renew() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped, p.quorateAt = true, time.Now() // nothing runs that a quorum is missed for
	if p.rule != leaseOfAll || time.Since(p.backing.Since()) < p.timing.Cut {
		p.lapsed = false
		p.renewNowLocked()
		p.ring()
	}
}

// renewNowLocked writes the lease that is due by what is known, without waiting for the
// next heartbeat: orders may come before it.
func (p *parting) renewNowLocked() {
	switch since := p.backing.Since(); {
	case p.rule == leaseOfAll && !since.IsZero():
		p.renewLocked(p.timing.LeaseEnds(since, p.quorateAt))
	case p.rule == leaseOfSelf && !p.beaten.IsZero():
		p.renewLocked(p.beaten.Add(p.selfLease()))
	}
}

// leaseRuleOf says what a CIB makes this node's right to run resources depend on.
func leaseRuleOf(snap *cib.Snapshot) leaseRule {
	if crmd.FencingEnabled(snap) || ocf.IsTrue(crmd.PropertyOf(snap, "maintenance-mode")) {
		return noLease
	}
	switch crmd.PropertyOf(snap, "no-quorum-policy") {
	case "ignore", "freeze":
		return leaseOfSelf
	}
	return leaseOfAll
}

// openLease opens the page that this node's executor reads. It gives for how long the lease
// that an earlier crmd kept has been over; zero or less: it has not, or none was kept. A lease
// that is over is not renewed before what ran here is stopped: the executor may have been gone
// as well, and not know that it is over.
func (d *Daemon) openLease() (over time.Duration) {
	l, err := lease.Open(lease.Path(d.cfg.Root))
	if err != nil {
		d.log.Error("the executor cannot be told until when this node may run resources", "error", err)
		return 0
	}
	left, kept := l.Left()
	d.parting.lease, d.parting.kept, d.parting.lapsed = l, kept, kept && left <= 0
	if ago, ok := l.SinceQuorum(); ok {
		at := time.Now().Add(-ago)
		before := crmd.QuorateBefore{At: at, Leased: kept}
		if ago, ok := l.SinceUnjoined(); ok {
			before.Unjoined = time.Now().Add(-ago)
		}
		d.mail.put(before)
		if kept {
			d.parting.quorateAt = at
		}
	}
	return -left
}

// exempt tells the executor which resources it must not touch when the lease is over: those
// that are not managed now.
func (d *Daemon) exempt(snap *cib.Snapshot) {
	if d.parting.lease == nil {
		return
	}
	unmanaged := map[string]bool{}
	if mentionsUnmanaged(snap) {
		for _, r := range state.Read(snap, time.Now(), state.ReadOptions{}).All {
			if r.Variant == state.Primitive && !r.Managed && !r.Blocked {
				base, _, _ := strings.Cut(string(r.ID), ":") // how executors know anonymous instances
				unmanaged[string(r.ID)], unmanaged[base] = true, true
			}
		}
	}
	list := slices.Sorted(maps.Keys(unmanaged))
	if slices.Equal(list, d.exempted) {
		return
	}
	if err := d.parting.lease.Exempt(list); err != nil {
		d.log.Warn("the executor cannot be told which resources are not managed: it would stop them too if this node were cut off", "error", err)
		return
	}
	d.exempted = list
}

// mentionsUnmanaged reports whether the configuration, or a node's attribute, may make
// something unmanaged. Reading it all for every change would be too dear.
func mentionsUnmanaged(snap *cib.Snapshot) bool {
	for e := range snap.Root().Walk() {
		if e.Name == cib.TagNvpair && (e.Get(cib.AttrName) == "is-managed" || e.Get(cib.AttrName) == "maintenance") {
			return true
		}
	}
	return false
}

// noteUnjoined notes for a later crmd since when this node does not take part.
func (d *Daemon) noteUnjoined(since time.Time) {
	if l := d.parting.lease; l != nil {
		l.Unjoined(since)
	}
}

// endLease is the end of an orderly shutdown: nothing runs here any more, unless it had to
// be left running; then the executor stops it when the lease is over.
func (d *Daemon) endLease() {
	if l := d.parting.lease; l != nil && !d.leftRunning {
		l.End()
		l.Parted()
	}
}
