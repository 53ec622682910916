package node

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/consensus/disk"
	"github.com/tactus-ha/tactus/crm"
)

// loop owns the core. All its methods run in one goroutine.
type loop struct {
	n       *Node
	core    *consensus.Core
	disk    *disk.Disk
	waiters map[uint64]*waiter
	lastKey uint64
	seen    consensus.Status // as last published
	blocked *blocked
	crowd   crowd
}

func newLoop(n *Node, core *consensus.Core, d *disk.Disk) *loop {
	return &loop{n: n, core: core, disk: d, waiters: map[uint64]*waiter{}, lastKey: random() >> 1}
}

func (l *loop) run(ctx context.Context) {
	defer close(l.n.stopped)
	defer l.disk.Close()
	defer l.n.wire.Close()
	l.cycle()
	pace := newPace(time.Now(), l.n.cfg.Timing.Tick)
	clock := time.NewTimer(time.Until(pace.next(false)))
	defer clock.Stop()
	resting := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.n.stop:
			return
		case <-clock.C:
			for range pace.owed(time.Now()) {
				l.tick()
			}
			resting = l.resting()
			clock.Reset(time.Until(pace.next(resting)))
		case m := <-l.n.mail:
			l.receive(m)
		case f := <-l.n.inputs:
			f(l)
		}
		l.drain()
		l.gather()
		l.cycle()
		if resting && !l.resting() {
			resting = false
			clock.Reset(time.Until(pace.next(false)))
		}
	}
}

// drain takes what else is waiting, so that it shares one write.
func (l *loop) drain() {
	for range 512 {
		select {
		case m := <-l.n.mail:
			l.receive(m)
		case f := <-l.n.inputs:
			f(l)
		default:
			return
		}
	}
}

// input gives the core something, unless it waits for its disk.
func (l *loop) input(f func()) {
	if l.blocked == nil {
		f()
		return
	}
	l.blocked.later = append(l.blocked.later, f)
}

func (l *loop) receive(m consensus.Message) {
	if l.blocked != nil {
		l.blocked.overhear(m)
		return
	}
	l.core.Receive(m)
}

func (l *loop) tick() {
	if l.blocked != nil {
		l.retrySave()
	}
	if l.blocked != nil {
		l.refresh()
		return
	}
	l.core.Tick()
	if len(l.waiters) > 0 {
		l.offerLate()
	}
}

// cycle does what the core asks for, until it asks for no more.
func (l *loop) cycle() {
	for l.blocked == nil && l.core.HasReady() {
		l.crowd.fresh = 0
		out := l.core.Ready()
		l.send(out.Early)
		if len(out.Saves) > 0 {
			if err := l.disk.Save(out.Saves); err != nil {
				l.block(err, out)
				break
			}
		}
		l.finish(out)
	}
	l.refresh()
}

// finish is the part of a cycle that follows the write.
func (l *loop) finish(out consensus.Output) {
	l.send(out.Late)
	done := l.core.Advance()
	for _, a := range done.Applied {
		if w := l.waiters[a.Key]; a.Origin == l.n.cfg.Self && w != nil {
			delete(l.waiters, a.Key)
			w.answer <- answer{response: a.Response}
		}
	}
	for _, r := range done.Reads {
		if w := l.waiters[r.Key]; w != nil && w.command == nil {
			w.index = r.Index
		}
	}
	l.answerReads()
	if done.Yield != nil {
		l.n.log.Warn("another part of the cluster won; this node stops what it runs and rejoins",
			"winner", done.Yield.To, "old", done.Yield.From, "new", done.Yield.Into)
		l.refresh() // who hears of it finds the status that goes with it
		select {
		case l.n.yields <- *done.Yield:
		default:
		}
	}
}

func (l *loop) send(messages []consensus.Message) {
	for _, m := range messages {
		if b, err := m.Encode(); err == nil {
			l.n.wire.Send(m.To, b)
		}
	}
}

// admit takes a new command or read and returns its key.
func (l *loop) admit(w *waiter) uint64 {
	l.lastKey++
	if l.blocked != nil && w.command != nil {
		w.answer <- answer{err: &DiskError{l.blocked.err}}
		return l.lastKey
	}
	l.waiters[l.lastKey] = w
	l.crowd.admitted(w, len(l.waiters))
	l.offer(l.lastKey, w)
	return l.lastKey
}

// offer proposes. An error is as good as silence: it is offered again.
func (l *loop) offer(key uint64, w *waiter) {
	w.retryAt = time.Now().Add(retryAfter)
	if l.blocked != nil {
		return
	}
	if w.command == nil {
		l.core.ReadIndex(key)
	} else {
		_ = l.core.Propose(key, w.command)
	}
}

// offerLate offers again what was silent for too long.
func (l *loop) offerLate() {
	now := time.Now()
	for _, key := range slices.Sorted(maps.Keys(l.waiters)) {
		if w := l.waiters[key]; w.index == 0 && now.After(w.retryAt) {
			l.offer(key, w)
		}
	}
}

// offerAll offers everything again, in the order in which it came.
func (l *loop) offerAll() {
	for _, key := range slices.Sorted(maps.Keys(l.waiters)) {
		if w := l.waiters[key]; w.index == 0 {
			l.offer(key, w)
		}
	}
}

func (l *loop) answerReads() {
	applied := l.core.Applied()
	for key, w := range l.waiters {
		if w.index != 0 && w.index <= applied {
			delete(l.waiters, key)
			w.answer <- answer{}
		}
	}
}

// refresh publishes the status when it changed.
func (l *loop) refresh() {
	s := l.status()
	old := l.seen
	if sameStatus(old, s) {
		return
	}
	l.seen = s
	if s.Leader != 0 && (s.Leader != old.Leader || s.Stamp != old.Stamp) && l.blocked == nil {
		l.n.log.Debug("leader", "node", s.Leader, "stamp", s.Stamp, "role", s.Role)
		l.offerAll()
		defer l.cycle()
	}
	if s.Quorate != old.Quorate {
		l.n.log.Debug("quorum", "quorate", s.Quorate, "why", s.QuorumReason)
	}
	l.n.publish(s)
}

func (l *loop) status() consensus.Status {
	s := l.core.Status()
	if l.blocked != nil {
		l.blocked.describe(&s, l.n.cfg.Self, l.leaderSilence())
	}
	return s
}

func (l *loop) leaderSilence() time.Duration {
	ticks := l.n.cfg.Timing.ElectionTicks
	if ticks <= 0 {
		ticks = 20
	}
	return time.Duration(ticks) * l.n.cfg.Timing.Tick
}

func sameStatus(a, b consensus.Status) bool {
	return a.Role == b.Role && a.Leader == b.Leader && a.Stamp == b.Stamp && a.Quorate == b.Quorate && a.QuorumReason == b.QuorumReason &&
		a.Protected == b.Protected && a.Votes == b.Votes && a.AppliedIndex == b.AppliedIndex && a.DiskError == b.DiskError && a.Group == b.Group &&
		a.Phase == b.Phase && slices.Equal(a.ForeignGroups, b.ForeignGroups) &&
		slices.EqualFunc(a.Members, b.Members, func(x, y consensus.MemberInfo) bool {
			return x.ID == y.ID && x.Role == y.Role && x.Active == y.Active && x.Incarnation == y.Incarnation
		})
}

// blocked is a node that waits for its disk: its core is in the middle of a cycle.
type blocked struct {
	err     error
	out     consensus.Output
	since   time.Time
	tryAt   time.Time
	later   []func()
	leader  crm.NodeID // overheard
	leadAt  time.Time
	quorate bool // when it began
	voters  int
}

// block begins to wait, and asks the peers to elect somebody else.
func (l *loop) block(err error, out consensus.Output) {
	s := l.seen
	l.blocked = &blocked{err: err, out: out, since: time.Now(), tryAt: time.Now().Add(200 * time.Millisecond), quorate: s.Quorate, voters: s.Votes.Expected}
	l.n.log.Error("the cluster's state cannot be written; this node gives up leadership and tries again: make room on the disk", "why", err)
	if s.Role == consensus.Leader || s.Role == consensus.Alone {
		l.send(l.core.Abdicate())
	}
	l.refresh() // who gets an error finds its reason in the status
	for key, w := range l.waiters {
		if w.command != nil {
			delete(l.waiters, key)
			w.answer <- answer{err: &DiskError{err}}
		}
	}
}

// overhear notes who leads meanwhile.
func (b *blocked) overhear(m consensus.Message) {
	if m.FromLeader() {
		b.leader, b.leadAt = m.From, time.Now()
	}
}

// describe corrects the core's view, which stands still.
func (b *blocked) describe(s *consensus.Status, self crm.NodeID, silence time.Duration) {
	s.DiskError = b.err.Error()
	if b.voters == 1 {
		return // nobody else could lead
	}
	s.Leader, s.Role = 0, consensus.Follower
	led := time.Since(b.leadAt) < silence
	if led {
		s.Leader = b.leader
	}
	s.Quorate = led || (b.quorate && time.Since(b.since) < 2*silence)
	s.QuorumReason = "this node cannot write its disk"
	if led {
		s.QuorumReason += "; the others go on"
	}
}

// retrySave tries the write again.
func (l *loop) retrySave() {
	b := l.blocked
	if time.Now().Before(b.tryAt) {
		return
	}
	if err := l.disk.Save(b.out.Saves); err != nil {
		b.err, b.tryAt = err, time.Now().Add(time.Second)
		return
	}
	l.blocked = nil
	l.n.log.Info("the cluster's state can be written again", "after", time.Since(b.since).Round(time.Millisecond))
	l.finish(b.out)
	l.core.StoodStill()
	for _, f := range b.later {
		f()
	}
}
