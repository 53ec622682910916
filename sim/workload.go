package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// workload is what clients and the DC did so far.
type workload struct {
	serial   int
	acked    []string
	open     map[string]bool
	over     bool // clients begin nothing new
	carried  int
	refused  int
	issued   map[crm.Stamp]crm.NodeID // who gave orders under a stamp
	accepted map[crm.NodeID]crm.Stamp // last order carried out, by executor
	stable   time.Duration
}

func (wl *workload) init() {
	wl.open, wl.issued, wl.accepted = map[string]bool{}, map[crm.Stamp]crm.NodeID{}, map[crm.NodeID]crm.Stamp{}
}

// Executor is the part of a node that carries out orders. It outlives the daemon.
type Executor struct{ highest crm.Stamp }

// clients send commands and reads to random nodes, for ever.
func (c *Cluster) clients() {
	c.w.After(c.w.Between(50*time.Millisecond, 400*time.Millisecond), func() {
		if !c.work.over {
			if c.w.Chance(0.8) {
				c.write()
			} else {
				c.read()
			}
			c.clients()
		}
	})
}

func (c *Cluster) anyNode() *Node { return c.nodes[c.ids[c.w.Rand.IntN(len(c.ids))]] }

// write sends one command; a client that hears nothing sends the same one elsewhere.
func (c *Cluster) write() {
	c.work.serial++
	c.send(fmt.Sprint("w", c.work.serial), 3, c.anyNode())
}

func (c *Cluster) send(id string, tries int, n *Node) {
	c.work.open[id] = true
	n.submit(c.opts.App.Command(id), func(*Node, []byte) {
		if c.work.open[id] {
			delete(c.work.open, id)
			c.work.acked = append(c.work.acked, id)
		}
	})
	c.w.After(2*time.Second, func() {
		if c.work.open[id] && tries > 0 && !c.work.over {
			c.send(id, tries-1, c.anyNode())
		}
	})
}

// read checks that a read sees what was acknowledged before it began.
func (c *Cluster) read() {
	recent := slices.Clone(c.work.acked[max(0, len(c.work.acked)-5):])
	c.anyNode().submit(nil, func(n *Node, _ []byte) {
		if c.lossIsAllowed() {
			return
		}
		for _, id := range recent {
			if !c.opts.App.Has(n.d.core.Machine(), id) {
				c.fail("I3", "a read on node %d does not see %s, which was acknowledged before", n.id, id)
			}
		}
	})
}

// orders makes every node that thinks it leads give orders to executors.
func (c *Cluster) orders() {
	c.w.After(c.w.Between(20*time.Millisecond, 120*time.Millisecond), func() {
		for _, id := range c.ids {
			if stamp, ok := c.nodes[id].leads(); ok {
				c.order(id, stamp, c.anyNode())
			}
		}
		c.orders()
	})
}

func (c *Cluster) order(from crm.NodeID, stamp crm.Stamp, to *Node) {
	if who, known := c.work.issued[stamp]; known && who != from && !c.opts.Policy.Unsafe() {
		c.fail("I2", "nodes %d and %d both give orders under stamp %v", who, from, stamp)
	}
	c.work.issued[stamp] = from
	late := time.Duration(0)
	if c.faulty && c.w.Chance(0.03) { // stopped with the order in its hand
		late = c.w.Between(0, 5*time.Second)
	}
	c.w.After(late, func() {
		c.net.Send(from, to.id, func() { c.carryOut(stamp, to) })
	})
}

func (c *Cluster) carryOut(stamp crm.Stamp, n *Node) {
	if stamp.Less(n.exec.highest) && !c.opts.Forgetful {
		c.work.refused++
		return
	}
	n.exec.highest = stamp
	c.work.carried++
	if last := c.work.accepted[n.id]; stamp.Less(last) {
		c.fail("I2", "executor of node %d carries out an order of %v after one of %v", n.id, stamp, last)
	}
	c.work.accepted[n.id] = stamp
}
