package sim

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

// reasons checks I9: everything that is done to a service or a node has its causes.
func (c *checks) reasons(h *Host, snap *cib.Snapshot, now time.Time) {
	if c.asked%32 != 3 {
		return
	}
	for _, a := range explain.Of(state.Read(snap, now, state.ReadOptions{})).Transition() {
		if len(a.Why) == 0 {
			c.s.fail("I9", "the DC %s decides to %s and gives no cause", h.name, a.Text)
		}
	}
}

// decidesAlike checks I7 on one decision in sixteen: the same input gives the same graph,
// also to who decides about everything anew, and a graph that is carried out leaves nothing to do.
func (c *checks) decidesAlike(h *Host, snap *cib.Snapshot, now time.Time, d pengine.Decision) {
	if c.asked++; c.asked%16 != 3 {
		return
	}
	out := pengine.Schedule(pengine.Input{CIB: snap, Now: now})
	if a, b := string(out.Graph.XML()), string(d.Graph.XML()); a != b {
		c.s.fail("I7", "the DC %s decides otherwise than one that decides anew:\n%s\n%s", h.name, b, a)
		return
	}
	if underWay(snap) { // what is in flight is not carried out on paper
		return
	}
	done := simulate.Execute(out.State, out.Graph, nil, now)
	if !done.Complete || len(done.Errors) > 0 {
		return
	}
	after, err := cib.NewSnapshot(done.Root)
	if err != nil {
		c.s.fail("I7", "the outcome of a decision on %s is no CIB: %v", h.name, err)
		return
	}
	next := pengine.Schedule(pengine.Input{CIB: after, Now: now})
	// What the graph holds beside (pseudo events, and what waits for a start that cannot run)
	// leaves no traces.
	for _, a := range transition.New(next.Graph, "sim", 0).Start(now) {
		// Who was let go takes its request away when it joins again, which is not on paper, and
		// on paper no history is forgotten, as in Pacemaker's crm_simulate.
		if a.Operation != "do_shutdown" && a.Operation != "delete" {
			c.s.fail("I7", "a decision of %s that is carried out asks for another one: %s", h.name, a.Key)
			return
		}
	}
}

// underWay reports whether a CIB has operations that have no result yet, or that failed.
func underWay(snap *cib.Snapshot) bool {
	for e := range snap.Section(cib.TagStatus).Walk() {
		if e.Name == cib.TagLRMRscOp && (e.Get("op-status") != "0" || e.Get("rc-code") != "0" && e.Get("rc-code") != "7") {
			return true
		}
	}
	return false
}
