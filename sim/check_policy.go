package sim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// policies watch I6: a node that no majority hears has applied its policy (to stop, to demote
// and stop the rest, to reset itself) by its stated deadline. What is counted is the truth, not what the node believes: from the last
// heartbeat of its own that reached a majority (docs/decisions/0026).
type policies struct {
	s     *Site
	heard map[[2]crm.NodeID]time.Duration // when the newest heartbeat of the second that the first one got was sent
	able  map[crm.NodeID]time.Duration    // since when a node has all that it takes to stop something
	kept  map[crm.NodeID]time.Duration    // since when a node has an executor that works
	back  map[crm.NodeID]time.Duration    // since when its controller has one that is there
}

// lookEvery is how often it is asked who has not applied its policy.
const lookEvery = 25 * time.Millisecond

// watchPolicies begins to look, where the policy is to stop something. One of two nodes waits for a
// proof that the other one is off and keeps what it runs (docs/decisions/0013).
func (s *Site) watchPolicies() {
	s.checks.policies = policies{s: s, heard: map[[2]crm.NodeID]time.Duration{}, able: map[crm.NodeID]time.Duration{}, kept: map[crm.NodeID]time.Duration{}, back: map[crm.NodeID]time.Duration{}}
	if s.plan.Unsafe || s.plan.Nodes < 3 {
		return
	}
	var look func()
	look = func() {
		for _, h := range s.hosts {
			if h.lrm == nil || h.ctl != nil && h.ctl.link.to != h.lrm {
				s.checks.policies.back[h.id] = s.w.Now
			}
			s.checks.policies.look(h)
			s.checks.policies.lookAtLease(h)
		}
		s.w.After(lookEvery, look)
	}
	look()
}

// agreed takes note of a message of the agreement that was heard. With fencing it counts as a
// heartbeat does: a majority that elects a node has heard it, though its heartbeats may be lost
// on a bad line, and the quorum is what its policy depends on. Without fencing only heartbeats
// count, as the others start what a node ran by its last heartbeat.
func (c *checks) agreed(by, of crm.NodeID, sent time.Duration) {
	if c.s.plan.Config.fences() {
		c.beatArrived(by, of, sent)
	}
}

// beatArrived takes note of a heartbeat that was heard.
func (c *checks) beatArrived(by, of crm.NodeID, sent time.Duration) {
	pair := [2]crm.NodeID{by, of}
	c.policies.heard[pair] = max(c.policies.heard[pair], sent)
}

// look checks one node.
func (p *policies) look(h *Host) {
	if !p.fit(h) {
		p.able[h.id] = p.s.w.Now
		return
	}
	begin, stops := p.deadline()
	p.stoppedBy(h, max(p.lastHeard(h), p.able[h.id]), begin+stops, p.s.plan.Config.noQuorumPolicy() == "demote")
}

// lookAtLease checks one node's executor, which stops everything by itself when its node is
// not heard, whatever the controller does.
func (p *policies) lookAtLease(h *Host) {
	if !h.on || h.lrm == nil || h.lrm.paused || h.lease.until.IsZero() {
		p.kept[h.id] = p.s.w.Now
		return
	}
	t := p.s.timing
	p.stoppedBy(h, max(p.lastHeard(h), p.kept[h.id]), unslow(t.Lease)+membership.StopAllowance, false)
}

// stoppedBy wants everything stopped so long after a node was heard, but for what is promotable
// and not promoted where the policy is to demote.
func (p *policies) stoppedBy(h *Host, since, bound time.Duration, demoted bool) {
	if p.s.w.Now <= since+bound {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(h.services)) {
		if v := h.services[id]; v.active && !(demoted && id == "disk" && !v.promoted) {
			p.s.fail("I6", "%s still runs %s: no majority has heard it, or it was not able to stop anything, until %.3fs; from then on %v are stated until its policy is applied",
				h.name, id, since.Seconds(), bound)
		}
	}
}

// fit reports whether a node has all that it takes to apply a policy. One whose controller
// or executor came back is given the whole time from then on.
func (p *policies) fit(h *Host) bool {
	return h.on && h.ctl != nil && !h.paused && h.lrm != nil && !h.lrm.paused && h.ctl.link.to == h.lrm && len(h.trouble) == 0 && h.settledIn()
}

// settledIn reports whether a controller has had its time to hear the others: a new one
// stops nothing that it finds before that.
func (h *Host) settledIn() bool { return h.s.w.Now-h.ctl.born > h.s.timing.Leaderless }

// lastHeard is when a node sent the newest heartbeat that a majority, itself included, got: of
// all nodes, or of those that have votes where some have not come yet, or lost their disks.
func (p *policies) lastHeard(h *Host) time.Duration {
	weights, need := map[crm.NodeID]int{}, len(p.s.hosts)/2+1
	for _, o := range p.s.hosts {
		weights[o.id] = 1
	}
	at := p.majority(h, weights, need)
	if h.d != nil {
		if s := h.d.core.Status(); s.Votes.Quorum > 0 {
			at = max(at, p.majority(h, s.Weights(), s.Votes.Quorum))
		}
	}
	return at
}

func (p *policies) majority(h *Host, weights map[crm.NodeID]int, need int) time.Duration {
	ids := slices.Collect(maps.Keys(weights))
	heard := func(id crm.NodeID) time.Duration { return p.heard[[2]crm.NodeID{id, h.id}] }
	slices.SortFunc(ids, func(a, b crm.NodeID) int { return cmp.Or(cmp.Compare(heard(b), heard(a)), cmp.Compare(a, b)) })
	sum := weights[h.id]
	for _, id := range ids {
		if id == h.id {
			continue
		}
		if sum += weights[id]; sum >= need {
			return heard(id)
		}
	}
	return 0
}

// deadline is how long a node may take to begin, and to stop what it runs. A machine that resets
// itself needs no agent for that.
func (p *policies) deadline() (begin, stops time.Duration) {
	t, stops := p.s.timing, membership.StopAllowance
	if p.s.plan.Config.noQuorumPolicy() == "suicide" {
		stops = 0
	}
	// A node that lost its disk has no vote for a while: then one more may be too few to go on
	// without, and those who are cut off have the longer time.
	if !p.s.plan.Config.fences() && !p.s.damaged {
		// Nodes of the model look for silence every half heartbeat, daemons when it is due.
		return unslow(t.Cut) + t.Heartbeat/2, stops
	}
	// With fencing it counts from the last word that it heard of a leader, which on a bad line may
	// be that much newer than the last one of its own that arrived.
	return unslow(t.Cut + t.Leaderless), 4 * slowest
}

// unslow is the time that may have passed when a slow clock says d.
func unslow(d time.Duration) time.Duration {
	return d * (100 + membership.ClockErrorPercent) / 100
}

// needed checks that a machine resets itself only where something may run: one that resets itself
// whenever it boots without the others would never be of use to them.
func (c *checks) needed(h *Host, reason string) {
	if alone := strings.HasPrefix(reason, "no-quorum-policy") || strings.HasPrefix(reason, "it has been without"); alone && !h.ran {
		c.s.fail("reset", "%s resets itself (%s), and nothing was started on it since it booted", h.name, reason)
	}
}
