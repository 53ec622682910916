package daemon

import (
	"context"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/membership/gossip"
)

const (
	vigilPause = 5 * time.Second // between two looks at the controller's loop
	stallBound = 5 * time.Second // without an answer for so long, it hangs
	stallNews  = 2 * time.Second // an answer that took so long is worth a line
)

// vigil looks whether the controller's loop moves on. That it hangs is told while it does:
// to the log, to the other nodes (whose displays show it), and to the service manager, which
// hears no more of us and starts crmd anew when it was told to watch it (WatchdogSec).
func (d *Daemon) vigil(ctx context.Context) {
	hangs := false
	for {
		began := time.Now()
		asked, cancel := context.WithTimeout(ctx, stallBound)
		_, err := look(asked, d, (*crmd.Controller).State)
		cancel()
		took := time.Since(began)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !hangs {
				d.log.Error("the controller has not answered for 5 s: it hangs; resources go on, and nothing is decided or ordered here", "node", d.cfg.Self.Name)
				d.say(func(m *gossip.Meta) { m.Stalled = true })
			}
			hangs = true
			continue
		case hangs || took > stallNews:
			d.log.Warn("the controller stood still and goes on", "node", d.cfg.Self.Name, "for_at_least", took.Round(time.Millisecond).String())
		}
		if hangs {
			hangs = false
			d.say(func(m *gossip.Meta) { m.Stalled = false })
		}
		_ = Notify(os.Getenv("NOTIFY_SOCKET"), "WATCHDOG=1")
		select {
		case <-ctx.Done():
			return
		case <-time.After(vigilEvery(os.Getenv("WATCHDOG_USEC"))):
		}
	}
}

// vigilEvery is the pause between two looks: a third of what the service manager waits, if
// it waits.
func vigilEvery(usec string) time.Duration {
	if n, err := strconv.ParseInt(usec, 10, 64); err == nil && n > 0 {
		return min(vigilPause, time.Duration(n)*time.Microsecond/3)
	}
	return vigilPause
}

// said is what this node tells the others about itself, for their displays.
type said struct {
	mu   sync.Mutex // guards meta
	meta gossip.Meta
}

// say changes what this node tells the others.
func (d *Daemon) say(change func(*gossip.Meta)) {
	d.said.mu.Lock()
	defer d.said.mu.Unlock()
	change(&d.said.meta)
	if err := d.heartbeats.SetMeta(d.said.meta); err != nil {
		d.log.Warn("the other nodes cannot be told how this one is", "error", err)
	}
}
