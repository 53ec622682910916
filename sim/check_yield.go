package sim

// stoppedToYield checks that a node whose history gives way has stopped what the others may
// run before it joins them.
func (c *checks) stoppedToYield(h *Host) {
	for _, id := range c.s.singletons() {
		if v := h.services[id]; v != nil && v.active {
			c.s.fail("I1", "%s gives its history up and joins the others, and still runs %s", h.name, id)
		}
	}
}
