package pengine_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// TestSameInputSameBytes schedules each case twice, and from a document parsed anew.
func TestSameInputSameBytes(t *testing.T) {
	for _, dir := range golden(t) {
		data, err := os.ReadFile(filepath.Join(dir, "cib.xml"))
		if err != nil {
			t.Fatal(err)
		}
		a, b := schedule(t, data), schedule(t, data)
		if x, y := a.Graph.XML(), b.Graph.XML(); !bytes.Equal(x, y) {
			t.Errorf("%s: two runs give different graphs:\n%s", dir, firstDifference(y, x))
		}
		if x, y := a.Result.Picture(true, true).DOT(), b.Result.Picture(true, true).DOT(); !bytes.Equal(x, y) {
			t.Errorf("%s: two runs give different pictures:\n%s", dir, firstDifference(y, x))
		}
		if x, y := scores(a), scores(b); !bytes.Equal(x, y) {
			t.Errorf("%s: two runs give different scores:\n%s", dir, firstDifference(y, x))
		}
	}
}

// TestGraphHasNoLoops walks each graph: every action must become ready, but for those
// that the configuration orders in a circle.
func TestGraphHasNoLoops(t *testing.T) {
	for _, dir := range golden(t) {
		if filepath.Base(dir) == "order-loop" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, "cib.xml"))
		if err != nil {
			t.Fatal(err)
		}
		if stuck := walk(schedule(t, data).Graph); len(stuck) > 0 {
			t.Errorf("%s: actions %v never become ready", dir, stuck)
		}
	}
}

// walk does what is ready until nothing is, and returns what never was. An input that is
// not part of the graph counts as done.
func walk(g *graph.Graph) (stuck []int) {
	todo := map[int][]int{}
	for _, s := range g.Synapses {
		todo[s.Action.ID] = s.Inputs
	}
	for progress := true; progress; {
		progress = false
		for _, s := range g.Synapses {
			inputs, waiting := todo[s.Action.ID]
			if !waiting {
				continue
			}
			ready := true
			for _, in := range inputs {
				if _, open := todo[in]; open {
					ready = false
				}
			}
			if ready {
				delete(todo, s.Action.ID)
				progress = true
			}
		}
	}
	for _, s := range g.Synapses {
		if _, waiting := todo[s.Action.ID]; waiting {
			stuck = append(stuck, s.Action.ID)
		}
	}
	return stuck
}

// TestScoresHaveReasons: with Explain, contributions add up to the scores.
func TestScoresHaveReasons(t *testing.T) {
	data, err := os.ReadFile("testdata/location-moves/cib.xml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := cib.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := cib.NewSnapshot(root)
	if err != nil {
		t.Fatal(err)
	}
	out := pengine.Schedule(pengine.Input{CIB: snap, Now: time.Unix(1700000000, 0), Explain: true})
	got := map[string]string{}
	for _, c := range out.Result.Trail(out.State.Resources[0]) {
		got[string(c.Node)+" "+c.Reason] = c.Result.String()
	}
	for key, want := range map[string]string{"n1 stickiness": "100", "n2 likes-n2": "200"} {
		if got[key] != want {
			t.Errorf("after %q the score is %q, want %q; trail: %v", key, got[key], want, got)
		}
	}
	if n := out.Result.AssignedTo(out.State.Resources[0]); n == nil || n.Name != "n2" {
		t.Errorf("vip is assigned to %v, want n2", n)
	}
}

// TestEmpty: a CIB without anything needs nothing.
func TestEmpty(t *testing.T) {
	out := schedule(t, []byte(`<cib><configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>`))
	if n := len(out.Graph.Synapses); n != 0 {
		t.Errorf("an empty CIB gives %d synapses, want none", n)
	}
}
