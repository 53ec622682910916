package sim

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// quiet checks that nothing is moved without need: in a quiet plan (clocks that jump, pauses
// shorter than the dead time) no service is stopped once all are started.
func (c *checks) quiet(h *Host, id crm.ResourceID) {
	if v := h.services[id]; c.s.plan.Quiet && c.s.w.Now > 2*time.Second && !v.active && c.s.isSingleton(id) {
		c.s.fail("quiet", "%s stops %s, though nothing is wrong that would ask for it", h.name, id)
	}
}

// quietPower is the same for fencing.
func (c *checks) quietPower(h *Host, why string) {
	if c.s.plan.Quiet {
		c.s.fail("quiet", "%s is turned off (%s), though nothing is wrong that would ask for it", h.name, why)
	}
}
