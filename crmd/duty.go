package crmd

import (
	"crypto/md5"
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
)

// duty is what a DC has under way. It begins when the node comes to lead and is thrown
// away when it leads no more: the next DC learns everything from the CIB.
type duty struct {
	uuid       string // in the transition keys
	stamp      crm.Stamp
	since      time.Time
	aliveSince map[crm.NodeID]time.Time
	unjoined   map[crm.NodeID]time.Time // since when nodes that are alive are waited for to take part
	anew       map[crm.NodeID]bool      // nodes whose controller was started anew: they must join again
	renewed    map[crm.NodeID]bool      // those of them that the reconciliation under way tells so
	syncing    map[crm.NodeID]bool      // nodes that have not yet said what is in flight
	doubted    map[crm.NodeID]bool      // nodes that left, as this one knows, and joined again, as the DC before knew; nil: not looked yet
	committing string                   // tag of the reconciliation under way
	byTag      map[string]int           // commits that are actions of the walk

	dirty     string // why the policy engine must run; "": it need not
	thinking  int    // serial of the run under way; 0: none
	thoughtAt time.Time
	stale     bool // the CIB changed since it began
	staleRuns int  // runs thrown away in a row
	pauseTill time.Time
	fruitless int              // transitions in a row in which nothing succeeded
	told      map[Finding]bool // warnings of the last decision that wanted anything
	wanted    string           // actions of the last transition that ended well
	repeats   int              // how often in a row it was the same one

	transition int // id of the last one
	walk       *transition.Walk
	record     *Record
	unsent     map[crm.NodeID][]Order // orders whose delivery is in doubt
	fencing    fencingDuty
	recheckAt  time.Time
}

// patience bounds what a new DC waits for: nodes that are alive but have not joined, and
// nodes not heard yet.
const (
	joinPatience  = 3 * time.Second
	heardPatience = time.Second
)

// viewChanged takes what consensus says.
func (c *Controller) viewChanged(v View) {
	old := c.view
	// The others count on it that this node notices, where no switch takes its power.
	byItself := !c.fencing() || c.watchdogWait(c.dogTimeout) > 0
	switch {
	case v.Cut && byItself:
		v = v.cutOff()
	case v.Unheard && byItself:
		v = v.unheard()
	}
	c.view = v
	if old.Leader != v.Leader && v.Leader != 0 {
		c.say(Info, "dc", "the DC is "+string(c.nameOf(v.Leader)), "node", string(c.nameOf(v.Leader)), "stamp", v.Stamp.String())
	}
	if old.Quorate != v.Quorate || old.Reason == "" {
		level, text := Warning, "no quorum"
		if v.Quorate {
			level, text = Info, "quorum"
		}
		c.say(level, "quorum", text, "reason", v.Reason)
	}
	switch {
	case !v.Leading:
		c.leaveOffice()
	case c.duty == nil || c.duty.stamp != v.Stamp:
		c.takeOffice()
	case old.Quorate != v.Quorate:
		c.recompute("quorum changed", int(crm.Infinity))
	}
	c.watchQuorum()
	if old.Stamp != v.Stamp {
		c.announceAnew()
	}
}

// takeOffice begins the duties of the DC. Before anything is decided every node that is
// alive is asked to bring what earlier DCs ordered into the CIB: a start that is under
// way must be seen.
func (c *Controller) takeOffice() {
	c.leaveOffice()
	c.offices++
	d := &duty{uuid: c.uuid(c.view.Stamp), stamp: c.view.Stamp, since: c.now, aliveSince: map[crm.NodeID]time.Time{}, unjoined: map[crm.NodeID]time.Time{}, syncing: map[crm.NodeID]bool{}, anew: map[crm.NodeID]bool{}, renewed: map[crm.NodeID]bool{},
		fencing: newFencingDuty(c.uuid(c.view.Stamp)), byTag: map[string]int{}, unsent: map[crm.NodeID][]Order{}, dirty: "new DC", transition: -1}
	c.duty = d
	c.newest = c.view.Stamp
	c.say(Info, "dc", "this node is the DC", "node", string(c.cfg.Self.Name), "stamp", c.view.Stamp.String())
	for _, p := range c.cfg.Peers {
		d.aliveSince[p.ID] = c.now
		if p.ID != c.cfg.Self.ID && c.presence[p.ID] == Alive {
			c.askInFlight(p.ID)
		}
	}
	_ = c.accept(Order{Kind: SyncOrder, Stamp: d.stamp})
	if c.neverJoined() {
		c.mustJoin(c.cfg.Self.ID)
	}
	c.arm("sync", c.cfg.SyncGrace)
	c.watchLost()
}

// askInFlight asks a node for what is in flight there.
func (c *Controller) askInFlight(id crm.NodeID) {
	c.duty.syncing[id] = true
	c.do(Send{id, []Order{{Kind: SyncOrder, Stamp: c.duty.stamp}}})
	c.arm("sync", c.cfg.SyncGrace)
}

// mustJoin notes that what the CIB says of a node may be less than what it did: it joins
// again before anything is decided.
func (c *Controller) mustJoin(id crm.NodeID) {
	c.duty.aliveSince[id], c.duty.anew[id] = c.now, true
	delete(c.duty.renewed, id)
}

// uuid names this term of office in the keys of orders. A node that loses the quorum and
// finds it again leads twice under one stamp: what it ordered first must not be taken for
// what it orders now, or an old success would answer a new request.
func (c *Controller) uuid(s crm.Stamp) string {
	h := md5.Sum([]byte(c.cfg.Seed + "/" + c.cfg.Self.UUID() + "/" + s.String() + "/" + itoa(c.offices)))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// leaveOffice ends the duties of the DC. What it ordered and no node has answered yet is
// given up: this node may lead again under the same stamp, which nobody refuses, and a call
// that goes on would bring an old order to a node that was fenced since.
func (c *Controller) leaveOffice() {
	if c.duty == nil {
		return
	}
	c.closeRecord("this node leads no more")
	c.duty = nil
	for _, p := range c.cfg.Peers {
		if p.ID != c.cfg.Self.ID {
			c.do(HangUp{p.ID})
		}
	}
	for _, timer := range []string{"sync", "walk", "recheck", "think", "resend", "duty", "fence", "fence-again", "fence-self", "fence-poll"} {
		c.disarm(timer)
	}
}

// syncOver goes on without the nodes that did not answer in time. What they carried out for
// the DC before may not be in the CIB: they must join again, and are waited for like others
// that are alive and have not joined.
func (c *Controller) syncOver() {
	if c.duty == nil || len(c.duty.syncing) == 0 {
		return
	}
	for _, p := range c.cfg.Peers {
		if c.duty.syncing[p.ID] {
			c.say(Warning, "dc", "node did not say in time what is in flight there; it must join again", "node", string(p.Name))
			c.mustJoin(p.ID)
		}
	}
	clear(c.duty.syncing)
}

// recompute asks for a new decision. A transition under way starts nothing more of lower
// priority and is followed by a new one.
func (c *Controller) recompute(reason string, priority int) {
	d := c.duty
	if d == nil {
		return
	}
	if d.thinking != 0 && !d.stale {
		d.stale = true
		if d.staleRuns < maxStaleRuns {
			c.do(Cease{d.thinking})
		}
	}
	if d.walk != nil && !d.walk.Complete() {
		if d.walk.Abort(priority, reason) {
			c.say(Debug, "transition", "transition aborted", "transition", itoa(d.transition), "reason", reason)
		}
		return
	}
	if d.dirty == "" {
		d.dirty = reason
	}
}

// tryThink starts the policy engine when there is a reason and nothing to wait for.
func (c *Controller) tryThink() {
	d := c.duty
	if d == nil || c.snap == nil || d.dirty == "" || d.thinking != 0 || len(d.syncing) > 0 || d.committing != "" || (d.walk != nil && !d.walk.Complete()) {
		return
	}
	if until := c.waitFor(); c.now.Before(until) {
		c.armAt("think", until)
		return
	}
	c.serial++
	d.thinking, d.stale, d.thoughtAt = c.serial, false, c.now
	c.do(Think{Serial: c.serial, Snapshot: c.snap, TransitionID: d.transition + 1, Save: true})
}

// waitFor is when to decide at the latest: nodes that are about to join are waited for,
// those that may still run something are given the time to stop it (takeover.go), and after transitions in which nothing worked there is a pause.
func (c *Controller) waitFor() (until time.Time) {
	d := c.duty
	until = d.pauseTill
	for _, p := range c.cfg.Peers {
		wait := time.Time{}
		switch c.presence[p.ID] {
		case Alive:
			wait = c.joinsUntil(p)
		case Unknown:
			wait = d.since.Add(heardPatience)
			if c.nodeState(p).Get("in_ccm") == "true" { // it may run anything; membership will soon say that it is dead
				wait = c.now.Add(heardPatience)
			} else if at := c.takeoverAt(p.ID); at.After(wait) {
				wait = at
			}
		case Left:
			if d.doubted[p.ID] {
				wait = d.since.Add(heardPatience)
			}
		case Dead:
			wait = c.takeoverAt(p.ID)
		}
		if wait.After(until) {
			until = wait
		}
	}
	return until
}

// State is the controller's state in the words that the field knows.
func (c *Controller) State() string {
	d := c.duty
	switch {
	case c.leaving.wanted || c.leaving.left:
		return "S_STOPPING"
	case c.view.Leader == 0:
		return "S_ELECTION"
	case d == nil && !c.join.done:
		return "S_PENDING"
	case d == nil:
		return "S_NOT_DC"
	case len(d.syncing) > 0 || c.snap == nil:
		return "S_INTEGRATION"
	case d.thinking != 0:
		return "S_POLICY_ENGINE"
	case d.walk != nil && !d.walk.Complete():
		return "S_TRANSITION_ENGINE"
	case d.dirty != "":
		return "S_INTEGRATION"
	}
	return "S_IDLE"
}

// current is the CIB that this node acts on: while alone, with what it did since.
func (c *Controller) current() *cib.Snapshot {
	if c.alone != nil {
		return c.alone.snap
	}
	return c.snap
}
