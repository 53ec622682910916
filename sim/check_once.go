package sim

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
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
	if h.held && c.s.keepsLease() {
		return // its processes stand still with it: before they go on, the executor ends them
	}
	for _, o := range c.s.hosts {
		if o.held && c.s.keepsLease() {
			continue
		}
		if v := o.services[id]; o != h && v != nil && v.active {
			c.s.fail("I1", "%s starts %s, which %s runs since %.3fs", h.name, id, o.name, v.since.Seconds())
		}
	}
}
