package sim

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/consensus"
)

// settleWithin is how long a cluster may take until all is well after faults (I8).
const settleWithin = 60 * time.Second

// lossIsAllowed reports whether acknowledged commands may be lost: two halves that both
// went on, as the configuration said they may, keep one half's.
func (c *Cluster) lossIsAllowed() bool { return c.opts.Policy.Unsafe() && !c.opts.CrashOnly }

// calm returns what is not well, "" when every node is a voter with the same state.
func (c *Cluster) calm() string {
	leaders, applied := 0, uint64(0)
	for i, id := range c.ids {
		n := c.nodes[id]
		if n.d == nil || n.paused {
			return fmt.Sprintf("node %d is down", id)
		}
		s := n.d.core.Status()
		if !s.Quorate {
			return fmt.Sprintf("node %d is not quorate: %s", id, s.QuorumReason)
		}
		if s.Role == consensus.Leader || s.Role == consensus.Alone {
			leaders++
		}
		if want := c.votes(); s.Votes.Expected != want && len(c.ids) <= consensus.MaxVoters {
			return fmt.Sprintf("node %d sees %d votes, want %d", id, s.Votes.Expected, want)
		}
		if i > 0 && s.AppliedIndex != applied {
			return fmt.Sprintf("node %d has applied %d, others %d", id, s.AppliedIndex, applied)
		}
		if s.AppliedIndex != s.LastIndex {
			return fmt.Sprintf("node %d has %d entries that are not agreed on yet", id, s.LastIndex-s.AppliedIndex)
		}
		applied = s.AppliedIndex
	}
	if c.fencing > 0 || c.leaving > 0 {
		return "a node is being fenced or shut down"
	}
	if leaders != 1 {
		return fmt.Sprintf("%d leaders", leaders)
	}
	return ""
}

// votes is how many votes a calm cluster has.
func (c *Cluster) votes() (sum int) {
	for _, p := range c.peers {
		sum += max(p.Votes, 0)
		if p.Votes == 0 {
			sum++
		}
	}
	if c.opts.Policy.TieBreaker != "" && sum%2 == 0 {
		sum++
	}
	return sum
}

// settle waits until all is well, and checks what must be true then.
func (c *Cluster) settle() {
	began := c.w.Now
	for c.calm() != "" && !c.failed() {
		if c.w.Now-began > settleWithin {
			c.fail("I8", "%v after the last fault: %s", settleWithin, c.calm())
			return
		}
		c.w.RunUntil(c.w.Now+100*time.Millisecond, c.failed)
	}
	c.work.stable = c.w.Now - began
	c.checkState()
	if !c.failed() {
		c.checkService()
	}
}

// checkState checks I3 (nothing acknowledged is lost) and I4 (one digest).
func (c *Cluster) checkState() {
	first := ""
	for i, id := range c.ids {
		m := c.nodes[id].d.core.Machine()
		digest := c.opts.App.Digest(m)
		if i == 0 {
			first = digest
		} else if digest != first {
			c.fail("I4", "node %d has another state than node %d:\n%s\n%s", id, c.ids[0], digest, first)
			return
		}
		if c.lossIsAllowed() {
			continue
		}
		for _, w := range c.work.acked {
			if !c.opts.App.Has(m, w) {
				c.fail("I3", "node %d has lost %s, which was acknowledged", id, w)
				return
			}
		}
	}
}

// checkService checks that a settled cluster works: every node takes commands, and the
// leader's orders are accepted everywhere.
func (c *Cluster) checkService() {
	left := len(c.ids)
	began := c.w.Now
	for _, id := range c.ids {
		c.nodes[id].submit(c.opts.App.Command(fmt.Sprint("last", id)), func(*Node, []byte) { left-- })
	}
	for left > 0 && !c.failed() && c.w.Now-began < 10*time.Second {
		c.w.RunUntil(c.w.Now+20*time.Millisecond, c.failed)
	}
	if left > 0 {
		c.fail("I8", "a settled cluster does not take commands: %d of %d nodes do not answer", left, len(c.ids))
	}
	for _, id := range c.ids {
		stamp, ok := c.nodes[id].leads()
		for _, to := range c.ids {
			if ok && stamp.Less(c.nodes[to].exec.highest) {
				c.fail("I8", "node %d leads with stamp %v, but the executor of node %d has seen %v and will refuse it", id, stamp, to, c.nodes[to].exec.highest)
			}
		}
	}
}
