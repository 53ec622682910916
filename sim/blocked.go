package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
)

// blocked is a node whose disk is full: its core is in the middle of a cycle, waits for
// room, and hears no more than who leads meanwhile (consensus/node has the same).
type blocked struct {
	out     consensus.Output
	since   time.Duration
	tryAt   time.Duration
	leader  crm.NodeID
	leadAt  time.Duration
	quorate bool // when it began
	voters  int
}

// block begins to wait, and asks the peers to elect somebody else.
func (n *Node) block(out consensus.Output) {
	s := n.d.core.Status()
	n.c.w.Logf("node %d cannot write its disk", n.id)
	n.d.blocked = &blocked{out: out, since: n.c.w.Now, tryAt: n.c.w.Now + 200*time.Millisecond, quorate: s.Quorate, voters: s.Votes.Expected}
	n.d.saving = true
	if s.Role == consensus.Leader || s.Role == consensus.Alone {
		n.send(n.d.core.Abdicate())
	}
	n.tellCycled()
	for _, key := range slices.Sorted(maps.Keys(n.d.waiters)) {
		if w := n.d.waiters[key]; w.command != nil {
			delete(n.d.waiters, key)
			w.fail()
		}
	}
}

// retrySave tries the write again.
func (n *Node) retrySave() {
	b := n.d.blocked
	if n.c.w.Now < b.tryAt {
		n.tellCycled()
		return
	}
	if n.disk.full {
		b.tryAt = n.c.w.Now + time.Second
		n.tellCycled()
		return
	}
	n.c.w.Logf("node %d can write its disk again", n.id)
	n.d.blocked, n.d.stood = nil, true
	n.disk.Save(b.out.Saves)
	n.d.saved = &b.out
	n.drain()
}

func (n *Node) tellCycled() {
	if n.hooks.cycled != nil {
		n.hooks.cycled()
	}
}

// status is what the core says, corrected while it stands still.
func (n *Node) status() consensus.Status {
	s := n.d.core.Status()
	if b := n.d.blocked; b != nil {
		b.describe(&s, n.c.w.Now, n.leaderSilence())
	}
	return s
}

func (n *Node) leaderSilence() time.Duration {
	return time.Duration(n.c.pace.election) * n.c.pace.tick
}

func (b *blocked) describe(s *consensus.Status, now, silence time.Duration) {
	s.DiskError = "no space left on device"
	if b.voters == 1 {
		return // nobody else could lead
	}
	s.Leader, s.Role = 0, consensus.Follower
	led := b.leadAt != 0 && now-b.leadAt < silence
	if led {
		s.Leader = b.leader
	}
	s.Quorate = led || b.quorate && now-b.since < 2*silence
	s.QuorumReason = "this node cannot write its disk"
}

// overhear notes who leads meanwhile.
func (b *blocked) overhear(m consensus.Message, now time.Duration) {
	if m.FromLeader() {
		b.leader, b.leadAt = m.From, now
	}
}

// fail tells who waits that the command was refused.
func (w *waiter) fail() {
	if w.failed != nil {
		w.failed()
	}
}
