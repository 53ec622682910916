package gossip

import (
	"context"
	"runtime"
	"time"

	"github.com/tactus-ha/tactus/membership/links"
)

// beatLoop sends the heartbeats and tells the detector the time. It has a thread of its
// own, which is given real-time priority when that is asked for and allowed.
func (g *Gossip) beatLoop(ctx context.Context) {
	defer close(g.beats)
	if g.cfg.Realtime {
		runtime.LockOSThread() // never unlocked: the thread ends with the loop
		if err := links.RaiseThread(); err != nil {
			g.log.Info("heartbeats run with ordinary priority", "error", err)
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	next := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := time.Now()
		if !now.Before(next) {
			if !g.isLeaving() {
				g.set.Beat(false)
			}
			if next = next.Add(g.heartbeat()); next.Before(now) {
				next = now.Add(g.heartbeat()) // we were late: do not catch up in a burst
			}
		}
		timer.Reset(time.Until(g.tick(next)))
	}
}

// tick lets the detector judge and returns when it must be called again, at most next.
func (g *Gossip) tick(next time.Time) time.Time {
	g.mu.Lock()
	deadline := g.detector.Next()
	g.mu.Unlock()
	if now := time.Now(); !deadline.IsZero() && !now.Before(deadline) {
		// Someone seems to be silent. What has arrived but was not read yet counts:
		// the readers may have been kept from running.
		g.set.Drain()
	}
	g.mu.Lock()
	events := g.detector.Tick(time.Now())
	deadline = g.detector.Next()
	g.mu.Unlock()
	g.tell(events...)
	if !deadline.IsZero() && deadline.Before(next) {
		return deadline
	}
	return next
}

func (g *Gossip) isLeaving() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leaving
}

func (g *Gossip) heartbeat() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.timing.Heartbeat
}
