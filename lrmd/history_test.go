package lrmd

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"pgregory.net/rapid"
)

// Whatever happens: one run of a resource at a time, every one-off order reported exactly
// once, and nothing left when everything is over.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := New(Config{MaxRunning: rapid.IntRange(0, 3).Draw(rt, "places")}, crm.Stamp{})
		now := time.Unix(1_000_000, 0)
		running := map[int]Run{}
		active := map[crm.ResourceID]int{}
		open := map[int]bool{} // one-off calls without a report
		take := func(effects []Effect) {
			for _, ef := range effects {
				switch {
				case ef.Run != nil:
					r := ef.Run.Order.Op.Resource
					if active[r]++; active[r] > 1 {
						rt.Fatalf("two runs of %s at a time", r)
					}
					running[ef.Run.ID] = *ef.Run
				case ef.Report != nil && !ef.Report.Recurring:
					if !open[ef.Report.Call] {
						rt.Fatalf("call %d reported twice", ef.Report.Call)
					}
					delete(open, ef.Report.Call)
				}
			}
		}
		finish := func(id int) {
			run := running[id]
			delete(running, id)
			active[run.Order.Op.Resource]--
			take(e.Finished(now, id, Outcome{RC: crm.ExitCode(rapid.IntRange(0, 1).Draw(rt, "rc"))}))
		}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			rsc := crm.ResourceID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "resource"))
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0, 1:
				o := Order{Op: crm.OpKey{Resource: rsc, Name: rapid.SampledFrom([]string{"start", "stop", "monitor"}).Draw(rt, "name")}, Agent: Agent{"ocf", "x", "y"}}
				o.StartDelay = time.Duration(rapid.IntRange(0, 1).Draw(rt, "delay")) * time.Second
				// The call is open before its report can come.
				open[e.lastCall+1] = true
				_, effects, err := e.Submit(now, o)
				if err != nil {
					rt.Fatal(err)
				}
				take(effects)
			case 2:
				_, effects, _ := e.Submit(now, Order{Op: crm.OpKey{Resource: rsc, Name: "monitor", Interval: time.Second}, Agent: Agent{"ocf", "x", "y"}})
				take(effects)
			case 3:
				if ids := slices.Sorted(maps.Keys(running)); len(ids) > 0 {
					finish(rapid.SampledFrom(ids).Draw(rt, "run"))
				}
			case 4:
				now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms")) * time.Millisecond)
				take(e.Tick(now))
			case 5:
				_, effects, _ := e.Cancel(now, crm.Stamp{}, crm.OpKey{Resource: rsc, Name: "monitor", Interval: time.Second})
				take(effects)
			case 6:
				effects, _ := e.Forget(now, crm.Stamp{}, rsc)
				take(effects)
			}
		}
		for id, r := range e.resources {
			for _, n := range r.recurring {
				if waits := n.slot >= 0; waits == (n == r.active || slices.Contains(r.queue, n)) {
					rt.Fatalf("%s: a recurring operation of it waits for its time, is queued or runs: want exactly one", id)
				}
			}
		}
		effects, _ := e.Flush(now, crm.Stamp{})
		take(effects)
		for len(running) > 0 {
			finish(slices.Sorted(maps.Keys(running))[0])
		}
		if len(open) != 0 {
			rt.Fatalf("calls %v were never reported", slices.Sorted(maps.Keys(open)))
		}
		if _, run, queued, recurring := e.Counts(); run+queued+recurring+len(e.timetable) != 0 || e.places != [2]int{} {
			rt.Fatalf("left over: %d running, %d queued, %d recurring, places %v", run, queued, recurring, e.places)
		}
	})
}
