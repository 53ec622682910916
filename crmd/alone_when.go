package crmd

import (
	"time"

	"github.com/tactus-ha/tactus/membership"
)

// watchQuorum begins and ends acting alone as the quorum goes and comes.
func (c *Controller) watchQuorum() {
	if c.Quorate() {
		c.disarm("quorum")
		c.endLone("there is a quorum again")
		c.lostAt, c.wasQuorate = time.Time{}, true
		if c.alone != nil && c.alone.mayEnd() {
			c.say(Info, "quorum", "the quorum is back: joining with what was done alone", "node", string(c.cfg.Self.Name))
			c.alone = nil
			c.join.done = false
			if c.duty != nil { // it came to lead meanwhile, and what it wrote as DC went nowhere
				c.takeOffice()
			}
		}
		c.askToLeave()
		return
	}
	if c.alone != nil {
		c.leaveAlone()
		return
	}
	if c.beginLone() {
		c.disarm("quorum")
		return
	}
	if c.lostAt.IsZero() {
		c.lostAt = c.now
	}
	if c.view.Cut && c.wasQuorate && !c.fencing() { // the others will not wait
		c.goAlone(cutOff)
		return
	}
	c.armAt("quorum", c.graceEnds())
}

// Quorate reports whether this node has a quorum and a DC, by what it was told last.
func (c *Controller) Quorate() bool { return c.view.Quorate && c.view.Leader != 0 }

// graceEnds is until when this node waits for a quorum and a DC. A controller that has just
// been started has had no time to hear the others: what its predecessor left running must
// not be stopped for that. But being started anew gives no more time where others count on
// the end of it (longestWait).
func (c *Controller) graceEnds() time.Time {
	few := c.lostAt.Add(min(c.cfg.QuorumGrace, c.cfg.FewGrace))
	switch {
	case c.wasQuorate && c.view.Few:
		return few
	case !c.wasQuorate && c.before.Leased:
		return latest(few, c.before.At.Add(c.cfg.QuorumGrace))
	}
	return c.lostAt.Add(c.cfg.QuorumGrace)
}

// leaveAlone lets a node go that was acting alone already when it was told to leave.
func (c *Controller) leaveAlone() {
	switch {
	case !c.leaving.wanted || c.leaving.left || !c.alone.over:
	case c.alone.stops():
		c.leave("stopped alone")
	default:
		c.actAlone(&alone{causes: because(leaves)})
	}
}

// goAlone applies the policy for being without quorum.
func (c *Controller) goAlone(why cause) {
	if c.alone != nil || c.snap == nil || c.Quorate() {
		return
	}
	policy := c.Property("no-quorum-policy")
	if policy == "" {
		policy = "stop"
	}
	if !c.leaving.wanted && (policy == "ignore" || policy == "freeze") {
		c.say(Warning, "quorum", "no quorum: resources stay as they are", "node", string(c.cfg.Self.Name), "policy", policy, "why", c.view.Reason)
		return
	}
	if policy == "suicide" || policy == "fence" {
		if n := c.activeAlone(); n > 0 {
			c.do(Reset{Reason: "no-quorum-policy=" + policy + ": without quorum, and " + itoa(n) + " resources run here"})
		}
		policy = "stop" // nothing runs here, or this node cannot reset itself
	}
	c.say(Warning, "quorum", "no quorum: this node acts alone on its last CIB", "node", string(c.cfg.Self.Name), "policy", policy, "why", c.view.Reason)
	c.actAlone(&alone{causes: because(why), policyStops: c.leaving.wanted || policy == "stop"})
}

// yielded stops everything that the winner of a merge does not let this node keep.
func (c *Controller) yielded(in Yielded) {
	c.leaveOffice()
	c.do(Abandon{})
	a := &alone{causes: because(givesWay), keep: in.Keep}
	if c.alone != nil {
		a.causes |= c.alone.causes // it lapsed, too, say: who hears of that waits for the end of it
	}
	c.say(Warning, "dc", "this node's history gives way to the others': stopping what it runs, then joining anew", "node", string(c.cfg.Self.Name))
	if c.snap == nil {
		c.settle(a)
		return
	}
	c.beginYield(a)
}

// beginYield stops what runs here, once there is an executor to do it: what an executor
// that is gone for now had started goes on all the same, and the others may start it as
// soon as this node has joined anew.
func (c *Controller) beginYield(a *alone) {
	c.owedYield, c.alone = nil, nil
	if c.executor.up {
		c.actAlone(a)
		return
	}
	c.say(Warning, "dc", "the executor (lrmd) cannot be reached: what it runs is stopped when it is back, and only then this node joins", "node", string(c.cfg.Self.Name))
	c.owedYield = a
}

// lapsed stops what others may have taken over while this node did not know it. It joins
// again when that is done, not before: a resource that is seen twice is stopped twice.
func (c *Controller) lapsed(in Lapsed) {
	if c.fencing() || c.snap == nil || c.leaving.left {
		c.do(Renew{})
		return
	}
	c.leaveOffice()
	c.say(Warning, "quorum", "this node was not heard for so long that others may run by now what it runs: stopping it, then joining anew", "node", string(c.cfg.Self.Name), "for", in.For.Round(10*time.Millisecond).String())
	switch {
	case c.alone == nil || !c.alone.stops():
		c.actAlone(&alone{causes: because(lapse)})
	case c.alone.over: // it is stopped already
		c.do(Renew{})
	default:
		c.alone.causes |= because(lapse)
	}
}

// watchUnjoined arms the end of that time. Where others count on it being started anew gives
// no more of it, but for what joining takes.
func (c *Controller) watchUnjoined() {
	switch {
	case c.join.done || c.view.Leader == 0 || !c.view.Quorate || !c.executor.up || c.alone != nil || c.leaving.wanted:
		if !c.join.since.IsZero() && c.alone == nil {
			c.disarm("unjoined")
			c.join.since = time.Time{}
			c.do(Unjoined{})
		}
	case c.join.since.IsZero():
		c.join.since = c.now
		least := c.now
		if before := c.before.Unjoined; c.before.Leased && !before.IsZero() {
			c.join.since, least, c.before.Unjoined = before, c.now.Add(c.cfg.FewGrace), time.Time{}
		}
		c.armAt("unjoined", latest(c.join.since.Add(membership.UnjoinedGrace), least))
		c.do(Unjoined{c.join.since})
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// unjoinedTooLong stops what this node runs: it hears the others, and cannot take part (its
// disk is full, say). Without fencing they will start it elsewhere.
func (c *Controller) unjoinedTooLong() {
	if c.join.done || c.alone != nil || c.snap == nil || c.fencing() || c.leaving.left || c.policyKeeps() {
		return
	}
	c.say(Error, "member", "this node hears the others and cannot take part; they may soon start what it runs: stopping that, then joining", "node", string(c.cfg.Self.Name), "for", membership.UnjoinedGrace.String())
	c.actAlone(&alone{causes: because(unable)})
}

// policyKeeps reports whether no-quorum-policy lets resources run although others may run
// them too.
func (c *Controller) policyKeeps() bool { return c.Property("no-quorum-policy") == "ignore" }
