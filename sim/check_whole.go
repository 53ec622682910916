package sim

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine"
)

// checks watch a whole cluster. Each invariant has its file.
type checks struct {
	s        *Site
	stamps   stamps
	policies policies
	open     map[string]crm.NodeName // requests for fencing that are on record and open: by id, whom
	rejoined map[string]bool         // open requests, by id, whose node was a member meanwhile
	asked    int                     // decisions that were looked at
}

func (c *checks) init(s *Site) {
	*c = checks{s: s, stamps: stamps{carried: map[crm.NodeID]crm.Stamp{}, given: map[crm.Stamp]crm.NodeID{}}, open: map[string]crm.NodeName{}, rejoined: map[string]bool{}}
}

// The things that are looked at, and who looks.

func (c *checks) serviceChanged(h *Host, id crm.ResourceID) {
	c.once(h, id)
	c.promotedOnce(h, id)
	c.quiet(h, id)
}
func (c *checks) ordered(h *Host, o lrmd.Order) { c.fencedFirst(h, o) }
func (c *checks) changed(h *Host, old, snap *cib.Snapshot) {
	c.requestsKept(h, old, snap)
	c.onlyVotes(snap)
}
func (c *checks) rejoins(h *Host)                   { c.stoppedToYield(h) }
func (c *checks) gave(h *Host, orders []crmd.Order) { c.stampsAreOnes(h, orders) }
func (c *checks) left(*Host, bool)                  {}

func (c *checks) decided(h *Host, snap *cib.Snapshot, now time.Time, d pengine.Decision) {
	c.decidesAlike(h, snap, now, d)
	c.reasons(h, snap, now)
}

// calmAll says what is not well yet; "" when all is.
func (s *Site) calmAll() string {
	dc := 0
	for _, h := range s.hosts {
		if h.ctl == nil || h.lrm == nil && !h.isWitness() || h.paused {
			return fmt.Sprintf("%s is not up", h.name)
		}
		p := h.ctl
		if !p.view.Quorate {
			return fmt.Sprintf("%s has no quorum: %s", h.name, p.view.Reason)
		}
		if p.view.Leading {
			dc++
			if state := p.core.State(); state != "S_IDLE" {
				return fmt.Sprintf("the DC %s is in state %s", h.name, state)
			}
		}
		if len(p.mail) > 0 || p.commits.busy || p.link.busy {
			return fmt.Sprintf("%s is at work", h.name)
		}
		if reason, alone := p.core.Alone(); alone {
			return fmt.Sprintf("%s acts alone: %s", h.name, reason)
		}
	}
	if dc != 1 {
		return fmt.Sprintf("%d nodes lead", dc)
	}
	return s.unwell()
}

// unwell says what the CIB and the services of a cluster at rest lack.
func (s *Site) unwell() string {
	snap := s.hosts[0].ctl.snap
	for _, h := range s.hosts {
		if v := h.ctl.snap.Version(); v != snap.Version() {
			return fmt.Sprintf("%s has CIB %v, n1 %v", h.name, v, snap.Version())
		}
		if h.isWitness() {
			continue
		}
		if st := snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, h.peer().UUID()); !crmd.Joined(st) {
			return fmt.Sprintf("%s has not joined", h.name)
		}
		if v := h.services["ping"]; (v == nil || !v.active) && !gaveUp(snap, h, "ping") {
			return fmt.Sprintf("ping does not run on %s", h.name)
		}
	}
	for id := range fencing.Requests(snap) {
		return fmt.Sprintf("request %d for fencing is open", id)
	}
	for _, id := range s.singletons() {
		n := 0
		for _, h := range s.hosts {
			if v := h.services[id]; v != nil && v.active {
				n++
			}
		}
		if n != 1 {
			return fmt.Sprintf("%s runs %d times", id, n)
		}
	}
	return s.together()
}

// gaveUp reports whether a resource failed on a node so that it waits for an operator: its stop did,
// and the node need not be fenced any more, as a restarted executor has looked what runs.
func gaveUp(snap *cib.Snapshot, h *Host, id crm.ResourceID) bool {
	st := snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, h.peer().UUID())
	for set := range st.Child(cib.TagTransient).All(cib.TagInstanceAttrs) {
		if nv := set.ChildWith(cib.TagNvpair, cib.AttrName, "fail-count-"+string(id)+"#stop_0"); nv != nil && nv.Get(cib.AttrValue) == "INFINITY" {
			return true
		}
	}
	return false
}

// settleAll checks I8: when faults end, all is well in bounded time, without anyone's help.
func (s *Site) settleAll() {
	began, calmSince := s.w.Now, time.Duration(0)
	for !s.failed() {
		for _, h := range s.hosts { // an orderly shutdown may end only now
			if h.ctl == nil || !h.on {
				h.mend()
			}
		}
		what := s.calmAll()
		switch {
		case what != "":
			calmSince = 0
		case calmSince == 0:
			calmSince = s.w.Now
		case s.w.Now-calmSince > 3*time.Second: // long enough for a monitor to notice what is wrong
			s.work.stable = calmSince - began
			s.checkKept()
			return
		}
		if s.w.Now-began > settleWithin {
			s.fail("I8", "%v after the last fault: %s", settleWithin, what)
			return
		}
		s.w.RunUntil(s.w.Now+100*time.Millisecond, s.failed)
	}
}

// checkKept checks I3: nothing that was acknowledged to a client is lost.
func (s *Site) checkKept() {
	digest := s.hosts[0].ctl.snap.Digest()
	for _, h := range s.hosts {
		if h.ctl.snap.Digest() != digest {
			s.fail("I4", "%s has another CIB than n1", h.name)
		}
		if s.plan.Unsafe {
			continue // two halves both went on, as the configuration said: one half's writes are kept
		}
		for _, w := range s.work.acked {
			if !s.opts.App.Has(h.d.core.Machine(), w) {
				s.fail("I3", "%s has lost %s, which was acknowledged", h.name, w)
				return
			}
		}
	}
}
