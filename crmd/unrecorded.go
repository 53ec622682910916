package crmd

// owesResults reports whether the CIB has this node as a member and lacks what its executor
// did since: a result could not be recorded (a full disk, nobody to agree with), or it was
// done alone. The node joins again to bring it; until then what the CIB says of the node is
// not worth deciding on for a new DC that asks.
func (c *Controller) owesResults() bool {
	return c.join.once && !c.join.done && c.executor.up && c.alone == nil && !c.leaving.left && Joined(c.nodeState(c.cfg.Self))
}

// resultsPaid answers the new DCs that asked while results were owed.
func (c *Controller) resultsPaid() {
	for _, r := range c.owedSyncs {
		c.do(Reply{r.token, r.answers})
	}
	c.owedSyncs = nil
}
