package crmd

import (
	"slices"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/fencing"
)

// cibChanged compares the newest CIB with the one before and acts on what differs. Trees
// share what did not change, so the cost follows the change, not the CIB.
func (c *Controller) cibChanged(snap *cib.Snapshot) {
	old := c.snap
	c.snap = snap
	c.fencedMyself(old, snap)
	if old != nil && c.joinedSince(old) {
		c.announceAnew()
	}
	if c.duty == nil || old == nil || old == snap {
		return
	}
	a, b := old.Root(), snap.Root()
	if x, y := a.Child(cib.TagConfiguration), b.Child(cib.TagConfiguration); x != y && !equal(x, y) {
		c.recompute("configuration change", int(crm.Infinity))
	}
	if a.Get(cib.AttrHaveQuorum) != b.Get(cib.AttrHaveQuorum) {
		c.recompute("quorum changed", int(crm.Infinity))
	}
	pairs(a.Child(cib.TagStatus), b.Child(cib.TagStatus), func(x, y *cib.Element) {
		if nameOf(x, y) == cib.TagNodeState {
			c.stateChanged(x, y)
		} else if nameOf(x, y) == fencing.TagFencing {
			return // what is on record about fencing decides nothing
		} else if !equal(x, y) {
			c.recompute(nameOf(x, y)+" changed", int(crm.Infinity))
		}
	})
}

// pairs calls fn for the children that differ by identity: x is nil for a new one, y for
// one that is gone.
func pairs(a, b *cib.Element, fn func(x, y *cib.Element)) {
	if a == b {
		return
	}
	var left, right []*cib.Element
	if a != nil {
		left = a.Children
	}
	if b != nil {
		right = b.Children
	}
	type id struct{ name, id string }
	old := map[id]*cib.Element{}
	for i, x := range left {
		if i < len(right) && right[i] == x {
			continue
		}
		old[id{x.Name, x.ID()}] = x
	}
	for i, y := range right {
		if i < len(left) && left[i] == y {
			continue
		}
		key := id{y.Name, y.ID()}
		x := old[key]
		delete(old, key)
		if x != y {
			fn(x, y)
		}
	}
	for _, x := range left {
		if old[id{x.Name, x.ID()}] == x {
			fn(x, nil)
		}
	}
}

func nameOf(x, y *cib.Element) string {
	if y != nil {
		return y.Name
	}
	return x.Name
}

// equal compares elements by content.
func equal(a, b *cib.Element) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.Name != b.Name || a.Text != b.Text || !slices.Equal(a.Attrs, b.Attrs) {
		return false
	}
	return slices.EqualFunc(a.Children, b.Children, equal)
}

// stateChanged looks at one node's entry. x or y may be nil.
func (c *Controller) stateChanged(x, y *cib.Element) {
	node := c.peerOf(x, y)
	if c.fencedAsPlanned(node, y) {
		return
	}
	for _, name := range []string{"in_ccm", "crmd", "join", "expected"} {
		if x.Get(name) != y.Get(name) {
			c.duty.fruitless, c.duty.pauseTill = 0, time.Time{} // what did not work before is not waited for
			c.recompute("node "+string(node.Name)+" changed its state", int(crm.Infinity))
			break
		}
	}
	pairs(x.Child(cib.TagLRM).Child(cib.TagLRMRscs), y.Child(cib.TagLRM).Child(cib.TagLRMRscs), func(p, q *cib.Element) {
		c.historyChanged(node, p, q)
	})
	if p, q := x.Child(cib.TagTransient), y.Child(cib.TagTransient); !equal(p, q) && !c.downing(node, q) {
		c.recompute("attribute change on "+string(node.Name), int(crm.Infinity))
	}
}

func (c *Controller) peerOf(x, y *cib.Element) Peer {
	e := y
	if e == nil {
		e = x
	}
	for _, p := range c.cfg.Peers {
		if p.UUID() == e.ID() {
			return p
		}
	}
	return Peer{Name: crm.NodeName(e.Get(cib.AttrUname))}
}

// downing reports whether attributes went away because the node is being shut down.
func (c *Controller) downing(p Peer, now *cib.Element) bool {
	return now == nil && (c.presence[p.ID] == Left || c.presence[p.ID] == Dead)
}

// historyChanged looks at one resource's history on a node.
func (c *Controller) historyChanged(p Peer, x, y *cib.Element) {
	if y == nil {
		id := crm.ResourceID(x.ID())
		for _, o := range x.Children {
			c.confirmRemoval(p, id, o.ID())
		}
		if !c.confirmRemoval(p, id, "") && c.presence[p.ID] == Alive {
			c.recompute("history of "+string(id)+" removed on "+string(p.Name), int(crm.Infinity))
		}
		return
	}
	id := crm.ResourceID(y.ID())
	if x.Get("shutdown-lock") != y.Get("shutdown-lock") {
		c.recompute("shutdown lock changed", int(crm.Infinity))
	}
	pairs(x, y, func(o, n *cib.Element) {
		switch {
		case n == nil:
			if !c.confirmRemoval(p, id, o.ID()) && !c.touches(p, id) {
				c.recompute("operation "+o.ID()+" removed on "+string(p.Name), int(crm.Infinity))
			}
		case n.Name == cib.TagLRMRscOp && !sameResult(o, n):
			c.operationChanged(p, n)
		}
	})
}

// touches reports whether the transition under way is at work on the resource there.
func (c *Controller) touches(p Peer, id crm.ResourceID) bool {
	d := c.duty
	return d != nil && d.walk != nil && !d.walk.Complete() && d.walk.Touches(p.Name, id)
}

func sameResult(o, n *cib.Element) bool {
	return o != nil && o.Get("transition-magic") == n.Get("transition-magic") && o.Get("call-id") == n.Get("call-id") && o.Get("last-rc-change") == n.Get("last-rc-change")
}

// confirmRemoval ends a cancel or delete action of the transition that asked for this.
func (c *Controller) confirmRemoval(p Peer, id crm.ResourceID, op string) bool {
	d := c.duty
	if d == nil || d.walk == nil {
		return false
	}
	for _, a := range d.walk.On(p.Name) {
		if a.Resource.ID != id {
			continue
		}
		if (a.Operation == "cancel" && a.Key == op) || (a.Operation == "delete" && op == "") {
			c.advance(transition.Result{Action: a.ID})
			return true
		}
	}
	return false
}

// operationChanged takes a new result. One that the transition under way asked for
// advances it; any other that is not what was expected asks for a new decision.
func (c *Controller) operationChanged(p Peer, op *cib.Element) {
	d := c.duty
	if d == nil || op.Get("op-status") == "-1" {
		return // pending
	}
	key, err := crm.ParseTransitionKey(op.Get("transition-key"))
	what := op.Get("operation_key") + " on " + string(p.Name)
	rc := op.Get("rc-code")
	switch {
	case err != nil:
		c.recompute("unreadable result of "+what, int(crm.Infinity))
	case key.Transition == -1:
		c.recompute("result from outside: "+what, int(crm.Infinity))
	case key.UUID != d.uuid:
		c.recompute("result that an earlier DC asked for: "+what, int(crm.Infinity))
	case key.Transition != d.transition || d.walk == nil:
		c.recompute(what+" changed: "+rcText(rc), int(crm.Infinity))
	default:
		c.actionResult(key, what, op)
	}
}

// actionResult feeds a result into the transition under way.
func (c *Controller) actionResult(key crm.TransitionKey, what string, op *cib.Element) {
	d := c.duty
	a, state, ok := d.walk.Action(key.Action)
	switch {
	case !ok:
		c.recompute("unknown action: "+what, int(crm.Infinity))
		return
	case state == transition.Waiting:
		return
	case state != transition.InFlight:
		// The failure has a second entry with the same key; a recurring operation that
		// answers again has another result.
		if op.Get("interval") != "0" && op.Get("rc-code") != itoa(int(key.TargetRC)) {
			c.recompute(what+" changed: "+rcText(op.Get("rc-code")), int(crm.Infinity))
		}
		return
	}
	failed := op.Get("rc-code") != itoa(int(key.TargetRC)) || op.Get("op-status") != "0"
	if failed && a.Attributes["CRM_meta_on_fail"] == "ignore" {
		failed = false
	}
	if failed {
		for i := range d.walk.Graph().Synapses {
			if s := &d.walk.Graph().Synapses[i]; s.Action.ID == key.Action {
				d.walk.Abort(s.Priority+1, what+": "+rcText(op.Get("rc-code")))
			}
		}
	}
	c.advance(transition.Result{Action: key.Action, Failed: failed, Text: rcText(op.Get("rc-code"))})
}

func rcText(rc string) string {
	key, err := crm.ParseTransitionKey("0:0:" + rc + ":x")
	if err != nil {
		return rc
	}
	return key.TargetRC.String()
}
