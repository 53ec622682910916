package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// TestNothingIsDecidedForALifeBefore: the controller of n1 was started anew, and its executor
// does not answer. The CIB has n1 as a member, with what the life before had recorded, and
// knows nothing of what was started last. Whoever becomes DC waits until n1 has joined.
func TestNothingIsDecidedForALifeBefore(t *testing.T) {
	for _, tc := range []struct {
		name string
		dc   crm.NodeID
		lead func(w *world)
	}{
		{"it leads itself", 1, func(w *world) { w.elect(1) }},
		{"another one leads", 2, func(w *world) { w.elect(2) }},
		{"another one leads that has not heard it yet", 2, func(w *world) {
			w.boot(2, false)
			w.nodes[2].put(MemberSeen{ID: 3, Alive: true})
			w.elect(2)
			w.pass(50 * time.Millisecond)
			w.nodes[2].put(MemberSeen{ID: 1, Alive: true})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := formed(t, 3, 3)
			m := w.nodes[1]
			m.slow = 1000
			w.boot(1, false)
			for _, id := range []crm.NodeID{2, 3} {
				m.put(MemberSeen{ID: id, Alive: true})
			}
			decide, released := w.decide, false
			decisions := 0
			w.decide = func(snap *cib.Snapshot, order []crm.NodeID) *graph.Graph {
				decisions++
				if !released {
					t.Errorf("n%d decides although n1 has not joined; the CIB says that it has: %v", tc.dc, Joined(w.state(1)))
				}
				return decide(snap, order)
			}
			tc.lead(w)
			w.pass(2500 * time.Millisecond)
			released, m.slow = true, 0
			for _, f := range m.held {
				f()
			}
			w.pass(3 * time.Second)
			if decisions == 0 || !Joined(w.state(1)) || w.where() != "n1" {
				t.Errorf("the executor answers: %d decisions, n1 is a member %v, vip on %q; want some, true, n1", decisions, Joined(w.state(1)), w.where())
			}
		})
	}
}
