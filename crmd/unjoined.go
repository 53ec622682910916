package crmd

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/membership"
)

// A node that is alive and does not take part (its disk is full, its executor is gone) can
// be given no orders, and what it runs cannot be stopped. The DC waits for it before it
// decides anything: the policy engine leaves alone what such a node runs, but would promote
// another instance beside one that is promoted there. When it has waited in vain the node has
// stopped by itself (without fencing: unjoinedTooLong), or is fenced, as one whose
// controller is gone.

// noteUnjoined notes since when nodes are waited for.
func (c *Controller) noteUnjoined() {
	d := c.duty
	for _, p := range c.cfg.Peers {
		if c.presence[p.ID] != Alive || Joined(c.nodeState(p)) {
			delete(c.unproven, p.ID)
		}
		if c.presence[p.ID] != Alive || c.shot[p.ID] || Joined(c.nodeState(p)) && !d.anew[p.ID] {
			delete(d.unjoined, p.ID)
		} else if d.unjoined[p.ID].IsZero() {
			d.unjoined[p.ID] = c.now
		}
	}
}

// joinsUntil is how long a node that is alive is given to join; zero when it need not.
func (c *Controller) joinsUntil(p Peer) time.Time {
	since := c.duty.unjoined[p.ID]
	if since.IsZero() || c.shot[p.ID] || p.ID == c.cfg.Self.ID && c.leaving.wanted {
		return time.Time{}
	}
	if c.mayRunSomething(p) {
		return since.Add(membership.UnjoinedPatience)
	}
	return since.Add(joinPatience)
}

// failsToJoin reports whether a node must be fenced because it does not join.
func (c *Controller) failsToJoin(p Peer) bool {
	until := c.joinsUntil(p)
	return c.fencing() && !until.IsZero() && !c.now.Before(until) && c.mayRunSomething(p)
}

// mayRunSomething reports whether something is known of resources on a node, or was until it was
// lost for a moment.
func (c *Controller) mayRunSomething(p Peer) bool {
	return c.nodeState(p).Child(cib.TagLRM) != nil || c.unproven[p.ID] && !c.fencing()
}
