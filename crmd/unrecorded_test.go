package crmd

import (
	"slices"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// TestSyncWaitsForWhatCouldNotBeRecorded: a node's result was not agreed on, because its disk
// was full. A new DC that asks what is in flight there is answered when the node has joined
// again, with the result: else it would start elsewhere what it does not know of.
func TestSyncWaitsForWhatCouldNotBeRecorded(t *testing.T) {
	w := formed(t, 3, 2)
	m := w.nodes[1]
	m.full = true
	m.monitorFails()
	w.pass(100 * time.Millisecond)
	const token = 77
	m.put(OrdersCame{From: 2, Orders: []Order{{Kind: SyncOrder, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}}}, Token: token})
	w.pass(500 * time.Millisecond)
	if slices.Contains(m.replied, token) {
		t.Error("the DC was answered before the failure was recorded")
	}
	if w.entry(1, "vip_last_failure_0") != nil {
		t.Fatal("the failure was recorded on a full disk")
	}
	m.full = false
	w.pass(time.Second)
	if !slices.Contains(m.replied, token) || w.entry(1, "vip_last_failure_0") == nil {
		t.Errorf("with room on the disk: answered %v, recorded %v; want both", slices.Contains(m.replied, token), w.entry(1, "vip_last_failure_0") != nil)
	}
}

// TestWhatCannotBeRecordedMustBeBroughtByJoining: a new DC asks what is in flight, and the node
// cannot write that into the CIB, as its disk is full. It may run what nobody knows of.
func TestWhatCannotBeRecordedMustBeBroughtByJoining(t *testing.T) {
	w := formed(t, 3, 2)
	dc := w.nodes[2]
	w.nodes[1].full = true
	sync := Order{Kind: SyncOrder, Stamp: dc.c.duty.stamp}
	dc.c.duty.syncing[1] = true
	dc.put(OrdersAnswered{To: 1, Orders: []Order{sync}, Answers: []Answer{{Err: "no space left on device"}}})
	w.pass(time.Second)
	if Joined(w.state(1)) || len(dc.c.duty.syncing) > 0 {
		t.Errorf("n1 is a member: %v, and is waited for to say more: %v; want neither", Joined(w.state(1)), dc.c.duty.syncing)
	}
	w.nodes[1].full = false
	w.pass(2 * time.Second)
	if !Joined(w.state(1)) {
		t.Error("n1 has not joined again")
	}
}

// TestSilentAtSyncMustJoinAgain: a node that does not say in time what is in flight may run
// what is not in the CIB. It is a member again when it has brought that.
func TestSilentAtSyncMustJoinAgain(t *testing.T) {
	w := formed(t, 3, 2)
	dc := w.nodes[2]
	w.nodes[1].full = true
	dc.c.duty.syncing[1] = true
	dc.put(TimerFired{"sync"})
	w.pass(time.Second)
	if Joined(w.state(1)) {
		t.Error("n1 is a member although nobody knows what it runs")
	}
	w.nodes[1].full = false
	w.pass(2 * time.Second)
	if !Joined(w.state(1)) {
		t.Error("n1 has not joined again")
	}
}

// TestExecutorKilledBeforeItsMemoryWasWritten: it has told that a start went well, and after
// its restart takes that start for one that it was killed in. That is no failure.
func TestExecutorKilledBeforeItsMemoryWasWritten(t *testing.T) {
	w := formed(t, 3, 2)
	m := w.nodes[1]
	for _, r := range m.states["vip"].History {
		if r.Op.Name == "start" {
			r.RC, r.Status, r.Unknown = crm.GenericError, crm.ExecError, true
			m.put(OpResult{r})
		}
	}
	w.pass(time.Second)
	if got := w.attr(1, "fail-count-vip#start_0"); got != "" || w.entry(1, "vip_last_failure_0") != nil {
		t.Errorf("the start counts as failed: fail-count %q", got)
	}
}
