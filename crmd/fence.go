package crmd

import (
	"reflect"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// fencingDuty is what a DC has under way to fence nodes. Requests are on record in the
// CIB, so a DC that takes over begins with those that are open.
type fencingDuty struct {
	engine   *fencing.Engine
	world    fencing.World
	seen     *cib.Snapshot
	actions  map[string][]int         // by request: actions of the walk that wait for it
	writing  map[string]fencing.Event // by tag: records whose commit is under way
	unwrit   []fencing.Event          // records whose commit failed: written again
	held     []fencing.Attempt        // on this very node: another DC should have them carried out
	handed   bool                     // another node was asked to lead for that
	released int                      // actions of the walk that were let go, though their requests go on
}

func newFencingDuty(uuid string) fencingDuty {
	return fencingDuty{engine: fencing.New(uuid), actions: map[string][]int{}, writing: map[string]fencing.Event{}}
}

// rewritePause is how long to wait before a record is written again that could not be.
const rewritePause = 200 * time.Millisecond

// handOverPatience is how long a DC that is to be fenced waits for another one to lead;
// pollPause is after what time an order without a result is given again.
const (
	handOverPatience = 3 * time.Second
	pollPause        = 2 * time.Second
)

// agentPatience is how long the meta-data of a fence agent are waited for.
const agentPatience = 10 * time.Second

// runFencing feeds the engine with what changed, and with the time.
func (c *Controller) runFencing() {
	if c.snap != nil {
		c.askFenceAgents(c.snap) // before this node leads: fencing should not wait for meta-data
	}
	c.runLone()
	d := c.duty
	if d == nil || c.snap == nil || len(d.syncing) > 0 {
		return
	}
	f := &d.fencing
	if w := c.fencingWorld(); !reflect.DeepEqual(w, f.world) {
		f.world = w
		c.fenceEffects(f.engine.Step(c.now, w))
	}
	if c.duty == d && f.seen != c.snap {
		f.seen = c.snap
		c.fenceEffects(f.engine.Step(c.now, fencing.Seen{Snapshot: c.snap}))
	}
	if c.duty != d {
		return
	}
	if at := f.engine.Wake(); !at.IsZero() && !at.After(c.now) {
		c.fenceEffects(f.engine.Step(c.now, fencing.Tick{}))
	}
	if c.duty == d {
		c.armAt("fence", f.engine.Wake())
		c.rewrite()
		c.releaseFencing()
	}
}

// fencingWorld is who is there to fence, as the DC sees it.
func (c *Controller) fencingWorld() fencing.World {
	w := fencing.World{Prefer: c.cfg.Self.Name, Quorate: c.view.Quorate, Agents: c.fenceAgents(), Watchdogs: c.watchdogs(), Watchdog: c.dogTimeout}
	for _, p := range c.cfg.Peers {
		self := p.ID == c.cfg.Self.ID
		heard := self || c.presence[p.ID] == Alive
		if heard {
			w.Heard = append(w.Heard, p.Name)
		}
		st := c.nodeState(p)
		if self && c.executor.up || !self && heard && !c.shot[p.ID] && st.Get("in_ccm") == "true" && st.Get("crmd") == "online" {
			w.Executors = append(w.Executors, p.Name)
		}
	}
	return w
}

// watchdogs tells which nodes are known to reset themselves: their node attribute says so.
func (c *Controller) watchdogs() map[crm.NodeName]bool {
	var list map[crm.NodeName]bool
	for _, p := range c.cfg.Peers {
		if v := c.attributeOf(p, WatchdogAttribute); v != nil && isTrue(*v) {
			if list == nil {
				list = map[crm.NodeName]bool{}
			}
			list[p.Name] = true
		}
	}
	return list
}

// WatchdogAttribute is the transient attribute by which a node tells that a watchdog
// resets it when it must not go on.
const WatchdogAttribute = "#watchdog"

// askFenceAgents looks up what the configured fence agents can do.
func (c *Controller) askFenceAgents(snap *cib.Snapshot) {
	resources := snap.Section(cib.TagResources)
	if !c.executor.up || c.askedFor == resources {
		return
	}
	c.askedFor = resources
	for p := range resources.Walk() {
		if p.Get(cib.AttrClass) != "stonith" {
			continue
		}
		a := lrmd.Agent{Class: "stonith", Type: p.Get(cib.AttrType)}
		if c.executor.agents[a] == nil {
			c.lookUp(a)
			c.executor.agents[a].asked = c.now
			c.arm("fence-again", agentPatience)
		}
	}
}

// askAnew forgets fence agents whose meta-data could not be had: another executor may.
func (c *Controller) askAnew() {
	c.askedFor = nil
	for a, known := range c.executor.agents {
		if a.Class == "stonith" && !known.traits.Fence.Known {
			delete(c.executor.agents, a)
		}
	}
}

// fenceAgents is what is known of fence agents. One that was asked for long ago, in vain,
// counts as known to offer nothing special.
func (c *Controller) fenceAgents() map[string]fencing.Agent {
	list := map[string]fencing.Agent{}
	for a, known := range c.executor.agents {
		if a.Class == "stonith" && (known.known || !c.now.Before(known.asked.Add(agentPatience))) {
			list[a.Type] = known.traits.Fence
		}
	}
	return list
}

// fenceEffects carries out what the engine of the DC wants.
func (c *Controller) fenceEffects(effects []fencing.Effect) {
	d := c.duty
	for _, x := range effects {
		if c.duty != d || d == nil {
			return
		}
		switch x := x.(type) {
		case fencing.Try:
			c.tryDevice(x.Attempt)
		case fencing.Record:
			c.say(Warning, "fence", "an open request for fencing vanished from the CIB: it is written again, only success or an operator closes it", "node", string(x.Event.Target), "request", x.Event.ID)
			c.writeEvent(x.Event)
		case fencing.RoundFailed:
			c.writeFailure(x.Event)
			c.say(Error, "fence", x.Event.Trouble(c.waitingFor(x.Event.Target), c.now), "node", string(x.Event.Target), "device", x.Event.Device, "attempts", itoa(x.Event.Attempts))
		case fencing.Ended:
			c.fencingEnded(x)
		}
	}
}

// tryDevice has a node use a device.
func (c *Controller) tryDevice(a fencing.Attempt) {
	f := &c.duty.fencing
	if a.Target == c.cfg.Self.Name && a.Action.Stops() && !f.handed && c.othersStay() {
		f.handed, f.held = true, append(f.held, a)
		c.say(Warning, "fence", "this node, the DC, is to be fenced: another one shall lead first", "node", string(a.Target))
		c.do(HandOver{})
		c.arm("fence-self", handOverPatience)
		return
	}
	if a.Action.Stops() || a.Action == fencing.On {
		c.say(Warning, "fence", string(a.Action)+" of "+string(a.Target)+" by "+string(a.Device), "node", string(a.Target), "device", string(a.Device), "executor", string(a.Node))
	}
	c.giveDevice(a)
	c.arm("fence-poll", pollPause)
}

// fenceSelf goes on when nobody else came to lead.
func (c *Controller) fenceSelf() {
	if c.duty == nil {
		return
	}
	held := c.duty.fencing.held
	c.duty.fencing.held = nil
	for _, a := range held {
		if c.duty.fencing.engine.Waits(a.ID) {
			c.tryDevice(a)
		}
	}
}

// pollDevices gives orders again whose results did not come yet: the order, or the answer,
// may be lost. A node carries the same order out once, and answers again.
func (c *Controller) pollDevices() {
	if c.duty == nil {
		return
	}
	f := &c.duty.fencing
	open := f.engine.Outstanding()
	for _, a := range open {
		if a.Node != c.cfg.Self.Name && !slices.ContainsFunc(f.held, func(h fencing.Attempt) bool { return h.ID == a.ID }) {
			c.giveDevice(a)
		}
	}
	if len(open) > 0 {
		c.arm("fence-poll", pollPause)
	}
}

func (c *Controller) giveDevice(a fencing.Attempt) {
	p, _ := c.peer(a.Node)
	if target, ok := c.peer(a.Target); ok && a.Action != fencing.On {
		c.strike(target.ID, a.ID)
	}
	o := c.deviceOrder(a, c.duty.stamp)
	if p.ID != c.cfg.Self.ID {
		c.do(Send{p.ID, []Order{o}})
		return
	}
	if err := c.accept(o); err != nil {
		c.deviceAnswered(fencing.Answered{Attempt: a.ID, Lost: true, Reason: err.Error()})
	}
}

// fencingEnded puts the end of a request on record, and with it what it means for the node.
func (c *Controller) fencingEnded(x fencing.Ended) {
	ev := x.Event
	if ev.State == fencing.Success {
		c.say(Warning, "fence", "done: "+string(ev.Action)+" of "+string(ev.Target), "node", string(ev.Target), "device", ev.Device, "by", string(ev.Delegate), "reason", ev.Reason)
	} else {
		c.say(Error, "fence", "not done: "+string(ev.Action)+" of "+string(ev.Target)+": "+ev.ExitReason, "node", string(ev.Target), "device", ev.Device, "asked by", ev.Client)
	}
	if x.OnRecord {
		c.settleFencing(ev, ev.State == fencing.Success, "closed by "+string(ev.Delegate))
		return
	}
	if p, ok := c.peer(ev.Target); ok && ev.Action.Stops() {
		c.strokeEnded(p, ev.State == fencing.Success)
	}
	c.writeEvent(ev)
}

// writeEvent commits a record. Success takes the target's state along.
func (c *Controller) writeEvent(ev fencing.Event) {
	ops := fencing.RecordOps(c.snap, ev)
	if p, ok := c.peer(ev.Target); ok && ev.State == fencing.Success {
		switch {
		case ev.Action.Stops():
			ops = append(ops, fencedOps(p)...)
		case ev.Action == fencing.On:
			ops = append(ops, c.unfencedOps(p, ev)...)
		}
	}
	c.duty.fencing.writing[c.commit("fence", false, ops...)] = ev
}

// writeFailure commits that a round of an open request failed, if it is open still.
func (c *Controller) writeFailure(ev fencing.Event) {
	c.duty.fencing.writing[c.commit("fence", false, fencing.FailureOps(ev)...)] = ev
}

// fenceCommitted goes on when a record is in the CIB. One that is not is written again.
func (c *Controller) fenceCommitted(in Committed) {
	if c.duty == nil {
		return
	}
	f := &c.duty.fencing
	ev, ok := f.writing[in.Tag]
	if !ok {
		return
	}
	delete(f.writing, in.Tag)
	if ev.Open() && in.ExitCode == cib.ExitNoSuch {
		return // closed meanwhile, or erased: then the engine asks for a record
	}
	if in.Err != "" || in.ExitCode != 0 {
		c.say(Warning, "fence", "what is on record about fencing could not be written, trying again", "node", string(ev.Target), "error", in.Err)
		f.unwrit = append(f.unwrit, ev)
		c.arm("fence-again", rewritePause)
		return
	}
	if ev.Open() {
		return
	}
	if p, known := c.peer(ev.Target); known && ev.State == fencing.Success && ev.Action.Stops() {
		c.duty.fruitless, c.duty.pauseTill = 0, time.Time{}
		c.do(ConfirmOff{p.ID, proofOf(ev)})
	}
	c.settleFencing(ev, ev.State == fencing.Success, ev.ExitReason)
}

// proofOf is what consensus is told about a success.
func proofOf(ev fencing.Event) string {
	return "fenced by " + ev.Device + " on " + string(ev.Delegate) + " at " + ev.Completed.UTC().Format(time.RFC3339)
}

// rewrite tries records again that could not be written.
func (c *Controller) rewrite() {
	f := &c.duty.fencing
	if len(f.unwrit) == 0 {
		return
	}
	list := f.unwrit
	f.unwrit = nil
	for _, ev := range list {
		if old, ok := fencing.Find(c.snap, ev.ID); ev.Open() && ok && !old.Open() {
			continue // closed meanwhile
		}
		c.writeEvent(ev)
	}
}

// demandFencing turns a fencing action of the walk into a request, or lets it wait for one
// that is open already.
func (c *Controller) demandFencing(a graph.Action) {
	f := &c.duty.fencing
	action := fencing.Action(a.Attributes["CRM_meta_stonith_action"])
	if ev, open := f.engine.Covers(a.Node, action); open {
		f.actions[ev.ID] = append(f.actions[ev.ID], a.ID)
		return
	}
	ev := fencing.Event{ID: c.requestID(itoa(c.duty.transition) + "/" + itoa(a.ID)), Target: a.Node, Action: action, Client: fencing.ClientDC, Origin: c.cfg.Self.Name, Reason: a.Reason,
		Requested: c.now, State: fencing.Pending, Delay: seconds(a.Attributes["CRM_meta_priority_fencing_delay"])}
	f.actions[ev.ID] = append(f.actions[ev.ID], a.ID)
	c.say(Warning, "fence", string(action)+" of "+string(a.Node)+" is needed", "node", string(a.Node), "reason", a.Reason, "request", ev.ID)
	f.engine.Demanded(ev)
	c.writeEvent(ev)
}

func (c *Controller) requestID(what string) string {
	return "fence-" + c.uuid(crm.Stamp{})[:8] + "-" + digest8(c.uuid(c.view.Stamp)+what+c.now.String())
}

// settleFencing ends the actions of the walk that waited for a request.
func (c *Controller) settleFencing(ev fencing.Event, ok bool, text string) {
	d := c.duty
	waiting := d.fencing.actions[ev.ID]
	delete(d.fencing.actions, ev.ID)
	if !ok && len(waiting) > 0 && d.walk != nil {
		d.walk.Abort(int(crm.Infinity), "fencing "+string(ev.Target)+" failed")
	}
	for _, id := range waiting {
		if c.duty == d {
			c.advance(transition.Result{Action: id, Failed: !ok, Text: text})
		}
	}
	if ok && len(waiting) == 0 {
		c.recompute("node "+string(ev.Target)+" was fenced", int(crm.Infinity))
	}
}
