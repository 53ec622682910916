package crmd

import (
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/membership"
)

func itoa(n int) string { return strconv.Itoa(n) }

// memberSeen notes what membership says; the DC writes it into the CIB (reconcile).
func (c *Controller) memberSeen(in MemberSeen) {
	if in.ID == c.cfg.Self.ID {
		return
	}
	p := Alive
	if !in.Alive {
		p = Dead
		if in.Left {
			p = Left
		}
	}
	c.lifeSeen(in)
	if in.Alive && in.Anew && c.presence[in.ID] == Alive {
		c.cameBack(in.ID)
		c.startedAnew(in.ID)
		return
	}
	if c.presence[in.ID] == p || (p == Dead && c.presence[in.ID] == Left) {
		return
	}
	unheard := c.presence[in.ID] == Unknown
	c.noteLost(in.ID, c.presence[in.ID], p)
	c.presence[in.ID] = p
	c.cameBack(in.ID)
	name := string(c.nameOf(in.ID))
	switch p {
	case Alive:
		c.say(Info, "member", "node is alive", "node", name, "why", in.Why)
		c.announceAnew()
	case Left:
		c.say(Info, "member", "node left the cluster", "node", name, "why", in.Why)
	default:
		c.say(Warning, "member", "node is lost", "node", name, "why", in.Why)
	}
	if c.duty != nil {
		if p == Alive {
			c.duty.aliveSince[in.ID] = c.now
			if unheard || c.duty.doubted[in.ID] {
				c.askInFlight(in.ID)
			}
			delete(c.duty.doubted, in.ID)
		} else {
			delete(c.duty.syncing, in.ID)
			c.nodeGone(c.nameOf(in.ID), p)
		}
	}
}

// startedAnew takes note that a node's controller has no memory of what was ordered. The
// node joins again, and brings what its executor knows; until then it is waited for.
func (c *Controller) startedAnew(id crm.NodeID) {
	c.say(Warning, "member", "the node's controller was started anew", "node", string(c.nameOf(id)))
	if c.duty == nil {
		return
	}
	delete(c.duty.syncing, id)
	c.mustJoin(id)
	c.nodeGone(c.nameOf(id), Dead)
	c.recompute("the controller of "+string(c.nameOf(id))+" was started anew", int(crm.Infinity))
}

// nodeGone settles the actions of a node that is no more: its shutdown is done, all else
// has failed.
func (c *Controller) nodeGone(name crm.NodeName, p Presence) {
	d := c.duty
	if peer, ok := c.peer(name); ok {
		delete(d.unsent, peer.ID)
		c.do(HangUp{peer.ID})
	}
	if d.walk == nil || d.walk.Complete() {
		return
	}
	for _, a := range d.walk.On(name) {
		if a.Operation == "stonith" {
			continue // that it is lost does not prove that it is off
		}
		ok := a.Operation == "do_shutdown"
		text := "node lost"
		if ok {
			text = "node left"
		} else {
			d.walk.Abort(int(crm.Infinity), "node "+string(name)+" was lost")
		}
		c.advance(transition.Result{Action: a.ID, Failed: !ok, Text: text})
	}
}

// reconcile is the DC's duty to write what it knows into the CIB: who is there, that it
// leads, that there is quorum. It computes what differs and commits that.
func (c *Controller) reconcile() {
	d := c.duty
	if d == nil || c.snap == nil || d.committing != "" {
		return
	}
	c.lookBack()
	c.noteUnjoined()
	ops := c.rootOps()
	ops = append(ops, c.propertyOps()...)
	ops = append(ops, c.nodeOps()...)
	for _, p := range c.cfg.Peers {
		ops = append(ops, c.stateOps(p)...)
	}
	if len(ops) > 0 {
		d.committing = c.commit("duty", true, ops...)
	}
}

// dutyCommitted ends a reconciliation; one that failed is tried again shortly.
func (c *Controller) dutyCommitted(in Committed) {
	if c.duty == nil {
		return
	}
	if id, ok := c.duty.byTag[in.Tag]; ok {
		delete(c.duty.byTag, in.Tag)
		c.advance(transition.Result{Action: id, Failed: in.Err != "" || in.ExitCode != 0, Text: in.Err})
	}
	if in.Tag != c.duty.committing {
		return
	}
	c.duty.committing = ""
	if in.Err != "" || in.ExitCode != 0 {
		c.say(Warning, "cib", "node states could not be written, trying again", "error", in.Err)
		c.duty.committing = "pause"
		c.arm("duty", 200*time.Millisecond)
		return
	}
	for id := range c.duty.renewed {
		delete(c.duty.anew, id)
	}
	clear(c.duty.renewed)
}

// rootOps writes dc-uuid and have-quorum.
func (c *Controller) rootOps() []cib.Op {
	root := c.snap.Root()
	quorum := "0"
	if c.view.Quorate {
		quorum = "1"
	}
	if root.Get(cib.AttrDCUUID) == c.cfg.Self.UUID() && root.Get(cib.AttrHaveQuorum) == quorum {
		return nil
	}
	return []cib.Op{{Kind: cib.Modify, Data: cib.New(cib.TagCIB, cib.AttrHaveQuorum, quorum, cib.AttrDCUUID, c.cfg.Self.UUID())}}
}

// propertyOps writes the cluster properties that are the DC's.
func (c *Controller) propertyOps() []cib.Op {
	const set = "cib-bootstrap-options"
	props := cib.New(cib.TagPropertySet, cib.AttrID, set)
	differs := false
	for _, w := range []attribute{{"have-watchdog", strconv.FormatBool(len(c.watchdogs()) > 0)}, {"dc-version", DCVersion}, {"cluster-infrastructure", "corosync"}, {"cluster-name", c.cfg.Cluster}} {
		if w.value == "" || c.Property(w.name) == w.value {
			continue
		}
		differs = true
		props = props.Plus(cib.New(cib.TagNvpair, cib.AttrID, set+"-"+w.name, cib.AttrName, w.name, cib.AttrValue, w.value))
	}
	if !differs {
		return nil
	}
	return []cib.Op{{Kind: cib.Modify, Scope: cib.TagCRMConfig, AllowCreate: true, Data: props}}
}

// nodeOps gives every configured node its entry in the nodes section.
func (c *Controller) nodeOps() (ops []cib.Op) {
	nodes := c.snap.Section(cib.TagNodes)
	for _, p := range c.cfg.Peers {
		n := nodes.ChildWith(cib.TagNode, cib.AttrID, p.UUID())
		if n == nil || n.Get(cib.AttrUname) != string(p.Name) {
			ops = append(ops, cib.Op{Kind: cib.Modify, Scope: cib.TagNodes, AllowCreate: true,
				Data: cib.New(cib.TagNode, cib.AttrID, p.UUID(), cib.AttrUname, string(p.Name))})
		}
	}
	return ops
}

// stateOps brings one node's entry to what membership says. A node that is gone keeps its
// history while it may still run something, that is, when fencing must confirm first.
func (c *Controller) stateOps(p Peer) (ops []cib.Op) {
	st := c.nodeState(p)
	head := cib.New(cib.TagNodeState, cib.AttrID, p.UUID(), cib.AttrUname, string(p.Name))
	switch c.presence[p.ID] {
	case Alive:
		if c.shot[p.ID] {
			return nil // it was alive a moment ago, and was switched off since
		}
		if st.Get("in_ccm") != "true" && c.keptOut(p) {
			return nil
		}
		if st == nil || st.Get("in_ccm") != "true" || c.duty.anew[p.ID] {
			if c.duty.anew[p.ID] {
				c.duty.renewed[p.ID] = true
			}
			c.letIn(p.ID)
			return []cib.Op{modify(head.With("in_ccm", "true").With("crmd", "online").With("crm-debug-origin", "peer_update_callback").With("join", "pending"))}
		}
		if c.failsToJoin(p) && st.Get("crmd") != "offline" {
			c.say(Error, "member", "the node is heard and does not take part; it must be fenced, for it may run something", "node", string(p.Name), "for", membership.UnjoinedPatience.String())
			return []cib.Op{modify(head.With("in_ccm", "true").With("crmd", "offline").With("crm-debug-origin", "peer_update_callback").With("join", "pending"))}
		}
	case Dead, Left:
		if st == nil || c.duty.doubted[p.ID] {
			return nil
		}
		if ev, off := c.proven[p.ID]; off {
			return c.provenOps(p, ev)
		}
		stopped := c.presence[p.ID] == Left || st.Get("expected") == "down"
		if st.Get("in_ccm") != "false" || st.Get("crmd") != "offline" || st.Get("join") != "down" {
			head = head.With("in_ccm", "false").With("crmd", "offline").With("crm-debug-origin", "peer_update_callback").With("join", "down")
			if stopped {
				head = head.With("expected", "down")
			}
			ops = append(ops, modify(head))
		}
		if stopped || !c.fencing() {
			ops = append(ops, c.wipe(p, st, stopped)...)
		} else {
			// Who dies while it leaves has not left. The policy engine fences nobody that asks to
			// leave, unless the CIB says that something runs there, and after a restart of its
			// executor it may say too little.
			ops = append(ops, c.removeAttribute(p, "shutdown")...)
		}
	}
	return ops
}

// wipe removes what a node that runs nothing any more had running. shutdown-lock needs
// the history of nodes that left in order.
func (c *Controller) wipe(p Peer, st *cib.Element, inOrder bool) (ops []cib.Op) {
	if rscs := st.Child(cib.TagLRM).Child(cib.TagLRMRscs); rscs != nil && len(rscs.Children) > 0 && !(inOrder && isTrue(c.Property("shutdown-lock"))) {
		ops = append(ops, remove(statePath(p)+"/lrm"))
	}
	if st.Child(cib.TagTransient) != nil {
		ops = append(ops, remove(statePath(p)+"/transient_attributes"))
	}
	return ops
}

// Property gives a cluster property as written, "" when it is not set.
func (c *Controller) Property(name string) string {
	if snap := c.current(); snap != nil {
		return PropertyOf(snap, name)
	}
	return ""
}

// PropertyOf gives a CIB's cluster property as written, "" when it is not set. Of several
// sets the first of the highest score that has it counts; rules are not looked at.
func PropertyOf(snap *cib.Snapshot, name string) (value string) {
	best := -crm.Infinity - 1
	for set := range snap.Section(cib.TagCRMConfig).All(cib.TagPropertySet) {
		score, err := crm.ParseScore(set.Get(cib.AttrScore))
		if err != nil {
			score = 0
		}
		if nv := set.ChildWith(cib.TagNvpair, cib.AttrName, name); nv != nil && score > best {
			best, value = score, nv.Get(cib.AttrValue)
		}
	}
	return value
}

// fencing reports whether fencing is on for this node's CIB.
func (c *Controller) fencing() bool {
	return c.snap == nil || FencingEnabled(c.snap) // not the CIB of a node alone: that overrules it
}

// FencingEnabled reports whether fencing is on, as it is unless it is switched off.
func FencingEnabled(snap *cib.Snapshot) bool {
	for _, name := range []string{"fencing-enabled", "stonith-enabled"} {
		if v := PropertyOf(snap, name); v != "" {
			return isTrue(v)
		}
	}
	return true
}

func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "y", "1":
		return true
	}
	return false
}
