package daemon

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/membership"
)

// hound is a watchdog that counts.
type hound struct {
	timeout time.Duration // zero: a second

	mu    sync.Mutex // guards all following fields
	meals int
	end   string
}

func (h *hound) Timeout() time.Duration { return cmp.Or(h.timeout, time.Second) }
func (h *hound) Feed() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.meals++
	return nil
}
func (h *hound) Disarm() error  { h.end = "disarmed"; return nil }
func (h *hound) Abandon() error { h.end = "armed"; return nil }

// eaten gives the meals since the last call.
func (h *hound) eaten() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.meals
	h.meals = 0
	return n
}

// TestALongTimeoutIsAskedOftenToo: a crmd that is started again and again feeds a watchdog by
// opening it, and must be asked whether its node may live before it is killed.
func TestALongTimeoutIsAskedOftenToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := bare(t)
		h := &hound{timeout: time.Minute}
		d.ports.Watchdog = func() (Watchdog, error) { return h, nil }
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.loop(ctx) })
		running.Go(func() { d.feed(ctx) })
		time.Sleep(2*time.Second + askedEvery/2)
		if n := h.eaten(); n != 4 {
			t.Errorf("asked and fed %d times in 2 s, want 4", n)
		}
		cancel()
		running.Wait()
	})
}

// TestWatchdogIsFedByTheLoop: the watchdog is fed while the controller's loop moves on,
// not while it hangs; an orderly leave disarms it, any other end does not.
func TestWatchdogIsFedByTheLoop(t *testing.T) {
	for name, orderly := range map[string]bool{"disarmed": true, "armed": false} {
		synctest.Test(t, func(t *testing.T) {
			d, _ := bare(t)
			h := &hound{}
			d.ports.Watchdog = func() (Watchdog, error) { return h, nil }
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { d.loop(ctx) })
			running.Go(func() { d.feed(ctx) })

			time.Sleep(10 * time.Second)
			if n := h.eaten(); n < 45 {
				t.Errorf("fed %d times in 10 s, want 5 a second", n)
			}
			hang := make(chan struct{})
			d.mail.put(question(func(*crmd.Controller) { <-hang }))
			time.Sleep(10 * time.Second)
			if n := h.eaten(); n > 1 {
				t.Errorf("fed %d times while the loop hung", n)
			}
			close(hang)
			time.Sleep(10 * time.Second)
			if n := h.eaten(); n < 45 {
				t.Errorf("fed %d times in 10 s after the loop went on, want 5 a second", n)
			}
			if orderly {
				d.leave(crmd.Leave{})
			}
			cancel()
			running.Wait()
			if h.end != name {
				t.Errorf("at the end it is %s, want %s", h.end, name)
			}
		})
	}
}

// TestStartedAnewWhileAlone: the next controller is told when this node last had a quorum,
// as often as crmd is started, until it leaves in order.
func TestStartedAnewWhileAlone(t *testing.T) {
	root := t.TempDir()
	leased := false
	start := func() (d *Daemon, told bool) {
		d = &Daemon{cfg: Config{Root: root}, log: slog.New(slog.DiscardHandler), mail: newMailbox(), parting: newParting(1, membership.Timing{}, nil)}
		d.openLease()
		items, _ := d.mail.take()
		for _, in := range items {
			before, is := in.(crmd.QuorateBefore)
			told = told || is
			if is && before.Leased != leased {
				t.Errorf("the next controller is told that a lease is kept %v, want %v", before.Leased, leased)
			}
		}
		return d, told
	}
	d, told := start()
	if told {
		t.Error("the first controller after a boot is told of a quorum")
	}
	d.parting.lease.Quorate()
	for _, leased = range []bool{false, true, true} {
		if leased {
			d.parting.lease.Renew(time.Now().Add(-time.Hour)) // over, and not ended
		}
		if d, told = start(); !told {
			t.Error("a controller that is started anew is not told when there was a quorum")
		}
	}
	d.endLease()
	if _, told = start(); told {
		t.Error("after an orderly leave a controller is told of the quorum before it")
	}
}
