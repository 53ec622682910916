package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
)

const (
	retryAfter  = time.Second
	maxWaiting  = 4096 // packets that a paused node still gets afterwards
	saveAtLeast = 100 * time.Microsecond
	saveUsually = 2 * time.Millisecond
)

// Node is one machine: a disk, an executor that outlives its daemon, and a daemon that
// may be down.
type Node struct {
	c    *Cluster
	id   crm.NodeID
	disk *Disk
	exec Executor

	d        *daemon // nil while it is down
	life     int     // counts starts, so that what an older life asked for is dropped
	paused   bool
	inbox    []func() // what waits for the pause, or for the disk, to end
	tickTime time.Duration
	hinted   map[crm.NodeID]bool // membership said dead
	hooks    hooks
}

// hooks tell whoever stands above the agreement what became of it. Nil ones are left out.
type hooks struct {
	policy  func() consensus.Policy                   // instead of the cluster's
	cycled  func()                                    // after a cycle: state and status may be new
	yielded func(consensus.Yield)                     // instead of rejoining after a while
	woke    func()                                    // a pause is over
	reached func(from crm.NodeID, sent time.Duration) // a message of another one came
}

// daemon is what a crash takes away.
type daemon struct {
	core    *consensus.Core
	saving  bool              // between Ready and Advance, for as long as the disk takes
	saved   *consensus.Output // the disk is done, the daemon not yet
	blocked *blocked          // the disk is full
	stood   bool              // it was until now
	waiters map[uint64]*waiter
	lastKey uint64
	leader  crm.NodeID
	stamp   crm.Stamp
}

type waiter struct {
	command []byte // nil: a read
	index   uint64
	retryAt time.Duration
	done    func(n *Node, response []byte)
	failed  func() // it was refused; nil: nobody wants to know
}

func (n *Node) start() {
	if n.d != nil {
		return
	}
	n.life++
	n.paused, n.inbox, n.hinted = false, nil, map[crm.NodeID]bool{}
	policy := n.c.opts.Policy
	if n.hooks.policy != nil {
		policy = n.hooks.policy()
	}
	core, err := consensus.New(consensus.Config{
		ClusterName: "sim", Self: n.id, Peers: n.c.peers, Disk: n.c.w.Rand.Uint32()&consensus.MaxDisk | 1, Seed: n.c.w.Rand.Uint64(),
		HeartbeatTicks: n.c.pace.heartbeat, ElectionTicks: n.c.pace.election, DeadTicks: n.c.pace.dead,
		CompactEntries: n.c.opts.CompactEntries, Policy: policy, FormTicks: 20, Machine: n.c.opts.App.New(),
	}, n.disk.Load())
	if err != nil {
		n.c.fail("I3", "node %d does not start: %v", n.id, err)
		return
	}
	if n.c.opts.Break != nil {
		n.c.opts.Break(core)
	}
	n.d = &daemon{core: core, waiters: map[uint64]*waiter{}, lastKey: n.c.w.Rand.Uint64() >> 1}
	n.c.w.Logf("node %d starts", n.id)
	life := n.life
	tick := n.c.pace.tick
	n.tickTime = n.c.w.Between(tick*9/10, tick*11/10)
	n.c.w.After(n.c.w.Between(0, tick), func() { n.ticking(life) })
	n.cycle()
}

func (n *Node) crash() {
	if n.d != nil {
		n.c.w.Logf("node %d crashes", n.id)
	}
	n.d, n.inbox, n.paused = nil, nil, false
	n.life++
}

func (n *Node) pause(d time.Duration) {
	if n.d == nil || n.paused {
		return
	}
	n.c.w.Logf("node %d is paused for %v", n.id, d)
	n.paused = true
	life := n.life
	n.c.w.After(d, func() {
		if n.life == life {
			n.c.w.Logf("node %d goes on", n.id)
			n.resume()
		}
	})
}

func (n *Node) resume() {
	n.paused = false
	n.drain()
	if n.hooks.woke != nil && n.d != nil {
		n.hooks.woke()
	}
}

func (n *Node) ticking(life int) {
	if n.life != life {
		return
	}
	switch {
	case n.paused: // ticks are not made up for
	case n.d.blocked != nil:
		n.retrySave()
	default:
		n.input(func() { n.d.core.Tick() })
		n.offerLate()
	}
	n.c.w.After(n.tickTime, func() { n.ticking(life) })
}

// input gives the core something, now or when it has its disk and its processor again.
func (n *Node) input(f func()) {
	if n.d == nil {
		return
	}
	if n.paused || n.d.saving {
		if len(n.inbox) < maxWaiting {
			n.inbox = append(n.inbox, f)
		}
		return
	}
	f()
	n.cycle()
}

// drain goes on with what waited, the end of a cycle first.
func (n *Node) drain() {
	for n.d != nil && !n.paused {
		if out := n.d.saved; out != nil {
			n.d.saved, n.d.saving = nil, false
			n.finish(*out)
			if n.d != nil && n.d.stood {
				n.d.stood = false
				n.d.core.StoodStill()
			}
			n.cycle()
			continue
		}
		if n.d.saving || len(n.inbox) == 0 {
			return
		}
		f := n.inbox[0]
		n.inbox = n.inbox[1:]
		f()
		n.cycle()
	}
}

// cycle does what the core asks for; a write takes its time.
func (n *Node) cycle() {
	for n.d != nil && !n.d.saving && n.d.core.HasReady() {
		out := n.d.core.Ready()
		n.send(out.Early)
		if len(out.Saves) == 0 {
			n.finish(out)
			continue
		}
		if n.disk.full {
			n.block(out)
			return
		}
		n.d.saving = true
		life := n.life
		onDisk := n.c.w.Between(saveAtLeast, n.c.saveTime)
		// The write reaches the disk at some moment; the node learns of it a little later.
		n.c.w.After(onDisk, func() {
			if n.life == life || (n.diskLife(life) && n.c.w.Chance(0.5)) {
				n.disk.Save(out.Saves)
			}
		})
		n.c.w.After(onDisk+50*time.Microsecond, func() { n.saved(life, out) })
		return
	}
	n.notice()
}

// diskLife reports whether the disk still belongs to the daemon that wrote: a write
// that was under way at a crash may still arrive, but not after the next start.
func (n *Node) diskLife(life int) bool { return n.d == nil && n.life == life+1 }

func (n *Node) saved(life int, out consensus.Output) {
	if n.life == life {
		n.d.saved = &out
		n.drain()
	}
}

func (n *Node) finish(out consensus.Output) {
	n.send(out.Late)
	done := n.d.core.Advance()
	if err := n.c.opts.App.Whole(n.d.core.Machine()); err != nil {
		n.c.fail("I3", "node %d: half applied: %v", n.id, err)
	}
	for _, a := range done.Applied {
		if w := n.d.waiters[a.Key]; a.Origin == n.id && w != nil {
			delete(n.d.waiters, a.Key)
			w.done(n, a.Response)
		}
	}
	for _, r := range done.Reads {
		if w := n.d.waiters[r.Key]; w != nil && w.command == nil {
			w.index = r.Index
		}
	}
	for _, key := range slices.Sorted(maps.Keys(n.d.waiters)) {
		if w := n.d.waiters[key]; w.index != 0 && w.index <= n.d.core.Applied() {
			delete(n.d.waiters, key)
			w.done(n, nil)
		}
	}
	if y := done.Yield; y != nil {
		n.c.w.Logf("node %d yields: %v", n.id, *y)
		n.c.yields++
		if n.hooks.yielded != nil {
			n.hooks.yielded(*y)
			return
		}
		life := n.life
		n.c.w.After(n.c.w.Between(0, 500*time.Millisecond), func() {
			if n.life == life {
				n.input(func() { n.d.core.Rejoin() })
			}
		})
	}
}

func (n *Node) send(messages []consensus.Message) {
	for _, m := range messages {
		b, err := m.Encode()
		if err != nil {
			panic(fmt.Sprintf("sim: %v", err))
		}
		to := n.c.nodes[m.To]
		sent := n.c.w.Now
		n.c.net.Send(n.id, m.To, func() {
			if to.hooks.reached != nil && to.d != nil && !to.paused {
				to.hooks.reached(n.id, sent)
			}
			to.receive(b)
		})
	}
}

func (n *Node) receive(packet []byte) {
	m, err := consensus.DecodeMessage(packet)
	if err != nil {
		panic(fmt.Sprintf("sim: %v", err))
	}
	if n.d != nil && n.d.blocked != nil && !n.paused {
		n.d.blocked.overhear(m, n.c.w.Now)
		return
	}
	n.input(func() { n.d.core.Receive(m) })
}

// submit is what a daemon does for a client: done is called when the command is applied
// here, with the response; or, for a read, when the state is new enough.
func (n *Node) submit(command []byte, done func(n *Node, response []byte)) {
	n.submitted(&waiter{command: command, done: done})
}

func (n *Node) submitted(w *waiter) {
	if n.d != nil && n.d.blocked != nil && w.command != nil {
		w.fail()
		return
	}
	n.input(func() {
		n.d.lastKey++
		n.d.waiters[n.d.lastKey] = w
		n.offer(n.d.lastKey, w)
	})
}

func (n *Node) offer(key uint64, w *waiter) {
	w.retryAt = n.c.w.Now + retryAfter
	if w.command == nil {
		n.d.core.ReadIndex(key)
	} else {
		_ = n.d.core.Propose(key, w.command)
	}
}

func (n *Node) offerLate() {
	n.offerIf(func(w *waiter) bool { return n.c.w.Now >= w.retryAt })
}

func (n *Node) offerIf(f func(*waiter) bool) {
	if n.d == nil || n.d.saving || n.paused {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(n.d.waiters)) {
		if w := n.d.waiters[key]; w.index == 0 && f(w) {
			n.offer(key, w)
		}
	}
	n.cycle()
}

// notice offers everything again when the leader changed.
func (n *Node) notice() {
	if n.d == nil || n.d.saving {
		return
	}
	if n.hooks.cycled != nil {
		defer n.hooks.cycled()
	}
	leader, stamp := n.d.core.Lead()
	if leader != n.d.leader || stamp != n.d.stamp {
		n.d.leader, n.d.stamp = leader, stamp
		s := n.d.core.Status()
		n.c.w.Logf("node %d: %s, leader %d, stamp %v, applied %d", n.id, s.Role, leader, stamp, s.AppliedIndex)
		if leader != 0 {
			n.offerIf(func(*waiter) bool { return true })
		}
	}
}

// leads reports whether the node would give orders now.
func (n *Node) leads() (crm.Stamp, bool) {
	if n.d == nil || n.paused || n.d.saving {
		return crm.Stamp{}, false
	}
	if leader, _ := n.d.core.Lead(); leader != n.id {
		return crm.Stamp{}, false
	}
	s := n.d.core.Status()
	return s.Stamp, s.Quorate && (s.Role == consensus.Leader || s.Role == consensus.Alone)
}

// withdraw forgets what was submitted: whoever waited for it has given up.
func (n *Node) withdraw(w *waiter) {
	n.input(func() {
		for key, v := range n.d.waiters {
			if v == w {
				delete(n.d.waiters, key)
			}
		}
	})
}
