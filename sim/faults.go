package sim

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// nextFault makes something go wrong, then plans the next.
func (c *Cluster) nextFault() {
	if !c.faulty {
		return
	}
	faults := []func(){c.crashOne, c.crashOne, c.crashAll, c.slowDisks, c.leaveOne}
	if !c.opts.CrashOnly {
		faults = append(faults, c.pauseOne, c.pauseOne, c.partition, c.partition, c.oneWay, c.badNetwork, c.badNetwork, c.wrongWord, c.wipe)
	}
	faults[c.w.Rand.IntN(len(faults))]()
	c.w.After(c.w.Between(200*time.Millisecond, 3*time.Second), c.nextFault)
}

func (c *Cluster) crashOne() {
	n := c.anyNode()
	n.crash()
	c.w.After(c.w.Between(10*time.Millisecond, 5*time.Second), n.start)
}

// leaveOne shuts a node down in order, with a deadline as an init system has.
func (c *Cluster) leaveOne() {
	n := c.anyNode()
	if n.d == nil {
		return
	}
	c.w.Logf("node %d is shut down in order", n.id)
	life, until := n.life, c.w.Now+3*time.Second
	c.leaving++
	n.input(func() { n.d.core.Leave() })
	var wait func()
	wait = func() {
		if n.life != life {
			c.leaving--
			return
		}
		if c.w.Now < until && (n.paused || n.d.saving || !n.d.core.Left()) {
			c.w.After(50*time.Millisecond, wait)
			return
		}
		c.leaving--
		n.crash()
		c.w.After(c.w.Between(10*time.Millisecond, 4*time.Second), n.start)
	}
	wait()
}

func (c *Cluster) crashAll() {
	if !c.w.Chance(0.3) {
		return
	}
	for _, id := range c.ids {
		n := c.nodes[id]
		n.crash()
		c.w.After(c.w.Between(10*time.Millisecond, 3*time.Second), n.start)
	}
}

func (c *Cluster) slowDisks() {
	c.saveTime = 200 * time.Millisecond
	c.w.After(c.w.Between(500*time.Millisecond, 3*time.Second), func() { c.saveTime = saveUsually })
}

func (c *Cluster) pauseOne() { c.anyNode().pause(c.w.Between(300*time.Millisecond, 8*time.Second)) }

// partition cuts the nodes into two halves of any size.
func (c *Cluster) partition() {
	side := map[crm.NodeID]bool{}
	for _, id := range c.ids {
		side[id] = c.w.Chance(0.5)
	}
	c.w.Logf("partition %v", side)
	set := func(cut bool) {
		for _, a := range c.ids {
			for _, b := range c.ids {
				if side[a] != side[b] {
					c.net.Cut(a, b, cut)
				}
			}
		}
	}
	set(true)
	c.w.After(c.w.Between(200*time.Millisecond, 6*time.Second), func() { set(false); c.w.Logf("partition heals") })
}

func (c *Cluster) oneWay() {
	a, b := c.anyNode().id, c.anyNode().id
	if a == b {
		return
	}
	c.w.Logf("no way from %d to %d", a, b)
	c.net.Cut(a, b, true)
	c.w.After(c.w.Between(200*time.Millisecond, 6*time.Second), func() { c.net.Cut(a, b, false) })
}

func (c *Cluster) badNetwork() {
	c.net.Loss, c.net.Duplicate, c.net.Slow = c.w.Rand.Float64()*0.3, c.w.Rand.Float64()*0.1, c.w.Rand.Float64()*0.3
	c.w.After(c.w.Between(500*time.Millisecond, 5*time.Second), func() { c.net.Loss, c.net.Duplicate, c.net.Slow = 0, 0, 0 })
}

// wrongWord makes membership tell one node that another is dead, though it is not.
func (c *Cluster) wrongWord() {
	a, b := c.anyNode(), c.anyNode()
	if a == b || a.d == nil {
		return
	}
	c.w.Logf("node %d is told wrongly that %d is dead", a.id, b.id)
	a.input(func() { a.d.core.Alive(b.id, false) })
	a.hinted[b.id] = true
}

// wipe replaces a node's disk: a minority may lose what it had. It happens only when
// every node has everything, so that it is the only thing that is lost.
func (c *Cluster) wipe() {
	if c.wiped || c.opts.Nodes < 2 || c.calm() != "" {
		return
	}
	n := c.anyNode()
	if s := n.d.core.Status(); 2*s.Members[n.id-1].Votes > s.Votes.Expected {
		return // that would be a majority of the disks
	}
	if c.opts.Policy.LastManStandingTicks > 0 {
		return // it could become one: those who are silent are just being counted out
	}
	c.wiped = c.opts.Nodes < 5
	c.w.Logf("node %d loses its disk", n.id)
	n.crash()
	n.life++ // nothing that was under way reaches the new disk
	n.disk = &Disk{}
	c.w.After(c.w.Between(100*time.Millisecond, 2*time.Second), n.start)
}

// watch is membership: it tells nodes who is dead, some time after it is so; and in a
// cluster with fencing it is the fence device.
func (c *Cluster) watch() {
	c.w.After(100*time.Millisecond, func() {
		for _, a := range c.ids {
			for _, b := range c.ids {
				if n := c.nodes[a]; a != b && n.d != nil && !n.paused {
					c.watchPair(n, c.nodes[b])
				}
			}
		}
		c.watch()
	})
}

func (c *Cluster) watchPair(a, b *Node) {
	pair := [2]crm.NodeID{a.id, b.id}
	if b.d != nil && !b.paused && c.net.Reaches(a.id, b.id) {
		delete(c.reach, pair)
		if a.hinted[b.id] && c.w.Chance(0.3) {
			delete(a.hinted, b.id)
			a.input(func() { a.d.core.Alive(b.id, true) })
		}
		return
	}
	since, known := c.reach[pair]
	if !known {
		c.reach[pair] = c.w.Now
		return
	}
	if c.w.Now-since > c.w.Between(600*time.Millisecond, 1200*time.Millisecond) && !a.hinted[b.id] {
		a.hinted[b.id] = true
		a.input(func() { a.d.core.Alive(b.id, false) })
		if c.opts.Fencing {
			c.fence(a, b)
		}
	}
}

// fence turns a node off and tells who asked for it, unless that one is gone by then, or
// the victim is back.
func (c *Cluster) fence(a, b *Node) {
	life := a.life
	c.fencing++
	c.w.After(c.w.Between(200*time.Millisecond, 2*time.Second), func() {
		c.fencing--
		if a.life != life || !a.hinted[b.id] {
			return
		}
		b.crash()
		c.w.Logf("node %d fenced node %d", a.id, b.id)
		a.input(func() { a.d.core.Confirm(b.id, "fenced") })
		c.w.After(c.w.Between(time.Second, 4*time.Second), b.start)
	})
}
