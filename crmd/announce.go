package crmd

import "github.com/tactus-ha/tactus/cib"

// announceAnew has the network told where this node's addresses are. A network that was
// in parts and is whole again has machines that learnt another place: from a part that
// went on alone, too, which gives the address up without a word. So it is done when a
// node is heard again, and again under a new authority: a part that gives way is let in
// under one, after it has stopped what it ran. And when a node joins: under the same authority a
// part that gave way has told of its addresses last, and has given them up by then.
func (c *Controller) announceAnew() {
	if c.executor.up && c.alone == nil && c.Quorate() {
		c.do(Announce{})
	}
}

// joinedSince reports whether another node takes part by the newest CIB and did not by an old one.
func (c *Controller) joinedSince(old *cib.Snapshot) bool {
	if old.Section(cib.TagStatus) == c.snap.Section(cib.TagStatus) {
		return false
	}
	for _, p := range c.cfg.Peers {
		if p.ID != c.cfg.Self.ID && !Joined(stateIn(old, p)) && Joined(stateIn(c.snap, p)) {
			return true
		}
	}
	return false
}
