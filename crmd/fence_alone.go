package crmd

import (
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
)

// LoneDelay is how long the weaker of two nodes waits before it fences the other one, where
// no delay is configured: the side that serves more shoots first, and is not shot.
const LoneDelay = 2 * time.Second

// lone is one of two nodes that lost the other. Without it there is no majority and no DC:
// this node keeps what it runs, starts nothing, and makes sure that the other one is off.
// Then consensus goes on with this node alone, and it writes into the CIB what it did.
type lone struct {
	peer     Peer
	engine   *fencing.Engine
	snap     *cib.Snapshot
	agents   map[string]fencing.Agent
	thinking int
	waits    []crm.ResourceID
	trouble  fencing.Event // the last failure
	done     bool
}

// beginLone begins to fence the other one of two nodes, if that is this node's to do.
// False: it is not, and the policy for being without quorum counts.
func (c *Controller) beginLone() bool {
	if c.lone != nil {
		return true
	}
	peer, ok := c.peerByID(c.view.Lone)
	if !ok || c.leaving.wanted || c.snap == nil || !c.executor.up || c.presence[peer.ID] != Dead || c.view.WaitForAll && !c.wasQuorate || !c.fencing() {
		return false
	}
	if !fencing.Read(c.snap, c.now).CanFence(peer.Name, c.fenceAgents()) {
		return false
	}
	l := &lone{peer: peer, engine: fencing.New("alone-" + c.requestID("alone"))}
	ops := []cib.Op{{Kind: cib.Modify, Data: cib.New(cib.TagCIB, cib.AttrHaveQuorum, "1", cib.AttrDCUUID, c.cfg.Self.UUID())},
		modify(cib.New(cib.TagNodeState, cib.AttrID, peer.UUID(), cib.AttrUname, string(peer.Name), "in_ccm", "false", "crmd", "offline", "join", "down"))}
	next, _, err := c.snap.Apply(cib.Command{Ops: ops})
	if err != nil {
		c.say(Error, "fence", "the last CIB cannot be used to fence the other node", "node", string(peer.Name), "error", err.Error())
		return false
	}
	l.snap = next
	c.lone = l
	c.say(Warning, "fence", "the other node is lost: it is fenced before this one goes on; until then what runs here keeps running, and nothing is started", "node", string(peer.Name))
	c.serial++
	l.thinking = c.serial
	c.do(Think{Serial: c.serial, Snapshot: l.snap})
	return true
}

// endLone gives it up: the other node is heard, or there is a quorum again.
func (c *Controller) endLone(why string) {
	if l := c.lone; l != nil {
		c.lone = nil
		c.disarm("fence")
		if !l.done {
			c.say(Info, "fence", "fencing the other node is given up: "+why, "node", string(l.peer.Name))
		}
	}
}

// lonePlanned asks for what the policy engine decided: how, and after what delay.
func (c *Controller) lonePlanned(p Plan) {
	l := c.lone
	l.thinking = 0
	ev := fencing.Event{ID: c.requestID("alone"), Target: l.peer.Name, Action: fencing.Reboot, Client: fencing.ClientDC, Origin: c.cfg.Self.Name,
		Reason: "the node is lost, and its peer must know that it is off", Requested: c.now, State: fencing.Pending}
	if a := c.Property("stonith-action"); a == "off" || a == "poweroff" {
		ev.Action = fencing.Off
	}
	delay := ""
	if p.Graph != nil {
		l.waits = waitsIn(p.Graph, l.peer.Name)
		for i := range p.Graph.Synapses {
			if a := p.Graph.Synapses[i].Action; a.Operation == "stonith" && a.Node == l.peer.Name {
				ev.Reason, delay = a.Reason, a.Attributes["CRM_meta_priority_fencing_delay"]
			}
		}
	}
	ev.Delay = seconds(delay)
	if delay == "" && c.Property("priority-fencing-delay") == "" && !c.delaysConfigured(l) && c.weaker(l.peer) {
		ev.Delay = LoneDelay
		c.say(Info, "fence", "the other node runs more: it may shoot first", "node", string(l.peer.Name), "delay", LoneDelay.String())
	}
	for _, in := range []fencing.Input{c.loneWorld(), fencing.Seen{Snapshot: l.snap}} {
		c.loneEffects(l.engine.Step(c.now, in))
	}
	if _, open := l.engine.Covers(ev.Target, ev.Action); c.lone == l && !open {
		c.loneEffects(l.engine.Step(c.now, fencing.Asked{Event: ev}))
	}
}

func (c *Controller) loneWorld() fencing.World {
	c.lone.agents = c.fenceAgents()
	self := []crm.NodeName{c.cfg.Self.Name}
	return fencing.World{Executors: self, Heard: self, Prefer: c.cfg.Self.Name, Agents: c.lone.agents, Guess: true}
}

// delaysConfigured reports whether some device has a delay of its own.
func (c *Controller) delaysConfigured(l *lone) bool {
	for _, d := range fencing.Read(l.snap, c.now).Devices {
		if d.Delays(l.peer.Name) || d.Delays(c.cfg.Self.Name) {
			return true
		}
	}
	return false
}

// weaker reports whether this node runs less than the other; when both run as much, the
// one that was not the DC is the weaker one.
func (c *Controller) weaker(peer Peer) bool {
	mine, theirs := c.activeOn(c.cfg.Self), c.activeOn(peer)
	if mine != theirs {
		return mine < theirs
	}
	return c.snap.Root().Get(cib.AttrDCUUID) != c.cfg.Self.UUID()
}

// activeOn counts the resources that were active on a node, fence devices left out.
func (c *Controller) activeOn(p Peer) int { return activeIn(c.snap, p) }

// runLone feeds the engine with time, and with what became known of agents.
func (c *Controller) runLone() {
	l := c.lone
	if l == nil {
		if c.view.Lone != 0 && !c.view.Quorate && c.alone == nil && c.beginLone() {
			c.disarm("quorum")
		}
		return
	}
	if c.presence[l.peer.ID] == Alive {
		c.endLone("it is heard again")
		return
	}
	c.askFenceAgents(l.snap)
	if l.thinking != 0 || l.done {
		return
	}
	if now := c.fenceAgents(); len(now) != len(l.agents) {
		c.loneEffects(l.engine.Step(c.now, c.loneWorld()))
	}
	if at := l.engine.Wake(); c.lone == l && !at.IsZero() && !at.After(c.now) {
		c.loneEffects(l.engine.Step(c.now, fencing.Tick{}))
	}
	if c.lone == l {
		c.armAt("fence", l.engine.Wake())
	}
}

// loneEffects carries out what the engine of a node alone wants.
func (c *Controller) loneEffects(effects []fencing.Effect) {
	for _, x := range effects {
		l := c.lone
		if l == nil {
			return
		}
		switch x := x.(type) {
		case fencing.Try:
			c.useDevice(c.deviceOrder(x.Attempt, c.stamp()))
		case fencing.RoundFailed:
			l.trouble = x.Event
			c.say(Error, "fence", x.Event.Trouble(l.waits, c.now), "node", string(x.Event.Target), "device", x.Event.Device, "attempts", itoa(x.Event.Attempts))
		case fencing.Ended:
			if x.Event.Target == l.peer.Name && x.Event.State == fencing.Success && x.Event.Action.Stops() && !l.done {
				l.done = true
				c.proven[l.peer.ID] = x.Event
				c.say(Warning, "fence", "the other node is off: this one goes on alone", "node", string(l.peer.Name), "device", x.Event.Device)
				c.do(ConfirmOff{l.peer.ID, proofOf(x.Event)})
			}
		}
	}
}

// FencingTrouble tells what keeps nodes from being fenced, one sentence each.
func (c *Controller) FencingTrouble() (list []string) {
	var events []fencing.Event
	waits := c.waitingFor
	switch {
	case c.lone != nil:
		events = []fencing.Event{c.lone.trouble}
		waits = func(crm.NodeName) []crm.ResourceID { return c.lone.waits }
	case c.duty != nil:
		events = c.duty.fencing.engine.Open()
	}
	for _, ev := range events {
		if text := ev.Trouble(waits(ev.Target), c.now); text != "" {
			list = append(list, text)
		}
	}
	return list
}

func (c *Controller) peerByID(id crm.NodeID) (Peer, bool) {
	for _, p := range c.cfg.Peers {
		if p.ID == id && !strings.EqualFold(string(p.Name), "") {
			return p, true
		}
	}
	return Peer{}, false
}
