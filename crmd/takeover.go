package crmd

import (
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// lostNode is a node that fell silent while it may run something. Without fencing nothing
// proves that it is off: it is given the time in which it notices that nobody hears it and
// stops what it runs, Config.Takeover. That time counts from when the last of the nodes that
// are here heard it: one that is cut off from the DC alone does not notice.
type lostNode struct {
	at      time.Time // when membership declared it dead
	until   time.Time // when to ask (again) who heard it
	settled bool      // nobody has heard it for long enough
	told    bool      // that others still hear it
}

// lookBack takes up what a new DC does not know of its own, but the one before knew, when there is
// a CIB to look into. A node that is not heard yet and did not leave may run what the CIB does not
// tell any more: the DC before noted that it was lost, and waited. One that left, and has joined
// again since, will soon be heard.
func (c *Controller) lookBack() {
	d := c.duty
	if d.doubted != nil {
		if !c.now.Before(d.since.Add(heardPatience)) {
			clear(d.doubted)
		}
		return
	}
	d.doubted = map[crm.NodeID]bool{}
	for _, p := range c.cfg.Peers {
		st := c.nodeState(p)
		switch {
		case c.presence[p.ID] == Left && Joined(st):
			d.doubted[p.ID] = true
		case c.presence[p.ID] == Unknown && c.cfg.Takeover > 0 && c.lost[p.ID] == nil && st != nil && st.Get("in_ccm") != "true" && st.Get("expected") != "down":
			c.lost[p.ID] = &lostNode{at: c.now, until: c.now}
		}
	}
	c.watchLost()
}

// noteLost keeps the book about nodes that fall silent and come back.
func (c *Controller) noteLost(id crm.NodeID, old, now Presence) {
	if now == Dead && c.lost[id] != nil {
		return // it was not heard before either: lookBack
	}
	if was := old == Alive || old == Unknown && c.memberBefore(id); now != Dead || !was || c.cfg.Takeover == 0 {
		if l := c.lost[id]; l != nil {
			if now == Alive && !l.settled {
				c.unproven[id] = true
			}
			c.disarm(takeoverTimer(id))
			delete(c.lost, id)
		}
		return
	}
	c.lost[id] = &lostNode{at: c.now, until: c.now.Add(c.cfg.Takeover)}
	c.watchLost()
}

// memberBefore reports whether a node that was not heard since this one started is in the CIB
// as one that is there.
func (c *Controller) memberBefore(id crm.NodeID) bool {
	p, ok := c.peerByID(id)
	return ok && c.snap != nil && c.nodeState(p).Get("in_ccm") == "true"
}

// watchLost arms the DC's timers for the nodes that were lost.
func (c *Controller) watchLost() {
	if c.duty == nil {
		return
	}
	for _, p := range c.cfg.Peers {
		if l := c.lost[p.ID]; l != nil && !l.settled {
			c.armAt(takeoverTimer(p.ID), l.until)
		}
	}
}

func takeoverTimer(id crm.NodeID) string { return "takeover:" + strconv.FormatUint(uint64(id), 10) }

// takeoverAt is when to decide about a lost node at the latest; the zero time when there is
// nothing to wait for.
func (c *Controller) takeoverAt(id crm.NodeID) time.Time {
	l := c.lost[id]
	if l == nil || l.settled || c.fencing() || c.view.Alone {
		return time.Time{}
	}
	return c.longestWait(l)
}

// longestWait bounds the wait for a node that others still hear and the DC does not: it has
// no DC, and has applied its policy for that by then. Before this DC took office there was
// another one, which may have heard it, or have been that node.
func (c *Controller) longestWait(l *lostNode) time.Time {
	from := l.at
	if c.duty.since.After(from) {
		from = c.duty.since
	}
	return from.Add(c.cfg.GivenUp)
}

// askAgain is when nodes that did not answer are asked again.
const askAgain = 200 * time.Millisecond

// askAround asks the nodes that are here whether any of them heard a lost one lately.
func (c *Controller) askAround(timer string) {
	id, err := strconv.ParseUint(timer, 10, 32)
	l := c.lost[crm.NodeID(id)]
	if err != nil || l == nil || l.settled || c.duty == nil {
		return
	}
	if c.takeoverAt(crm.NodeID(id)).IsZero() {
		return // nobody waits
	}
	c.do(Ask{ID: crm.NodeID(id)})
}

// lastHeard takes the answers. What a node ran is started elsewhere when nobody has heard
// it for Dead and Takeover.
func (c *Controller) lastHeard(in LastHeard) {
	l := c.lost[in.ID]
	if l == nil || l.settled || c.duty == nil {
		return
	}
	wait := c.cfg.Dead + c.cfg.Takeover - in.For
	if in.Unknown { // it answers the next time, or is lost, too
		wait = max(wait, askAgain)
	}
	if wait <= 0 || !c.now.Before(c.longestWait(l)) {
		l.settled = true // a decision that waited for it is made now
		return
	}
	if !l.told && in.For < c.cfg.Dead+c.cfg.Takeover && in.By != c.cfg.Self.Name {
		l.told = true
		c.say(Warning, "member", "the DC does not hear the node, others do: what it runs is not started elsewhere before it has given up", "node", string(c.nameOf(in.ID)), "heard_by", string(in.By))
	}
	l.until = c.now.Add(wait)
	c.watchLost()
}

// cutOff is the view of a node that no majority hears any more: the others will go on
// without it.
func (v View) cutOff() View {
	v.Leader, v.Leading, v.Quorate, v.Few = 0, false, false, true
	v.Reason = "this node is cut off: no majority hears it"
	return v
}

// unheard is the view of a node that hears a DC which does not hear it: it has no DC, and
// applies its policy for that before the DC starts elsewhere what it runs (longestWait).
func (v View) unheard() View {
	v.Leader, v.Leading, v.Quorate = 0, false, false
	v.Reason = "the DC does not hear this node"
	return v
}
