package node

import (
	"time"

	"github.com/tactus-ha/tactus/consensus"
)

// restTicks is how many ticks a node that has nothing to decide lets pass at once. What
// an idle node's processor time goes to is waking up.
const restTicks = 2

// pace says when the core's clock advances. The ticks lie on a grid that is the same on
// all nodes with set clocks, the one that membership's heartbeats are on: nodes then wake
// once for everything and not once for each of it. Only the grid's phase comes from the
// wall clock, once; after that it may jump.
type pace struct {
	tick  time.Duration
	begin time.Time // of the grid
	count int       // ticks since begin, counted or skipped
}

func newPace(now time.Time, tick time.Duration) pace {
	return pace{tick: tick, begin: now.Add(-time.Duration(now.UnixNano() % int64(restTicks*tick)))}
}

// owed counts the ticks that are due and not counted yet. After a pause they are not all
// made up for: others were not silent for as long as this node slept.
func (p *pace) owed(now time.Time) int {
	n := int(now.Sub(p.begin)/p.tick) - p.count
	p.count += n
	return min(n, restTicks)
}

// next is when to look again: at the next tick, or, when resting, at the next one of
// every restTicks.
func (p *pace) next(resting bool) time.Time {
	n := p.count + 1
	if resting {
		n = p.count + restTicks - p.count%restTicks
	}
	return p.begin.Add(time.Duration(n) * p.tick)
}

// resting reports whether nothing is under way that a tick could decide: somebody leads
// and nobody waits.
func (l *loop) resting() bool {
	s := l.seen
	return l.blocked == nil && len(l.waiters) == 0 && s.Leader != 0 && s.Quorate && (s.Role == consensus.Leader || s.Role == consensus.Follower)
}
