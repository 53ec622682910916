package crmd

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// TestUpAgainBeforeTheDeviceAnswers: a node was lost, is fenced, and is heard again before
// its device has answered. In another life it is let in, and what it ran is started at once,
// without waiting for it to join; in the same life the device has yet to do what it says.
func TestUpAgainBeforeTheDeviceAnswers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		life   uint64
		late   bool // it is heard between the device's answer and the record of it
		joined bool
	}{
		{"it has booted", 2, false, true},
		{"it has booted, and the device has just answered", 2, true, true},
		{"it is heard in the life that was lost", 1, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fencedWorld(t, 3, 2)
			m := w.nodes[1]
			life := func(n uint64) {
				for _, other := range w.order[1:] {
					w.nodes[other].put(MemberSeen{ID: 1, Alive: true, Life: n})
				}
			}
			life(1)
			w.powerOff = func(crm.NodeID) {
				if tc.joined {
					m.full = true // it cannot join yet
					w.cut[1] = false
					w.boot(1, true)
					for _, other := range w.order[1:] {
						m.put(MemberSeen{ID: other, Alive: true})
					}
					w.views()
				}
				if tc.late {
					w.queue = append(w.queue, func() { life(tc.life) })
					return
				}
				life(tc.life)
			}
			w.cut[1] = true
			w.seen(1, false, false)
			w.pass(time.Second)
			if reason, aborted := w.nodes[2].c.duty.walk.Aborted(); aborted && tc.joined {
				t.Errorf("n1 is let in before what it ran is started, which is decided anew when it has joined: %s", reason)
			}
			if !strings.Contains(strings.Join(w.trace, " "), "start vip on n2") {
				t.Errorf("n1 was fenced, and vip is not started elsewhere before it joins:\n%s", strings.Join(w.trace, "\n"))
			}
			m.full = false
			w.pass(5 * time.Second)
			if got := Joined(w.nodes[2].c.nodeState(m.peer)); got != tc.joined || m.resets > 0 {
				t.Errorf("n1 takes part: %v, want %v; it reset itself %d times", got, tc.joined, m.resets)
			}
		})
	}
}

// TestAnOrderGivenAgainIsTheSameStroke: a device that is slow to answer is asked again, and a
// node that has risen meanwhile stays so; another use of a device is another stroke.
func TestAnOrderGivenAgainIsTheSameStroke(t *testing.T) {
	c := New(Config{Self: Peer{2, "n2"}, Peers: []Peer{{1, "n1"}, {2, "n2"}}})
	c.lifeSeen(MemberSeen{ID: 1, Alive: true, Life: 1})
	for _, tc := range []struct {
		attempt string
		life    uint64
		risen   bool
	}{{"a", 1, false}, {"a", 2, true}, {"a", 2, true}, {"b", 2, false}, {"b", 3, true}} {
		c.strike(1, tc.attempt)
		c.lifeSeen(MemberSeen{ID: 1, Alive: true, Life: tc.life})
		if got := c.strokes[1].risen; got != tc.risen {
			t.Errorf("attempt %s, heard in life %d: risen %v, want %v", tc.attempt, tc.life, got, tc.risen)
		}
	}
}
