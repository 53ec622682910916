package crmd

import (
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
