package crmd

import "github.com/tactus-ha/tactus/crm"

// stroke is a fence device at work on a node. Devices answer when they like: a machine that
// boots quickly is heard again before its device has said that it was switched off.
type stroke struct {
	attempt string // the use of a device that it is, fencing.Attempt.ID
	life    uint64 // the node's life that was heard last before it; zero: not known
	risen   bool   // another life is heard since
	over    bool   // the device has answered: that it was a success is being recorded
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

// strokeEnded ends a stroke, a success or not. Who is heard in the life that was ended is not
// let in before membership notices; who has risen from it is.
func (c *Controller) strokeEnded(p Peer, success bool) {
	s, struck := c.strokes[p.ID]
	risen := s.risen && !s.over
	s.over = true
	delete(c.strokes, p.ID)
	if struck && success {
		c.strokes[p.ID] = s // until the node is let in
	}
	if success && c.presence[p.ID] == Alive && p.ID != c.cfg.Self.ID && !risen {
		c.shot[p.ID] = true
		c.arm("shot:"+p.UUID(), shotPatience)
	}
}

// keptOut reports whether a node that is heard is let in later: while a transition recovers
// what it ran before it was fenced. A node that is about to join ends that transition, and
// nothing is started anew before it has joined, as it may run anything; one that was fenced
// runs nothing.
func (c *Controller) keptOut(p Peer) bool {
	_, struck := c.strokes[p.ID]
	if !struck && c.nodeState(p).Get("crm-debug-origin") != originFenced {
		return false
	}
	until := c.duty.aliveSince[p.ID].Add(joinPatience)
	if c.duty.walk == nil || c.duty.walk.Complete() || !c.now.Before(until) {
		return false
	}
	c.armAt("let-in", until)
	return true
}

// letIn ends what is kept of a stroke that is over.
func (c *Controller) letIn(id crm.NodeID) {
	if c.strokes[id].over {
		delete(c.strokes, id)
	}
}
