package daemon

import (
	"bytes"
	"testing"

	"github.com/tactus-ha/tactus/internal/bigcib"
	"github.com/tactus-ha/tactus/pengine"
)

// TestDeciderKeepsWhatItCan: after one result only a part is decided, the graph is that of
// a decision about everything, and a decision that is given up does no harm.
func TestDeciderKeepsWhatItCan(t *testing.T) {
	never, at := func() bool { return false }, bigcib.Now()
	snap := bigcib.Snapshot(bigcib.Size{Resources: 100, Nodes: 3}, bigcib.Steady)
	var d decider
	if p := d.schedule(snap, at, func() bool { return true }); p.Graph != nil || p.Part {
		t.Errorf("a decision that nobody wants has a graph, or is about a part: %+v", p)
	}
	if p := d.schedule(snap, at, never); p.Graph == nil || p.Part || len(p.Graph.Synapses) > 0 {
		t.Fatalf("the first decision = %+v, want one about everything, with nothing to do", p)
	}
	snap = bigcib.Result(snap, 0)
	p := d.schedule(snap, at, never)
	if !p.Part {
		t.Error("the decision after one result is about everything, want a part")
	}
	want := pengine.Schedule(pengine.Input{CIB: snap, Now: at}).Graph
	if !bytes.Equal(p.Graph.XML(), want.XML()) {
		t.Errorf("graph:\n%s\nwant\n%s", p.Graph.XML(), want.XML())
	}
}
