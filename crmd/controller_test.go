package crmd

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

func (w *world) state(id crm.NodeID) *cib.Element {
	return w.snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, Peer{ID: id}.UUID())
}

func (w *world) entry(id crm.NodeID, op string) *cib.Element {
	return w.state(id).Child(cib.TagLRM).Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, "vip").ChildWith(cib.TagLRMRscOp, cib.AttrID, op)
}

func (w *world) attr(id crm.NodeID, name string) string {
	for nv := range w.state(id).Child(cib.TagTransient).Child(cib.TagInstanceAttrs).All(cib.TagNvpair) {
		if nv.Get(cib.AttrName) == name {
			return nv.Get(cib.AttrValue)
		}
	}
	return ""
}

func TestFormation(t *testing.T) {
	w := newWorld(t, 3)
	w.allSeen()
	w.elect(2)
	w.pass(100 * time.Millisecond)
	if got := w.nodes[2].c.State(); got != "S_IDLE" {
		t.Errorf("state of the DC after 0.1 s = %s, want S_IDLE", got)
	}
	slices.Sort(w.trace[:3]) // probes run side by side
	w.expectTrace("forming", "monitor vip on n1", "monitor vip on n2", "monitor vip on n3", "start vip on n1", "monitor/10s vip on n1")
	if root := w.snap.Root(); root.Get("dc-uuid") != "2" || root.Get("have-quorum") != "1" {
		t.Errorf("dc-uuid %q have-quorum %q, want 2 and 1", root.Get("dc-uuid"), root.Get("have-quorum"))
	}
	for id := crm.NodeID(1); id <= 3; id++ {
		if st := w.state(id); !Joined(st) || st.Get("expected") != "member" {
			t.Errorf("node_state %d = %v, want a member", id, st)
		}
	}
	if c := w.nodes[2].c; c.Property("dc-version") != DCVersion || c.Property("cluster-name") != "test" {
		t.Errorf("dc-version %q cluster-name %q", c.Property("dc-version"), c.Property("cluster-name"))
	}
	e := w.entry(1, "vip_last_0")
	for attr, want := range map[string]string{"operation": "start", "operation_key": "vip_start_0", "rc-code": "0", "op-status": "0", "on_node": "n1", "interval": "0",
		"op-digest": "f2317cad3d54cec5d7d7aa7d0bf35cf8"} {
		if got := e.Get(attr); got != want {
			t.Errorf("vip_last_0 %s = %q, want %q", attr, got, want)
		}
	}
	if !strings.HasPrefix(e.Get("transition-magic"), "0:0;1:1:0:") {
		t.Errorf("transition-magic = %q, want 0:0;1:1:0:UUID", e.Get("transition-magic"))
	}
}

func TestNodeDeath(t *testing.T) {
	for _, tc := range []struct {
		name     string
		dc, dies crm.NodeID
		newDC    crm.NodeID
	}{{"victim is not the DC", 2, 1, 2}, {"victim is the DC", 1, 1, 3}} {
		t.Run(tc.name, func(t *testing.T) {
			w := formed(t, 3, tc.dc)
			w.kill(tc.dies)
			if tc.newDC != tc.dc {
				w.elect(tc.newDC)
			}
			w.pass(10 * time.Millisecond)
			w.expectTrace("failover", "start vip on n2", "monitor/10s vip on n2")
			st := w.state(1)
			if st.Get("in_ccm") != "false" || st.Get("crmd") != "offline" || st.Get("join") != "down" || st.Get("expected") != "member" {
				t.Errorf("state of the lost node: %v", st.Attrs)
			}
			if st.Child(cib.TagLRM) != nil {
				t.Error("its history is still there")
			}
			w.boot(1, true)
			w.views()
			w.allSeen()
			w.pass(50 * time.Millisecond)
			if got := w.where(); got != "n1" {
				t.Errorf("after its return vip runs on %q, want n1 (preferred)", got)
			}
		})
	}
}

func TestNodeDeathWithFencingWaits(t *testing.T) {
	w := formed(t, 3, 2)
	w.property("stonith-enabled", "true")
	w.pass(time.Second)
	w.trace = nil
	w.kill(1)
	w.pass(time.Second)
	if st := w.state(1); st.Get("in_ccm") != "false" || st.Child(cib.TagLRM) == nil {
		t.Error("with fencing on the history of a lost node must stay until it is confirmed off")
	}
}

func TestMonitorFailure(t *testing.T) {
	w := formed(t, 3, 3)
	w.nodes[1].monitorFails()
	w.run()
	w.expectTrace("recovery", "stop vip on n1", "start vip on n2", "monitor/10s vip on n2")
	if got := w.attr(1, "fail-count-vip#monitor_10000"); got != "1" {
		t.Errorf("failcount = %q, want 1", got)
	}
	if w.attr(1, "last-failure-vip#monitor_10000") == "" {
		t.Error("no last-failure")
	}
	if e := w.entry(1, "vip_last_failure_0"); e.Get("rc-code") != "7" || e.Get("operation") != "monitor" {
		t.Errorf("vip_last_failure_0 = %v", e)
	}
}

func TestStartFailure(t *testing.T) {
	w := newWorld(t, 2)
	w.property("stonith-enabled", "false")
	w.nodes[1].rc["start vip"] = crm.NotInstalled
	w.allSeen()
	w.elect(2)
	w.pass(time.Second)
	if got := w.where(); got != "n2" {
		t.Errorf("vip runs on %q, want n2", got)
	}
	if got := w.attr(1, "fail-count-vip#start_0"); got != "INFINITY" {
		t.Errorf("failcount = %q, want INFINITY", got)
	}
	if e := w.entry(1, "vip_last_failure_0"); e.Get("rc-code") != "5" {
		t.Errorf("vip_last_failure_0 = %v", e)
	}
}

// A start is under way when the DC dies: the next DC must see it before it decides.
func TestNewDCSeesWhatIsInFlight(t *testing.T) {
	w := newWorld(t, 3)
	w.property("stonith-enabled", "false")
	w.allSeen()
	w.elect(3)
	w.nodes[1].hold = true
	w.pass(4 * time.Second) // the probe of n1 hangs
	w.nodes[1].hold = false
	for _, end := range w.nodes[1].held {
		end()
	}
	w.nodes[1].hold, w.nodes[1].held = true, nil
	w.pass(100 * time.Millisecond) // now the start hangs
	if len(w.nodes[1].held) != 1 {
		t.Fatalf("%d operations in flight on n1, want the start", len(w.nodes[1].held))
	}
	w.kill(3)
	w.elect(2)
	w.pass(100 * time.Millisecond)
	if e := w.entry(1, "vip_last_0"); e.Get("op-status") != "-1" {
		t.Errorf("the start in flight is not in the CIB: %v", e)
	}
	for _, end := range w.nodes[1].held {
		end()
	}
	w.nodes[1].hold = false
	w.pass(time.Second)
	if got := w.where(); got != "n1" {
		t.Errorf("vip runs on %q, want n1 only", got)
	}
}

func TestOldDCIsRefused(t *testing.T) {
	w := formed(t, 2, 1)
	n2 := w.nodes[2].c
	w.elect(2)
	w.run()
	n2.Step(w.now, OrdersCame{Orders: []Order{{Kind: RunOrder, Stamp: crm.Stamp{Incarnation: 1, Term: 1}, Key: "1:1:0:x", Op: crm.OpKey{Resource: "vip", Name: "start"}}}})
	for _, e := range n2.effects {
		switch x := e.(type) {
		case Execute:
			t.Error("an order of an older term was carried out")
		case Reply:
			if len(x.Answers) != 1 || !x.Answers[0].Refused {
				t.Errorf("answer = %+v, want a refusal", x.Answers)
			}
		}
	}
}

func TestControllerKilledAndRestarted(t *testing.T) {
	w := formed(t, 3, 2)
	w.boot(1, false)
	w.views()
	for _, id := range w.order {
		w.nodes[id].put(MemberSeen{ID: 1, Alive: true, Anew: true})
	}
	w.nodes[1].put(MemberSeen{ID: 2, Alive: true})
	w.nodes[1].put(MemberSeen{ID: 3, Alive: true})
	w.pass(time.Second)
	w.expectTrace("restart of a controller")
	if !Joined(w.state(1)) || w.entry(1, "vip_last_0").Get("operation") != "start" || w.entry(1, "vip_monitor_10000") == nil {
		t.Error("the history was not rebuilt from the executor's memory")
	}
}

func TestOrderlyShutdown(t *testing.T) {
	for _, dc := range []crm.NodeID{1, 2} {
		w := formed(t, 3, dc)
		w.nodes[1].put(ShutdownWanted{"test"})
		w.pass(time.Second)
		if !w.nodes[1].left {
			t.Errorf("DC %d: the node has not left", dc)
		}
		w.expectTrace("shutdown", "stop vip on n1", "start vip on n2", "monitor/10s vip on n2")
		if st := w.state(1); st.Get("expected") != "down" || st.Get("join") != "down" || w.attr(1, "shutdown") != "" {
			t.Errorf("state of the node that left: %v", st.Attrs)
		}
	}
}

// TestShutdownWithoutExecutor: nothing can be stopped any more, so the node goes without,
// and does not say that it did.
func TestShutdownWithoutExecutor(t *testing.T) {
	for _, order := range []string{"executor first", "executor later"} {
		w := formed(t, 3, 2)
		inputs := []Input{LRMDown{}, ShutdownWanted{"test"}}
		w.nodes[1].rc["stop vip"] = crm.GenericError
		if order == "executor later" {
			slices.Reverse(inputs)
		}
		for _, in := range inputs {
			w.nodes[1].put(in)
		}
		w.pass(time.Second)
		if w.nodes[1].left {
			t.Errorf("%s: the node left at once", order)
		}
		w.pass(2 * time.Second)
		if !w.nodes[1].left || w.state(1).Get("expected") == "down" {
			t.Errorf("%s: left %v, expected %q; want true and not down", order, w.nodes[1].left, w.state(1).Get("expected"))
		}
	}
}

func TestNoQuorum(t *testing.T) {
	for _, tc := range []struct{ policy, want string }{{"", ""}, {"stop", ""}, {"freeze", "n1"}, {"ignore", "n1"}} {
		w := formed(t, 3, 2)
		if tc.policy != "" {
			w.property("no-quorum-policy", tc.policy)
			w.pass(time.Second)
		}
		w.cut[1] = true
		w.views()
		w.pass(900 * time.Millisecond)
		if got := w.where(); got != "n1" {
			t.Errorf("policy %q: before the grace is over vip runs on %q, want n1", tc.policy, got)
		}
		w.pass(200 * time.Millisecond)
		if got := w.where(); got != tc.want {
			t.Errorf("policy %q: vip runs on %q, want %q", tc.policy, got, tc.want)
		}
		w.cut[1] = false
		w.views()
		w.nodes[1].put(CIBChanged{w.snap})
		w.pass(time.Second)
		if got := w.where(); got != "n1" {
			t.Errorf("policy %q: after the return vip runs on %q, want n1\n%s", tc.policy, got, strings.Join(w.trace, "\n"))
		}
	}
}

// TestYield: a node that lost a merge stops everything, whatever its options say about
// being alone: that it went on alone is why it lost one.
func TestYield(t *testing.T) {
	for _, policy := range []string{"", "ignore", "freeze"} {
		w := formed(t, 2, 1)
		if policy != "" {
			w.property("no-quorum-policy", policy)
			w.pass(time.Second)
		}
		w.nodes[1].put(Yielded{})
		w.pass(time.Second)
		if w.where() != "" || w.nodes[1].rejoins != 1 {
			t.Errorf("policy %q: after yielding vip runs on %q and consensus was told %d times; want nowhere, once", policy, w.where(), w.nodes[1].rejoins)
		}
	}
}

func TestAttributes(t *testing.T) {
	w := formed(t, 2, 1)
	set := func(value string, dampen time.Duration) {
		w.nodes[2].put(AttributeWanted{Name: "pingd", Value: &value, Dampen: dampen})
		w.run()
	}
	set("100", 0)
	if got := w.attr(2, "pingd"); got != "100" {
		t.Fatalf("pingd = %q, want 100", got)
	}
	set("value++", 0)
	if got := w.attr(2, "pingd"); got != "101" {
		t.Errorf("pingd = %q, want 101", got)
	}
	set("5", 5*time.Second)
	if got := w.attr(2, "pingd"); got != "101" {
		t.Errorf("dampened: pingd = %q, want 101 still", got)
	}
	w.pass(4 * time.Second)
	set("6", 0)
	w.pass(4 * time.Second)
	if got := w.attr(2, "pingd"); got != "101" {
		t.Errorf("a further change restarts the delay: pingd = %q, want 101 still", got)
	}
	w.pass(2 * time.Second)
	if got := w.attr(2, "pingd"); got != "6" {
		t.Errorf("pingd = %q, want 6", got)
	}
	w.nodes[2].put(AttributeWanted{Name: "pingd"})
	w.run()
	if got := w.attr(2, "pingd"); got != "" {
		t.Errorf("pingd = %q after deletion", got)
	}
}

func TestCleanup(t *testing.T) {
	w := formed(t, 2, 2)
	w.nodes[1].monitorFails()
	w.run()
	w.trace = nil
	w.nodes[1].put(ForgetWanted{Resource: "vip", Token: 1})
	w.pass(time.Second)
	if w.attr(1, "fail-count-vip#monitor_10000") != "" || w.entry(1, "vip_last_failure_0") != nil {
		t.Error("failures are still there after a cleanup")
	}
	w.expectTrace("cleanup", "monitor vip on n1", "stop vip on n2", "start vip on n1", "monitor/10s vip on n1")
}

// A decision that fails with the policy engine must not spin.
func TestNoFruitlessSpinning(t *testing.T) {
	w := newWorld(t, 2)
	w.property("stonith-enabled", "false")
	for _, m := range w.nodes {
		m.rc["monitor vip"] = crm.NotRunning
	}
	w.nodes[1].rc["stop vip"] = crm.GenericError
	w.allSeen()
	w.elect(1)
	w.pass(30 * time.Second)
	if len(w.trace) > 200 {
		t.Errorf("%d operations in 30 s", len(w.trace))
	}
}
