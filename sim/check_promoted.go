package sim

import (
	"fmt"

	"github.com/tactus-ha/tactus/crm"
)

// promotedOnce checks that no two nodes have the same resource promoted, while fencing or
// quorum protects it.
func (c *checks) promotedOnce(h *Host, id crm.ResourceID) {
	if v := h.services[id]; v == nil || !v.promoted || c.s.plan.Unsafe {
		return
	}
	for _, o := range c.s.hosts {
		if v := o.services[id]; o != h && !o.beyondReach() && v != nil && v.promoted {
			c.s.fail("promoted", "%s promotes %s, which %s has promoted since %.3fs", h.name, id, o.name, v.since.Seconds())
		}
	}
}

// together says which services of a cluster at rest are not where the configuration wants
// them beside each other; "" when all are.
func (s *Site) together() string {
	promoted := 0
	for _, h := range s.hosts {
		has := func(id crm.ResourceID) bool { v := h.services[id]; return v != nil && v.active }
		if has("web") != has("vip") {
			return "the group site is not together on " + string(h.name)
		}
		if v := h.services["disk"]; v != nil && v.promoted {
			promoted++
		} else if has("fs") {
			return "fs runs on " + string(h.name) + ", where disk is not promoted"
		}
	}
	if s.plan.Config.Data && promoted != 1 {
		return fmt.Sprintf("%d instances of disk are promoted", promoted)
	}
	return ""
}
