package consensus

import "github.com/tactus-ha/tactus/crm"

// meet decides what happens when this node hears a member of another group. Only the
// loser acts: it yields. Both cannot: each would have to be behind what the other had said
// before. So what a node counts for itself never falls below a position that it told: that
// is the end of its log, as after a restart it knows only later how much of it is agreed on.
func (c *Core) meet(from crm.NodeID, p *peerView) {
	if p.group.Zero() || !p.hello.Led {
		return
	}
	mine := c.id.Group
	if p.group.Cluster != mine.Cluster {
		// Another cluster of the same name: disks were replaced on a majority. Who has
		// no leader cannot be the one that goes on.
		if c.leaderSeat().Node == 0 && c.now-c.election.bornAt > 2*c.cfg.ElectionTicks {
			c.yield(from, p.group)
		}
		return
	}
	theirs := standing{p.group.Incarnation, p.hello.Position, p.group.Owner}
	last, _ := c.log.last()
	if (standing{mine.Incarnation, last, mine.Owner}).less(theirs) {
		c.yield(from, p.group)
	}
}

// standing orders groups of one cluster: the higher incarnation wins, then the one that
// has done more, then the owner with the higher id.
type standing struct{ incarnation, position, owner uint64 }

func (s standing) less(t standing) bool {
	if s.incarnation != t.incarnation {
		return s.incarnation < t.incarnation
	}
	if s.position != t.position {
		return s.position < t.position
	}
	return s.owner < t.owner
}

// yield leaves the group. The log stays on disk until Rejoin: a crash in between meets
// the winner again.
func (c *Core) yield(to crm.NodeID, into Group) {
	c.done.Yield = &Yield{To: to, From: c.id.Group, Into: into}
	c.rn, c.phase = nil, Yielded
}

// Rejoin is called when everything that this node ran for its old group is stopped: the
// old log is discarded and the node waits to be added by the winner.
func (c *Core) Rejoin() {
	c.idle()
	if c.phase != Yielded {
		return
	}
	c.id.Seen = max(c.id.Seen, c.id.Group.Incarnation)
	c.id.Group, c.id.Founders, c.id.Formation, c.phase = Group{}, nil, Formation{}, Forming
	id := c.id
	c.saves = append(c.saves, Save{Reset: true, Identity: &id})
	for _, p := range c.order {
		c.sendHello(p, Hello{Ask: true})
	}
}
