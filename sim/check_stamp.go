package sim

import (
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// stamps is what was done under which authority.
type stamps struct {
	carried map[crm.NodeID]crm.Stamp // highest that an executor carried out, over its lives
	given   map[crm.Stamp]crm.NodeID // who gave orders under a stamp
}

// admitted checks I2: what an executor carries out is never of an older authority than
// what it carried out before.
func (c *checks) admitted(h *Host, st crm.Stamp) {
	if last := c.stamps.carried[h.id]; st.Less(last) {
		c.s.fail("I2", "the executor of %s carries out an order of %v after one of %v", h.name, st, last)
	}
	c.stamps.carried[h.id] = st
}

// stampsAreOnes checks the other half of I2: two nodes never give orders under one stamp.
func (c *checks) stampsAreOnes(h *Host, orders []crmd.Order) {
	for _, o := range orders {
		if who, known := c.stamps.given[o.Stamp]; known && who != h.id && !c.s.plan.Unsafe {
			c.s.fail("I2", "n%d and %s both give orders under stamp %v", who, h.name, o.Stamp)
		}
		c.stamps.given[o.Stamp] = h.id
	}
}
