package gossip

import (
	"testing"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// TestWhoIsCalled: of two that meet one calls the other. Who came back is called although
// memberlist still knows it: neither knows what the other said of itself meanwhile.
func TestWhoIsCalled(t *testing.T) {
	for _, tc := range []struct {
		name           string
		peer           crm.NodeID
		ups            int
		known, regular bool
		want           bool
	}{
		{"the first meeting", 3, 1, false, false, true},
		{"it was heard of before it was met", 3, 1, true, false, false},
		{"all is well", 3, 1, true, true, false},
		{"it came back, still known", 3, 2, true, false, true},
		{"it came back twice", 3, 3, true, false, true},
		{"it came back, forgotten", 3, 2, false, false, true},
		{"it came back, and could not be reached then", 3, 2, true, true, true},
		{"the peer calls: the first meeting", 1, 1, false, false, false},
		{"the peer calls: it came back", 1, 2, true, false, false},
		{"the peer did not call", 1, 1, false, true, true},
		{"the peer has called", 1, 2, true, true, false},
	} {
		g := &Gossip{self: membership.Node{ID: 2}, events: newQueue(), rejoin: make(chan struct{}, 1), met: map[crm.NodeID]bool{}, returned: map[crm.NodeID]bool{}}
		for range tc.ups {
			g.tell(membership.Event{Kind: membership.NodeUp, ID: tc.peer})
		}
		if len(g.rejoin) != 1 {
			t.Errorf("%s: the rejoin loop is not woken", tc.name)
		}
		for range 2 { // asking changes nothing: only a call that succeeds does
			if got := g.calls(tc.peer, tc.known, tc.regular); got != tc.want {
				t.Errorf("%s: it is called %v, want %v", tc.name, got, tc.want)
			}
		}
		g.events.close()
	}
}
