package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// TestJoiningAfterAloneIsAnew: a node's try to join is on its way when it has to stop what
// it runs. That try is agreed on later, and tells of resources that are stopped by then: the
// node joins once more.
func TestJoiningAfterAloneIsAnew(t *testing.T) {
	for _, tc := range []struct {
		name  string
		alone func(*Controller)
	}{
		{"it yields", func(c *Controller) { c.Step(c.now, Yielded{}) }},
		{"it lapses", func(c *Controller) { c.Step(c.now, Lapsed{For: time.Second}) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := formed(t, 2, 1)
			m := w.nodes[2]
			c := m.c
			c.join.done, c.join.committing = false, "join#99"
			tc.alone(c)
			c.Step(c.now, Committed{Tag: "join#99"})
			if c.join.done {
				t.Error("a try to join from before the stops counts")
			}
			recalled := false
			c.Step(c.now, LRMUp{}) // the executor tells: nothing runs
			for _, e := range c.Step(c.now, Planned{Serial: c.alone.thinking, Plan: Plan{Graph: &graph.Graph{}}}) {
				_, is := e.(Recall)
				recalled = recalled || is
			}
			if c.alone != nil || !recalled {
				t.Errorf("acting alone goes on: %v, the executor is asked anew what runs: %v; want false, true", c.alone != nil, recalled)
			}
		})
	}
}

// TestAFailedStopOfAnEarlierLifeIsTriedAgain: a machine that reset itself because a stop
// failed has that in its old CIB when it yields. It stops the resource once more and does
// not reset itself again for what happened before.
func TestAFailedStopOfAnEarlierLifeIsTriedAgain(t *testing.T) {
	agent := lrmd.Agent{Class: "ocf", Provider: "test", Type: "vip"}
	now := time.Unix(1_780_000_000, 0)
	stop := lrmd.Result{Call: 9, Op: crm.OpKey{Resource: "vip", Name: "stop"}, Agent: agent, RC: crm.GenericError, LastRun: now, LastChange: now, UserData: "1:1:0:x"}
	old, _, err := cib.Empty(now).Apply(cib.Command{Ops: []cib.Op{modify(cib.New(cib.TagNodeState, cib.AttrID, "1", cib.AttrUname, "n1").WithChildren(
		lrmElement(Peer{1, "n1"}, rscElement("vip", agent, entries("n1", stop, AgentTraits{}, originResult)))))}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		states []lrmd.ResourceState
		want   string // the last operation, as it is decided from
		stuck  int
	}{
		{"the machine booted anew", nil, "start", 0},
		{"the executor did it", []lrmd.ResourceState{{Resource: "vip", Agent: agent, History: []lrmd.Result{stop}}}, "stop", 1},
		{"the executor was restarted since", []lrmd.ResourceState{{Resource: "vip", Agent: agent, Restored: true, History: []lrmd.Result{stop}}}, "stop", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			snap := decidedFromAfterYielding(t, now, old, tc.states)
			if got := lastOfVIP(snap); got != tc.want {
				t.Errorf("the last operation is %q, want %q", got, tc.want)
			}
			if got := len(stuckIn(snap, Peer{1, "n1"})); got != tc.stuck {
				t.Errorf("%d stops count as failed, want %d", got, tc.stuck)
			}
		})
	}
}

// TestYieldingGivesUpWhatIsNotAgreedOn: what a node submitted for the history that gives way,
// a try to join that tells what ran before it stopped everything above all, must not become
// part of the other history once the node is back.
func TestYieldingGivesUpWhatIsNotAgreedOn(t *testing.T) {
	for _, up := range []bool{true, false} {
		c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}}, Seed: "seed"})
		now := time.Unix(1_780_000_000, 0)
		c.Step(now, CIBChanged{cib.Empty(now)})
		if up {
			c.Step(now, LRMUp{})
		}
		var given, committed bool
		for _, e := range c.Step(now, Yielded{}) {
			_, is := e.(Abandon)
			given = given || is
			_, is = e.(Commit)
			committed = committed || is
		}
		if !given || committed {
			t.Errorf("executor up %v: what is not agreed on is given up: %v, something new is submitted: %v; want true, false", up, given, committed)
		}
	}
}

// TestWhatWasReadBackIsStoppedAlone: a start ended when no quorum could hear of it any more,
// then the executor was restarted. A node that must stop everything stops it on the executor's
// word: the CIB knows nothing of it, and others start it.
func TestWhatWasReadBackIsStoppedAlone(t *testing.T) {
	agent := lrmd.Agent{Class: "ocf", Provider: "test", Type: "vip"}
	now := time.Unix(1_780_000_000, 0)
	did := func(call int, name string, rc crm.ExitCode) lrmd.Result {
		return lrmd.Result{Call: call, Op: crm.OpKey{Resource: "vip", Name: name}, Agent: agent, RC: rc, LastRun: now, LastChange: now, UserData: "1:1:0:x"}
	}
	for _, tc := range []struct {
		name    string
		history []lrmd.Result
		want    string // the last operation, as it is decided from
	}{
		{"started", []lrmd.Result{did(3, "monitor", crm.NotRunning), did(4, "start", crm.OK)}, "start"},
		{"promoted", []lrmd.Result{did(4, "start", crm.OK), did(5, "promote", crm.OK)}, "promote"},
		{"demoted", []lrmd.Result{did(4, "start", crm.OK), did(5, "promote", crm.OK), did(6, "demote", crm.OK)}, "start"},
		{"stopped", []lrmd.Result{did(4, "start", crm.OK), did(5, "stop", crm.OK)}, ""},
		{"not running", []lrmd.Result{did(3, "monitor", crm.NotRunning)}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			states := []lrmd.ResourceState{{Resource: "vip", Agent: agent, Restored: true, History: tc.history}}
			if got := lastOfVIP(decidedFromAfterYielding(t, now, cib.Empty(now), states)); got != tc.want {
				t.Errorf("the last operation is %q, want %q", got, tc.want)
			}
		})
	}
}

// TestWhatWasReadBackIsDemotedAlone: the same under no-quorum-policy=demote, also where the
// CIB knows of the start and not of the promotion after it.
func TestWhatWasReadBackIsDemotedAlone(t *testing.T) {
	agent := lrmd.Agent{Class: "ocf", Provider: "test", Type: "vip"}
	now := time.Unix(1_780_000_000, 0)
	did := func(call int, name string) lrmd.Result {
		return lrmd.Result{Call: call, Op: crm.OpKey{Resource: "vip", Name: name}, Agent: agent, LastRun: now, LastChange: now, UserData: "1:1:0:x"}
	}
	self := Peer{1, "n1"}
	for _, tc := range []struct {
		name    string
		known   string // the last operation in the CIB
		history []lrmd.Result
		want    string
	}{
		{"promoted, the CIB knows of nothing", "", []lrmd.Result{did(4, "start"), did(5, "promote")}, "promote"},
		{"promoted, the CIB knows of the start", "start", []lrmd.Result{did(4, "start"), did(5, "promote")}, "promote"},
		{"promoted, as the CIB knows", "promote", []lrmd.Result{did(4, "start"), did(5, "promote")}, "promote"},
		{"started, the CIB knows of nothing", "", []lrmd.Result{did(4, "start")}, "start"},
		{"promoted, stopped and started", "start", []lrmd.Result{did(5, "promote"), did(6, "stop"), did(7, "start")}, "start"},
		{"stopped, the CIB knows of the start", "start", []lrmd.Result{did(4, "start"), did(5, "stop")}, "start"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ops := overrule("no-quorum-policy", "demote")
			if tc.known != "" {
				ops = append(ops, modify(cib.New(cib.TagNodeState, cib.AttrID, "1", cib.AttrUname, "n1").WithChildren(
					lrmElement(self, rscElement("vip", agent, entries("n1", did(4, tc.known), AgentTraits{}, originResult))))))
			}
			old, _, err := cib.Empty(now).Apply(cib.Command{Ops: ops})
			if err != nil {
				t.Fatal(err)
			}
			c := New(Config{Cluster: "test", Self: self, Peers: []Peer{self, {2, "n2"}, {3, "n3"}}, Seed: "seed"})
			c.Step(now, CIBChanged{old})
			c.Step(now, LRMUp{})
			c.Step(now, ViewChanged{View: View{Few: true, Reason: "1 of 3"}})
			c.Step(now, TimerFired{"quorum"})
			for _, e := range c.Step(now, LRMUp{States: []lrmd.ResourceState{{Resource: "vip", Agent: agent, Restored: true, History: tc.history}}}) {
				if think, is := e.(Think); is {
					if got := lastOfVIP(think.Snapshot); got != tc.want {
						t.Errorf("the last operation is %q, want %q", got, tc.want)
					}
					return
				}
			}
			t.Error("nothing is decided")
		})
	}
}

// decidedFromAfterYielding is the CIB that n1 of two nodes decides from when it gives way: its
// old one, and what its executor says.
func decidedFromAfterYielding(t *testing.T, now time.Time, old *cib.Snapshot, states []lrmd.ResourceState) *cib.Snapshot {
	t.Helper()
	c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}}, Seed: "seed"})
	c.Step(now, CIBChanged{old})
	c.Step(now, LRMUp{})
	c.Step(now, Yielded{})
	for _, e := range c.Step(now, LRMUp{States: states}) {
		if think, is := e.(Think); is {
			return think.Snapshot
		}
	}
	t.Fatal("nothing is decided")
	return nil
}

// lastOfVIP names the last operation of vip on n1.
func lastOfVIP(snap *cib.Snapshot) string {
	return stateIn(snap, Peer{1, "n1"}).Child(cib.TagLRM).Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, "vip").ChildWith(cib.TagLRMRscOp, cib.AttrID, "vip_last_0").Get("operation")
}
