package crmd

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// TestLearnerOfTwoJoinsWhenItVotes: a node that could not go on if the other one was lost
// now is not shown as online yet.
func TestLearnerOfTwoJoinsWhenItVotes(t *testing.T) {
	w := formed(t, 2, 1)
	w.kill(2)
	w.pass(5 * time.Second)
	joined := func() bool {
		return Joined(w.snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrUname, "n2"))
	}
	if joined() {
		t.Fatal("n2 is dead and counts as joined")
	}
	w.boot(2, true)
	view := View{Leader: 1, Quorate: true, Reason: "test", Learning: true}
	w.nodes[2].put(ViewChanged{view})
	w.seen(2, true, false)
	w.nodes[2].put(MemberSeen{ID: 1, Alive: true})
	w.pass(5 * time.Second)
	if joined() {
		t.Error("n2 joined while it was learning")
	}
	view.Learning = false
	w.nodes[2].put(ViewChanged{view})
	w.pass(5 * time.Second)
	if !joined() {
		t.Error("n2 did not join when it had a vote")
	}
}

// TestJoiningWaitsForTheDCsAnswer: a node that was restarted before anybody missed it is in
// the CIB as it was. Until the DC has answered it the DC may still declare its former life
// lost, and start elsewhere what it has just ordered here.
func TestJoiningWaitsForTheDCsAnswer(t *testing.T) {
	w := formed(t, 3, 1)
	m := w.nodes[2]
	w.boot(2, true)
	m.put(ViewChanged{View{Leader: 1, Quorate: true, Reason: "test"}})
	w.pass(5 * time.Second)
	if m.c.join.done {
		t.Fatal("n2 joined before the DC has answered")
	}
	m.put(MemberSeen{ID: 1, Alive: true})
	w.pass(time.Second)
	if !m.c.join.done {
		t.Error("n2 did not join when the DC had answered")
	}
}

// TestLeavingOutlivesJoining: a node that is told to leave as soon as it has been started
// asks for that, then joins. Joining wipes what its life before asked for, not that.
func TestLeavingOutlivesJoining(t *testing.T) {
	w := formed(t, 3, 1)
	m := w.nodes[2]
	w.kill(2)
	w.seen(2, false, false)
	w.pass(5 * time.Second)
	w.boot(2, true)
	m.put(ShutdownWanted{Reason: "told to"})
	w.views()
	w.allSeen()
	w.pass(10 * time.Second)
	if !m.left {
		t.Errorf("n2 is still there in state %s; its request to leave is in the CIB: %v", m.c.State(), m.c.attributeOf(m.peer, "shutdown") != nil)
	}
}

// TestResultsBesideTheMemory: an operation ends between the moment at which the executor
// tells what it remembers (it is under way) and the one at which the controller hears that.
// Left out it would be under way for ever, for the DC.
func TestResultsBesideTheMemory(t *testing.T) {
	for _, tc := range []struct {
		name string
		ask  func(w *world, m *machine)
	}{
		{"joining anew", func(w *world, m *machine) { m.c.join.done = false; m.put(MemberSeen{ID: 3, Alive: true}) }},
		{"going alone", func(w *world, m *machine) { m.put(Lapsed{For: 3 * time.Second}) }},
	} {
		w := formed(t, 3, 2)
		m := w.nodes[1]
		m.hold = true
		m.monitorFails()
		w.pass(time.Second)
		if len(m.held) != 1 {
			t.Fatalf("%s: %d operations are under way, want the stop", tc.name, len(m.held))
		}
		m.slow = 1
		tc.ask(w, m)
		w.pass(0)
		if len(m.held) != 2 {
			t.Fatalf("%s: the executor was not asked what it remembers", tc.name)
		}
		held := m.held
		m.held, m.hold = nil, false
		for _, end := range held { // the result, then the older memory
			end()
			w.pass(0)
		}
		w.pass(10 * time.Second)
		last := w.state(1).Child(cib.TagLRM).Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, "vip").ChildWith(cib.TagLRMRscOp, cib.AttrID, "vip_last_0")
		if last.Get("op-status") == "-1" {
			t.Errorf("%s: for the DC %s is under way for ever", tc.name, last.Get("operation_key"))
		}
		if got := w.where(); got == "" {
			t.Errorf("%s: vip runs nowhere\n%s", tc.name, strings.Join(w.trace, "\n"))
		}
	}
}
