package crmd

import (
	"slices"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// lonely is the controller of a node and its executor, an engine as it runs in lrmd. Its runs
// end when they are told to.
type lonely struct {
	t    *testing.T
	c    *Controller
	e    *lrmd.Executor
	now  time.Time
	runs []lrmd.Run // under way
	did  []string   // operations that ended
	over bool       // it is told that the lease may be renewed
}

func (l *lonely) step(in Input) {
	for _, e := range l.c.Step(l.now, in) {
		switch x := e.(type) {
		case Execute:
			_, effects, err := l.e.Submit(l.now, x.Order)
			if err != nil {
				l.t.Fatalf("the executor refuses %s: %v", x.Order.Op, err)
			}
			l.carry(effects)
		case Recall:
			l.step(LRMUp{States: l.e.State()})
		case LookUp:
			l.step(AgentKnown{Agent: x.Agent})
		case Think:
			l.step(Planned{x.Serial, Plan{Graph: stopOneByOne(x.Snapshot)}})
		case Renew:
			l.over = true
		}
	}
}

func (l *lonely) carry(effects []lrmd.Effect) {
	for _, e := range effects {
		switch {
		case e.Run != nil:
			l.runs = append(l.runs, *e.Run)
		case e.Report != nil:
			l.step(OpResult{*e.Report})
		}
	}
}

// end lets the run of an operation end.
func (l *lonely) end(op string, rc crm.ExitCode) {
	l.t.Helper()
	i := slices.IndexFunc(l.runs, func(r lrmd.Run) bool { return r.Order.Op.Name+" "+string(r.Order.Op.Resource) == op })
	if i < 0 {
		l.t.Fatalf("%s does not run; done: %v", op, l.did)
	}
	id := l.runs[i].ID
	l.runs = slices.Delete(l.runs, i, i+1)
	l.did = append(l.did, op)
	l.carry(l.e.Finished(l.now, id, lrmd.Outcome{RC: rc}))
}

// stopOneByOne wants everything stopped that is active on n1, in the order of the names
// backwards, each after the one before; what could not be stopped is left alone.
func stopOneByOne(snap *cib.Snapshot) *graph.Graph {
	g := &graph.Graph{MigrationLimit: -1, ClusterDelay: time.Minute}
	var list []*cib.Element
	for rsc := range stateIn(snap, Peer{1, "n1"}).Child(cib.TagLRM).Child(cib.TagLRMRscs).All(cib.TagLRMRsc) {
		last := rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, rsc.ID()+"_last_0")
		if mayBeActive(last) && (last.Get("operation") != "stop" || last.Get("op-status") == "-1") {
			list = append([]*cib.Element{rsc}, list...)
		}
	}
	for i, rsc := range list {
		s := graph.Synapse{ID: i, Action: graph.Action{ID: i + 1, Kind: graph.ResourceOp, Operation: "stop", Key: rsc.ID() + "_stop_0", Node: "n1", NodeUUID: "1",
			Resource: graph.Resource{ID: crm.ResourceID(rsc.ID()), Class: "ocf", Provider: "test", Type: "Dummy"}, Attributes: map[string]string{"CRM_meta_timeout": "20000", "CRM_meta_op_target_rc": "0"}}}
		if i > 0 {
			s.Inputs = []int{i}
		}
		g.Synapses = append(g.Synapses, s)
	}
	return g
}

// newLonely has started these resources, and then hears no majority any more.
func newLonely(t *testing.T, resources ...crm.ResourceID) *lonely {
	t.Helper()
	self := Peer{1, "n1"}
	l := &lonely{t: t, now: time.Unix(1_780_000_000, 0), e: lrmd.New(lrmd.Config{}, crm.Stamp{})}
	l.c = New(Config{Cluster: "test", Self: self, Peers: []Peer{self, {2, "n2"}, {3, "n3"}}, Seed: "seed"})
	old, _, err := cib.Empty(l.now).Apply(cib.Command{Ops: append(overrule("stonith-enabled", "false"), overrule("fencing-enabled", "false")...)})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range resources {
		_, effects, err := l.e.Submit(l.now, lrmd.Order{Op: crm.OpKey{Resource: id, Name: "start"}, Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "Dummy"}, UserData: "1:1:0:x"})
		if err != nil {
			t.Fatal(err)
		}
		l.e.Finished(l.now, effects[0].Run.ID, lrmd.Outcome{})
	}
	l.step(CIBChanged{old})
	l.step(LRMUp{})
	return l
}

// TestLeaseEndsWhileANodeAloneStops: a node that is cut off stops one resource after the other,
// and its lease ends in the midst of that. Its executor stops the rest by itself; the node
// knows what is stopped, orders nothing twice for ever, and says that it is done when it is.
func TestLeaseEndsWhileANodeAloneStops(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fails crm.ResourceID // its stop does
		late  bool           // the node hears of it when its executor has begun
	}{{"all stop", "", false}, {"one does not", "r3", false}, {"the node hears of it late", "", true}, {"late, and one does not stop", "r3", true}} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLonely(t, "r1", "r2", "r3", "r4", "r5", "r6", "r7")
			want := 7
			if !tc.late {
				l.step(Lapsed{For: time.Second})
				l.end("stop r7", crm.OK) // r6 is being stopped now
				want--
			}
			stopping, effects := l.e.Lapse(l.now, nil)
			if len(stopping) != want {
				t.Errorf("at the end of the lease %v are stopped, want %d", stopping, want)
			}
			l.carry(effects)
			if tc.late {
				l.step(Lapsed{For: time.Second})
			}
			for n := 0; len(l.runs) > 0; n++ {
				if l.over {
					t.Fatalf("the node says that everything is stopped, and %d stops are under way; done: %v", len(l.runs), l.did)
				}
				if n > 50 {
					t.Fatalf("it never ends: %v", l.did)
				}
				op, rc := l.runs[0].Order.Op, crm.OK
				if op.Resource == tc.fails {
					rc = crm.GenericError
				}
				l.end(op.Name+" "+string(op.Resource), rc)
			}
			if !l.over {
				t.Errorf("everything was tried, and the node does not say so; done: %v", l.did)
			}
			for _, s := range l.e.State() {
				last := s.History[len(s.History)-1]
				if want := s.Resource != tc.fails; last.Op.Name != "stop" || (last.RC == crm.OK) != want {
					t.Errorf("%s: the last operation is %s: %v; want a stop that worked: %v", s.Resource, last.Op.Name, last.RC, want)
				}
			}
		})
	}
}

// TestANodeAloneWaitsForProbes: the executor was restarted, and is asked to probe what it had
// read back, when its node must stop everything. What the probe finds is stopped, too.
func TestANodeAloneWaitsForProbes(t *testing.T) {
	agent := lrmd.Agent{Class: "ocf", Provider: "test", Type: "Dummy"}
	for _, tc := range []struct {
		name    string
		rc      crm.ExitCode
		dropped bool
		want    string
	}{
		{"it runs", crm.OK, false, "stop r2"},
		{"it does not", crm.NotRunning, false, "monitor r2"},
		{"the probe is given up", crm.OK, true, "stop r1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLonely(t, "r1")
			probe := lrmd.Order{Op: crm.OpKey{Resource: "r2", Name: "monitor"}, Agent: agent, UserData: "2:1:7:x"}
			_, effects, err := l.e.Submit(l.now, probe)
			if err != nil {
				t.Fatal(err)
			}
			l.carry(effects)
			l.step(Lapsed{For: time.Second})
			l.end("stop r1", crm.OK)
			if l.over {
				t.Fatal("the node says that everything is stopped before it is known what runs")
			}
			if tc.dropped {
				l.step(OpResult{lrmd.Result{Op: probe.Op, Agent: agent, Status: crm.ExecCancelled, UserData: probe.UserData, Removed: true}})
			} else {
				l.end("monitor r2", tc.rc)
			}
			if tc.rc == crm.OK && !tc.dropped {
				if l.over {
					t.Fatal("r2 runs, and the node says that everything is stopped")
				}
				l.end("stop r2", crm.OK)
			}
			if last := l.did[len(l.did)-1]; last != tc.want || !l.over {
				t.Errorf("the last operation was %q, the node says that it is done: %v; want %q, true", last, l.over, tc.want)
			}
		})
	}
}
