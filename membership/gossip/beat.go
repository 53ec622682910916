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
	begin := time.Now()
	begin = begin.Add(-time.Duration(begin.UnixNano() % int64(g.heartbeat())))
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
				if g.cfg.Beat != nil {
					g.cfg.Beat(now)
				}
				g.set.Beat(false)
			}
			next = nextBeat(begin, now, g.heartbeat())
		}
		timer.Reset(time.Until(g.tick(next)))
	}
}

// nextBeat is the first instant of the grid that is at least half an interval away. The
// grid is the same on all nodes with set clocks, and agreement's clock is on it too: nodes
// then wake once for everything, which is most of what an idle node costs. Only the phase
// comes from the wall clock, once; after that it may jump.
func nextBeat(begin, now time.Time, interval time.Duration) time.Time {
	return begin.Add((now.Sub(begin) + interval/2).Truncate(interval) + interval)
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
