package daemon

import (
	"context"
	"time"

	"github.com/tactus-ha/tactus/crmd"
)

// executorPulse is the pause between two looks whether lrmd moves on.
const executorPulse = 5 * time.Second

// silent is closed when lrmd is there and has not answered twice in a row, executorBound
// each time: once may be this node that stood still. With fencing that counts as gone, and
// the DC has the node fenced if it stays so. Without, it is only told: nobody but lrmd can
// stop what runs here, which would be started elsewhere too. When it answers again it counts as
// gone for a moment, so that the cluster learns what it did, and what it did not.
func (d *Daemon) silent(ctx context.Context, e Executor) <-chan struct{} {
	silent := make(chan struct{})
	go func() {
		hangs := false
		for missed := 0; ; {
			select {
			case <-ctx.Done():
				return
			case <-e.Done():
				return
			case <-time.After(executorPulse):
			}
			asked, cancel := context.WithTimeout(ctx, executorBound)
			_, err := e.Stats(asked)
			cancel()
			if missed++; err == nil {
				missed = 0
			}
			if missed == 0 && hangs {
				d.log.Warn("the executor (lrmd) answers again; what it was ordered meanwhile was given up: this node joins anew, with what it did", "node", d.cfg.Self.Name)
				close(silent)
				return
			}
			if missed < 2 || ctx.Err() != nil {
				continue
			}
			if !hangs {
				d.log.Error("the executor (lrmd) does not answer: it hangs, and what runs here is not watched; end it (kill -9), its unit starts it again", "node", d.cfg.Self.Name)
			}
			hangs = true
			if crmd.FencingEnabled(d.replica.Current()) {
				close(silent)
				return
			}
		}
	}()
	return silent
}
