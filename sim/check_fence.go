package sim

import (
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
)

// fencedFirst checks I5: where fencing is on, what a node runs or may be starting is started
// elsewhere only once that node is off, or has stopped it.
func (c *checks) fencedFirst(h *Host, o lrmd.Order) {
	if o.Op.Name != "start" || !c.s.plan.Config.fences() || !c.s.isSingleton(o.Op.Resource) {
		return
	}
	for _, other := range c.s.hosts {
		if v := other.services[o.Op.Resource]; other != h && v != nil && v.active {
			c.s.fail("I5", "%s is told to start %s, and %s, which runs it since %.3fs, is not off", h.name, o.Op.Resource, other.name, v.since.Seconds())
		}
	}
}

// requestsKept checks that an open request for fencing goes on until it has succeeded: it is
// never forgotten (one of an operator, whom nobody makes here, could also fail).
func (c *checks) requestsKept(h *Host, old, snap *cib.Snapshot) {
	if old == nil || h.ctl == nil || !h.ctl.view.Leading || c.s.plan.Unsafe {
		return
	}
	for _, e := range fencing.Requests(old) {
		// A request that is not needed any more, for its node took part again, is closed when
		// the device at work has ended, and that may be too late for the node once more.
		c.rejoined[e.ID] = c.rejoined[e.ID] || c.s.joined(old, e.Target) || c.s.joined(snap, e.Target)
		now, ok := fencing.Find(snap, e.ID)
		if ok && now.State == fencing.Failed && c.rejoined[e.ID] {
			continue
		}
		if !ok || now.State == fencing.Failed {
			c.s.fail("I5", "the open request to fence %s (%s) is gone from the record, and nobody has fenced it", e.Target, e.ID)
		}
	}
}

// joined reports whether a CIB has a node as a member.
func (s *Site) joined(snap *cib.Snapshot, name crm.NodeName) bool {
	return crmd.Joined(snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrUname, string(name)))
}
