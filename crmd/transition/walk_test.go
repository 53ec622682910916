package transition

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// play makes a graph from lines "ID OPERATION NODE [prio=N] [after=1,2]"; operation
// "pseudo" makes a pseudo event.
func play(t *testing.T, lines ...string) *graph.Graph {
	t.Helper()
	g := &graph.Graph{TransitionID: 7, ClusterDelay: time.Minute, MigrationLimit: -1}
	for n, l := range lines {
		f := strings.Fields(l)
		var a graph.Action
		fmt.Sscan(f[0], &a.ID)
		a.Operation, a.Node = f[1], crm.NodeName(f[2])
		a.Attributes = map[string]string{"CRM_meta_timeout": "1000"}
		a.Resource.ID = "r"
		if a.Operation == "pseudo" {
			a.Kind = graph.PseudoEvent
		}
		s := graph.Synapse{ID: n, Action: a}
		for _, opt := range f[3:] {
			k, v, _ := strings.Cut(opt, "=")
			switch k {
			case "prio":
				fmt.Sscan(v, &s.Priority)
			case "after":
				for _, in := range strings.Split(v, ",") {
					var id int
					fmt.Sscan(in, &id)
					s.Inputs = append(s.Inputs, id)
				}
			default:
				s.Action.Attributes[k] = v
			}
		}
		g.Synapses = append(g.Synapses, s)
	}
	return g
}

func ids(actions []graph.Action) string {
	var out []string
	for _, a := range actions {
		out = append(out, fmt.Sprint(a.ID))
	}
	return strings.Join(out, " ")
}

func TestWalk(t *testing.T) {
	type step struct {
		do   string // "start", "ok N", "fail N", "abort P"
		want string // ids started
	}
	for _, tc := range []struct {
		name  string
		graph []string
		batch int
		node  int
		moves int
		steps []step
		end   string
	}{
		{name: "chain", graph: []string{"1 stop a", "2 start b after=1", "3 monitor b after=2"}, moves: -1,
			steps: []step{{"start", "1"}, {"ok 1", "2"}, {"ok 2", "3"}, {"ok 3", ""}},
			end:   "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "a promotion waits for probes of the same resource", graph: []string{"1 promote a", "2 monitor b", "3 monitor a CRM_meta_interval=1900 after=1"}, moves: -1,
			steps: []step{{"start", "2"}, {"ok 2", "1"}, {"ok 1", "3"}, {"ok 3", ""}},
			end:   "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "nothing is promoted when a probe found what was not expected", graph: []string{"1 promote a", "2 monitor b"}, moves: -1,
			steps: []step{{"start", "2"}, {"fail 2", ""}},
			end:   "Complete=0, Failed=1, Pending=0, Skipped=1, Incomplete=0"},
		{name: "what follows an action that cannot run is left undone", graph: []string{"1 stop a", "2 monitor b after=9", "3 start c after=1"}, moves: -1,
			steps: []step{{"start", "1"}, {"ok 1", "3"}, {"ok 3", ""}},
			end:   "Complete=2, Failed=0, Pending=0, Skipped=0, Incomplete=1"},
		{name: "a node goes when its probes are done", graph: []string{"1 do_shutdown a", "2 monitor a", "3 monitor b"}, moves: -1,
			steps: []step{{"start", "2 3"}, {"ok 2", "1"}, {"ok 3", ""}, {"ok 1", ""}},
			end:   "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "a node stays when a probe found something", graph: []string{"1 do_shutdown a", "2 monitor a", "3 monitor b"}, moves: -1,
			steps: []step{{"start", "2 3"}, {"fail 2", ""}, {"ok 3", ""}},
			end:   "Complete=1, Failed=1, Pending=0, Skipped=1, Incomplete=0"},
		{name: "parallel and join", graph: []string{"1 start a", "2 start b", "3 start c after=1,2"}, moves: -1,
			steps: []step{{"start", "1 2"}, {"ok 2", ""}, {"ok 1", "3"}, {"ok 3", ""}},
			end:   "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "pseudo events are done at once, in chains", graph: []string{"1 pseudo -", "2 pseudo - after=1", "3 start a after=2"}, moves: -1,
			steps: []step{{"start", "3"}, {"ok 3", ""}}, end: "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "failure stops what depends on it", graph: []string{"1 start a", "2 start b after=1", "3 start c"}, moves: -1,
			steps: []step{{"start", "1 3"}, {"fail 1", ""}, {"ok 3", ""}}, end: "Complete=1, Failed=1, Pending=0, Skipped=0, Incomplete=1"},
		{name: "the most urgent run after a failed input", graph: []string{"1 start a", "2 stop b after=1 prio=1000000"}, moves: -1,
			steps: []step{{"start", "1"}, {"fail 1", "2"}, {"ok 2", ""}}, end: "Complete=1, Failed=1, Pending=0, Skipped=0, Incomplete=0"},
		{name: "abort lets running actions finish", graph: []string{"1 stop a", "2 start b after=1", "3 stop c after=1 prio=1000000"}, moves: -1,
			steps: []step{{"start", "1"}, {"abort 1000000", ""}, {"ok 1", "3"}, {"ok 3", ""}}, end: "Complete=2, Failed=0, Pending=0, Skipped=1, Incomplete=0"},
		{name: "abort of priority 1 keeps more urgent ones going", graph: []string{"1 stop a", "2 start b after=1", "3 start c after=1 prio=5"}, moves: -1,
			steps: []step{{"start", "1"}, {"abort 1", ""}, {"ok 1", "3"}, {"ok 3", ""}}, end: "Complete=2, Failed=0, Pending=0, Skipped=1, Incomplete=0"},
		{name: "batch-limit", graph: []string{"1 start a", "2 start b", "3 start c"}, batch: 2, moves: -1,
			steps: []step{{"start", "1 2"}, {"ok 2", "3"}, {"ok 1", ""}, {"ok 3", ""}}, end: "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "node-action-limit", graph: []string{"1 start a", "2 start a", "3 start b"}, node: 1, moves: -1,
			steps: []step{{"start", "1 3"}, {"ok 1", "2"}, {"ok 3", ""}, {"ok 2", ""}}, end: "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "migration-limit", graph: []string{"1 migrate_to a CRM_meta_migrate_source=a CRM_meta_migrate_target=b",
			"2 migrate_to a CRM_meta_migrate_source=a CRM_meta_migrate_target=c", "3 migrate_to d CRM_meta_migrate_source=d CRM_meta_migrate_target=e"}, moves: 1,
			steps: []step{{"start", "1 3"}, {"ok 1", "2"}, {"ok 2", ""}, {"ok 3", ""}}, end: "Complete=3, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "results that come twice or for nobody are ignored", graph: []string{"1 start a", "2 start b after=1"}, moves: -1,
			steps: []step{{"start", "1"}, {"ok 9", ""}, {"ok 2", ""}, {"ok 1", "2"}, {"fail 1", ""}, {"ok 2", ""}}, end: "Complete=2, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
		{name: "op_no_wait", graph: []string{"1 notify a CRM_meta_op_no_wait=true", "2 start a after=1"}, moves: -1,
			steps: []step{{"start", "1 2"}, {"ok 2", ""}}, end: "Complete=2, Failed=0, Pending=0, Skipped=0, Incomplete=0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := play(t, tc.graph...)
			g.BatchLimit, g.MigrationLimit = tc.batch, tc.moves
			w := New(g, "uuid", tc.node)
			for _, s := range tc.steps {
				verb, arg, _ := strings.Cut(s.do, " ")
				var n int
				fmt.Sscan(arg, &n)
				var got []graph.Action
				switch verb {
				case "start":
					got = w.Start(start)
				case "ok", "fail":
					got = w.Step(start, Result{Action: n, Failed: verb == "fail"})
				case "abort":
					w.Abort(n, "test")
				}
				if ids(got) != s.want {
					t.Fatalf("%s: started %q, want %q", s.do, ids(got), s.want)
				}
			}
			if !w.Complete() {
				t.Error("not complete at the end")
			}
			if got := w.Summary().String(); got != tc.end {
				t.Errorf("summary %q, want %q", got, tc.end)
			}
		})
	}
}

func TestDeadlines(t *testing.T) {
	w := New(play(t, "1 start a", "2 start b CRM_meta_timeout=90000"), "uuid", 0)
	w.Start(start)
	if got, want := w.Deadline(), start.Add(61*time.Second); !got.Equal(want) {
		t.Errorf("Deadline() = %v, want %v: timeout plus cluster-delay", got, want)
	}
	if lost := w.Overdue(start.Add(61 * time.Second)); ids(lost) != "1" {
		t.Errorf("Overdue = %q, want 1", ids(lost))
	}
	w.Step(start, Result{Action: 1, Failed: true})
	if got, want := w.Deadline(), start.Add(150*time.Second); !got.Equal(want) {
		t.Errorf("Deadline() = %v, want %v", got, want)
	}
}

func TestAbortKeepsTheMostUrgentReason(t *testing.T) {
	w := New(play(t, "1 start a"), "u", 0)
	if !w.Abort(1, "first") || w.Abort(1, "second") || !w.Abort(1000000, "third") {
		t.Error("an abort counts when it is more urgent than the one before")
	}
	if reason, ok := w.Aborted(); !ok || reason != "third" {
		t.Errorf("Aborted() = %q, %v; want third", reason, ok)
	}
}

func TestKeyAndNode(t *testing.T) {
	w := New(play(t, "3 monitor a CRM_meta_op_target_rc=7"), "3a1b", 0)
	a, _, _ := w.Action(3)
	if got, want := w.Key(a), (crm.TransitionKey{Action: 3, Transition: 7, TargetRC: 7, UUID: "3a1b"}); got != want {
		t.Errorf("Key = %+v, want %+v", got, want)
	}
	w.Start(start)
	if !w.Touches("a", "r") || w.Touches("b", "r") {
		t.Error("Touches must be true for begun actions of that node only")
	}
	if got := w.On("a"); !slices.Equal([]int{got[0].ID}, []int{3}) {
		t.Errorf("On(a) = %v", got)
	}
}

// A large graph must be walked in time linear in its edges: this one would take minutes
// if every result looked at every synapse's inputs.
func TestLargeGraph(t *testing.T) {
	g := &graph.Graph{MigrationLimit: -1}
	const n = 20000
	for i := range n {
		s := graph.Synapse{ID: i, Action: graph.Action{ID: i + 1, Operation: "start", Node: "a"}}
		if i > 0 {
			s.Inputs = []int{i}
		}
		g.Synapses = append(g.Synapses, s)
	}
	w := New(g, "u", 0)
	started := w.Start(start)
	for done := 0; len(started) > 0; done++ {
		started = w.Step(start, Result{Action: started[0].ID})
	}
	if s := w.Summary(); s.Done != n {
		t.Errorf("done %d, want %d", s.Done, n)
	}
}

// TestAbortDoesNotWaitForStartDelay: a monitor in its start-delay keeps a transition
// open, but not one that is aborted.
func TestAbortDoesNotWaitForStartDelay(t *testing.T) {
	w := New(play(t, "1 start n", "2 monitor n after=1 CRM_meta_interval=5000 CRM_meta_start_delay=15000", "3 monitor n after=1 CRM_meta_interval=5000"), "uuid", 0)
	w.Start(start)
	if got := ids(w.Step(start, Result{Action: 1})); got != "2 3" {
		t.Fatalf("after the start: %q, want 2 3", got)
	}
	w.Abort(int(crm.Infinity), "a node was lost")
	if w.Complete() {
		t.Error("complete while a monitor without delay is in flight")
	}
	w.Step(start, Result{Action: 3})
	if !w.Complete() {
		t.Error("not complete although only a delayed monitor is in flight")
	}
}
