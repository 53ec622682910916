package exec

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Reap makes this process the parent of everything agents leave behind, and collects all
// its children until ctx is over, so that no service that ends stays as a zombie (whose
// pid still looks alive to a monitor). Only a daemon calls it, before the first Run: it
// takes the exit of children from everyone else in the process, package os/exec included.
func (r *Runner) Reap(ctx context.Context) error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the parent of orphaned processes: %w", err)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	defer signal.Stop(ended)
	r.spawner.mu.Lock()
	r.spawner.reaping = true
	r.spawner.children = map[int]*process{}
	r.spawner.mu.Unlock()
	for {
		r.spawner.reap()
		select {
		case <-ended:
		case <-ctx.Done():
			return nil
		}
	}
}
