package crmd

import (
	"strings"
	"testing"
	"time"
)

// TestAliveAndUnableToJoin: a controller is restarted on a node whose disk is full. The
// node is heard, and cannot take part. Without fencing it stops what it runs before the
// others start it; with room on the disk it takes part again.
func TestAliveAndUnableToJoin(t *testing.T) {
	w := formed(t, 3, 2)
	m := w.nodes[1]
	m.full = true
	w.boot(1, false)
	for id := range w.nodes {
		if id != 1 {
			m.put(MemberSeen{ID: id, Alive: true})
			w.nodes[id].put(MemberSeen{ID: 1, Alive: true, Anew: true})
		}
	}
	w.views()
	for range 300 {
		w.pass(100 * time.Millisecond)
		if at := w.where(); strings.Contains(at, " ") {
			t.Fatalf("vip runs on %s at once\n%s", at, strings.Join(w.trace, "\n"))
		}
	}
	if at := w.where(); at != "n2" && at != "n3" {
		t.Errorf("after half a minute vip runs on %q, want another node\n%s", at, strings.Join(w.trace, "\n"))
	}
	m.full = false
	w.pass(10 * time.Second)
	if at := w.where(); at == "" || strings.Contains(at, " ") || !Joined(w.state(1)) {
		t.Errorf("the disk has room again: vip runs on %q, n1 is a member: %v", at, Joined(w.state(1)))
	}
}

// TestRestartedControllerIsNoReasonToStop: one that can join touches nothing.
func TestRestartedControllerIsNoReasonToStop(t *testing.T) {
	w := formed(t, 3, 2)
	w.boot(1, false)
	for id := range w.nodes {
		if id != 1 {
			w.nodes[1].put(MemberSeen{ID: id, Alive: true})
			w.nodes[id].put(MemberSeen{ID: 1, Alive: true, Anew: true})
		}
	}
	w.views()
	w.pass(time.Minute)
	if strings.Contains(strings.Join(w.trace, " "), "stop vip") || w.where() != "n1" {
		t.Errorf("vip is on %q after its node's controller was restarted:\n%s", w.where(), strings.Join(w.trace, "\n"))
	}
}
