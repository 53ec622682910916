package crmd

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// TestMayLive: a node feeds its watchdog only as long as the others may not yet run what
// it runs.
func TestMayLive(t *testing.T) {
	const dog = 5 * time.Second
	lost := time.Unix(1e9, 0)
	for _, tc := range []struct {
		name          string
		wait, fencing string
		quorate, was  bool
		running       bool          // by the CIB
		known         bool          // by the executor
		before        time.Duration // how long before lost an earlier controller had a quorum; zero: not known
		after         time.Duration
		ok            bool
		short         time.Duration
	}{
		{name: "quorum", wait: "12", quorate: true, was: true, running: true, after: time.Hour, ok: true},
		{name: "nobody relies on it", was: true, running: true, after: time.Hour, ok: true},
		{name: "no fencing", wait: "12", fencing: "false", was: true, running: true, after: time.Hour, ok: true},
		{name: "in the first half", wait: "12", was: true, running: true, after: 5900 * time.Millisecond, ok: true},
		{name: "after the first half", wait: "12", was: true, running: true, after: 6 * time.Second},
		{name: "in other units", wait: "12000ms", was: true, running: true, after: 6 * time.Second},
		{name: "everything is stopped", wait: "12", was: true, after: time.Hour, ok: true},
		{name: "worked out", wait: "-1", was: true, running: true, after: 5 * time.Second},
		{name: "started alone", wait: "60", known: true, after: 5 * time.Second},
		{name: "started alone, early", wait: "60", known: true, after: 4 * time.Second, ok: true},
		{name: "booted alone, with the CIB of the boot before", wait: "60", running: true, after: time.Hour, ok: true},
		{name: "started anew while alone", wait: "60", running: true, before: 20 * time.Second, after: 10 * time.Second},
		{name: "started anew while alone, early", wait: "60", running: true, before: 20 * time.Second, after: 9 * time.Second, ok: true},
		{name: "started anew and met the others", wait: "60", was: true, running: true, before: 20 * time.Second, after: 29 * time.Second, ok: true},
		{name: "too short", wait: "9", was: true, running: true, after: time.Hour, ok: true, short: 10 * time.Second},
	} {
		c := New(Config{Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}})
		c.snap = withWatchdog(t, tc.wait, tc.fencing, tc.running)
		c.wasQuorate, c.join.once = tc.was, tc.was
		if tc.before != 0 {
			c.Step(lost, QuorateBefore{At: lost.Add(-tc.before)})
		}
		if tc.quorate {
			c.view = View{Quorate: true, Leader: 2}
		} else {
			c.lostAt = lost
		}
		var states []lrmd.ResourceState
		if tc.known {
			states = []lrmd.ResourceState{{Resource: "r", History: []lrmd.Result{{Call: 1, Op: crm.OpKey{Resource: "r", Name: "start"}}}}}
		}
		got := c.MayLive(lost.Add(tc.after), dog, states)
		if got.OK != tc.ok || got.Short != tc.short || (got.Why == "") != tc.ok {
			t.Errorf("%s: %+v; want OK %v, short %v", tc.name, got, tc.ok, tc.short)
		}
		if !tc.ok && !strings.Contains(got.Why, "still runs 1 resources") {
			t.Errorf("%s: reason %q does not say what runs", tc.name, got.Why)
		}
	}
}

// TestWhatMayBeActive: a resource that could not be stopped, or is being started, counts.
func TestWhatMayBeActive(t *testing.T) {
	for _, c := range []struct {
		op, rc, status string
		want           bool
	}{
		{"start", "0", "0", true}, {"start", "193", "-1", true}, {"start", "1", "0", true},
		{"stop", "0", "0", false}, {"stop", "1", "0", true}, {"stop", "1", "2", true}, {"stop", "193", "-1", true},
		{"monitor", "0", "0", true}, {"monitor", "8", "0", true}, {"monitor", "7", "0", false}, {"monitor", "5", "0", false}, {"monitor", "193", "-1", false},
		{"promote", "0", "0", true}, {"demote", "1", "0", true}, {"migrate_to", "0", "0", true},
	} {
		if got := mayBeActive(cib.New(cib.TagLRMRscOp, "operation", c.op, "rc-code", c.rc, "op-status", c.status)); got != c.want {
			t.Errorf("%s with rc %s, status %s: may be active %v, want %v", c.op, c.rc, c.status, got, c.want)
		}
	}
	if mayBeActive(nil) {
		t.Error("a resource about which nothing was done counts as active")
	}
}

// TestRunningByTheExecutorsWord: what was started just before the quorum was lost is in no
// CIB, and a controller that was started anew has an old one. The executor knows.
func TestRunningByTheExecutorsWord(t *testing.T) {
	lost := time.Unix(1e9, 0)
	result := func(call int, op string, rc crm.ExitCode) lrmd.Result {
		return lrmd.Result{Call: call, Op: crm.OpKey{Resource: "r", Name: op}, RC: rc}
	}
	for _, tc := range []struct {
		name  string
		state lrmd.ResourceState
		ok    bool
	}{
		{"started", lrmd.ResourceState{History: []lrmd.Result{result(2, "start", 0), result(1, "monitor", 7)}}, false},
		{"started, by what was read back", lrmd.ResourceState{Restored: true, History: []lrmd.Result{result(2, "start", 0)}}, false},
		{"being started", lrmd.ResourceState{History: []lrmd.Result{result(1, "monitor", 7)}, InFlight: []crm.OpKey{{Resource: "r", Name: "start"}}}, false},
		{"stopped", lrmd.ResourceState{History: []lrmd.Result{result(2, "start", 0), result(3, "stop", 0)}}, true},
		{"not stopped", lrmd.ResourceState{History: []lrmd.Result{result(2, "start", 0), result(3, "stop", 1)}}, false},
		{"being stopped", lrmd.ResourceState{History: []lrmd.Result{result(2, "start", 0)}, InFlight: []crm.OpKey{{Resource: "r", Name: "stop"}}}, false},
		{"being stopped, and never started here", lrmd.ResourceState{InFlight: []crm.OpKey{{Resource: "r", Name: "stop"}}}, true},
		{"not stopped, and never started here", lrmd.ResourceState{History: []lrmd.Result{result(1, "monitor", 7), result(2, "stop", 1)}}, true},
		{"found active, and not stopped", lrmd.ResourceState{History: []lrmd.Result{result(1, "monitor", 0), result(2, "stop", 1)}}, false},
		{"only probed", lrmd.ResourceState{History: []lrmd.Result{result(1, "monitor", 7)}}, true},
		{"a fence device", lrmd.ResourceState{Agent: lrmd.Agent{Class: "stonith"}, History: []lrmd.Result{result(2, "start", 0)}}, true},
		{"nothing is known", lrmd.ResourceState{}, true},
	} {
		c := New(Config{Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}})
		c.snap = withWatchdog(t, "12", "", false)
		c.wasQuorate, c.lostAt = true, lost
		if got := c.MayLive(lost.Add(time.Minute), 5*time.Second, []lrmd.ResourceState{tc.state}); got.OK != tc.ok {
			t.Errorf("%s: may live %v, want %v", tc.name, got.OK, tc.ok)
		}
	}
}

func withWatchdog(t *testing.T, wait, fencing string, running bool) *cib.Snapshot {
	t.Helper()
	props, history := "", ""
	if wait != "" {
		props += `<nvpair id="a" name="stonith-watchdog-timeout" value="` + wait + `"/>`
	}
	if fencing != "" {
		props += `<nvpair id="b" name="stonith-enabled" value="` + fencing + `"/>`
	}
	if running {
		history = `<lrm_resource id="r" class="ocf" provider="tactus" type="Dummy"><lrm_rsc_op id="r_last_0" operation="start" rc-code="0"/></lrm_resource>`
	}
	root, err := cib.Parse([]byte(`<cib><configuration><crm_config><cluster_property_set id="s">` + props + `</cluster_property_set></crm_config><nodes/><resources/><constraints/></configuration>` +
		`<status><node_state id="1" uname="n1"><lrm id="1"><lrm_resources>` + history + `</lrm_resources></lrm></node_state></status></cib>`))
	if err != nil {
		t.Fatal(err)
	}
	snap, err := cib.NewSnapshot(root)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// TestWhoIsNotHeardIsNotFed: a node follows a DC that does not hear it, or no majority does. The
// others wait for its watchdog, and it has the time for that from when it knows, no longer.
func TestWhoIsNotHeardIsNotFed(t *testing.T) {
	started := []lrmd.ResourceState{{Resource: "r", History: []lrmd.Result{{Call: 1, Op: crm.OpKey{Resource: "r", Name: "start"}}}}}
	for name, v := range map[string]View{
		"not by the DC":      {Leader: 2, Quorate: true, Unheard: true},
		"not by a majority":  {Leader: 2, Quorate: true, Cut: true},
		"by all, for sanity": {Leader: 2, Quorate: true},
	} {
		for _, wait := range []string{"12", ""} {
			c := New(Config{Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}, QuorumGrace: time.Minute, FewGrace: time.Minute})
			now := time.Unix(1_780_000_000, 0)
			for _, in := range []Input{CIBChanged{Snapshot: withWatchdog(t, wait, "true", true)}, LRMUp{}, ViewChanged{View{Leader: 2, Quorate: true}}, ViewChanged{v}} {
				c.Step(now, in)
			}
			for after, want := range map[time.Duration]bool{
				5 * time.Second: true,
				7 * time.Second: wait == "" || !v.Unheard && !v.Cut,
			} {
				if got := c.MayLive(now.Add(after), 5*time.Second, started); got.OK != want {
					t.Errorf("%s, stonith-watchdog-timeout %q: fed %v later %v, want %v", name, wait, after, got.OK, want)
				}
			}
		}
	}
}

// TestAFailedStopAlone: a machine that cannot stop what it must resets itself where fencing is on,
// but not for what ran before it booted.
func TestAFailedStopAlone(t *testing.T) {
	for _, tc := range []struct {
		fencing        string
		joined, resets bool
	}{{"true", true, true}, {"true", false, false}, {"false", true, false}} {
		c := New(Config{Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}})
		c.snap, c.join.once = withWatchdog(t, "", tc.fencing, true), tc.joined
		c.tellStuck([]string{"db"})
		resets := slices.ContainsFunc(c.effects, func(e Effect) bool { _, ok := e.(Reset); return ok })
		if resets != tc.resets {
			t.Errorf("fencing %s, joined since it booted %v: resets itself %v, want %v", tc.fencing, tc.joined, resets, tc.resets)
		}
	}
}

// TestSuicide: without quorum a node on which something runs is reset at once, where
// no-quorum-policy says so; one on which nothing runs is not, and not one that booted without the
// others either, though its CIB still says what ran before.
func TestSuicide(t *testing.T) {
	for _, tc := range []struct {
		policy  string
		running bool
		booted  bool // and has not joined the others since
		want    bool
	}{{"suicide", true, false, true}, {"fence", true, false, true}, {"suicide", false, false, false}, {"suicide", true, true, false}, {"stop", true, false, false}, {"freeze", true, false, false}} {
		snap := withWatchdog(t, "", "", tc.running)
		snap, _, err := snap.Apply(cib.Command{Ops: []cib.Op{{Kind: cib.Modify, Scope: cib.TagCRMConfig, AllowCreate: true,
			Data: cib.New(cib.TagPropertySet, cib.AttrID, "s").WithChildren(cib.New(cib.TagNvpair, cib.AttrID, "q", cib.AttrName, "no-quorum-policy", cib.AttrValue, tc.policy))}}})
		if err != nil {
			t.Fatal(err)
		}
		c := New(Config{Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}, QuorumGrace: 3 * time.Second, FewGrace: time.Second})
		c.join.once = !tc.booted
		now := time.Unix(1_780_000_000, 0)
		var effects []Effect
		for _, in := range []Input{CIBChanged{Snapshot: snap}, LRMUp{}, ViewChanged{View: View{Quorate: true, Leader: 2}}, ViewChanged{View: View{Few: true, Reason: "1 of 3"}}} {
			effects = append(effects, c.Step(now, in)...)
		}
		effects = append(effects, c.Step(now.Add(3*time.Second), TimerFired{Name: "quorum"})...)
		reset := ""
		for _, e := range effects {
			if r, ok := e.(Reset); ok {
				reset = r.Reason
			}
		}
		if (reset != "") != tc.want || tc.want && !strings.Contains(reset, "no-quorum-policy="+tc.policy) {
			t.Errorf("%s, something runs %v, booted alone %v: reset %q, want one %v", tc.policy, tc.running, tc.booted, reset, tc.want)
		}
	}
}
