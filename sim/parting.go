package sim

import (
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/membership"
)

// parting knows until when enough others are known to have heard this node (crmd/daemon
// has the same).
type parting struct {
	p       *controller
	backing membership.Backing
	heardAt map[crm.NodeID]time.Time // when each peer last showed that it hears us
	backAt  map[crm.NodeID]time.Time // since when those that were lost are heard again
	weights map[crm.NodeID]int
	need    int

	lapsed, stopped bool // others had the time to take over; what runs here is stopped since
	quorate         bool // there is a quorum and a DC
	quorateAt       time.Time
}

// heard takes the word of a heartbeat: the peer has heard what this node sent then.
func (g *parting) heard(by crm.NodeID, sent time.Time) {
	if sent.After(g.heardAt[by]) && !sent.Before(g.backAt[by]) {
		g.heardAt[by] = sent
	}
	now, timing := g.p.h.now(), g.p.h.s.timing
	since, gap := g.backing.Heard(now, by, sent)
	if gap > timing.Lease && g.backing.OthersSuffice() {
		g.lapsed, g.stopped = true, false
		g.p.post(crmd.Lapsed{For: gap})
	}
	if g.lapsed && g.stopped && now.Sub(since) < timing.Cut {
		g.lapsed = false
	}
	g.renewLease()
}

// counted takes who has votes.
func (g *parting) counted(s consensus.Status) {
	g.weights, g.need = s.Weights(), s.Votes.Quorum
	g.backing.SetVotes(g.p.h.id, g.weights, g.need)
}

// back takes note that a peer that was lost is heard again, or is deaf: it is until it has heard
// what was sent since then (membership.Detector has the same).
func (g *parting) back(id crm.NodeID) { g.backAt[id], g.heardAt[id] = g.p.h.now(), time.Time{} }

// deaf reports whether a peer has not shown for so long that it hears this node: from then on
// only what is sent later counts.
func (g *parting) deaf(id crm.NodeID, limit time.Duration) bool {
	at := g.heardAt[id]
	if g.p.h.now().Sub(at) < limit {
		return false
	}
	if !at.IsZero() {
		g.back(id)
	}
	return true
}

// cut reports whether too few hear this node while the others suffice without it.
func (g *parting) cut() bool {
	if g.p.beat == nil || !g.backing.OthersSuffice() {
		return false
	}
	if g.lapsed && !g.p.h.s.plan.Config.fences() {
		return true
	}
	votes, alive, limit := g.weights[g.p.h.id], g.p.beat.detector.Alive(), g.p.h.s.timing.Cut
	if g.p.h.s.broken(LatePolicy) {
		limit += 250 * time.Millisecond
	}
	for id, n := range g.weights {
		if id != g.p.h.id && alive[id] && !g.deaf(id, limit) {
			votes += n
		}
	}
	return votes < g.need
}

// renew takes note that what had to be stopped after a lapse is stopped.
func (g *parting) renew() {
	g.stopped, g.quorateAt = true, g.p.h.now()
	if g.p.h.s.plan.Config.fences() || g.p.h.now().Sub(g.backing.Since()) < g.p.h.s.timing.Cut {
		g.lapsed = false
	}
	g.renewLease()
}

// unheard reports whether a peer has not shown for Cut that it hears this node, or never since
// this controller began.
func (g *parting) unheard(by crm.NodeID) bool {
	return by != 0 && by != g.p.h.id && g.deaf(by, g.p.h.s.timing.Cut)
}

// askBound is how long a peer may take to say when it heard somebody.
const askBound = 300 * time.Millisecond

// askAround asks the living when they last heard a node.
func (p *controller) askAround(a crmd.Ask) {
	least := crmd.LastHeard{ID: a.ID, For: p.beat.silence(a.ID), By: p.h.name}
	until := new(p.h.s.w.Now + askBound)
	alive, owed := p.beat.detector.Alive(), 0
	for _, h := range p.h.s.hosts {
		if h == p.h || !alive[h.id] {
			continue
		}
		owed++
		p.stream(h, until, func(there *controller) {
			silence := there.beat.silence(a.ID)
			there.stream(p.h, until, func(here *controller) {
				owed--
				if here == p && silence < least.For {
					least.For, least.By = silence, h.name
				}
			})
		})
	}
	p.after(askBound, func() {
		least.Unknown = owed > 0
		p.post(least)
	})
}
