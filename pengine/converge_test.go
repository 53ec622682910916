package pengine_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

// neverDone are cases whose graph repeats although it was carried out, and why.
var neverDone = map[string]string{
	"node-shutdown":                         "the simulator leaves a node that was let go in the cluster",
	"shutdown-lock":                         "the same",
	"failure-expired":                       "the simulator clears no failcounts",
	"maintenance-mode":                      "the simulator records cancels as if they were operations",
	"monitor-removed":                       "the same",
	"resource-removed":                      "the simulator deletes no histories",
	"on-fail-demote":                        "the simulator clears no failcounts",
	"on-fail-restart-container":             "the same",
	"remote-node-lost":                      "the same",
	"order-loop":                            "what waits for itself never happens",
	"shutdown-lock-expired":                 "the simulator deletes no histories",
	"bundle-guest-failed-container-stopped": "the simulator clears no failcounts",
	"unfencing":                             "the simulator does not record that a node was unfenced",
	"utilization-balanced":                  "the milestone of freed capacity is in every graph, as upstream has it",
	"utilization-minimal":                   "the same",
	"utilization":                           "the milestone of freed capacity is in every graph, as upstream has it",
}

// TestConverges carries each graph out on paper and schedules again: soon there must be
// nothing left to do (invariant I7). A second round may follow what probes found.
func TestConverges(t *testing.T) {
	const rounds = 3
	for _, dir := range golden(t) {
		name := filepath.Base(dir)
		if neverDone[name] != "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, "cib.xml"))
		if err != nil {
			t.Fatal(err)
		}
		root, err := cib.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(1700000000, 0).UTC()
		left := ""
		for range rounds {
			c := state.ReadRoot(root, now, state.ReadOptions{})
			out := pengine.ScheduleState(c, pengine.Input{})
			left = ""
			for _, s := range out.Graph.Synapses {
				left += " " + s.Action.Key + "@" + string(s.Action.Node)
			}
			if left == "" {
				break
			}
			root = simulate.Execute(c, out.Graph, nil, now).Root
		}
		if left != "" {
			t.Errorf("%s: after %d rounds there is still to do:%s", name, rounds-1, left)
		}
	}
}
