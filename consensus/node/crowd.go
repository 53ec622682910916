package node

import "time"

const (
	crowdFrom  = 6                    // clients that wait at once, from which on it is worth gathering
	gatherTime = 2 * time.Millisecond // how long the first of a crowd waits for the others
)

// crowd knows how many clients write at once. Those of a crowd that were answered
// together soon come back, one after the other; waiting a moment for them lets them
// share a write to the disk again, here and on the peers. One who writes alone never waits.
type crowd struct {
	fresh int     // commands that came since the last cycle
	size  float64 // how many waited at once, of late
}

func (c *crowd) admitted(w *waiter, waiting int) {
	if w.command == nil {
		return
	}
	c.fresh++
	if n := float64(waiting); n > c.size {
		c.size = n
	} else {
		c.size += (n - c.size) / 64
	}
}

// missing reports whether it is worth waiting for more commands: until three of four are
// there. Waiting for half cost a fifth more processor time for each command, in writes
// that two could have shared; waiting for all brought no more.
func (c *crowd) missing() bool {
	return c.fresh > 0 && c.size >= crowdFrom && float64(c.fresh) < c.size*3/4
}

// gather waits for the rest of a crowd. What is under way already is not held up: when a
// peer's message could end it, the gathered commands go out at once.
func (l *loop) gather() {
	if l.blocked != nil || !l.crowd.missing() {
		return
	}
	enough := time.NewTimer(gatherTime)
	defer enough.Stop()
	for l.crowd.missing() {
		select {
		case m := <-l.n.mail:
			l.receive(m)
			if len(l.waiters) > l.crowd.fresh {
				return
			}
		case f := <-l.n.inputs:
			f(l)
			if l.blocked != nil {
				return
			}
		case <-enough.C:
			return
		case <-l.n.stop:
			return
		}
	}
}
