package whatif

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// TestRecordedTimes: the newest of the resource itself, else the median of its agent,
// else what is assumed. Failures, simulations and recurring monitors do not count.
func TestRecordedTimes(t *testing.T) {
	status, err := cib.Parse([]byte(`<status><node_state id="1"><lrm><lrm_resources>
<lrm_resource id="a" class="ocf" provider="p" type="T">
 <lrm_rsc_op id="a_last_0" operation="start" interval="0" rc-code="0" op-status="0" exec-time="500" last-rc-change="20"/>
 <lrm_rsc_op id="a_monitor_10000" operation="monitor" interval="10000" rc-code="0" op-status="0" exec-time="7" last-rc-change="20"/>
 <lrm_rsc_op id="a_last_failure_0" operation="stop" interval="0" rc-code="1" op-status="0" exec-time="9000" last-rc-change="20"/></lrm_resource>
<lrm_resource id="b:0" class="ocf" provider="p" type="T"><lrm_rsc_op id="b_last_0" operation="start" interval="0" rc-code="0" op-status="0" exec-time="100" last-rc-change="20"/></lrm_resource>
<lrm_resource id="c" class="ocf" provider="p" type="T"><lrm_rsc_op id="c_last_0" operation="start" interval="0" rc-code="0" op-status="0" exec-time="300" last-rc-change="20"/></lrm_resource>
<lrm_resource id="d" class="ocf" provider="p" type="U"><lrm_rsc_op id="d_last_0" operation="start" interval="0" rc-code="0" op-status="2" exec-time="60000" last-rc-change="20"/></lrm_resource>
<lrm_resource id="e" class="lsb" type="U"><lrm_rsc_op id="e_last_0" operation="start" interval="0" rc-code="0" op-status="0" exec-time="1" crm-debug-origin="crm_simulate"/></lrm_resource>
</lrm_resources></lrm></node_state>
<node_state id="2"><lrm><lrm_resources><lrm_resource id="a" class="ocf" provider="p" type="T">
 <lrm_rsc_op id="a_last_0" operation="start" interval="0" rc-code="0" op-status="0" exec-time="900" last-rc-change="10"/></lrm_resource></lrm_resources></lrm></node_state></status>`))
	if err != nil {
		t.Fatal(err)
	}
	times := RecordedTimes(status)
	for _, c := range []struct {
		name, resource, agent, operation string
		want                             Estimate
	}{
		{"the newest", "a", "ocf:p:T", "start", Estimate{Length: 500 * time.Millisecond, Recorded: true}},
		{"an instance counts for the clone", "b", "ocf:p:T", "start", Estimate{Length: 100 * time.Millisecond, Recorded: true}},
		{"the median of the agent", "new", "ocf:p:T", "start", Estimate{Length: 500 * time.Millisecond, Recorded: true, Samples: 4, Agent: "ocf:p:T"}},
		{"a failed stop", "a", "ocf:p:T", "stop", Estimate{Length: 500 * time.Millisecond, Like: "start"}},
		{"a stop of what never ran", "d", "ocf:p:U", "stop", Estimate{Length: AssumedStop}},
		{"a demotion", "a", "ocf:p:T", "demote", Estimate{Length: AssumedDemote}},
		{"a start that timed out", "d", "ocf:p:U", "start", Estimate{Length: AssumedStart}},
		{"a simulated start", "e", "lsb:U", "start", Estimate{Length: AssumedStart}},
		{"a probe", "a", "ocf:p:T", "monitor", Estimate{Length: AssumedProbe}},
		{"a promotion", "a", "ocf:p:T", "promote", Estimate{Length: AssumedPromote}},
		{"a live migration", "a", "ocf:p:T", "migrate_to", Estimate{Length: AssumedMigrate}},
	} {
		c.want.Resource, c.want.Operation, c.want.Seconds = crm.ResourceID(c.resource), c.operation, c.want.Length.Seconds()
		if got := times.Of(crm.ResourceID(c.resource), c.agent, c.operation); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestLongestPath: an action is done when its slowest input is done and it has run.
func TestLongestPath(t *testing.T) {
	synapse := func(id int, inputs ...int) graph.Synapse {
		return graph.Synapse{ID: id, Action: graph.Action{ID: id}, Inputs: inputs}
	}
	g := &graph.Graph{Synapses: []graph.Synapse{synapse(5, 3, 4), synapse(1), synapse(2), synapse(3, 1, 2), synapse(4, 2, 99), synapse(6, 7), synapse(7, 6)}}
	lengths := map[int]time.Duration{1: 10, 2: 30, 3: 5, 4: 1, 5: 2}
	got := finished(g, func(a *graph.Action) time.Duration { return lengths[a.ID] })
	for id, want := range map[int]time.Duration{1: 10, 2: 30, 3: 35, 4: 31, 5: 37} {
		if got[id] != want {
			t.Errorf("action %d is done at %d, want %d", id, got[id], want)
		}
	}
	if _, ok := got[6]; ok {
		t.Errorf("two actions that wait for each other are done: %v", got)
	}
}

// TestGaps: a clone is out while no instance is there, a group while any member is not.
func TestGaps(t *testing.T) {
	on := func(r, n string) spot { return spot{crm.ResourceID(r), crm.NodeName(n)} }
	line := func() *timeline {
		first := map[spot]presence{on("c", "n1"): {1, 1}, on("c", "n2"): {1, 0}, on("x", "n1"): {1, 0}, on("y", "n1"): {1, 0}}
		now := map[spot]presence{}
		for s, p := range first {
			now[s] = p
		}
		return &timeline{first: first, now: now}
	}
	t.Run("one instance is enough", func(t *testing.T) {
		l := line()
		l.add(event{10, on("c", "n1"), -1, -1})
		l.add(event{30, on("c", "n2"), 0, 1})
		down, bare := l.gaps([]crm.ResourceID{"c"}, 100)
		if down != (gap{}) || bare != (gap{20, false}) {
			t.Errorf("down %v, without a promoted instance %v; want none, and 20", down, bare)
		}
	})
	t.Run("all instances", func(t *testing.T) {
		l := line()
		l.add(event{10, on("c", "n1"), -1, -1})
		l.add(event{15, on("c", "n2"), -1, 0})
		l.add(event{40, on("c", "n3"), 1, 0})
		down, bare := l.gaps([]crm.ResourceID{"c"}, 100)
		if down != (gap{25, false}) || bare != (gap{90, true}) {
			t.Errorf("down %v, without a promoted instance %v; want 25, and for good", down, bare)
		}
	})
	t.Run("members overlap", func(t *testing.T) {
		l := line()
		l.add(event{10, on("x", "n1"), -1, 0})
		l.add(event{20, on("y", "n1"), -1, 0})
		l.add(event{30, on("y", "n2"), 1, 0})
		l.add(event{50, on("x", "n2"), 1, 0})
		l.add(event{60, on("x", "n2"), 1, 0})
		down, _ := l.gaps([]crm.ResourceID{"x", "y"}, 100)
		if down != (gap{40, false}) {
			t.Errorf("down %v, want 40", down)
		}
	})
	t.Run("nothing becomes less than none", func(t *testing.T) {
		l := line()
		l.vacate(5, "n1")
		l.add(event{7, on("x", "n1"), -1, -1})
		if n := len(l.events); n != 3 {
			t.Errorf("%d events, want the three of the node", n)
		}
		l.correct(9, map[spot]presence{on("c", "n2"): {1, 1}, on("x", "n2"): {1, 0}})
		if l.now[on("x", "n2")] != (presence{1, 0}) || l.now[on("c", "n2")] != (presence{1, 1}) {
			t.Errorf("after the correction: %v", l.now)
		}
	})
}

func TestLength(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 s", 4 * time.Millisecond: "0.004 s", 150 * time.Millisecond: "0.15 s",
		time.Second: "1 s", 1250 * time.Millisecond: "1.2 s", 42 * time.Second: "42 s", 5 * time.Minute: "5.0 min"} {
		if got := length(d); got != want {
			t.Errorf("length(%v) = %q, want %q", d, got, want)
		}
	}
}
