package lrmd

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// device makes an operation one of a fence device as a resource.
func asDevice(o *Order) { o.Agent = Agent{Class: "stonith", Type: "fence_test"} }

// against makes an order to a fence device that acts on a node; "" asks the device.
func against(target crm.NodeName) func(*Order) {
	return func(o *Order) {
		asDevice(o)
		o.Fence = &FenceCall{Target: target}
	}
}

func limited(n string) func(*Order) {
	return func(o *Order) { o.Params = map[string]string{ActionLimit: n} }
}

// end plays a run that was killed.
func (s *stage) end(key string) {
	s.t.Helper()
	id := s.runs[key]
	delete(s.runs, key)
	s.take(s.e.Finished(s.now, id, Outcome{RC: crm.GenericError, Status: crm.ExecError, ExitReason: "ended"}))
}

func TestProbeOfADeviceIsAnsweredByWhatWasDone(t *testing.T) {
	s := newStage(t, Config{})
	s.order("st_monitor_0", asDevice)
	s.expect("report st_monitor_0 7 complete")
	s.order("st_start_0", asDevice)
	s.order("st_monitor_0", asDevice)
	s.expect("run st_start_0")
	s.finish("st_start_0", 0)
	s.expect("report st_start_0 0 complete", "report st_monitor_0 0 complete")
	s.order("st_stop_0", asDevice)
	s.finish("st_stop_0", 0)
	s.order("st_monitor_0", asDevice)
	s.expect("run st_stop_0", "report st_stop_0 0 complete", "report st_monitor_0 7 complete")
	s.order("st_start_0", asDevice)
	s.finish("st_start_0", 1)
	s.order("st_monitor_0", asDevice)
	s.expect("run st_start_0", "report st_start_0 1 complete", "report st_monitor_0 7 complete")
}

func TestFencingEndsAMonitorInItsWay(t *testing.T) {
	s := newStage(t, Config{MaxRunning: 1})
	s.order("st_monitor_10000", asDevice)
	s.order("st_off_0", against("n2"))
	s.expect("run st_monitor_10000", "kill st_monitor_10000")
	s.order("st_off_0", against("n3"))
	s.expect() // the monitor is ended once
	s.end("st_monitor_10000")
	s.expect("run st_off_0")
	s.finish("st_off_0", 0)
	s.expect("report st_off_0 0 complete", "run st_off_0")
	s.finish("st_off_0", 0)
	s.expect("report st_off_0 0 complete", "run st_monitor_10000") // asked again, never reported as failed
	s.finish("st_monitor_10000", 0)
	s.expect("report st_monitor_10000 0 complete")
}

func TestFencingStartsWhereTheLimitAllows(t *testing.T) {
	for _, tc := range []struct {
		limit string
		want  []string
	}{
		{"", []string{"run st_monitor_10000", "kill st_monitor_10000"}},
		{"2", []string{"run st_monitor_10000", "run st_off_0", "kill st_monitor_10000"}},
		{"3", []string{"run st_monitor_10000", "run st_off_0", "run st_reboot_0"}},
		{"-1", []string{"run st_monitor_10000", "run st_off_0", "run st_reboot_0"}},
		{"many", []string{"run st_monitor_10000", "kill st_monitor_10000"}},
	} {
		t.Run("limit "+tc.limit, func(t *testing.T) {
			s := newStage(t, Config{MaxRunning: 1})
			s.order("st_monitor_10000", asDevice, limited(tc.limit))
			s.order("st_off_0", against("n2"), limited(tc.limit))
			s.order("st_reboot_0", against("n3"), limited(tc.limit))
			s.expect(tc.want...)
		})
	}
}

func TestFencingEndsAQuestionThatHangs(t *testing.T) {
	s := newStage(t, Config{})
	s.order("st_list_0", against(""))
	s.order("st_status_0", against("n2"))
	s.order("st_off_0", against("n2"))
	s.expect("run st_list_0", "kill st_list_0")
	s.end("st_list_0")
	s.expect("run st_off_0") // before the status that waited longer
	s.finish("st_off_0", 0)
	s.expect("report st_off_0 0 complete", "run st_status_0")
	s.finish("st_status_0", FenceStatusOff)
	s.expect("report st_status_0 2 complete", "run st_list_0")
	s.finish("st_list_0", 0)
	s.expect("report st_list_0 0 complete")
}

func TestQuestionThatAnsweredBeforeItsEndIsReported(t *testing.T) {
	s := newStage(t, Config{})
	s.order("st_list_0", against(""))
	s.order("st_off_0", against("n2"))
	s.finish("st_list_0", 0)
	s.expect("run st_list_0", "kill st_list_0", "report st_list_0 0 complete", "run st_off_0")
}

func TestFencingTakesNoPlaceAndLeavesNoHistory(t *testing.T) {
	s := newStage(t, Config{MaxRunning: 1})
	s.order("a_start_0")
	s.order("st_off_0", against("n2"))
	s.order("other_off_0", against("n2"))
	s.expect("run a_start_0", "run st_off_0", "run other_off_0")
	if _, running, queued, _ := s.e.Counts(); running != 3 || queued != 0 {
		t.Errorf("Counts() = %d running, %d queued; want 3, 0", running, queued)
	}
	s.finish("st_off_0", 0)
	s.finish("other_off_0", 1)
	s.expect("report st_off_0 0 complete", "report other_off_0 1 complete")
	for _, r := range s.e.State() {
		if r.Resource != "a" {
			t.Errorf("State() knows %q, which was only asked to fence", r.Resource)
		}
	}
	if len(s.e.devices) != 0 || len(s.e.fencing) != 0 {
		t.Errorf("%d devices and %d runs are left over", len(s.e.devices), len(s.e.fencing))
	}
}

func TestCleanupOfADeviceLeavesItsFencingAlone(t *testing.T) {
	s := newStage(t, Config{})
	s.order("st_start_0", asDevice)
	s.finish("st_start_0", 0)
	s.order("st_off_0", against("n2"))
	effects, err := s.e.Forget(s.now, crm.Stamp{Incarnation: 1, Term: 1}, "st")
	if err != nil {
		t.Fatal(err)
	}
	s.take(effects)
	s.finish("st_off_0", 0)
	s.expect("run st_start_0", "report st_start_0 0 complete", "run st_off_0", "forget st", "report st_off_0 0 complete")
}

func TestFencingThatHasNotBegunIsWithdrawn(t *testing.T) {
	stamp := crm.Stamp{Incarnation: 1, Term: 1}
	for _, tc := range []struct {
		name string
		do   func(e *Executor, now time.Time) ([]Effect, error)
	}{
		{"cancel", func(e *Executor, now time.Time) ([]Effect, error) {
			found, effects, err := e.Cancel(now, stamp, crm.OpKey{Resource: "st", Name: "off"})
			if !found {
				t.Error("Cancel found nothing")
			}
			return effects, err
		}},
		{"flush", func(e *Executor, now time.Time) ([]Effect, error) { return e.Flush(now, stamp) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, Config{})
			s.order("st_reboot_0", against("n2"))
			s.order("st_off_0", against("n3"))
			effects, err := tc.do(s.e, s.now)
			if err != nil {
				t.Fatal(err)
			}
			s.take(effects)
			s.finish("st_reboot_0", 0)
			s.expect("run st_reboot_0", "report st_off_0 193 Cancelled", "report st_reboot_0 0 complete")
		})
	}
}

func TestFencingLostWithItsExecutorIsNoSuccess(t *testing.T) {
	s := newStage(t, Config{})
	s.order("st_off_0", against("n2"), func(o *Order) { o.UserData = "request 1" })
	m := s.e.Remember()
	next := newStage(t, Config{})
	effects := next.e.Restore(next.now, m)
	if len(effects) != 1 || effects[0].Report == nil {
		t.Fatalf("Restore = %+v, want one report", effects)
	}
	r := effects[0].Report
	if r.RC == crm.OK || r.Status == crm.ExecDone || r.Fence == nil || r.Fence.Target != "n2" || r.UserData != "request 1" || !strings.Contains(r.ExitReason, "not known") {
		t.Errorf("reported %+v, want an error about fencing n2 for request 1", *r)
	}
	if state := next.e.State(); len(state) != 0 {
		t.Errorf("State() = %+v, want nothing", state)
	}
}

func TestAbandonEndsFencingToo(t *testing.T) {
	s := newStage(t, Config{})
	s.order("a_start_0")
	s.order("st_off_0", against("n2"))
	s.take(s.e.Abandon())
	s.expect("run a_start_0", "run st_off_0", "kill a_start_0", "kill st_off_0")
}

func TestOrdersToDevicesAreChecked(t *testing.T) {
	for _, tc := range []struct {
		name string
		with []func(*Order)
		want string
	}{
		{"not a fence device", []func(*Order){against("n2"), func(o *Order) { o.Agent = Agent{"ocf", "test", "Dummy"} }}, `class "ocf" fences nothing`},
		{"recurring", []func(*Order){against("n2"), func(o *Order) { o.Op.Interval = time.Second }}, "no interval"},
		{"no target", []func(*Order){against("")}, "no target"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := Order{Op: crm.OpKey{Resource: "st", Name: "off"}, Agent: Agent{Class: "stonith", Type: "fence_test"}}
			for _, f := range tc.with {
				f(&o)
			}
			_, effects, err := New(Config{}, crm.Stamp{}).Submit(time.Unix(0, 0), o)
			if err == nil || !strings.Contains(err.Error(), tc.want) || len(effects) != 0 {
				t.Errorf("Submit = %v, %v; want an error with %q", effects, err, tc.want)
			}
		})
	}
}

func TestFencingThatWaitedTooLongIsNotDone(t *testing.T) {
	s := newStage(t, Config{})
	within := func(o *Order) { o.Timeout = time.Minute }
	s.order("st_reboot_0", against("n2"), within)
	s.order("st_off_0", against("n3"), within)
	s.order("st_on_0", against("n4"), within, func(o *Order) { o.Timeout = time.Hour })
	s.wait(40 * time.Second)
	s.order("st_off_0", against("n5"), within)
	s.wait(20 * time.Second)
	s.expect("run st_reboot_0")
	effects := s.e.Finished(s.now, s.runs["st_reboot_0"], Outcome{})
	if len(effects) != 3 {
		t.Fatalf("Finished = %+v, want a success, a timeout and a run", effects)
	}
	late := effects[1].Report
	if late == nil || late.Fence.Target != "n3" || late.RC == crm.OK || late.Status != crm.ExecTimeout || !strings.Contains(late.ExitReason, "off waited 1m0s for the device") {
		t.Errorf("reported %+v, want that off of n3 was not done", late)
	}
	if run := effects[2].Run; run == nil || run.Order.Fence.Target != "n4" || run.Order.Timeout != 59*time.Minute {
		t.Errorf("run %+v, want on of n4 with what is left of its hour", run)
	}
	effects = s.e.Finished(s.now, effects[2].Run.ID, Outcome{})
	if run := effects[1].Run; run == nil || run.Order.Fence.Target != "n5" || run.Order.Timeout != 40*time.Second {
		t.Errorf("run %+v, want off of n5 with 40 s", run)
	}
}

// Whatever happens in whichever order, a device never does more at once than its limit,
// and every order comes to exactly one report.
func TestDeviceLimitHoldsWhateverHappens(t *testing.T) {
	for seed := uint64(1); seed <= 300; seed++ {
		s := newStage(t, Config{MaxRunning: 2})
		random := seed * 0x9e3779b97f4a7c15
		dice := func(n uint64) uint64 {
			random ^= random << 13
			random ^= random >> 7
			random ^= random << 17
			return random % n
		}
		running := map[int]string{}
		accepted, reported := map[int]bool{}, map[int]int{}
		take := func(effects []Effect) {
			for _, e := range effects {
				switch {
				case e.Run != nil:
					running[e.Run.ID] = e.Run.Order.Op.Name
				case e.Report != nil && !e.Report.Recurring:
					reported[e.Report.Call]++
				}
			}
			if len(running) > 2 {
				t.Fatalf("seed %d: %v run at once, limit 2", seed, running)
			}
		}
		finish := func(status crm.ExecStatus) {
			ids := slices.Sorted(func(yield func(int) bool) {
				for id := range running {
					if !yield(id) {
						return
					}
				}
			})
			id := ids[dice(uint64(len(ids)))]
			delete(running, id)
			take(s.e.Finished(s.now, id, Outcome{Status: status}))
		}
		ops := []string{"off", "reboot", "on", "list", "status", "start", "stop", "monitor"}
		for range 60 {
			s.now = s.now.Add(300 * time.Millisecond)
			if dice(2) == 0 && len(running) > 0 {
				finish([]crm.ExecStatus{crm.ExecDone, crm.ExecError, crm.ExecTimeout}[dice(3)])
				continue
			}
			o := Order{Op: crm.OpKey{Resource: "st", Name: ops[dice(8)]}, Agent: Agent{Class: "stonith", Type: "fence_test"}, Params: map[string]string{ActionLimit: "2"}}
			if o.Op.Name != "start" && o.Op.Name != "stop" {
				o.Fence = &FenceCall{Target: "n2"}
			}
			call, effects, err := s.e.Submit(s.now, o)
			if err != nil {
				t.Fatal(err)
			}
			accepted[call] = true
			take(effects)
		}
		for len(running) > 0 {
			finish(crm.ExecDone)
		}
		for call := range accepted {
			if reported[call] != 1 {
				t.Fatalf("seed %d: order %d was reported %d times, want once", seed, call, reported[call])
			}
		}
	}
}
