package consensus

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// TestWhatIsAgreedOnIsKnownAlone: a node whose process or machine began anew, and that meets
// nobody, still knows what was agreed on: all of it when a moment was quiet before, and all
// but the last when not.
func TestWhatIsAgreedOnIsKnownAlone(t *testing.T) {
	for _, tc := range []struct {
		name         string
		nodes, quiet int
		unknown      int // commands, at most
	}{
		{"two nodes, in the middle of it", 2, 0, 1},
		{"two nodes, after a second", 2, recordTicks + 1, 0},
		{"three nodes, in the middle of it", 3, 0, 1},
		{"three nodes, after a second", 3, recordTicks + 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newNet(t, tc.nodes, nil)
			w.until("leader", 20, func() bool { return w.leader() != 0 })
			w.ticks(50)
			var all []string
			for i := range 10 {
				all = append(all, fmt.Sprint("c", i))
				w.propose(w.leader(), all[i])
			}
			w.ticks(tc.quiet)
			for id := crm.NodeID(1); int(id) <= tc.nodes; id++ {
				for other := range w.cores {
					w.stop(other)
				}
				w.start(id)
				w.ticks(1)
				if got := w.list(id); len(got) < len(all)-tc.unknown || !slices.Equal(got, all[:len(got)]) {
					t.Errorf("node %d, alone after a restart, knows %v to be agreed on, want %v but the last %d", id, got, all, tc.unknown)
				}
			}
		})
	}
}

// TestAQuietNodeWritesNothing: how far is agreed on is written once, not again and again.
func TestAQuietNodeWritesNothing(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(3 * recordTicks)
	before := map[crm.NodeID]int{}
	for id, c := range w.cores {
		before[id] = c.recordedAt
	}
	w.ticks(5 * recordTicks)
	for id, c := range w.cores {
		if got := c.recordedAt; got != before[id] {
			t.Errorf("node %d wrote at tick %d, though nothing was agreed on since tick %d", id, got, before[id])
		}
	}
}
