package daemon

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestALoopThatHangsGivesNoSignOfLife: signs of life come from the loop, not from a timer beside it.
func TestALoopThatHangsGivesNoSignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var signs atomic.Int32
		d := &daemon{calls: make(chan func()), over: make(chan struct{}),
			cfg: Config{Alive: func() { signs.Add(1) }, AliveEvery: aliveEvery("6000000")}}
		go d.vigil(ctx)
		for range 5 { // the loop moves on for ten seconds
			(<-d.calls)()
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		before := signs.Load()
		time.Sleep(time.Minute) // it hangs
		if after := signs.Load(); before != 5 || after != before {
			t.Errorf("%d signs of life in ten seconds, then %d from a loop that hangs; want 5 and none", before, after-before)
		}
		cancel()
		close(d.over)
	})
}

func TestAliveEvery(t *testing.T) {
	for usec, want := range map[string]time.Duration{"6000000": 2 * time.Second, "": 0, "0": 0, "-5": 0, "soon": 0} {
		if got := aliveEvery(usec); got != want {
			t.Errorf("aliveEvery(%q) = %v, want %v", usec, got, want)
		}
	}
}
