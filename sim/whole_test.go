package sim

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	oneWhole = flag.Int64("whole", -1, "replay this one seed of whole clusters, made as small as it gets")
	wholes   = flag.Int("wholes", 105, "how many seeds of whole clusters to try")
	onlyKind = flag.String("kind", "", "try this kind of whole cluster only; others: those that are not in the mixture, in turn")
)

// wholeOf is the plan of a seed, of the kind asked for.
func wholeOf(seed uint64) Plan {
	if *onlyKind == "others" {
		return otherOf(seed)
	}
	for _, k := range append(planKinds(), otherKinds()...) {
		if k.name == *onlyKind {
			return k.plan(seed)
		}
	}
	return PlanOf(seed)
}

// otherOf is the plan of a seed, of the kinds that are not in the mixture in turn.
func otherOf(seed uint64) Plan {
	others := otherKinds()
	return others[seed%uint64(len(others))].plan(seed)
}

// TestWholes tries clusters of whole nodes. A failure prints the one command that tells its
// story.
func TestWholes(t *testing.T) {
	if *oneWhole >= 0 {
		seed := uint64(*oneWhole)
		plan, o := Shrink(seed, wholeOf(seed), 200)
		t.Log(Story(seed, plan))
		if o.Failure != nil {
			t.Fatal(o.Failure)
		}
		return
	}
	kind := *onlyKind
	if kind != "" {
		kind = fmt.Sprintf(" -kind=%q", kind)
	}
	tryWholes(t, wholeOf, func(Plan) string { return kind })
}

// TestOtherKinds tries those that are not in the mixture, as many of all together as TestWholes
// tries of the mixture.
func TestOtherKinds(t *testing.T) {
	tryWholes(t, otherOf, func(p Plan) string { return fmt.Sprintf(" -kind=%q", p.Name) })
}

// tryWholes tries as many seeds as the flags say; kind is what a replay's command needs beside the seed.
func tryWholes(t *testing.T, planOf func(seed uint64) Plan, kind func(Plan) string) {
	n := *wholes
	if testing.Short() {
		n = 28
	}
	began := time.Now()
	var next atomic.Int64
	next.Store(*firstOne)
	var mu sync.Mutex
	var total Counts
	var stable time.Duration
	kinds := map[string]int{}
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				seed := next.Add(1) - 1
				if seed >= *firstOne+int64(n) {
					return
				}
				plan := planOf(uint64(seed))
				o := RunPlan(uint64(seed), plan)
				if o.Failure != nil {
					t.Errorf("seed %d (%s): %.600v\nstory: go test ./sim -run TestWholes -whole=%d%s -v", seed, plan.Name, o.Failure, seed, kind(plan))
				}
				mu.Lock()
				total.add(o.Counts)
				kinds[plan.Name]++
				stable = max(stable, o.Stable)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	t.Logf("%d whole clusters in %v (%.0f a minute): %s", n, took.Round(time.Millisecond), float64(n)/took.Minutes(), listed(kinds))
	t.Logf("%d decisions, %d services started, %d nodes fenced, %d reset themselves, %d takeovers, %d elections, %d orders refused, %d writes acknowledged; well again at the latest %v after the last fault",
		total.Decisions, total.Starts, total.Fences, total.Resets, total.Takeovers, total.Elections, total.Refused, total.Acked, stable)
	t.Logf("faults: %s", listed(total.Faults))
}

func listed(m map[string]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}

// TestSameSeedSameWhole compares the whole record of two runs of every kind.
func TestSameSeedSameWhole(t *testing.T) {
	for i, k := range append(planKinds(), otherKinds()...) {
		seed := uint64(i)
		p := k.plan(seed)
		p.Trace = true
		if a, b := RunPlan(seed, p), RunPlan(seed, p); a.Record != b.Record || a.Events != b.Events {
			t.Errorf("%s, seed %d: two runs differ", k.name, seed)
		}
	}
}
