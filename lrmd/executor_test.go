package lrmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// stage plays an executor against a clock of its own; what the executor says is kept
// as lines such as "run vip_start_0" and "report vip_start_0 0 complete".
type stage struct {
	t    testing.TB
	e    *Executor
	now  time.Time
	runs map[string]int // key -> run under way
	said []string
}

func newStage(t testing.TB, cfg Config) *stage {
	return &stage{t: t, e: New(cfg, crm.Stamp{}), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), runs: map[string]int{}}
}

func (s *stage) take(effects []Effect) {
	for _, e := range effects {
		switch {
		case e.Run != nil:
			key := e.Run.Order.Op.String()
			s.runs[key] = e.Run.ID
			s.said = append(s.said, "run "+key)
		case e.Report != nil:
			s.said = append(s.said, fmt.Sprintf("report %s %d %s", e.Report.Op, e.Report.RC, e.Report.Status))
		case e.Kill != 0:
			for key, run := range s.runs {
				if run == e.Kill {
					s.said = append(s.said, "kill "+key)
				}
			}
		case e.Forget != "":
			s.said = append(s.said, "forget "+string(e.Forget))
		}
	}
}

func (s *stage) order(key string, more ...func(*Order)) {
	s.t.Helper()
	k, err := crm.ParseOpKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	o := Order{Stamp: crm.Stamp{Incarnation: 1, Term: 1}, Op: k, Agent: Agent{"ocf", "test", "Dummy"}}
	for _, f := range more {
		f(&o)
	}
	_, effects, err := s.e.Submit(s.now, o)
	if err != nil {
		s.t.Fatalf("Submit(%s): %v", key, err)
	}
	s.take(effects)
}

func (s *stage) finish(key string, rc crm.ExitCode) {
	s.t.Helper()
	id, ok := s.runs[key]
	if !ok {
		s.t.Fatalf("%s does not run", key)
	}
	delete(s.runs, key)
	s.take(s.e.Finished(s.now, id, Outcome{RC: rc}))
}

func (s *stage) wait(d time.Duration) {
	s.now = s.now.Add(d)
	s.take(s.e.Tick(s.now))
}

// expect compares what was said since the last time.
func (s *stage) expect(lines ...string) {
	s.t.Helper()
	if !slices.Equal(s.said, lines) {
		s.t.Fatalf("said\n  %s\nwant\n  %s", strings.Join(s.said, "\n  "), strings.Join(lines, "\n  "))
	}
	s.said = nil
}

func TestOneOperationOfAResourceAtATime(t *testing.T) {
	s := newStage(t, Config{})
	s.order("a_start_0")
	s.order("a_promote_0")
	s.order("b_start_0")
	s.expect("run a_start_0", "run b_start_0")
	s.finish("a_start_0", 0)
	s.expect("report a_start_0 0 complete", "run a_promote_0")
}

func TestRecurringReportsChangesOnly(t *testing.T) {
	s := newStage(t, Config{})
	s.order("a_monitor_10000")
	s.expect("run a_monitor_10000")
	s.wait(100 * time.Millisecond)
	s.finish("a_monitor_10000", 0)
	s.expect("report a_monitor_10000 0 complete")
	// Due times stay on the grid of the first run, however long a run takes.
	for i := range 3 {
		s.wait(9800 * time.Millisecond)
		s.expect()
		s.wait(100 * time.Millisecond)
		s.expect("run a_monitor_10000")
		s.wait(100 * time.Millisecond)
		s.finish("a_monitor_10000", 0)
		s.expect()
		if at, ok := s.e.Next(); !ok || at.Sub(s.now) != 9900*time.Millisecond {
			t.Fatalf("round %d: next in %v, want 9.9s", i, at.Sub(s.now))
		}
	}
	s.wait(9900 * time.Millisecond)
	s.finish("a_monitor_10000", 7)
	s.expect("run a_monitor_10000", "report a_monitor_10000 7 complete")
	s.wait(10 * time.Second)
	s.finish("a_monitor_10000", 7)
	s.expect("run a_monitor_10000")
	s.wait(10 * time.Second)
	s.finish("a_monitor_10000", 0)
	s.expect("run a_monitor_10000", "report a_monitor_10000 0 complete")
}

// TestChangesGoForwardInTime: the wall clock was set back between a success and a failure;
// the failure must still be the later one, or the policy engine overlooks it.
func TestChangesGoForwardInTime(t *testing.T) {
	n := &op{startedAt: time.Unix(1_795_262_400, 0)}
	n.changedAt, n.repeated = n.nextChange(), true
	first := n.changedAt
	n.startedAt = n.startedAt.Add(-time.Hour)
	if n.changedAt = n.nextChange(); !n.changedAt.After(first) {
		t.Errorf("changed at %v, and again at %v", first, n.changedAt)
	}
	n.startedAt = first.Add(time.Minute)
	if got := n.nextChange(); !got.Equal(n.startedAt) {
		t.Errorf("changed at %v, want %v", got, n.startedAt)
	}
}

func TestRunsLongerThanTheIntervalAreNotPiledUp(t *testing.T) {
	s := newStage(t, Config{})
	s.order("a_monitor_1000")
	s.wait(3500 * time.Millisecond)
	s.expect("run a_monitor_1000")
	s.finish("a_monitor_1000", 0)
	s.expect("report a_monitor_1000 0 complete")
	s.wait(400 * time.Millisecond)
	s.expect()
	s.wait(100 * time.Millisecond)
	s.expect("run a_monitor_1000")
}

func TestStopEndsTheTimetable(t *testing.T) {
	s := newStage(t, Config{})
	s.order("a_start_0")
	s.finish("a_start_0", 0)
	s.order("a_monitor_1000")
	s.said = nil
	s.order("a_stop_0")
	s.expect() // the monitor under way is waited for
	s.finish("a_monitor_1000", 0)
	s.expect("run a_stop_0")
	s.finish("a_stop_0", 0)
	s.expect("report a_stop_0 0 complete")
	s.wait(time.Minute)
	s.expect()
	st := s.e.State()
	if len(st) != 1 || len(st[0].Recurring) != 0 || len(st[0].History) != 2 {
		t.Errorf("state after stop: %+v", st)
	}
	s.order("a_monitor_0")
	s.order("a_notify_0")
	s.finish("a_monitor_0", 7)
	s.expect("run a_monitor_0", "report a_monitor_0 7 complete", "run a_notify_0")
}

func TestReplacedRecurring(t *testing.T) {
	s := newStage(t, Config{})
	s.order("a_monitor_1000")
	s.finish("a_monitor_1000", 0)
	s.wait(500 * time.Millisecond)
	s.said = nil
	s.order("a_monitor_1000", func(o *Order) { o.UserData = "second" })
	s.expect("run a_monitor_1000")
	s.finish("a_monitor_1000", 0)
	s.expect("report a_monitor_1000 0 complete") // to whom the new order matters
	s.wait(900 * time.Millisecond)
	s.expect()
	s.wait(100 * time.Millisecond)
	s.expect("run a_monitor_1000")
}

func TestCancel(t *testing.T) {
	stamp := crm.Stamp{Incarnation: 1, Term: 1}
	key := crm.OpKey{Resource: "a", Name: "monitor", Interval: time.Second}
	cancel := func(s *stage, key crm.OpKey, want bool) {
		t.Helper()
		found, effects, err := s.e.Cancel(s.now, stamp, key)
		if err != nil || found != want {
			t.Fatalf("Cancel(%s) = %v, %v, want %v", key, found, err, want)
		}
		s.take(effects)
	}
	s := newStage(t, Config{})
	cancel(s, key, false)
	s.order("a_monitor_1000")
	s.expect("run a_monitor_1000")
	cancel(s, key, true)
	s.expect() // it runs: told when it is over
	s.finish("a_monitor_1000", 7)
	s.expect("report a_monitor_1000 193 Cancelled")
	s.order("a_monitor_1000")
	s.finish("a_monitor_1000", 0)
	s.said = nil
	cancel(s, key, true)
	s.expect("report a_monitor_1000 193 Cancelled")
	s.wait(time.Minute)
	s.expect()
	// A one-off operation can be withdrawn while it waits, not while it runs.
	s.order("a_start_0")
	s.order("a_stop_0")
	cancel(s, crm.OpKey{Resource: "a", Name: "start"}, false)
	cancel(s, crm.OpKey{Resource: "a", Name: "stop"}, true)
	s.finish("a_start_0", 0)
	s.expect("run a_start_0", "report a_stop_0 193 Cancelled", "report a_start_0 0 complete")
}

func TestForgetAndFlush(t *testing.T) {
	stamp := crm.Stamp{Incarnation: 1, Term: 1}
	s := newStage(t, Config{})
	s.order("a_start_0")
	s.order("a_stop_0")
	s.order("b_monitor_1000")
	s.said = nil
	effects, err := s.e.Forget(s.now, stamp, "a")
	if err != nil {
		t.Fatal(err)
	}
	s.take(effects)
	s.expect("report a_stop_0 193 Cancelled")
	s.finish("a_start_0", 0)
	s.expect("report a_start_0 0 complete", "forget a")
	s.finish("b_monitor_1000", 0)
	s.said = nil
	effects, err = s.e.Flush(s.now, stamp)
	if err != nil {
		t.Fatal(err)
	}
	s.take(effects)
	s.expect("report b_monitor_1000 193 Cancelled")
	st := s.e.State()
	if len(st) != 1 || st[0].Resource != "b" || len(st[0].History) != 1 || len(st[0].Recurring) != 0 {
		t.Errorf("state after flush: %+v", st)
	}
	if _, ok := s.e.Next(); ok {
		t.Error("something is still on the timetable")
	}
}

func TestStartDelay(t *testing.T) {
	delayed := func(o *Order) { o.StartDelay = 15 * time.Second }
	s := newStage(t, Config{})
	s.order("a_monitor_5000", delayed)
	s.order("b_start_0", delayed)
	s.wait(14 * time.Second)
	s.expect()
	if at, ok := s.e.Next(); !ok || at.Sub(s.now) != time.Second {
		t.Errorf("next in %v, %v, want 1s", at.Sub(s.now), ok)
	}
	s.wait(time.Second)
	s.expect("run a_monitor_5000", "run b_start_0")
	s.finish("a_monitor_5000", 0)
	s.said = nil
	s.wait(5 * time.Second)
	s.expect("run a_monitor_5000")
}

func TestPlaces(t *testing.T) {
	s := newStage(t, Config{MaxRunning: 2, Light: func(o Order) bool { return o.Agent.Provider == "tactus" }})
	for _, r := range []string{"a", "b", "c", "d"} {
		s.order(r + "_start_0")
	}
	s.order("e_start_0", func(o *Order) { o.Agent.Provider = "tactus" })
	s.expect("run a_start_0", "run b_start_0", "run e_start_0")
	s.finish("e_start_0", 0)
	s.finish("b_start_0", 0)
	s.finish("a_start_0", 0)
	s.expect("report e_start_0 0 complete", "report b_start_0 0 complete", "run c_start_0", "report a_start_0 0 complete", "run d_start_0")
	// Hanging orders do not keep monitors from recurring.
	s = newStage(t, Config{MaxRunning: 1})
	s.order("a_monitor_1000")
	s.finish("a_monitor_1000", 0)
	s.order("b_start_0")
	s.said = nil
	s.wait(time.Second)
	s.expect("run a_monitor_1000")
}

func TestSlackWakesOnceForSeveral(t *testing.T) {
	s := newStage(t, Config{Slack: 50 * time.Millisecond})
	for _, r := range []string{"a", "b"} {
		s.order(r + "_monitor_10000")
		s.finish(r+"_monitor_10000", 0)
		s.now = s.now.Add(30 * time.Millisecond)
	}
	s.said = nil
	at, _ := s.e.Next()
	s.wait(at.Sub(s.now))
	s.expect("run a_monitor_10000", "run b_monitor_10000")
	s.finish("b_monitor_10000", 0)
	s.now = s.now.Add(10*time.Second + 30*time.Millisecond)
	if at := s.e.resources["b"].recurring[crm.OpKey{Resource: "b", Name: "monitor", Interval: 10 * time.Second}].due; !at.Equal(s.now) {
		t.Errorf("running early moved the timetable: due %v, want %v", at, s.now)
	}
}

func TestStamps(t *testing.T) {
	s := newStage(t, Config{})
	submit := func(i, term uint64) error {
		_, _, err := s.e.Submit(s.now, Order{Stamp: crm.Stamp{Incarnation: i, Term: term}, Op: crm.OpKey{Resource: "a", Name: "monitor"}, Agent: Agent{"ocf", "x", "y"}})
		return err
	}
	for _, tc := range []struct {
		incarnation, term uint64
		stale             bool
	}{{1, 5, false}, {1, 5, false}, {1, 4, true}, {2, 1, false}, {1, 9, true}, {2, 1, false}} {
		err := submit(tc.incarnation, tc.term)
		var stale *StaleStampError
		if errors.As(err, &stale) != tc.stale {
			t.Errorf("order of %d.%d: %v, want stale %v", tc.incarnation, tc.term, err, tc.stale)
		}
	}
	if _, _, err := s.e.Cancel(s.now, crm.Stamp{Incarnation: 1, Term: 1}, crm.OpKey{Resource: "a"}); err == nil {
		t.Error("a stale cancel is carried out")
	}
	if _, err := s.e.Forget(s.now, crm.Stamp{Incarnation: 1, Term: 1}, "a"); err == nil {
		t.Error("a stale forget is carried out")
	}
	if _, err := s.e.Flush(s.now, crm.Stamp{Incarnation: 1, Term: 1}); err == nil {
		t.Error("a stale flush is carried out")
	}
}

func TestBadOrders(t *testing.T) {
	good := Order{Op: crm.OpKey{Resource: "a", Name: "start"}, Agent: Agent{"ocf", "x", "y"}}
	for name, spoil := range map[string]func(*Order){
		"no resource": func(o *Order) { o.Op.Resource = "" }, "no operation": func(o *Order) { o.Op.Name = "" },
		"no agent": func(o *Order) { o.Agent = Agent{} }, "interval": func(o *Order) { o.Op.Interval = -1 }, "delay": func(o *Order) { o.StartDelay = -1 },
	} {
		o := good
		spoil(&o)
		if _, _, err := New(Config{}, crm.Stamp{}).Submit(time.Time{}, o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRememberAndRestore(t *testing.T) {
	s := newStage(t, Config{})
	s.order("a_start_0", func(o *Order) { o.Params = map[string]string{"x": "1"} })
	s.finish("a_start_0", 0)
	s.order("a_monitor_1000")
	s.finish("a_monitor_1000", 0)
	s.order("b_start_0", func(o *Order) { o.UserData = "1:2:0:uuid" })
	m := s.e.Remember()

	next := New(Config{}, crm.Stamp{})
	effects := next.Restore(s.now, m)
	if len(effects) != 1 || effects[0].Report.Op.String() != "b_start_0" || effects[0].Report.Status != crm.ExecError || effects[0].Report.UserData != "1:2:0:uuid" {
		t.Errorf("the lost start is not told: %+v", effects)
	}
	st := next.State()
	if len(st) != 2 || !st[0].Restored || len(st[0].History) != 2 || st[0].History[0].Params["x"] != "1" || len(st[0].Recurring) != 0 {
		t.Errorf("restored state: %+v", st)
	}
	call, _, err := next.Submit(s.now, Order{Op: crm.OpKey{Resource: "a", Name: "monitor"}, Agent: Agent{"ocf", "x", "y"}})
	if err != nil || call <= 3 {
		t.Errorf("call numbers start anew: %d, %v", call, err)
	}
	if st := next.State(); st[0].Restored || !st[1].Restored {
		t.Errorf("a resource is restored until it is ordered about: %+v", st)
	} else if len(st[0].History) != 0 {
		t.Errorf("what was read back mixes with what is found out now: %+v", st[0].History)
	}
}
