package crmd

import (
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// alone is a node that acts on its own: without a quorum it applies no-quorum-policy to
// itself; when it lost a merge, or must leave while nobody leads, it stops what it runs.
// It works on its last CIB, completed by what its executor remembers (what was started just
// before is not agreed on any more), and keeps what it does there; on its return it brings
// the executor's memory, which holds the same, into the common CIB.
type alone struct {
	reason   string
	force    bool // stop, whatever the policy says
	must     bool // stop to the end, also when the quorum is back: others may run it now
	yield    bool // tell consensus when everything is stopped
	keep     []crm.ResourceID
	snap     *cib.Snapshot
	asking   bool // the executor for its memory
	thinking int
	rounds   int
	walk     *transition.Walk
	over     bool // nothing more to do
}

// maxRounds bounds how often a node alone decides anew: a stop that fails cannot be
// helped without the others.
const maxRounds = 5

// watchQuorum begins and ends acting alone as the quorum goes and comes.
func (c *Controller) watchQuorum() {
	if c.view.Quorate && c.view.Leader != 0 {
		c.disarm("quorum")
		c.endLone("there is a quorum again")
		c.lostAt, c.wasQuorate = time.Time{}, true
		if c.alone != nil && !c.alone.yield && (!c.alone.must || c.alone.over) {
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
	grace := c.cfg.QuorumGrace
	// A controller that has just been started has had no time to hear the others: what its
	// predecessor left running must not be stopped for that.
	if c.view.Few && c.wasQuorate {
		grace = min(grace, c.cfg.FewGrace)
	}
	if c.view.Cut && c.wasQuorate && !c.fencing() { // the others will not wait
		c.goAlone("cut off")
		return
	}
	c.armAt("quorum", c.lostAt.Add(grace))
}

// leaveAlone lets a node go that was acting alone already when it was told to leave.
func (c *Controller) leaveAlone() {
	switch {
	case !c.leaving.wanted || c.leaving.left || !c.alone.over:
	case c.alone.force:
		c.leave("stopped alone")
	default:
		c.beginAlone(&alone{reason: "shutdown", force: true})
	}
}

// goAlone applies the policy for being without quorum.
func (c *Controller) goAlone(reason string) {
	if c.alone != nil || c.snap == nil || (c.view.Quorate && c.view.Leader != 0) {
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
	c.beginAlone(&alone{reason: reason, force: c.leaving.wanted || policy == "stop"})
}

// yielded stops everything that the winner of a merge does not let this node keep.
func (c *Controller) yielded(in Yielded) {
	c.leaveOffice()
	c.do(Abandon{})
	must := c.alone != nil && c.alone.must // it lapsed, too: who hears of that waits for the end of it
	c.say(Warning, "dc", "this node's history gives way to the others': stopping what it runs, then joining anew", "node", string(c.cfg.Self.Name))
	if c.snap == nil {
		c.join.done = false
		if must {
			c.do(Renew{})
		}
		c.do(Rejoin{})
		return
	}
	c.beginYield(&alone{reason: "yielded", force: true, yield: true, must: must, keep: in.Keep})
}

// beginYield stops what runs here, once there is an executor to do it: what an executor
// that is gone for now had started goes on all the same, and the others may start it as
// soon as this node has joined anew.
func (c *Controller) beginYield(a *alone) {
	c.owedYield, c.alone = nil, nil
	if c.executor.up {
		c.beginAlone(a)
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
	case c.alone == nil || !c.alone.force:
		c.beginAlone(&alone{reason: "not heard for too long", force: true, must: true})
	case c.alone.over: // it is stopped already
		c.do(Renew{})
	default:
		c.alone.must = true
	}
}

func (c *Controller) beginAlone(a *alone) {
	c.alone = a
	a.snap = c.snap
	// A try to join that is on its way tells what runs now, not what is left afterwards: it
	// may still be agreed on, and does not count then.
	c.join.recalled, c.join.committing = false, ""
	if c.executor.up {
		a.asking = true
		c.do(Recall{})
		return
	}
	c.seclude(nil)
}

// aloneAgain acts alone anew with an executor that is back: what was asked while there was
// none came to nothing, and what was under way has no result.
func (c *Controller) aloneAgain() {
	a := c.alone
	c.beginAlone(&alone{reason: a.reason, force: a.force, must: a.must, yield: a.yield, keep: a.keep})
}

// seclude makes the CIB that a node alone decides from, and decides.
func (c *Controller) seclude(states []lrmd.ResourceState) {
	a := c.alone
	a.asking = false
	a.snap = c.secluded(a, states)
	if a.snap == nil {
		c.alone = nil
		if a.must {
			c.do(Renew{})
		}
		if a.yield {
			c.do(Rejoin{})
		}
		return
	}
	c.thinkAlone()
}

func (c *Controller) thinkAlone() {
	a := c.alone
	c.serial++
	a.thinking, a.walk = c.serial, nil
	a.rounds++
	c.do(Think{Serial: c.serial, Snapshot: a.snap})
}

// alonePlanned walks the part of a decision that concerns this node.
func (c *Controller) alonePlanned(p Plan) {
	a := c.alone
	a.thinking = 0
	if p.Err != "" || len(p.Graph.Synapses) == 0 || a.rounds > maxRounds {
		c.aloneOver()
		return
	}
	c.offices++
	a.walk = transition.New(p.Graph, c.uuid(c.stamp()), 0)
	c.aloneDispatch(a.walk.Start(c.now))
}

func (c *Controller) aloneDispatch(actions []graph.Action) {
	a := c.alone
	for len(actions) > 0 {
		var next []graph.Action
		for _, act := range actions {
			o := orderFor(a.walk, act, c.stamp())
			here := transition.Executor(act) == c.cfg.Self.Name && act.Kind == graph.ResourceOp
			if here && o.Kind == RunOrder && act.Operation != "start" && act.Operation != "promote" {
				c.execute(o)
				continue
			}
			if here && o.Kind == CancelOrder {
				c.do(Withdraw{o.Stamp, o.Op})
			}
			next = append(next, a.walk.Step(c.now, transition.Result{Action: act.ID, Failed: here && o.Kind == RunOrder})...)
		}
		actions = next
	}
	if a.walk.Complete() {
		c.thinkAlone()
	}
}

// apply keeps what a node alone records; results advance its walk.
func (a *alone) apply(c *Controller, ops []cib.Op) {
	next, _, err := a.snap.Apply(cib.Command{Ops: ops})
	if err != nil {
		return
	}
	a.snap = next
	if a.walk == nil {
		return
	}
	for _, op := range ops {
		if op.Data == nil {
			continue
		}
		for e := range op.Data.Walk() {
			key, err := crm.ParseTransitionKey(e.Get("transition-key"))
			if e.Name != cib.TagLRMRscOp || err != nil || e.Get("op-status") == "-1" {
				continue
			}
			if step := a.walk.Step(c.now, transition.Result{Action: key.Action, Failed: e.Get("rc-code") != itoa(int(key.TargetRC))}); len(step) > 0 || a.walk.Complete() {
				c.aloneDispatch(step)
				if a.walk == nil {
					return
				}
			}
		}
	}
}

// aloneOver does what acting alone was for.
func (c *Controller) aloneOver() {
	a := c.alone
	if a.over || !c.executor.up && (a.must || a.yield) && !c.leaving.wanted {
		return // or nothing was stopped, and others may run it: aloneAgain
	}
	a.over = true
	if a.must {
		c.do(Renew{})
	}
	if stuck := stuckIn(a.snap, c.cfg.Self); len(stuck) > 0 && a.force {
		c.tellStuck(stuck)
	} else {
		c.say(Info, "quorum", "the policy for acting alone is applied", "node", string(c.cfg.Self.Name), "reason", a.reason)
	}
	switch {
	case c.leaving.wanted:
		c.leaveAlone()
	case a.yield:
		c.alone = nil
		c.join.done = false
		c.do(Rejoin{})
	case a.must:
		c.watchQuorum()
	}
}

// stuckIn lists the resources whose stop failed on a node.
func stuckIn(snap *cib.Snapshot, p Peer) (stuck []string) {
	for rsc := range stateIn(snap, p).Child(cib.TagLRM).Child(cib.TagLRMRscs).All(cib.TagLRMRsc) {
		last := rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, rsc.ID()+"_last_0")
		if last != nil && last.Get("operation") == "stop" && mayBeActive(last) && rsc.Get(cib.AttrClass) != "stonith" {
			stuck = append(stuck, rsc.ID())
		}
	}
	return stuck
}

// tellStuck deals with what must stop, cannot be stopped, and that nobody else is there to
// fence this node for.
func (c *Controller) tellStuck(stuck []string) {
	list := strings.Join(stuck, " ")
	if FencingEnabled(c.snap) && !c.leaving.wanted {
		c.do(Reset{Reason: "it acts alone, must stop " + list + ", and the stop failed"})
		return
	}
	c.say(Error, "quorum", "this node acts alone and could not stop what it must: it may run twice; stop it by hand, or reset this machine", "node", string(c.cfg.Self.Name), "resources", list)
}

// Alone tells why the node acts alone, if it does.
func (c *Controller) Alone() (reason string, ok bool) {
	if c.alone == nil {
		return "", false
	}
	return c.alone.reason, true
}
