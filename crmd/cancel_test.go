package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// TestCancelOfWhatIsGone: the DC waits until the entry of a cancelled operation is gone.
// It may go in another way (a node that joins anew brings a history without it), or have
// gone before the order came: nothing is waited for then.
func TestCancelOfWhatIsGone(t *testing.T) {
	for _, tc := range []struct {
		name, interval string
		meanwhile      func(w *world)
	}{
		{"with the history of its resource", "10000", func(w *world) { w.configure(remove("/cib/status/node_state[@id='1']/lrm")) }},
		{"before it was ordered", "7000", func(*world) {}},
	} {
		w := formed(t, 3, 2)
		w.nodes[1].full = true // what it says is not agreed on: its own removal of the entry, too
		w.decide = func(*cib.Snapshot, []crm.NodeID) *graph.Graph {
			w.decide = func(*cib.Snapshot, []crm.NodeID) *graph.Graph { return &graph.Graph{} }
			return &graph.Graph{MigrationLimit: -1, ClusterDelay: time.Minute, Synapses: []graph.Synapse{{Action: graph.Action{ID: 1, Kind: graph.ResourceOp, Operation: "cancel", Key: "vip_monitor_" + tc.interval,
				Node: "n1", NodeUUID: "1", Resource: agentDummy, Attributes: map[string]string{"CRM_meta_interval": tc.interval, "CRM_meta_operation": "monitor", "CRM_meta_timeout": "20000"}}}}}
		}
		w.property("anything", "else")
		w.pass(10 * time.Millisecond)
		tc.meanwhile(w)
		w.pass(5 * time.Second)
		if p := w.nodes[2].c.Progress(); p.State != "idle" || len(p.InFlight) > 0 {
			t.Errorf("%s: the DC is %s, in flight %v", tc.name, p.State, p.InFlight)
		}
	}
}
