package sim

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/consensus"
)

var (
	oneSeed  = flag.Int64("seed", -1, "replay this one seed")
	seeds    = flag.Int("seeds", 2400, "how many seeds to try")
	firstOne = flag.Int64("first", 0, "the first seed to try")
)

// optionsOf decides by the seed which kind of cluster is tried.
func optionsOf(seed uint64) Options {
	o := Options{Nodes: 3, App: Registers{}, CompactEntries: 4000, Length: 14 * time.Second}
	if seed%3 == 0 {
		o.CompactEntries = 10 // snapshots all the time
	}
	if seed%5 == 0 {
		o.App = CIB{}
	}
	switch seed % 8 {
	case 0, 1:
	case 2: // votes of all kinds
		withVotes(seed/8, &o)
	case 3:
		o.Nodes = 5
	case 4: // two nodes that wait for each other
		o.Nodes, o.Policy = 2, consensus.Policy{FencingEnabled: true, NoQuorumPolicy: "stop", WaitForAll: true}
	case 5: // two nodes that fence each other
		o.Nodes, o.Fencing, o.Policy = 2, true, consensus.Policy{FencingEnabled: true, NoQuorumPolicy: "stop", WaitForAll: true}
	case 6: // two nodes that both go on
		o.Nodes, o.Policy = 2, consensus.Policy{NoQuorumPolicy: "ignore", WaitForAll: seed%16 == 6}
	case 7: // the same, where nothing splits them
		o.Nodes, o.CrashOnly, o.Policy = 2, true, consensus.Policy{NoQuorumPolicy: "ignore", WaitForAll: true}
	}
	return o
}

func TestSeeds(t *testing.T) {
	if *oneSeed >= 0 {
		o := optionsOf(uint64(*oneSeed))
		o.Trace = true
		r := Run(uint64(*oneSeed), o)
		t.Logf("%+v\n%s", o, r.Record)
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
		return
	}
	n := *seeds
	if testing.Short() {
		n = 200
	}
	began := time.Now()
	var next atomic.Int64
	next.Store(*firstOne)
	var mu sync.Mutex
	var total Report
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for !t.Failed() {
				seed := next.Add(1) - 1
				if seed >= *firstOne+int64(n) {
					return
				}
				r := Run(uint64(seed), optionsOf(uint64(seed)))
				if r.Failure != nil {
					t.Errorf("seed %d: %v\nreplay: go test ./sim -run TestSeeds -seed=%d -v", seed, r.Failure, seed)
				}
				mu.Lock()
				total.Acked, total.Orders, total.Refused, total.Yields, total.Takeovers = total.Acked+r.Acked, total.Orders+r.Orders, total.Refused+r.Refused, total.Yields+r.Yields, total.Takeovers+r.Takeovers
				total.Events = max(total.Events, r.Events)
				total.Stable = max(total.Stable, r.Stable)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	t.Logf("%d seeds in %v (%.0f a minute): %d commands acknowledged, %d orders carried out, %d refused, %d takeovers, %d yields, at most %d events, stable at the latest %v after the last fault",
		n, took.Round(time.Millisecond), float64(n)/took.Minutes(), total.Acked, total.Orders, total.Refused, total.Takeovers, total.Yields, total.Events, total.Stable)
	if total.Acked == 0 || total.Orders == 0 || total.Yields == 0 || total.Takeovers == 0 {
		t.Errorf("the runs show too little: %+v", total)
	}
}

// withVotes makes clusters in which votes are not equal, ties are broken, or the number of
// voters follows who is there.
func withVotes(seed uint64, o *Options) {
	switch seed % 8 {
	case 0: // a witness
		o.Witness = 1
	case 1:
		o.Votes = []int{1, 1, 3}
	case 2:
		o.Votes = []int{3, 2, 2}
	case 3:
		o.Nodes, o.Policy.TieBreaker = 4, consensus.TieLowest
	case 4:
		o.Nodes, o.Policy.TieBreaker, o.Policy.WaitForAll, o.Policy.FencingEnabled = 2, consensus.TieHighest, true, true
	case 5:
		o.Nodes, o.Policy.LastManStandingTicks, o.Policy.TieBreaker = 5, 40, consensus.TieLowest
	case 6:
		o.Nodes, o.Votes, o.Policy.TieBreaker = 4, []int{1, 2, 2, consensus.NoVotes}, "2 3"
	case 7:
		o.Nodes, o.Policy.LastManStandingTicks, o.Votes = 4, 30, []int{1, 2, 1, 1}
	}
}

// TestSameSeedSameRun compares the whole record of two runs.
func TestSameSeedSameRun(t *testing.T) {
	for seed := range uint64(16) {
		o := optionsOf(seed)
		o.Trace = true
		if a, b := Run(seed, o), Run(seed, o); a.Record != b.Record || fmt.Sprint(a.Stable, a.Acked) != fmt.Sprint(b.Stable, b.Acked) {
			t.Errorf("seed %d: two runs differ", seed)
		}
	}
}

// TestMain lets garbage grow: schedules make much of it beside a heap of a few megabytes.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
