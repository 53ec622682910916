package pengine_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/internal/bigcib"
	"github.com/tactus-ha/tactus/pengine"
)

// asText is everything that a decision says.
func asText(g []byte, findings []pengine.Finding, recheck time.Time, changes []string, scores []string) string {
	var b strings.Builder
	b.Write(g)
	fmt.Fprintf(&b, "recheck %v\n", recheck)
	for _, f := range findings {
		fmt.Fprintf(&b, "%s: %s\n", f.Level, f.Msg)
	}
	b.WriteString(strings.Join(changes, "\n") + "\n" + strings.Join(scores, "\n") + "\n")
	return b.String()
}

func wholeText(in pengine.Input) string {
	out := pengine.Schedule(in)
	var changes []string
	for _, c := range out.Result.Changes {
		changes = append(changes, c.String())
	}
	return asText(out.Graph.XML(), out.Findings, out.RecheckAt, changes, out.Result.Scores())
}

func againText(d pengine.Decision) string {
	return asText(d.Graph.XML(), d.Findings, d.RecheckAt, d.Changes, d.Scores)
}

// world is a CIB to which things happen.
type world struct {
	root *cib.Element
	rnd  *rand.Rand
	now  time.Time
	call int
}

// replace gives a copy of the tree with one element, found by its path of child numbers,
// changed.
func replace(e *cib.Element, path []int, change func(*cib.Element) *cib.Element) *cib.Element {
	if len(path) == 0 {
		return change(e)
	}
	children := slices.Clone(e.Children)
	children[path[0]] = replace(children[path[0]], path[1:], change)
	return e.WithChildren(children...)
}

func indexOf(e *cib.Element, name string) int {
	return slices.IndexFunc(e.Children, func(c *cib.Element) bool { return c.Name == name })
}

// states lists the paths of node states that have histories.
func (w *world) states() (paths [][]int) {
	s := indexOf(w.root, "status")
	if s < 0 {
		return nil
	}
	for i, e := range w.root.Children[s].Children {
		if e.Name == "node_state" {
			paths = append(paths, []int{s, i})
		}
	}
	return paths
}

func (w *world) at(path []int) *cib.Element {
	e := w.root
	for _, i := range path {
		e = e.Children[i]
	}
	return e
}

// happen lets one thing happen, and says what.
func (w *world) happen() string {
	states := w.states()
	if len(states) == 0 {
		return "nothing"
	}
	state := states[w.rnd.IntN(len(states))]
	switch k := w.rnd.IntN(20); {
	case k < 13:
		return w.result(state)
	case k < 16:
		return w.failcount(state)
	case k < 17:
		return w.attribute(state, "rack", "r"+strconv.Itoa(w.rnd.IntN(8)))
	case k < 18:
		return w.attribute(state, "pingd", strconv.Itoa(w.rnd.IntN(3)*100))
	case k < 19:
		w.now = w.now.Add(time.Duration(w.rnd.IntN(600)) * time.Second)
		return "time passes"
	}
	return w.nodeState(state)
}

// result records a new result of some resource on a node.
func (w *world) result(state []int) string {
	e := w.at(state)
	l := indexOf(e, "lrm")
	if l < 0 {
		return "no lrm"
	}
	r := indexOf(e.Children[l], "lrm_resources")
	if r < 0 || len(e.Children[l].Children[r].Children) == 0 {
		return "no histories"
	}
	list := e.Children[l].Children[r]
	k := w.rnd.IntN(len(list.Children))
	rsc := list.Children[k]
	w.call++
	task := []string{"monitor", "monitor", "start", "stop", "promote", "demote"}[w.rnd.IntN(6)]
	rc := []int{0, 0, 0, 7, 1, 8}[w.rnd.IntN(6)]
	interval := 0
	if task == "monitor" && w.rnd.IntN(2) == 0 {
		interval = 10000
	}
	suffix := "last_0"
	if interval > 0 {
		suffix = "monitor_10000"
	}
	if w.rnd.IntN(8) == 0 {
		suffix = "last_failure_0"
	}
	id := rsc.ID()
	expected := 0
	if task == "monitor" && interval == 0 {
		expected = 7
	}
	status := 0
	switch w.rnd.IntN(12) {
	case 0:
		status = -1
	case 1:
		status = 2
	}
	key := fmt.Sprintf("%d:9:%d:b1de9b8c-0000-4000-8000-000000000001", w.call, expected)
	op := cib.New("lrm_rsc_op", "id", id+"_"+suffix, "operation_key", fmt.Sprintf("%s_%s_%d", id, task, interval), "operation", task,
		"crm_feature_set", "3.20.0", "transition-key", key, "transition-magic", fmt.Sprintf("%d:%d;%s", status, rc, key), "on_node", e.Get("uname"),
		"call-id", strconv.Itoa(1000000+w.call), "rc-code", strconv.Itoa(rc), "op-status", strconv.Itoa(status), "interval", strconv.Itoa(interval),
		"last-rc-change", strconv.FormatInt(w.now.Unix()-int64(w.rnd.IntN(300)), 10), "op-digest", "f2317cad3d54cec5d7d7aa7d0bf35cf8")
	w.root = replace(w.root, append(slices.Clone(state), l, r, k), func(h *cib.Element) *cib.Element {
		children := slices.DeleteFunc(slices.Clone(h.Children), func(o *cib.Element) bool { return o.ID() == op.ID() })
		return h.WithChildren(append(children, op)...)
	})
	return fmt.Sprintf("%s of %s on %s: rc %d, status %d", op.Get("operation_key"), id, e.Get("uname"), rc, status)
}

func (w *world) failcount(state []int) string {
	e := w.at(state)
	l := indexOf(e, "lrm")
	if l < 0 {
		return "no lrm"
	}
	list := e.Child("lrm").Child("lrm_resources")
	if list == nil || len(list.Children) == 0 {
		return "no histories"
	}
	id := list.Children[w.rnd.IntN(len(list.Children))].ID()
	switch w.rnd.IntN(3) {
	case 0:
		return w.attribute(state, "fail-count-"+id+"#monitor_10000", strconv.Itoa(w.rnd.IntN(4)))
	case 1:
		return w.attribute(state, "last-failure-"+id+"#monitor_10000", strconv.FormatInt(w.now.Unix()-int64(w.rnd.IntN(100)), 10))
	}
	return w.attribute(state, "master-"+id, strconv.Itoa(w.rnd.IntN(3)*50))
}

func (w *world) attribute(state []int, name, value string) string {
	e := w.at(state)
	w.root = replace(w.root, state, func(e *cib.Element) *cib.Element {
		t := indexOf(e, "transient_attributes")
		if t < 0 {
			e = e.Plus(cib.New("transient_attributes", "id", e.ID()).WithChildren(cib.New("instance_attributes", "id", "status-"+e.ID())))
			t = len(e.Children) - 1
		}
		children := slices.Clone(e.Children)
		if len(children[t].Children) == 0 {
			children[t] = children[t].Plus(cib.New("instance_attributes", "id", "status-"+e.ID()))
		}
		children[t] = replace(children[t], []int{0}, func(set *cib.Element) *cib.Element {
			pairs := slices.DeleteFunc(slices.Clone(set.Children), func(p *cib.Element) bool { return p.Get("name") == name })
			return set.WithChildren(append(pairs, cib.New("nvpair", "id", "status-"+e.ID()+"-"+name, "name", name, "value", value))...)
		})
		return e.WithChildren(children...)
	})
	return name + "=" + value + " on " + e.Get("uname")
}

func (w *world) nodeState(state []int) string {
	crmd := []string{"online", "offline"}[w.rnd.IntN(2)]
	w.root = replace(w.root, state, func(e *cib.Element) *cib.Element { return e.With("crmd", crmd) })
	return "crmd " + crmd + " on " + w.at(state).Get("uname")
}

// follow lets things happen and compares, each time, a decision about what changed with
// one about all. It returns how many decisions did not look at everything.
func follow(t *testing.T, w *world, steps int, whys map[string]int) (kept int) {
	t.Helper()
	var s pengine.Scheduler
	var said []string
	for range steps {
		said = append(said, w.happen())
		snap, err := cib.NewSnapshot(w.root)
		if err != nil {
			t.Skipf("not a CIB: %v", err)
		}
		w.root = snap.Root()
		in := pengine.Input{CIB: snap, Now: w.now, ShowScores: w.rnd.IntN(40) > 0}
		d := s.Next(in)
		got, want := againText(d), wholeText(in)
		if got != want {
			t.Fatalf("after %q (whole: %q, parties: %d) the decision differs: %s", said[max(0, len(said)-3):], d.Whole, d.Parties, corpusDifference(got, want))
		}
		if whys[d.Whole]++; d.Whole == "" {
			kept++
		}
	}
	return kept
}

func TestDecidingAgainIsDecidingAnew(t *testing.T) {
	for _, mode := range []bigcib.Mode{bigcib.Steady, bigcib.Probed, bigcib.Cold} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/%d", mode, seed), func(t *testing.T) {
				w := &world{root: bigcib.Snapshot(bigcib.Size{Resources: 100 + 30*int(seed), Nodes: 3 + int(seed)}, mode).Root(),
					rnd: rand.New(rand.NewPCG(seed, 7)), now: bigcib.Now()}
				whys := map[string]int{}
				kept := follow(t, w, 30, whys)
				t.Logf("kept %d of 30: %v", kept, whys)
				if mode == bigcib.Steady && kept == 0 {
					t.Errorf("no decision was about the changed part only: %v", whys)
				}
			})
		}
	}
}

// TestDecidingAgainOnPublishedCases does the same, starting from every published case.
func TestDecidingAgainOnPublishedCases(t *testing.T) {
	inputs, err := filepath.Glob(filepath.Join(corpusDir(t), "xml", "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	kept, steps, whys := 0, 0, map[string]int{}
	for i, input := range inputs {
		data, err := os.ReadFile(input)
		if err != nil {
			t.Fatal(err)
		}
		snap, err := cib.ParseSnapshot(data)
		if err != nil {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(input), ".xml"), func(t *testing.T) {
			w := &world{root: snap.Root(), rnd: rand.New(rand.NewPCG(uint64(i), 11)), now: time.Unix(1750000000, 0).UTC()}
			kept += follow(t, w, 8, whys)
			steps += 8
		})
	}
	t.Logf("kept parts in %d of %d decisions: %v", kept, steps, whys)
}

// TestAGivenUpDecisionHarmsNothing: once it is not wanted it ends without a graph, and the
// next one is right.
func TestAGivenUpDecisionHarmsNothing(t *testing.T) {
	snap := bigcib.Snapshot(bigcib.Size{Resources: 60, Nodes: 3}, bigcib.Probed)
	var s pengine.Scheduler
	in := pengine.Input{CIB: snap, Now: bigcib.Now(), Stop: func() bool { return true }}
	if d := s.Next(in); d.Graph != nil {
		t.Errorf("a decision that nobody wants has a graph of %d synapses, want none", len(d.Graph.Synapses))
	}
	in.Stop = nil
	if got, want := againText(s.Next(in)), wholeText(in); got != want {
		t.Errorf("the decision after it differs: %s", corpusDifference(got, want))
	}
}

// TestKeptPartsAreNotDecided: one monitor's failure concerns the party of its resource.
func TestKeptPartsAreNotDecided(t *testing.T) {
	snap := bigcib.Snapshot(bigcib.Size{Resources: 200, Nodes: 4}, bigcib.Steady)
	var s pengine.Scheduler
	s.Next(pengine.Input{CIB: snap, Now: bigcib.Now()})
	for event := range 4 {
		snap = bigcib.Result(snap, event)
		in := pengine.Input{CIB: snap, Now: bigcib.Now()}
		d := s.Next(in)
		if d.Whole != "" || d.Parties != 1 {
			t.Errorf("event %d: whole %q, %d parties decided, want one party", event, d.Whole, d.Parties)
		}
		if failed := event%2 == 0; failed != (len(d.Graph.Synapses) > 0) {
			t.Errorf("event %d: %d synapses", event, len(d.Graph.Synapses))
		}
		if got, want := againText(d), wholeText(in); got != want {
			t.Errorf("event %d: the decision differs: %s", event, corpusDifference(got, want))
		}
	}
}
