package crmd

import (
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// leaving is how far an orderly shutdown has come: the node asks (shutdown attribute), the
// DC moves everything away and says so (do_shutdown), the node notes that it is down and goes.
type leaving struct {
	wanted bool
	reason string
	asked  bool   // the attribute is written
	left   bool   // the DC confirmed, or nothing is left to wait for
	tag    string // of the last commit
}

// shutdownWanted begins an orderly shutdown of this node. A DC lets another node lead
// first, if there is one.
func (c *Controller) shutdownWanted(reason string) {
	if c.leaving.wanted || c.leaving.left {
		return
	}
	c.leaving.wanted, c.leaving.reason = true, reason
	c.say(Info, "member", "this node leaves the cluster in order", "node", string(c.cfg.Self.Name), "reason", reason)
	c.arm("shutdown", c.cfg.ShutdownBound)
	if !c.executor.up {
		c.arm("leave-unserved", lrmStart)
	}
	if c.duty != nil && c.othersStay() {
		c.do(HandOver{})
	}
	c.askToLeave()
	c.watchQuorum()
}

// askToLeave writes the attribute that the policy engine acts on.
func (c *Controller) askToLeave() {
	if !c.leaving.wanted || c.leaving.asked || c.leaving.left || c.view.Leader == 0 || c.snap == nil || c.alone != nil {
		return
	}
	c.leaving.asked = true
	c.leaving.tag = c.commit("shutdown", false, c.shutdownRequest())
}

// shutdownRequest is the attribute that asks the DC to let this node go.
func (c *Controller) shutdownRequest() cib.Op {
	return modify(transient(c.cfg.Self, "", attribute{"shutdown", strconv.FormatInt(c.now.Unix(), 10)}))
}

// othersStay reports whether another member could lead.
func (c *Controller) othersStay() bool {
	for _, p := range c.cfg.Peers {
		if p.ID != c.cfg.Self.ID && c.presence[p.ID] == Alive && Joined(c.nodeState(p)) && c.attributeOf(p, "shutdown") == nil {
			return true
		}
	}
	return false
}

// leave notes in the CIB that this node runs nothing any more, then goes.
func (c *Controller) leave(why string) {
	if c.leaving.left {
		return
	}
	c.leaving.left = true
	if n := c.leftAlone(); n > 0 {
		c.say(Error, "member", "this node goes although it could not stop everything: look after it by hand", "node", string(c.cfg.Self.Name), "resources", itoa(n))
		c.do(Leave{Reason: c.leaving.reason, Running: true})
		return
	}
	c.say(Info, "member", "everything is stopped, this node goes", "node", string(c.cfg.Self.Name), "reason", why)
	if c.view.Leader == 0 || c.alone != nil {
		c.do(Leave{Reason: c.leaving.reason})
		return
	}
	c.leaving.tag = c.commit("leave", true, modify(c.selfState("do_dc_leave").With("crmd", "offline").With("join", "down").With("expected", "down")))
}

// leftAlone counts what a node that acts alone may still run although it was to stop: a stop
// failed, or there was no executor for it. The others must not hear a goodbye then: it says
// that nothing runs here. What is not managed runs on, and nobody starts it.
func (c *Controller) leftAlone() int {
	switch a := c.alone; {
	case a == nil:
		return 0
	case c.executor.up && a.rounds <= maxRounds:
		return len(stuckIn(a.snap, c.cfg.Self))
	default:
		return activeIn(a.snap, c.cfg.Self)
	}
}

func (c *Controller) shutdownCommitted(in Committed) {
	if in.Tag != c.leaving.tag || c.leaving.tag == "" {
		return
	}
	switch {
	case strings.HasPrefix(in.Tag, "leave#"):
		c.do(Leave{Reason: c.leaving.reason})
	case in.Err != "" || in.ExitCode != 0:
		c.leaving.asked = false
		c.askToLeave()
	}
}

// shutdownOverdue ends a shutdown that takes longer than anyone waits.
func (c *Controller) shutdownOverdue() {
	if c.leaving.wanted && !c.leaving.left {
		c.say(Error, "member", "the orderly shutdown takes too long, going without it", "node", string(c.cfg.Self.Name), "bound", c.cfg.ShutdownBound.Round(time.Second).String())
		c.leaving.left = true
		c.do(Leave{Reason: "shutdown took too long", Running: true})
	}
}

// leaveUnserved ends a shutdown of a node whose executor is gone: nothing can be stopped
// here, and waiting would not help.
func (c *Controller) leaveUnserved() {
	if c.leaving.wanted && !c.leaving.left && !c.executor.up {
		c.say(Error, "member", "the executor (lrmd) is gone: this node goes without stopping what runs on it; look after it by hand", "node", string(c.cfg.Self.Name))
		c.leaving.left = true
		c.do(Leave{Reason: "no executor to stop resources with", Running: true})
	}
}
