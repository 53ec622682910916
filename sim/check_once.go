package sim

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// singletons are the resources that run once.
func (s *Site) singletons() []crm.ResourceID {
	if s.plan.Config.Data {
		return []crm.ResourceID{"db", "web", "vip", "fs"}
	}
	return []crm.ResourceID{"db", "web", "vip"}
}

func (s *Site) isSingleton(id crm.ResourceID) bool { return slices.Contains(s.singletons(), id) }

// once checks I1: a singleton is never active on two nodes, while fencing or quorum
// protects it.
func (c *checks) once(h *Host, id crm.ResourceID) {
	if v := h.services[id]; v == nil || !v.active || !c.s.isSingleton(id) || c.s.plan.Unsafe {
		return
	}
	if h.beyondReach() {
		return
	}
	for _, o := range c.s.hosts {
		if o.beyondReach() {
			continue
		}
		if v := o.services[id]; o != h && v != nil && v.active {
			c.s.fail("I1", "%s starts %s, which %s runs since %.3fs", h.name, id, o.name, v.since.Seconds())
		}
	}
}

// beyondReach reports whether nobody can stop what a machine runs, and the others need not wait
// for it, without fencing (docs/guarantees.md, "What is not promised"). Either its executor is
// dead: what it started goes on until it is back and has had its time to stop that. Or, where
// leases are kept, the machine stands still as a whole, processes included, and its executor ends
// them before anything goes on; or its executor alone stands still, and the lease is over or crmd
// has noticed.
func (h *Host) beyondReach() bool {
	if h.s.plan.Config.fences() {
		return false
	}
	if h.lrm == nil || !h.s.keepsLease() {
		return h.lrm == nil || h.s.w.Now-h.s.checks.policies.back[h.id] < membership.StopAllowance+lookEvery
	}
	over := !h.lease.until.IsZero() && !h.now().Before(h.lease.until)
	return h.held || h.lrm.paused && (over || h.ctl == nil || h.ctl.link.to != h.lrm)
}
