package crmd

// announceAnew has the network told where this node's addresses are. A network that was
// in parts and is whole again has machines that learnt another place: from a part that
// went on alone, too, which gives the address up without a word. So it is done when a
// node is heard again, and again under a new authority: a part that gives way is let in
// under one, after it has stopped what it ran.
func (c *Controller) announceAnew() {
	if c.executor.up && c.alone == nil && c.Quorate() {
		c.do(Announce{})
	}
}
