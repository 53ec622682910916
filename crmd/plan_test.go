package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/pengine/graph"
)

// TestPseudoActionsAlone: a clone that cannot be stopped now leaves its pseudo actions in
// every decision. They are carried out once for each reason to decide, and not for ever.
func TestPseudoActionsAlone(t *testing.T) {
	w := formed(t, 3, 2)
	w.idle = []graph.Synapse{
		{ID: 0, Action: graph.Action{ID: 1, Kind: graph.PseudoEvent, Operation: "stop", Key: "c_stop_0"}},
		{ID: 1, Action: graph.Action{ID: 2, Kind: graph.PseudoEvent, Operation: "stopped", Key: "c_stopped_0"}, Inputs: []int{1}},
	}
	before := w.nodes[2].c.duty.transition
	w.property("anything", "new")
	w.pass(time.Minute)
	if made := w.nodes[2].c.duty.transition - before; made < 1 || made > 3 {
		t.Errorf("%d transitions after one change, want one or two", made)
	}
}

// TestMonitorOfWhatCannotStart: a graph may hold a monitor that follows a start that it leaves
// out, because it cannot run. The monitor is not run either (it would fail, and the failure be
// recovered for ever), and nothing is decided anew for that.
func TestMonitorOfWhatCannotStart(t *testing.T) {
	w := formed(t, 3, 2)
	w.idle = []graph.Synapse{
		{ID: 0, Action: graph.Action{ID: 1, Kind: graph.PseudoEvent, Operation: "stop", Key: "c_stop_0"}},
		{ID: 1, Action: graph.Action{ID: 2, Kind: graph.ResourceOp, Operation: "monitor", Key: "vip_monitor_10000", Node: "n3", Resource: graph.Resource{ID: "vip"}}, Inputs: []int{9}},
	}
	before := w.nodes[2].c.duty.transition
	w.property("anything", "new")
	w.pass(time.Minute)
	if made := w.nodes[2].c.duty.transition - before; made < 1 || made > 3 {
		t.Errorf("%d transitions after one change, want one or two", made)
	}
	if e := w.entry(3, "vip_monitor_10000"); e != nil {
		t.Errorf("the monitor was run: %v", e)
	}
}

// TestPseudoActionsAreNoProgress: the executor of a node is gone, and every transition begins
// with pseudo actions, then loses its order. The DC pauses between such transitions.
func TestPseudoActionsAreNoProgress(t *testing.T) {
	w := formed(t, 3, 2)
	w.nodes[1].gone = true
	w.nodes[1].put(LRMDown{})
	w.idle = []graph.Synapse{
		{ID: 0, Action: graph.Action{ID: 1, Kind: graph.PseudoEvent, Operation: "stop", Key: "c_stop_0"}},
		{ID: 1, Action: graph.Action{ID: 2, Kind: graph.ResourceOp, Operation: "stop", Key: "vip_stop_0", Node: "n1", Resource: graph.Resource{ID: "vip"}}, Inputs: []int{1}},
	}
	before := w.nodes[2].c.duty.transition
	w.property("anything", "new")
	w.pass(5 * time.Second)
	if made := w.nodes[2].c.duty.transition - before; made < 2 || made > 20 {
		t.Errorf("%d transitions in 5 s, want some", made)
	}
}

// TestTheSameAgainAndAgain: actions that succeed and are wanted again nevertheless do not
// keep the DC busy; it says so, and decides again when something changes.
func TestTheSameAgainAndAgain(t *testing.T) {
	w := formed(t, 3, 2)
	w.idle = []graph.Synapse{{Action: graph.Action{ID: 1, Kind: graph.ClusterEvent, Operation: "clear_failcount", Key: "vip_clear_failcount_0", Node: "n1", Resource: graph.Resource{ID: "vip"}}}}
	before := w.nodes[2].c.duty.transition
	w.property("anything", "new")
	w.pass(time.Hour / 6) // less than cluster-recheck-interval
	if made := w.nodes[2].c.duty.transition - before; made < 2 || made > 2*maxRepeats {
		t.Errorf("%d transitions after one change, want some", made)
	}
	before = w.nodes[2].c.duty.transition
	w.property("anything", "newer")
	w.pass(time.Minute)
	if made := w.nodes[2].c.duty.transition - before; made < 1 {
		t.Error("no decision after another change")
	}
}

// TestClearingTakesTheRecordOfTheFailure: else a failure of parameters that have changed
// since would be cleared again in every decision.
func TestClearingTakesTheRecordOfTheFailure(t *testing.T) {
	w := formed(t, 3, 3)
	w.nodes[1].monitorFails()
	w.pass(time.Second)
	if w.entry(1, "vip_last_failure_0") == nil || w.attr(1, "fail-count-vip#monitor_10000") == "" {
		t.Fatal("the failure is not on record")
	}
	w.idle = []graph.Synapse{{Action: graph.Action{ID: 1, Kind: graph.ClusterEvent, Operation: "clear_failcount", Key: "vip_clear_failcount_0", Node: "n1", Resource: graph.Resource{ID: "vip"}}}}
	w.property("anything", "new")
	w.pass(time.Second)
	if e := w.entry(1, "vip_last_failure_0"); e != nil {
		t.Errorf("still on record: %v", e)
	}
	if got := w.attr(1, "fail-count-vip#monitor_10000"); got != "" {
		t.Errorf("failcount = %q, want none", got)
	}
}

// TestFindingsAreToldOnce: a warning is logged when it appears, not in every decision.
func TestFindingsAreToldOnce(t *testing.T) {
	c := New(Config{Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}}})
	c.duty = &duty{}
	said := func(list ...Finding) (n int) {
		c.effects = nil
		c.tellFindings(list)
		return len(c.effects)
	}
	a, b := Finding{"warning", "a failed"}, Finding{"error", "b is wrong"}
	for i, tc := range []struct {
		list []Finding
		want int
	}{{[]Finding{a, {"info", "x"}}, 1}, {[]Finding{a, b}, 1}, {[]Finding{a, b}, 0}, {nil, 0}, {[]Finding{a}, 1}} {
		if got := said(tc.list...); got != tc.want {
			t.Errorf("decision %d: %d lines, want %d", i, got, tc.want)
		}
	}
}

// TestWhatDoesNotWorkKeepsNobodyWaiting: what the DC wants of a node whose executor is gone it
// tries less and less often. A node that dies meanwhile is decided on at once.
func TestWhatDoesNotWorkKeepsNobodyWaiting(t *testing.T) {
	w := formed(t, 4, 4)
	w.nodes[2].gone = true
	w.nodes[2].put(LRMDown{})
	w.kill(1) // vip is to start on n2
	w.pass(8 * time.Second)
	if w.decided > 30 {
		t.Errorf("decided %d times in eight seconds", w.decided)
	}
	until := w.nodes[4].c.duty.pauseTill
	if left := until.Sub(w.now); left < 100*time.Millisecond {
		w.pass(left + time.Millisecond) // into the next pause
	}
	before := w.decided
	w.kill(3)
	w.pass(time.Millisecond)
	if w.decided == before {
		t.Errorf("n3 died, and nothing is decided for another %v", w.nodes[4].c.duty.pauseTill.Sub(w.now))
	}
}
