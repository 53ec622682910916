package daemon

import (
	"context"
	"strconv"
	"time"
)

// vigil tells the service manager that the loop moves on, every so often. One that hears no
// more of it ends lrmd, hard if it must, and starts it anew: without fencing nobody else could
// stop what runs here.
func (d *daemon) vigil(ctx context.Context) {
	if d.cfg.AliveEvery <= 0 {
		return
	}
	for {
		select {
		case d.calls <- func() {}:
		case <-d.over:
			return
		}
		d.cfg.Alive()
		select {
		case <-time.After(d.cfg.AliveEvery):
		case <-ctx.Done():
			return
		}
	}
}

// aliveEvery is the pause between two signs of life: a third of what the service manager
// waits (WATCHDOG_USEC); zero when it does not wait for any.
func aliveEvery(usec string) time.Duration {
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 {
		return 0
	}
	return time.Duration(n) * time.Microsecond / 3
}
