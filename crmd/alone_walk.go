package crmd

import (
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// maxRounds bounds how often a node alone decides anew: a stop that fails cannot be
// helped without the others.
const maxRounds = 5

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
		if p.Err != "" || len(a.probes) == 0 { // else: probed
			c.aloneOver()
		}
		return
	}
	c.offices++
	uuid := c.uuid(c.stamp())
	a.walk = transition.New(p.Graph, uuid, 0)
	c.say(Info, "transition", "decided alone what to do here", "node", string(c.cfg.Self.Name), "actions", itoa(len(p.Graph.Synapses)), "reason", a.causes.demand().says, "uuid", uuid)
	c.aloneDispatch(a.walk.Start(c.now))
}

// probed takes note of the end of a probe that was under way when this node began to act alone:
// when the last has told what runs, it is decided once more.
func (c *Controller) probed(r lrmd.Result) {
	a := c.alone
	if a == nil || !a.probes[r.Op] {
		return
	}
	delete(a.probes, r.Op)
	if len(a.probes) == 0 && a.thinking == 0 && (a.walk == nil || a.walk.Complete()) && !a.over {
		a.rounds = 0
		c.thinkAlone()
	}
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
			if e.Name != cib.TagLRMRscOp || e.Get("op-status") == "-1" {
				continue
			}
			a.step(c, e.Get("transition-key"), e.Get("rc-code"))
			if a.walk == nil {
				return
			}
		}
	}
}

// step takes the exit code of an order of the walk; "" when it will have none. What the DC
// had ordered before has a key of its own, and may come among them.
func (a *alone) step(c *Controller, order, rc string) {
	if !a.ordered(order) {
		return
	}
	key, _ := crm.ParseTransitionKey(order)
	if next := a.walk.Step(c.now, transition.Result{Action: key.Action, Failed: rc != itoa(int(key.TargetRC))}); len(next) > 0 || a.walk.Complete() {
		c.aloneDispatch(next)
	}
}

// ordered reports whether an order is one of the walk.
func (a *alone) ordered(order string) bool {
	key, err := crm.ParseTransitionKey(order)
	if err != nil || a.walk == nil {
		return false
	}
	act, _, ok := a.walk.Action(key.Action)
	return ok && a.walk.Key(act) == key
}

// aloneOver does what acting alone was for.
func (c *Controller) aloneOver() {
	a := c.alone
	if a.over || !c.executor.up && a.owes() && !c.leaving.wanted {
		return // or nothing was stopped, and others may run it: aloneAgain
	}
	a.over = true
	d := a.causes.demand()
	if d.finishes {
		c.do(Renew{})
	}
	if stuck := stuckIn(a.snap, c.cfg.Self); len(stuck) > 0 && a.stops() {
		c.tellStuck(stuck)
	} else {
		c.say(Info, "quorum", "the policy for acting alone is applied", "node", string(c.cfg.Self.Name), "reason", d.says)
	}
	switch {
	case c.leaving.wanted:
		c.leaveAlone()
	case d.rejoins:
		c.rejoin()
	case d.finishes:
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
	if FencingEnabled(c.snap) && !c.leaving.wanted && c.joinedSinceBoot() {
		c.do(Reset{Reason: "it acts alone, must stop " + list + ", and the stop failed"})
		return
	}
	c.say(Error, "quorum", "this node acts alone and could not stop what it must: it may run twice; stop it by hand, or reset this machine", "node", string(c.cfg.Self.Name), "resources", list)
}
