package pengine_test

import (
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/state"
)

// shuffled copies a document with those parts in another order whose order means nothing:
// tags, tickets, the histories of a node and their entries, and the attributes of every
// element. (The order of node states numbers the instances of anonymous clones.)
func shuffled(e *cib.Element, r *rand.Rand) *cib.Element {
	c := deepCopy(e)
	for x := range c.Walk() {
		switch x.Name {
		case "tags", "tickets", "lrm_resources", "lrm_resource":
			r.Shuffle(len(x.Children), func(i, j int) { x.Children[i], x.Children[j] = x.Children[j], x.Children[i] })
		}
		r.Shuffle(len(x.Attrs), func(i, j int) { x.Attrs[i], x.Attrs[j] = x.Attrs[j], x.Attrs[i] })
	}
	return c
}

// steps lists, sorted, what a graph does: actions and where, without their numbers.
func steps(root *cib.Element) string {
	c := state.ReadRoot(root, time.Unix(1700000000, 0).UTC(), state.ReadOptions{Sanitized: true})
	out := pengine.ScheduleState(c, pengine.Input{ShowScores: true})
	var lines []string
	for _, s := range out.Graph.Synapses {
		lines = append(lines, s.Action.Key+" on "+string(s.Action.Node))
	}
	lines = append(lines, out.Result.Scores()...)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestOrderOfUnorderedSections: the same CIB with its unordered parts shuffled, and the
// attributes of every element, gives the same actions and scores.
func TestOrderOfUnorderedSections(t *testing.T) {
	for _, dir := range golden(t) {
		data, err := os.ReadFile(filepath.Join(dir, "cib.xml"))
		if err != nil {
			t.Fatal(err)
		}
		root, err := cib.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		want := steps(root)
		for seed := range int64(3) {
			if got := steps(shuffled(root, rand.New(rand.NewSource(seed)))); got != want {
				t.Errorf("%s, seed %d: a shuffled document is decided otherwise: %s", dir, seed, firstDifference([]byte(got), []byte(want)))
				break
			}
		}
	}
}
