package explain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// corpus lists the published cases: TACTUS_CORPUS, else beside the repository.
func corpus(t *testing.T) []string {
	dir := os.Getenv("TACTUS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	files, err := filepath.Glob(filepath.Join(dir, "scheduler", "xml", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Skipf("the published cases are not in %s: set TACTUS_CORPUS to the folder that holds scheduler/", dir)
	}
	return files
}

// TestEveryActionHasACause: in every published case each action of the graph, and each
// resource that runs or does not, has a cause that can be said.
func TestEveryActionHasACause(t *testing.T) {
	actions, unknown, resources := 0, 0, 0
	for _, file := range corpus(t) {
		k := read(t, file)
		out := k.Output()
		for _, s := range out.Graph.Synapses {
			actions++
			causes := out.Result.ActionCauses(out.Result.Action(s.Action.ID))
			if causes[0].Kind == sched.CauseUnknown {
				unknown++
				t.Errorf("%s: %s has no cause", filepath.Base(file), s.Action.Key)
			}
		}
		for _, r := range out.State.All {
			if r.Variant != state.Primitive {
				continue
			}
			resources++
			a, err := k.Resource(string(r.ID), explain.Ask{Brief: true})
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(file), err)
				continue
			}
			if len(a.Why) == 0 {
				t.Errorf("%s: nothing is said of %s: %s", filepath.Base(file), r.ID, a.Headline)
			}
			checkSentences(t, file, a)
		}
	}
	t.Logf("%d actions, %d without a cause; %d primitives and instances", actions, unknown, resources)
}

// checkSentences looks for sentences that say nothing.
func checkSentences(t *testing.T, file string, a *explain.Answer) {
	t.Helper()
	text := a.Text()
	for _, bad := range []string{"no node is", "on no node", "forbids no node", "no cause is on record", "  because \n", "another resource", "%!"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s: %q in\n%s", filepath.Base(file), bad, text)
		}
	}
}

// TestWholeAnswers gives the whole answer about every resource of every eighth published case:
// nothing panics, and what-ifs leave the case as it was.
func TestWholeAnswers(t *testing.T) {
	for i, file := range corpus(t) {
		if i%8 != 0 {
			continue // a what-if is a run of the scheduler: these are many
		}
		k := read(t, file)
		before := k.Output().Result.Changes
		first := everything(t, k)
		if again := everything(t, k); string(first) != string(again) {
			t.Errorf("%s: asked again, it says something else", filepath.Base(file))
		}
		if after := k.Output().Result.Changes; len(after) != len(before) {
			t.Errorf("%s: what-ifs changed what was decided", filepath.Base(file))
		}
	}
}

// TestScoresAddUp: the contributions on record give the score in the end.
func TestScoresAddUp(t *testing.T) {
	wrong, total := 0, 0
	for _, file := range corpus(t) {
		out := read(t, file).Output()
		for _, r := range out.State.All {
			if r.Variant != state.Primitive {
				continue
			}
			for _, n := range out.State.Nodes {
				score, ok := out.Result.Score(r, n)
				if !ok {
					continue
				}
				last := crm.Score(0)
				for _, c := range out.Result.Trail(r) {
					if c.Node == n.Name {
						last = c.Result
					}
				}
				if total++; last != score {
					wrong++
					if wrong < 20 {
						t.Errorf("%s: %s on %s has score %s, its contributions give %s", filepath.Base(file), r.ID, n.Name, score, last)
					}
				}
			}
		}
	}
	t.Logf("%d scores, %d do not add up", total, wrong)
}
