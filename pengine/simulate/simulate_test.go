package simulate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

const base = `<cib have-quorum="1" dc-uuid="1"><configuration><crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources><primitive id="a" class="ocf" provider="test" type="Dummy"><operations><op id="a-m" name="monitor" interval="10s"/></operations></primitive></resources><constraints/></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/><node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>`

var now = time.Unix(1780000000, 0).UTC()

func read(root *cib.Element) *state.Cluster {
	return state.ReadRoot(root, now, state.ReadOptions{Sanitized: true})
}

func step(t *testing.T, root *cib.Element, fails ...string) simulate.Result {
	t.Helper()
	c := read(root)
	out := pengine.ScheduleState(c, pengine.Input{Now: now, Sanitized: true})
	return simulate.Execute(c, out.Graph, fails, now)
}

func texts(events []simulate.Event) (lines []string) {
	for _, e := range events {
		lines = append(lines, e.String())
	}
	return lines
}

func parse(t *testing.T) *cib.Element {
	t.Helper()
	root, err := cib.Parse([]byte(base))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestExecuteStartsAndThenRests(t *testing.T) {
	root := parse(t)
	first := step(t, root)
	want := []string{"Resource action: a               start on n1", "Resource action: a               monitor=10000 on n1"}
	if !first.Complete || len(first.Events) < 2 || !slices.Equal(texts(first.Events[len(first.Events)-2:]), want) {
		t.Errorf("first transition: complete %v, %q; want it to end with %q", first.Complete, first.Events, want)
	}
	if root.Child("status").Children[0].Child("lrm") != nil {
		t.Error("the input was changed")
	}
	if second := step(t, first.Root); len(second.Events) != 0 {
		t.Errorf("second transition: %q, want nothing to do", second.Events)
	}
}

func TestAFailedStartStopsTheTransitionAndCounts(t *testing.T) {
	r := step(t, parse(t), "a_start_0@n1=1")
	if !slices.ContainsFunc(texts(r.Events), func(l string) bool { return strings.Contains(l, "Pretending action") }) {
		t.Errorf("%q: the failure is not told", r.Events)
	}
	c := read(r.Root)
	if n, _ := c.FailCount(c.Node("n1"), c.Resource("a"), state.FailCountOptions{}, nil); n != crm.Infinity {
		t.Errorf("failcount after a failed start: %v, want INFINITY", n)
	}
}

func TestInject(t *testing.T) {
	started := step(t, parse(t)).Root
	root, lines, errs := simulate.Inject(read(started), &simulate.Injections{Quorum: "0", Down: []string{"n2"}, Up: []string{"n3"},
		Grant: []string{"t"}, Operations: []string{"a_monitor_10000@n1=7", "nonsense", "b_start_0@n1=1"}, Watchdog: "true"}, now)
	c := read(root)
	switch {
	case len(errs) != 2:
		t.Errorf("errors %q, want two: for nonsense and for the unknown resource", errs)
	case c.Quorate:
		t.Error("still quorate")
	case c.Node("n2").Online:
		t.Error("n2 is still online")
	case !c.Tickets["t"].Granted:
		t.Error("ticket t is not granted")
	case !c.Resource("a").Failed:
		t.Error("a has not failed")
	case !c.Options.Bool("have-watchdog", false):
		t.Error("no watchdog")
	}
	for _, want := range []string{"Setting quorum: 0", "Taking node n2 offline", "Bringing node n3 online", "Granting ticket t"} {
		if !slices.Contains(texts(lines), want) {
			t.Errorf("lines %q, want %q among them", lines, want)
		}
	}
}

// TestInjectedFailureCountsOn: the failcount that is there, under a sensible id, goes up.
func TestInjectedFailureCountsOn(t *testing.T) {
	const counted = `<transient_attributes id="1"><instance_attributes id="status-1"><nvpair id="status-1-fail-count-a.monitor_10000" name="fail-count-a#monitor_10000" value="2"/></instance_attributes></transient_attributes></node_state>`
	root, err := cib.Parse([]byte(strings.Replace(base, `<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/>`,
		`<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">`+counted, 1)))
	if err != nil {
		t.Fatal(err)
	}
	after, _, errs := simulate.Inject(state.ReadRoot(root, now, state.ReadOptions{}), &simulate.Injections{Operations: []string{"a_monitor_10000@n1=1"}}, now)
	var got []string
	for e := range after.Child("status").Child("node_state").Child("transient_attributes").Child("instance_attributes").All("nvpair") {
		got = append(got, e.ID()+"="+e.Get("value"))
	}
	want := []string{"status-1-fail-count-a.monitor_10000=3", "status-1-last-failure-a.monitor_10000=1780000000"}
	if !slices.Equal(got, want) || len(errs) > 0 {
		t.Errorf("got %q, errors %q; want %q", got, errs, want)
	}
}

// Storing a node merges what has one id twice into the first, as the original's CIB does.
func TestDuplicateResults(t *testing.T) {
	started := step(t, parse(t)).Root
	ops := started.Child("status").ChildWith("node_state", "uname", "n1").Child("lrm").Child("lrm_resources").ChildWith("lrm_resource", "id", "a")
	ops.Children = append(ops.Children, ops.Children[0].With("call-id", "77"))
	root, _, errs := simulate.Inject(read(started), &simulate.Injections{Operations: []string{"a_monitor_5000@n1=0"}}, now)
	after := root.Child("status").ChildWith("node_state", "uname", "n1").Child("lrm").Child("lrm_resources").ChildWith("lrm_resource", "id", "a")
	if got := after.Children[0].Get("call-id"); len(errs) > 0 || got != "77" {
		t.Errorf("errors %q, call of the first entry %s, want 77, which the last entry of that id has", errs, got)
	}
}
