package crmd

import (
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// joinState is how far this node has come with taking part: the DC notes that it sees
// the node (in_ccm), the node brings what its executor remembers into the CIB and
// becomes a member.
type joinState struct {
	done       bool
	once       bool      // it was done before, by this controller
	recalled   bool      // the executor was asked for its memory
	committing string    // tag of the commit under way
	waiting    bool      // a try failed; wait before the next
	since      time.Time // when this node began to be without taking part although it could
	fresh      bool      // the executor began anew: nothing from before counts
}

// neverJoined reports whether this controller has not yet brought into the CIB what its
// executor did: what is there is of the life before.
func (c *Controller) neverJoined() bool { return !c.join.once && c.join.committing == "" }

// featureSet is the transient attribute by which a node tells what it understands.
const featureSet = "#feature-set"

const joinPause = 200 * time.Millisecond

// tryJoin takes the next step towards membership, if one is possible now.
func (c *Controller) tryJoin() {
	c.watchUnjoined()
	if c.snap == nil || c.alone != nil || c.leaving.left || !c.executor.up || c.view.Leader == 0 || c.view.Learning {
		return
	}
	st := c.nodeState(c.cfg.Self)
	if st.Get("in_ccm") != "true" {
		return // the DC does not see us yet
	}
	if c.view.Leader != c.cfg.Self.ID && c.presence[c.view.Leader] != Alive {
		// The entry may be about the life before this one: until the DC has answered, it
		// may still find out that that one is lost, and would take us for it.
		return
	}
	if c.join.done && st.Get("join") == "member" && st.Get("crmd") == "online" {
		return
	}
	if c.join.recalled || c.join.committing != "" || c.join.waiting {
		return
	}
	c.join.done, c.join.recalled = false, true
	c.do(Recall{})
}

// lrmUp takes note of the executor, and joins with what it remembers. Results that came
// while it was asked are taken after that: it may have had them, or not yet.
func (c *Controller) lrmUp(in LRMUp) {
	c.takeMemory(in)
	late := c.executor.late
	c.executor.late = nil
	for _, r := range late {
		c.opResult(r)
	}
}

// asksMemory reports whether the executor was asked for its memory and has not answered.
func (c *Controller) asksMemory() bool { return c.join.recalled || c.alone != nil && c.alone.asking }

func (c *Controller) takeMemory(in LRMUp) {
	back := !c.executor.up
	if back {
		c.askAnew()
	}
	c.executor.up = true
	if c.newest.Less(in.Newest) {
		c.newest = in.Newest
	}
	c.disarm("lrm")
	c.join.fresh = c.join.fresh || in.Fresh
	switch {
	case c.owedYield != nil:
		c.beginYield(c.owedYield)
		return
	case c.alone != nil && c.alone.asking:
		c.seclude(in.States)
		return
	case c.alone != nil && back && !c.leaving.left:
		c.aloneAgain()
		return
	}
	if !c.join.recalled {
		c.join.done = false
		return
	}
	c.join.recalled = false
	for _, s := range in.States {
		if s.Agent.Class == "ocf" {
			c.lookUp(s.Agent)
		}
		if s.Restored { // lrmd was restarted on a machine that was not: failures and attributes still count
			c.join.fresh = false
		}
	}
	ops := c.joinOps(in)
	c.join.committing = c.commit("join", true, ops...)
	c.tellOwed(in.States)
}

// tellOwed tells the DC of operations that were in flight when the executor was lost, or
// that it gave up, and that it knows nothing of now: no result of theirs will ever come.
func (c *Controller) tellOwed(states []lrmd.ResourceState) {
	known := map[string]bool{}
	underWay := map[crm.OpKey]bool{}
	for _, s := range states {
		for _, r := range s.History {
			known[r.UserData] = known[r.UserData] || !s.Restored
		}
		for _, op := range s.InFlight {
			underWay[op] = true
		}
	}
	for _, key := range c.executor.owed {
		f := c.executor.inFlight[key]
		if known[key] || f != nil && underWay[f.order.Op] {
			continue
		}
		c.disarm("pending:" + key)
		delete(c.executor.inFlight, key)
		c.lostKeys = append(c.lostKeys, key)
	}
	c.executor.owed = nil
	c.ackLost()
}

// joinOps makes the one command that joins: it is refused when the DC lost sight of the
// node meanwhile.
func (c *Controller) joinOps(in LRMUp) []cib.Op {
	path := statePath(c.cfg.Self)
	head := cib.New(cib.TagNodeState, cib.AttrID, c.cfg.Self.UUID(), cib.AttrUname, string(c.cfg.Self.Name),
		"in_ccm", "true", "crmd", "online", "crm-debug-origin", originRefresh, "join", "member", "expected", "member")
	ops := []cib.Op{{Kind: cib.Modify, XPath: path + "[@in_ccm='true']", Data: head}}
	old := c.nodeState(c.cfg.Self).Child(cib.TagLRM)
	lrm := c.rebuilt(in.States)
	if c.join.fresh {
		ops = append(ops, remove(path+"/transient_attributes"))
	} else {
		ops = append(ops, c.removeAttribute(c.cfg.Self, "shutdown")...)
		for _, s := range in.States {
			for _, r := range s.History {
				if !s.Restored && !knownEntry(old, r.UserData, r.Call) {
					ops = append(ops, c.countFailure(r, [2]string{})...)
				}
			}
		}
	}
	ops = append(ops, modify(transient(c.cfg.Self, "", attribute{featureSet, cib.FeatureSet})), remove(path+"/lrm"))
	if c.leaving.asked { // not in the life before this one
		ops = append(ops, c.shutdownRequest())
	}
	return append(ops, modify(cib.New(cib.TagNodeState, cib.AttrID, c.cfg.Self.UUID()).WithChildren(lrm)))
}

// joinCommitted ends a try to join.
func (c *Controller) joinCommitted(in Committed) {
	if !strings.HasPrefix(in.Tag, "join#") || in.Tag != c.join.committing {
		return
	}
	c.join.committing = ""
	if in.Err != "" || in.ExitCode != 0 {
		c.join.waiting = true
		c.arm("join", joinPause)
		return
	}
	c.join.done, c.join.once, c.join.fresh = true, true, false
	c.resultsPaid()
	c.say(Info, "member", "this node takes part in the cluster", "node", string(c.cfg.Self.Name))
}

// lrmDown notes that the executor is gone; after a while the node says that it is unable.
func (c *Controller) lrmDown() {
	if !c.executor.up && !c.executor.lostAt.IsZero() {
		return
	}
	first := c.executor.lostAt.IsZero() && !c.executor.up
	c.executor.up, c.executor.lostAt = false, c.now
	c.executor.owed = unique(append(c.executor.owed, sortedKeys(c.executor.inFlight)...))
	c.join.recalled, c.join.done = false, false
	c.executor.late = nil // it remembers them, or takes them along
	switch {
	case c.alone == nil || !c.alone.asking:
	case c.alone.causes.demand().rejoins:
		c.beginYield(c.alone)
	default:
		c.seclude(nil)
	}
	c.arm("lrm", c.cfg.LRMGrace)
	if c.leaving.wanted {
		c.arm("leave-unserved", lrmStart)
	}
	if first { // both daemons are being started
		c.arm("lrm-told", lrmStart)
		return
	}
	c.tellLRMDown()
}

// lrmStart is how long the executor may need at the start before somebody is told.
const lrmStart = 2 * time.Second

func (c *Controller) tellLRMDown() {
	if !c.executor.up {
		c.say(Error, "member", "the executor (lrmd) cannot be reached: operations on this node fail; start it, or look at its log", "node", string(c.cfg.Self.Name))
	}
}

func (c *Controller) lrmGoneTooLong() {
	if c.executor.up || c.nodeState(c.cfg.Self).Get("join") != "member" {
		return
	}
	c.commit("unable", false, modify(c.selfState("lrmd lost").With("join", "pending")))
	c.say(Error, "member", "without its executor this node is unable to run resources", "node", string(c.cfg.Self.Name))
}

// knownEntry reports whether a history holds a result already.
func knownEntry(lrm *cib.Element, key string, call int) bool {
	if lrm == nil {
		return false
	}
	for e := range lrm.Walk() {
		if e.Name == cib.TagLRMRscOp && e.Get("transition-key") == key && e.Get("call-id") == itoa(call) {
			return true
		}
	}
	return false
}

// Joined reports whether a node's entry says that it takes part.
func Joined(st *cib.Element) bool {
	return st.Get("in_ccm") == "true" && st.Get("crmd") == "online" && st.Get("join") == "member"
}
