package exec

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Adopt makes this process the parent of everything agents leave behind, to be collected
// by Reap, so that no service that ends stays as a zombie (whose pid still looks alive to
// a monitor). Only a daemon calls it, before the first Run: Reap takes the exit of
// children from everyone else in the process, package os/exec included.
func (r *Runner) Adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the parent of orphaned processes: %w", err)
	}
	r.spawner.mu.Lock()
	defer r.spawner.mu.Unlock()
	r.spawner.reaping, r.spawner.children, r.spawner.scored = true, map[int]*process{}, scored()
	return nil
}

// Reap collects children until ctx is over. Without Adopt it does nothing; after Adopt no
// Run ends without it.
func (r *Runner) Reap(ctx context.Context) {
	r.spawner.mu.Lock()
	reaping := r.spawner.reaping
	r.spawner.mu.Unlock()
	if !reaping {
		return
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	defer signal.Stop(ended)
	for {
		r.spawner.reap()
		select {
		case <-ended:
		case <-ctx.Done():
			return
		}
	}
}
