package crmd

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// parting is a formed cluster whose controllers give lost nodes time.
func parting(t *testing.T) *world {
	w := formed(t, 3, 2)
	for _, id := range w.order {
		w.nodes[id].c.cfg.Takeover, w.nodes[id].c.cfg.GivenUp, w.nodes[id].c.cfg.Dead = 350*time.Millisecond, 1700*time.Millisecond, time.Second
	}
	return w
}

// TestLostNodesAreGivenTime: without fencing the DC starts what a lost node ran only after
// Takeover, and only when nobody has heard that node for Dead and Takeover.
func TestLostNodesAreGivenTime(t *testing.T) {
	for _, tc := range []struct {
		name  string
		was   func(*world) // before the loss
		want  time.Duration
		slack time.Duration // it is asked again after so long
	}{
		{"nobody hears it", func(*world) {}, 350 * time.Millisecond, 0},
		{"somebody heard it a little later", func(w *world) {
			lost := w.now
			w.heard = func(id crm.NodeID) LastHeard {
				return LastHeard{ID: id, For: w.now.Sub(lost.Add(-800 * time.Millisecond)), By: "n3"}
			}
		}, 550 * time.Millisecond, 0},
		{"somebody hears it for ever", func(w *world) {
			w.heard = func(id crm.NodeID) LastHeard { return LastHeard{ID: id, For: 10 * time.Millisecond, By: "n3"} }
		}, time.Second + 2*350*time.Millisecond, 1350 * time.Millisecond},
		{"somebody who may hear it answers late", func(w *world) {
			lost := w.now
			w.heard = func(id crm.NodeID) LastHeard {
				return LastHeard{ID: id, For: time.Hour, By: "n2", Unknown: w.now.Before(lost.Add(800 * time.Millisecond))}
			}
		}, 800 * time.Millisecond, askAgain},
		{"somebody never answers", func(w *world) {
			w.heard = func(id crm.NodeID) LastHeard { return LastHeard{ID: id, For: time.Hour, By: "n2", Unknown: true} }
		}, time.Second + 2*350*time.Millisecond, askAgain},
		{"the DC leads alone", func(w *world) {
			w.nodes[2].put(ViewChanged{View{Leader: 2, Leading: true, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Quorate: true, Alone: true}})
		}, 0, 0},
	} {
		w := parting(t)
		tc.was(w)
		w.pass(0)
		w.trace = nil
		began := w.now
		w.kill(1)
		for len(w.trace) == 0 && w.now.Sub(began) < time.Minute {
			w.pass(10 * time.Millisecond)
		}
		took := w.now.Sub(began)
		if took < tc.want || took > tc.want+tc.slack+20*time.Millisecond {
			t.Errorf("%s: started elsewhere after %v, want %v", tc.name, took, tc.want)
		}
	}
}

// TestNewDCThatHasNotHeardANodeForLong: it lost the node when another one led, which hears it
// to this day. What the node runs is not started elsewhere before the node is without a DC
// for long enough.
func TestNewDCThatHasNotHeardANodeForLong(t *testing.T) {
	w := parting(t)
	w.nodes[3].put(MemberSeen{ID: 1, Why: "silent"})
	w.pass(time.Minute)
	w.trace = nil
	w.heard = func(id crm.NodeID) LastHeard { return LastHeard{ID: id, For: 10 * time.Millisecond, By: "n2"} }
	w.elect(3)
	w.pass(time.Second)
	if len(w.trace) > 0 {
		t.Errorf("a second after n3 came to lead: executed %v, want nothing: n2 hears n1", w.trace)
	}
}

// TestReturnWithinTakeoverMovesNothing: who is back before the others started anything goes on.
func TestReturnWithinTakeoverMovesNothing(t *testing.T) {
	w := parting(t)
	w.trace = nil
	w.seen(1, false, false)
	w.pass(300 * time.Millisecond)
	w.seen(1, true, false)
	w.pass(time.Minute)
	if got := w.where(); got != "n1" || strings.Contains(strings.Join(w.trace, "\n"), "start") || w.asked != 0 {
		t.Errorf("vip is on %q after %v, asked %d times; want it untouched on n1", got, w.trace, w.asked)
	}
}

// TestReturnWithinTakeoverUnableToJoin: who is back so soon and cannot take part, for its disk is
// full, has not stopped what it runs. The DC waits for it as for one that it never lost.
func TestReturnWithinTakeoverUnableToJoin(t *testing.T) {
	w := parting(t)
	w.nodes[1].full = true
	w.seen(1, false, false)
	w.pass(300 * time.Millisecond)
	w.controllerAnew(1)
	w.seen(1, true, false)
	for range 300 {
		w.pass(100 * time.Millisecond)
		if at := w.where(); strings.Contains(at, " ") {
			t.Fatalf("vip runs on %s at once\n%s", at, strings.Join(w.trace, "\n"))
		}
	}
	if at := w.where(); at != "n2" && at != "n3" {
		t.Errorf("after half a minute vip runs on %q, want another node\n%s", at, strings.Join(w.trace, "\n"))
	}
}

// TestCutOffNodeStopsAtOnce: without fencing; with it, it waits for its fate.
func TestCutOffNodeStopsAtOnce(t *testing.T) {
	for fencing, want := range map[string]string{"false": "", "true": "n1"} {
		w := parting(t)
		w.property("stonith-enabled", fencing)
		w.pass(time.Second)
		w.nodes[1].put(ViewChanged{View{Leader: 2, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Quorate: true, Cut: true}})
		w.pass(0)
		if got := w.where(); got != want {
			t.Errorf("stonith-enabled=%s: cut off, and vip is on %q; want %q", fencing, got, want)
		}
	}
}

// TestLapsedNodeStopsBeforeItJoins: a node that others had the time to take over from
// finishes stopping, also when it has a quorum again, and says when it has.
func TestLapsedNodeStopsBeforeItJoins(t *testing.T) {
	w := parting(t)
	m := w.nodes[1]
	m.hold = true
	m.put(Lapsed{For: 7 * time.Second})
	w.views()
	w.pass(50 * time.Millisecond)
	if _, alone := m.c.Alone(); !alone || m.renewed != 0 {
		t.Errorf("while its stop is under way: alone %v, told %d times that it has stopped; want alone, not yet", alone, m.renewed)
	}
	m.hold = false
	for _, end := range m.held {
		end()
	}
	m.held = nil
	w.pass(time.Second)
	if _, alone := m.c.Alone(); alone || m.renewed != 1 {
		t.Errorf("after its stop: alone %v, told %d times that it has stopped; want with the others, once", alone, m.renewed)
	}
	if got := w.where(); got != "n1" {
		t.Errorf("in the end vip is on %q, want n1", got)
	}
}

// leadsAnew starts n3's controller anew; it hears n2 and not n1, and comes to lead.
func leadsAnew(w *world) *machine {
	w.boot(3, false)
	m := w.nodes[3]
	m.c.cfg.Takeover, m.c.cfg.GivenUp, m.c.cfg.Dead = 350*time.Millisecond, 1700*time.Millisecond, time.Second
	m.put(MemberSeen{ID: 2, Alive: true})
	w.elect(3)
	return m
}

// TestDCThatHasNotHeardAMemberYet: a node that was just started leads, and has not heard one
// that the CIB has as a member. That one may run what nobody could record: nothing is decided
// before membership knows whether it lives, and a dead one is given its time.
func TestDCThatHasNotHeardAMemberYet(t *testing.T) {
	w := parting(t)
	m := leadsAnew(w)
	w.pass(2900 * time.Millisecond)
	if m.c.duty == nil || m.c.duty.transition >= 0 || len(w.trace) > 0 {
		t.Errorf("decided before n1 was heard or dead; executed %v", w.trace)
	}
	m.put(MemberSeen{ID: 1, Why: "not heard"})
	w.pass(300 * time.Millisecond)
	if len(w.trace) > 0 {
		t.Errorf("what n1 runs is started before its time is over: %v", w.trace)
	}
	w.pass(time.Second)
	if len(w.trace) == 0 {
		t.Error("what n1 ran is not started elsewhere")
	}
}

// TestDCThatHasNotHeardALostNode: the DC lost a node that others hear, wrote that down, waited, and
// was started anew meanwhile. It comes to lead again: the CIB says of that node only that it is
// gone, and it runs on what it ran.
func TestDCThatHasNotHeardALostNode(t *testing.T) {
	w := parting(t)
	w.heard = func(id crm.NodeID) LastHeard { return LastHeard{ID: id, For: 10 * time.Millisecond, By: "n2"} }
	w.trace = nil
	w.cut[1] = true
	w.seen(1, false, false)
	w.pass(100 * time.Millisecond)
	if st := w.state(1); st.Get("in_ccm") != "false" || st.Child(cib.TagLRM) != nil {
		t.Fatalf("the CIB does not say that n1 is gone: %s", st.XML())
	}
	leadsAnew(w)
	w.pass(1600 * time.Millisecond)
	started := func() bool { return strings.Contains(strings.Join(w.trace, "\n"), "start vip") }
	if started() {
		t.Errorf("n2 hears n1, and what n1 runs is started elsewhere: %v", w.trace)
	}
	w.pass(time.Second)
	if !started() {
		t.Error("n1 has given up, and what it ran is not started elsewhere")
	}
}

// TestDCThatHasNotHeardThatANodeIsBack: a node left and joined again at once; the DC leaves, too,
// and its successor has heard the goodbye and not the return. What the DC ordered last is under
// way there.
func TestDCThatHasNotHeardThatANodeIsBack(t *testing.T) {
	for _, back := range []bool{true, false} {
		w := parting(t)
		w.trace = nil
		m := w.nodes[3]
		m.c.presence[1] = Left
		w.elect(3)
		w.pass(900 * time.Millisecond)
		if st := w.state(1); !Joined(st) || st.Child(cib.TagLRM) == nil || len(w.trace) > 0 {
			t.Errorf("n1 counts as one that left: %s, and %v was done", st.XML(), w.trace)
		}
		if back {
			m.put(MemberSeen{ID: 1, Alive: true})
			w.pass(time.Second)
			if at := w.where(); at != "n1" || !Joined(w.state(1)) {
				t.Errorf("n1 was heard in time; vip runs on %q after %v", at, w.trace)
			}
			continue
		}
		w.pass(time.Second)
		if st := w.state(1); Joined(st) {
			t.Errorf("n1 was not heard for a second, and does not count as one that left: %s", st.XML())
		}
	}
}
