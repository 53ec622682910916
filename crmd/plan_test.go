package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/pengine/graph"
)

// TestPseudoActionsAlone: a clone that cannot be stopped now leaves its pseudo actions in
// every decision. They are carried out once for each reason to decide, and not for ever.
func TestPseudoActionsAlone(t *testing.T) {
	w := formed(t, 3, 2)
	w.idle = []graph.Synapse{
		{ID: 0, Action: graph.Action{ID: 1, Kind: graph.PseudoEvent, Operation: "stop", Key: "c_stop_0"}},
		{ID: 1, Action: graph.Action{ID: 2, Kind: graph.PseudoEvent, Operation: "stopped", Key: "c_stopped_0"}, Inputs: []int{1}},
	}
	before := w.nodes[2].c.duty.transition
	w.property("anything", "new")
	w.pass(time.Minute)
	if made := w.nodes[2].c.duty.transition - before; made < 1 || made > 3 {
		t.Errorf("%d transitions after one change, want one or two", made)
	}
}
