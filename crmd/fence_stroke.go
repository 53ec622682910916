package crmd

import "github.com/tactus-ha/tactus/crm"

// stroke is a fence device at work on a node. Devices answer when they like: a machine that
// boots quickly is heard again before its device has said that it was switched off.
type stroke struct {
	attempt string // the use of a device that it is, fencing.Attempt.ID
	life    uint64 // the node's life that was heard last before it; zero: not known
	risen   bool   // another life is heard since
}

// strike notes that a device is told to switch a node off. The same order is given again
// and again until its answer comes: that is one stroke.
func (c *Controller) strike(id crm.NodeID, attempt string) {
	if c.strokes[id].attempt != attempt {
		c.strokes[id] = stroke{attempt: attempt, life: c.lives[id]}
	}
}

// lifeSeen notes which of its lives a node is in.
func (c *Controller) lifeSeen(in MemberSeen) {
	s, struck := c.strokes[in.ID]
	if in.Anew || in.Life != 0 && s.life != 0 && in.Life != s.life {
		s.risen = true
	}
	if struck {
		c.strokes[in.ID] = s
	}
	if in.Life != 0 {
		c.lives[in.ID] = in.Life
	}
}

// strokeDone ends a stroke that was a success. What the node ran is started elsewhere now:
// nobody waits for it to join. Who is heard in the life that was ended is not let in before
// membership notices; who has risen from it is.
func (c *Controller) strokeDone(p Peer) {
	risen := c.strokes[p.ID].risen
	delete(c.strokes, p.ID)
	if c.presence[p.ID] != Alive || p.ID == c.cfg.Self.ID {
		return
	}
	delete(c.duty.aliveSince, p.ID)
	if !risen {
		c.shot[p.ID] = true
		c.arm("shot:"+p.UUID(), shotPatience)
	}
}

// awaitJoin has decisions wait, for a while, until a node that is heard has joined. What
// was fenced has nothing running that a decision should know of; what it ran is being
// started elsewhere.
func (c *Controller) awaitJoin(id crm.NodeID) {
	if p, ok := c.peerByID(id); ok && c.nodeState(p).Get("crm-debug-origin") == originFenced {
		return
	}
	c.duty.aliveSince[id] = c.now
}
