package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// TestAddressesAreToldAnew: after a part of the network was away, who has an address says
// so again: a client that learnt another place while there were two keeps it for half a
// minute, and who gives way gives no word. A node that must give up what it runs says nothing.
func TestAddressesAreToldAnew(t *testing.T) {
	for _, tc := range []struct {
		name   string
		happen func(*world)
		want   bool // on n1
	}{
		{"a lost node is heard again", func(w *world) { w.seen(3, false, false); w.pass(0); w.nodes[1].told = 0; w.seen(3, true, false) }, true},
		{"who gave way is let in, under a new authority", func(w *world) { w.elect(2) }, true},
		{"who gave way joins, under the same authority", func(w *world) {
			w.configure(modify(cib.New(cib.TagNodeState, cib.AttrID, "3", "join", "pending")))
			w.pass(time.Second)
		}, true},
		{"nothing but time", func(*world) {}, false},
		{"a node is lost", func(w *world) { w.seen(3, false, false) }, false},
		{"this node gives way", func(w *world) {
			w.nodes[1].put(Yielded{})
			w.nodes[1].put(MemberSeen{ID: 3})
			w.nodes[1].put(MemberSeen{ID: 3, Alive: true})
		}, false},
		{"this node has no quorum", func(w *world) {
			w.nodes[1].put(ViewChanged{View{Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Reason: "cut off"}})
			w.nodes[1].put(MemberSeen{ID: 3})
			w.nodes[1].put(MemberSeen{ID: 3, Alive: true})
		}, false},
		{"its executor is gone", func(w *world) { w.nodes[1].put(LRMDown{}); w.elect(2) }, false},
	} {
		w := formed(t, 3, 2)
		w.nodes[1].told = 0
		tc.happen(w)
		w.pass(0)
		if got := w.nodes[1].told > 0; got != tc.want {
			t.Errorf("%s: the network is told = %v, want %v", tc.name, got, tc.want)
		}
	}
}
