package crmd

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// controllerAnew has a node's controller started anew beside its executor; the others notice.
func (w *world) controllerAnew(node crm.NodeID) {
	w.boot(node, false)
	for _, id := range w.order {
		if id != node {
			w.nodes[node].put(MemberSeen{ID: id, Alive: true})
			w.nodes[id].put(MemberSeen{ID: node, Alive: true, Anew: true})
		}
	}
	w.views()
}

// TestAliveAndUnableToJoin: a controller is restarted on a node whose disk is full. The
// node is heard, and cannot take part. Without fencing it stops what it runs before the
// others start it; with room on the disk it takes part again.
func TestAliveAndUnableToJoin(t *testing.T) {
	w := formed(t, 3, 2)
	m := w.nodes[1]
	m.full = true
	w.controllerAnew(1)
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

// TestUnableToJoinAndStartedAnew: the same with a controller that ends every five seconds, and
// is started again. It has no more time for that.
func TestUnableToJoinAndStartedAnew(t *testing.T) {
	w := formed(t, 3, 2)
	m := w.nodes[1]
	m.full = true
	for range 6 {
		w.controllerAnew(1)
		m.c.before = QuorateBefore{At: w.now, Leased: true, Unjoined: m.lease.Unjoined}
		for range 50 {
			w.pass(100 * time.Millisecond)
			if at := w.where(); strings.Contains(at, " ") {
				t.Fatalf("vip runs on %s at once\n%s", at, strings.Join(w.trace, "\n"))
			}
		}
	}
	if at := w.where(); at != "n2" && at != "n3" {
		t.Errorf("after half a minute vip runs on %q, want another node\n%s", at, strings.Join(w.trace, "\n"))
	}
	m.full = false
	w.pass(10 * time.Second)
	if !Joined(w.state(1)) || !m.lease.Unjoined.IsZero() {
		t.Errorf("the disk has room again: n1 is a member: %v; it has not taken part since %v", Joined(w.state(1)), m.lease.Unjoined)
	}
}

// TestAliveAndUnableToJoinIsFenced: with fencing it goes on, as nobody knows when it would be
// stopped. Nothing is decided while it is waited for, and when that was in vain it is fenced.
func TestAliveAndUnableToJoinIsFenced(t *testing.T) {
	for _, tc := range []struct {
		name string
		room time.Duration // when the disk has room again
		shot bool
	}{
		{"in time", 7 * time.Second, false},
		{"too late", time.Hour, true},
	} {
		w := fencedWorld(t, 3, 2)
		m := w.nodes[1]
		m.full = true
		w.controllerAnew(1)
		decide, began := w.decide, w.now
		w.decide = func(snap *cib.Snapshot, order []crm.NodeID) *graph.Graph {
			if waited := w.now.Sub(began); !Joined(w.state(1)) && w.state(1).Get("crmd") == "online" {
				t.Errorf("%s: after %v something is decided while n1, which runs vip, cannot be given orders", tc.name, waited)
			}
			return decide(snap, order)
		}
		for range 200 {
			w.pass(100 * time.Millisecond)
			if w.now.Sub(began) >= tc.room {
				m.full = false
			}
			if at := w.where(); strings.Contains(at, " ") {
				t.Fatalf("%s: vip runs on %s at once\n%s", tc.name, at, strings.Join(w.trace, "\n"))
			}
		}
		if got := m.c == nil; got != tc.shot {
			t.Errorf("%s: n1 is fenced = %v, want %v\n%s", tc.name, got, tc.shot, strings.Join(w.trace, "\n"))
		}
		if at := w.where(); (at == "n1") == tc.shot || at == "" {
			t.Errorf("%s: vip is on %q", tc.name, at)
		}
	}
}

// TestRestartedControllerIsNoReasonToStop: one that can join touches nothing.
func TestRestartedControllerIsNoReasonToStop(t *testing.T) {
	w := formed(t, 3, 2)
	w.controllerAnew(1)
	w.pass(time.Minute)
	if strings.Contains(strings.Join(w.trace, " "), "stop vip") || w.where() != "n1" {
		t.Errorf("vip is on %q after its node's controller was restarted:\n%s", w.where(), strings.Join(w.trace, "\n"))
	}
}
