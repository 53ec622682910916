package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// How long a node waits without a quorum before it acts alone: one that had a quorum and
// hears too few acts at once; one whose controller has just begun hears the others first.
func TestGraceBeforeActingAlone(t *testing.T) {
	none, few, quorum := View{Reason: "no leader"}, View{Few: true, Reason: "1 of 3"}, View{Quorate: true, Leader: 2}
	for _, tc := range []struct {
		name  string
		views []View
		want  time.Duration
	}{
		{"just begun, few", []View{few}, 3 * time.Second},
		{"just begun, an election", []View{none}, 3 * time.Second},
		{"lost, few", []View{quorum, few}, time.Second},
		{"lost, an election", []View{quorum, none}, 3 * time.Second},
		{"an election, then few", []View{quorum, none, few}, time.Second},
		{"few, then an election", []View{quorum, few, none}, 3 * time.Second},
	} {
		c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}, Seed: "seed", QuorumGrace: 3 * time.Second, FewGrace: time.Second})
		now := time.Unix(1_780_000_000, 0)
		at := time.Time{}
		for _, v := range tc.views {
			for _, e := range c.Step(now, ViewChanged{View: v}) {
				if a, ok := e.(Arm); ok && a.Name == "quorum" {
					at = a.At
				}
			}
		}
		if got := at.Sub(now); got != tc.want {
			t.Errorf("%s: acts alone after %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestBeingStartedAnewGivesNoMoreTime: what a node runs without a quorum is started elsewhere
// after a time that the others know. Its controller is killed meanwhile: the next one stops
// it in that time, and not at once either, before it could have heard the others.
func TestBeingStartedAnewGivesNoMoreTime(t *testing.T) {
	none, few := View{Reason: "no leader is elected yet"}, View{Few: true, Reason: "1 of 3"}
	started := time.Unix(1_780_000_000, 0)
	ago := func(d time.Duration, leased bool) *QuorateBefore {
		return &QuorateBefore{At: started.Add(-d), Leased: leased}
	}
	for _, tc := range []struct {
		name   string
		before *QuorateBefore
		views  []View
		want   time.Duration // after it was started
	}{
		{"nothing is known", nil, []View{none}, 3 * time.Second},
		{"a quorum a moment ago", ago(0, true), []View{none}, 3 * time.Second},
		{"two seconds ago", ago(2*time.Second, true), []View{none}, time.Second},
		{"two seconds ago, nobody heard yet", ago(2*time.Second, true), []View{few}, time.Second},
		{"two seconds ago, nobody heard yet, then one", ago(2*time.Second, true), []View{few, none}, time.Second},
		{"2.9 s ago: the others are to be heard first", ago(2900*time.Millisecond, true), []View{few}, 500 * time.Millisecond},
		{"long ago: the lease has ended what ran", ago(time.Hour, true), []View{none}, 500 * time.Millisecond},
		{"nobody counts on it", ago(2*time.Second, false), []View{none}, 3 * time.Second},
		{"nobody counts on it, long ago", ago(time.Hour, false), []View{few}, 3 * time.Second},
		{"it found a quorum, and lost it", ago(2*time.Second, true), []View{{Quorate: true, Leader: 2}, none}, 3 * time.Second},
	} {
		c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}, Seed: "seed", QuorumGrace: 3 * time.Second, FewGrace: 500 * time.Millisecond})
		if tc.before != nil {
			c.Step(started, *tc.before)
		}
		at := time.Time{}
		for _, v := range tc.views {
			for _, e := range c.Step(started, ViewChanged{View: v}) {
				if a, ok := e.(Arm); ok && a.Name == "quorum" {
					at = a.At
				}
			}
		}
		if got := at.Sub(started); got != tc.want {
			t.Errorf("%s: acts alone after %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestOwnOrdersAreAsNewAsTheExecutorWants: a controller that was started anew has heard of
// no authority as new as its executor has, and is cut off: what it orders then must be
// accepted.
func TestOwnOrdersAreAsNewAsTheExecutorWants(t *testing.T) {
	seen := crm.Stamp{Incarnation: 1, Term: 9}
	c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}, Seed: "seed"})
	now := time.Unix(1_780_000_000, 0)
	c.Step(now, ViewChanged{View: View{Few: true, Stamp: crm.Stamp{Incarnation: 1, Term: 8}}})
	c.Step(now, LRMUp{Newest: seen})
	if got := c.stamp(); got != seen {
		t.Errorf("own orders have the stamp %s, the executor wants %s", got, seen)
	}
	if err := c.accept(Order{Kind: SyncOrder, Stamp: crm.Stamp{Incarnation: 1, Term: 8}}); err == nil {
		t.Error("an order that the executor would refuse is accepted")
	}
}

// TestANodeAloneStopsWhatWasStartedLast: a start whose result was not agreed on any more is
// in the executor's memory only, and must be undone with the rest.
func TestANodeAloneStopsWhatWasStartedLast(t *testing.T) {
	w := formed(t, 3, 1)
	m := w.nodes[2]
	w.cut[2] = true
	m.put(OrdersCame{From: 1, Orders: []Order{{Kind: RunOrder, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Key: "1:1:0:late", Op: crm.OpKey{Resource: "vip", Name: "start"},
		Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "vip"}}}})
	w.run()
	if !m.running["vip"] {
		t.Fatal("the order was not carried out")
	}
	w.views()
	w.pass(10 * time.Second)
	if m.running["vip"] {
		t.Errorf("n2 is cut off, and still runs what it started last; executed: %v", w.trace)
	}
}

// TestANodeAloneStopsWhatAKilledExecutorTookAlong: an executor that is killed just after it has
// started something has not written that down, and what it started goes on.
func TestANodeAloneStopsWhatAKilledExecutorTookAlong(t *testing.T) {
	for _, tc := range []struct {
		name string
		told bool // the result of the start
	}{{"while its agent is at it", false}, {"after it has told the result", true}} {
		t.Run(tc.name, func(t *testing.T) {
			w := formed(t, 3, 1)
			w.property("stonith-enabled", "false")
			w.run()
			m := w.nodes[2]
			w.cut[2], m.hold = true, !tc.told
			m.put(OrdersCame{From: 1, Orders: []Order{{Kind: RunOrder, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Key: "1:1:0:late", Op: crm.OpKey{Resource: "vip", Name: "start"},
				Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "vip"}}}})
			w.run()
			m.put(LRMDown{})
			w.run()
			m.running["vip"], m.hold, m.held = true, false, nil
			delete(m.states, "vip")
			m.put(LRMUp{Fresh: true})
			w.run()
			w.views()
			w.pass(10 * time.Second)
			if m.running["vip"] {
				t.Errorf("n2 is cut off, and still runs what its executor had started when it was killed; executed: %v", w.trace)
			}
		})
	}
}

// TestANodeThatItsDCDoesNotHearHasNoDC: without fencing the DC will start elsewhere what
// runs here, so the policy for being without a DC counts.
func TestANodeThatItsDCDoesNotHearHasNoDC(t *testing.T) {
	w := formed(t, 3, 1)
	m := w.nodes[2]
	m.put(ViewChanged{View{Leader: 1, Quorate: true, Unheard: true, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Reason: "test"}})
	w.pass(100 * time.Millisecond)
	if got := m.c.view.Leader; got != 0 {
		t.Errorf("the DC does not hear n2, and n2 counts node %d as its DC", got)
	}
	w.pass(5 * time.Second)
	if _, alone := m.c.Alone(); !alone {
		t.Error("n2 did not apply its policy for being without a DC")
	}
}

// TestYieldingAfterALapse: a node that was paused is told that it lapsed, and that the other
// one of two went on. Its executor's right to run resources is renewed when all is stopped.
func TestYieldingAfterALapse(t *testing.T) {
	c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}}, Seed: "seed"})
	c.alone = &alone{causes: because(lapse)}
	renewed := false
	for _, e := range c.Step(time.Unix(1_780_000_000, 0), Yielded{}) {
		_, is := e.(Renew)
		renewed = renewed || is
	}
	if !renewed && (c.alone == nil || !c.alone.causes.demand().finishes) {
		t.Error("that the node lapsed is forgotten when it yields: its executor refuses everything for ever")
	}
}

// TestLeadingWhileAlone: a node that comes to lead before it is done with acting alone must
// begin its duties when it is: what it committed until then is in no common CIB.
func TestLeadingWhileAlone(t *testing.T) {
	w := formed(t, 3, 1)
	m := w.nodes[1]
	lead := View{Leader: 1, Leading: true, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Quorate: true, Reason: "test"}
	w.cut[1] = true
	m.put(ViewChanged{View{Few: true, Stamp: lead.Stamp, Reason: "cut off"}})
	w.pass(5 * time.Second)
	if m.c.alone == nil {
		t.Fatal("n1 does not act alone")
	}
	m.c.alone.causes, m.c.alone.over = because(lapse), false
	w.cut[1] = false
	m.put(ViewChanged{lead})
	w.run()
	m.c.aloneOver()
	w.pass(5 * time.Second)
	if got := m.c.State(); got != "S_IDLE" {
		t.Errorf("the DC is in state %s, want S_IDLE", got)
	}
}

// TestYieldingWithoutAnExecutor: a controller that was just started, with next to nothing of
// what was agreed on, yields before it has reached its executor. It does not join before
// the executor told what runs, and then decides about all of that.
func TestYieldingWithoutAnExecutor(t *testing.T) {
	c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}}, Seed: "seed"})
	now := time.Unix(1_780_000_000, 0)
	var think *Think
	step := func(in Input) (recalled bool) {
		t.Helper()
		for _, e := range c.Step(now, in) {
			switch e := e.(type) {
			case Rejoin:
				t.Fatalf("the node joins anew after %T, before it has stopped anything", in)
			case Recall:
				recalled = true
			case Think:
				think = &e
			}
		}
		return recalled
	}
	step(CIBChanged{cib.Empty(now)})
	step(Yielded{})
	if !step(LRMUp{}) {
		t.Fatal("the executor is not asked what runs")
	}
	step(LRMDown{})
	if !step(LRMUp{}) {
		t.Fatal("the executor, back, is not asked again what runs")
	}
	start := lrmd.Result{Call: 1, Op: crm.OpKey{Resource: "db", Name: "start"}, Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "db"}, LastChange: now, LastRun: now, UserData: "1:1:0:x"}
	step(LRMUp{States: []lrmd.ResourceState{{Resource: "db", Agent: start.Agent, History: []lrmd.Result{start}}}})
	if think == nil {
		t.Fatal("nothing is decided")
	}
	if think.Snapshot.Section(cib.TagNodes).ChildWith(cib.TagNode, cib.AttrID, "1") == nil {
		t.Error("the node is not listed: what it runs would not be looked at")
	}
	lrm := think.Snapshot.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, "1").Child(cib.TagLRM)
	if lrm.Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, "db") == nil {
		t.Error("db is not among what is decided about")
	}
}

// TestANodeAloneStopsWhenItsExecutorIsBack: what a node alone could not stop, for its
// executor was killed, is stopped as soon as there is one again, and not joined with before.
func TestANodeAloneStopsWhenItsExecutorIsBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		begin  func(w *world, m *machine)
		rejoin int
		renew  int
	}{
		{"cut off", func(w *world, m *machine) {
			m.put(LRMDown{})
			w.views()
		}, 0, 0},
		{"yields, and loses its executor while it decides", func(w *world, m *machine) {
			m.put(Yielded{})
			w.queue = append(w.queue, func() { m.put(LRMDown{}) }) // after the executor's memory
		}, 1, 0},
		{"lapsed", func(w *world, m *machine) {
			m.put(LRMDown{})
			m.put(Lapsed{For: 3 * time.Second})
		}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := formed(t, 3, 1)
			w.property("stonith-enabled", "false")
			w.run()
			m := w.nodes[2]
			w.cut[2] = true
			m.put(OrdersCame{From: 1, Orders: []Order{{Kind: RunOrder, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Key: "1:1:0:late", Op: crm.OpKey{Resource: "vip", Name: "start"},
				Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "vip"}}}})
			w.run()
			m.gone = true
			c.begin(w, m)
			w.pass(10 * time.Second)
			if !m.running["vip"] {
				t.Fatal("stopped without an executor")
			}
			if m.rejoins+m.renewed > 0 {
				t.Errorf("joins anew %d times, renews its lease %d times, and vip runs", m.rejoins, m.renewed)
			}
			m.gone = false
			m.put(LRMUp{})
			w.pass(time.Second)
			if m.running["vip"] {
				t.Errorf("the executor is back, and vip still runs; executed: %v", w.trace)
			}
			if m.rejoins != c.rejoin || m.renewed != c.renew {
				t.Errorf("joined anew %d times, renewed its lease %d times; want %d, %d", m.rejoins, m.renewed, c.rejoin, c.renew)
			}
		})
	}
}

// TestCausesAddUp: whatever else makes a node act on its own, it owes what each cause
// demands, and people are told the weightiest.
func TestCausesAddUp(t *testing.T) {
	for _, tc := range []struct {
		causes causes
		want   demand
	}{
		{because(noQuorum), demand{"no quorum", false, false, false}},
		{because(cutOff) | because(lapse), demand{"not heard for too long", true, true, false}},
		{because(lapse) | because(givesWay), demand{"yielded", true, true, true}},
		{because(noQuorum) | because(leaves), demand{"shutdown", true, false, false}},
	} {
		if got := tc.causes.demand(); got != tc.want {
			t.Errorf("causes %b demand %+v, want %+v", tc.causes, got, tc.want)
		}
	}
	for c := range numCauses {
		if d := demands[c]; d.says == "" || (d.finishes || d.rejoins) && !d.stops {
			t.Errorf("cause %d: %+v; want a text, and stops with whatever waits for them", c, d)
		}
	}
}
