package sim

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
)

// Options say what kind of cluster is tried.
type Options struct {
	Nodes          int
	App            App
	Policy         consensus.Policy
	Witness        crm.NodeID // votes and leads only when it must; 0: nobody
	Votes          []int      // of each node, as consensus.Peer has them; nil: one each
	Fencing        bool       // two nodes: the survivor fences its silent peer, then goes on
	CrashOnly      bool       // no partitions, pauses or wrong words from membership
	Calm           bool       // no faults at all
	CompactEntries int
	Length         time.Duration // of the time in which things go wrong
	Trace          bool

	// Breaks on purpose, to show that the checks notice.
	Break        func(*consensus.Core)
	Forgetful    bool // executors do not remember the highest stamp
	LoseLastSave bool // disks lose their last write at a crash
}

// Failure is a broken invariant.
type Failure struct {
	Invariant string
	At        time.Duration
	What      string
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s broken at %v: %s", f.Invariant, f.At, f.What)
}

// Report is what a run showed.
type Report struct {
	Failure   *Failure
	Acked     int           // commands acknowledged
	Orders    int           // orders carried out
	Refused   int           // orders refused because of an old stamp
	Yields    int           // groups that were given up
	Takeovers uint64        // incarnations beyond the first
	Stable    time.Duration // from the end of faults until all was well
	Events    int
	Record    string
}

// Cluster is a world with nodes in it.
type Cluster struct {
	w     *World
	net   *Network
	opts  Options
	peers []consensus.Peer
	nodes map[crm.NodeID]*Node
	ids   []crm.NodeID

	saveTime  time.Duration
	pace      pace
	maxEvents int // far beyond what a sane run needs
	failure   *Failure
	yields    int
	faulty    bool // things may go wrong
	work      workload
	reach     map[[2]crm.NodeID]time.Duration // since when unreachable
	wiped     bool
	fencing   int // requests that are under way
	leaving   int // orderly shutdowns that are under way
}

// pace is the agreement's clock: how long a tick is, and what counts them.
type pace struct {
	tick                      time.Duration
	heartbeat, election, dead int // ticks; 0 is consensus' own default
}

// Run tries one seed.
func Run(seed uint64, opts Options) Report {
	c := newCluster(seed, opts)
	c.runToTheEnd()
	r := Report{Failure: c.failure, Acked: len(c.work.acked), Orders: c.work.carried, Refused: c.work.refused, Yields: c.yields, Stable: c.work.stable, Events: c.w.Events, Record: c.w.Record()}
	for _, id := range c.ids {
		if d := c.nodes[id].d; d != nil {
			r.Takeovers = max(r.Takeovers, d.core.Status().Incarnation-min(1, d.core.Status().Incarnation))
		}
	}
	return r
}

func newCluster(seed uint64, opts Options) *Cluster {
	c := &Cluster{w: NewWorld(seed), opts: opts, nodes: map[crm.NodeID]*Node{}, saveTime: saveUsually, maxEvents: 100_000, pace: pace{tick: 50 * time.Millisecond}, reach: map[[2]crm.NodeID]time.Duration{}}
	c.w.Trace = opts.Trace
	c.net = NewNetwork(c.w)
	c.work.init()
	for i := 1; i <= opts.Nodes; i++ {
		id := crm.NodeID(i)
		c.ids = append(c.ids, id)
		p := consensus.Peer{ID: id, Name: crm.NodeName(fmt.Sprint("n", i))}
		if opts.Votes != nil {
			p.Votes = opts.Votes[i-1]
		}
		p.Witness = id == opts.Witness
		c.peers = append(c.peers, p)
	}
	for _, id := range c.ids {
		n := &Node{c: c, id: id, disk: &Disk{lossy: opts.LoseLastSave}}
		c.nodes[id] = n
		c.w.After(c.w.Between(0, 500*time.Millisecond), n.start)
	}
	return c
}

func (c *Cluster) fail(invariant, format string, args ...any) {
	if c.failure == nil {
		c.failure = &Failure{invariant, c.w.Now, fmt.Sprintf(format, args...)}
		c.w.Logf("%v", c.failure)
	}
}

// failed also ends a run in which nodes answer each other without end.
func (c *Cluster) failed() bool {
	if c.w.Events > c.maxEvents {
		c.fail("I8", "messages without end")
	}
	return c.failure != nil
}

// runToTheEnd also survives an engine that gives up because its invariant is broken.
func (c *Cluster) runToTheEnd() {
	defer func() {
		if r := recover(); r != nil {
			c.fail("engine", "%v\n%s", r, debug.Stack())
		}
	}()
	c.run()
}

// run lets things go wrong for a while, then ends all faults and waits for order.
func (c *Cluster) run() {
	c.watch()
	c.clients()
	c.orders()
	if !c.opts.Calm {
		c.faulty = true
		c.w.After(2*time.Second, c.nextFault)
	}
	c.w.RunUntil(c.opts.Length, c.failed)
	if c.failed() {
		return
	}
	c.faulty = false
	c.work.over = true
	c.net.Heal()
	c.saveTime = saveUsually
	c.w.Logf("faults end")
	for _, id := range c.ids {
		n := c.nodes[id]
		if n.paused {
			n.resume()
		}
		n.start()
	}
	c.settle()
}
