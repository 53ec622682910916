package consensus

import (
	"github.com/tactus-ha/tactus/crm"
	pb "go.etcd.io/raft/v3/raftpb"
)

// Tick tells the core that one tick of time went by.
func (c *Core) Tick() {
	c.idle()
	c.now++
	switch {
	case c.phase == Forming:
		c.formTick()
	case c.rn == nil:
	case c.leading():
		c.mirror() // before raft asks whether a majority was heard
		c.rn.Tick()
		c.dutyTick()
	default:
		c.electionTick()
	}
	c.considerTakeover()
	c.helloTick()
	c.recordLate()
}

// Receive takes a message from the wire. The caller has checked that From is who sent it.
func (c *Core) Receive(m Message) {
	c.idle()
	if m.To != c.cfg.Self || m.From == c.cfg.Self || m.Disk == 0 || (!c.configured(m.From) && !c.inGroup(m)) {
		return
	}
	p := c.peer(m.From)
	if p.life != m.Life && p.hint < 0 {
		p.hint = 0 // what membership called dead was an earlier start of it
	}
	p.heard, p.heardAt, p.disk, p.group, p.life = true, c.now, m.Disk, m.Group, m.Life
	p.met = p.met || m.Echo == c.life()
	p.proof = "" // who speaks is not off
	c.whole = c.whole || m.Whole && p.met && c.sameGroup(m.Group) || len(c.unseen()) == 0
	switch {
	case m.Hello != nil:
		c.receiveHello(m.From, p, *m.Hello)
	case m.Raft != nil:
		c.receiveRaft(m.From, p, m)
	}
}

// message makes a message that is empty yet.
func (c *Core) message(to crm.NodeID) Message {
	m := Message{From: c.cfg.Self, To: to, Disk: c.id.Disk, Whole: c.whole, Group: c.id.Group, Life: c.life()}
	if p := c.peers[to]; p != nil {
		m.Echo = p.life
	}
	return m
}

// life is the number of this start of the node, which peers repeat once they heard it.
func (c *Core) life() uint64 { return c.cfg.Seed | 1 }

// inGroup reports whether m is from a member of this node's group: one that was taken
// out of the configuration here, but not yet by the leader.
func (c *Core) inGroup(m Message) bool {
	return m.Raft != nil && c.rn != nil && m.Group == c.id.Group
}

func (c *Core) receiveRaft(from crm.NodeID, p *peerView, m Message) {
	r := m.Raft
	if r.GetTo() != c.seat().raftID() || r.GetFrom() != (Seat{from, m.Disk}).raftID() {
		return // meant for, or sent by, a disk that is gone
	}
	if c.phase == Forming && c.mayJoin(m.Group) && fromLeader(r) {
		c.join(m.Group)
	}
	if !c.sameGroup(m.Group) || c.rn == nil {
		c.reply(from, p, true)
		return
	}
	if c.checkSound(r) != nil {
		c.unsound++
		return
	}
	vote := c.rn.BasicStatus().GetVote()
	_ = c.rn.Step(r) // an error means: not for us, dropped
	c.echoes(r)
	c.mirror()
	st := c.rn.BasicStatus()
	if (fromLeader(r) && st.Lead == r.GetFrom()) || (st.GetVote() != vote && st.GetVote() != c.seat().raftID() && st.GetVote() != 0) {
		c.heardLeader()
	}
	if r.GetType() == pb.MsgTimeoutNow || r.GetType() == pb.MsgAppResp {
		c.noticeLeader()
	}
}

// receiveHello learns where a peer stands.
func (c *Core) receiveHello(from crm.NodeID, p *peerView, h Hello) {
	p.hello, p.helloAt, p.greeted = h, c.now, true
	if h.Abdicate {
		c.leaderLost(from)
		return
	}
	if h.Ballot != nil {
		c.receiveBallot(from, *h.Ballot)
	}
	switch {
	case c.phase == Forming && h.Phase == Joined && c.isFounder(h.Founders):
		c.found(h.Founders)
	case c.phase == Joined && h.Phase == Joined && !c.sameGroup(p.group):
		c.meet(from, p)
	case c.phase == Joined:
		c.startWithMajority()
	}
	c.considerTakeover()
	if h.Ask {
		c.reply(from, p, false)
	}
}

// reply sends a hello, at most one per tick and peer.
func (c *Core) reply(to crm.NodeID, p *peerView, ask bool) {
	if p.replyAt == c.now {
		return
	}
	p.replyAt = c.now
	c.sendHello(to, Hello{Ask: ask})
}

// sendHello fills in where this node stands.
func (c *Core) sendHello(to crm.NodeID, h Hello) {
	h.Phase, h.Seen, h.Position, h.Leaving = c.phase, c.id.Seen, c.applied, c.leaving
	h.Founders = c.id.Founders
	if c.rn != nil {
		h.Led = c.leaderSeat().Node != 0
	}
	m := c.message(to)
	m.Hello = &h
	c.outbox = append(c.outbox, m)
}

// helloTick sends hellos while something is unsettled: to everybody while there is no
// leader, from the leader to configured nodes that are not active members or still learn.
func (c *Core) helloTick() {
	unsettled := c.phase != Joined || c.leaderSeat().Node == 0 || c.leaving
	every := 2
	if c.now-c.election.bornAt > 10*c.cfg.ElectionTicks {
		every = max(2, c.cfg.ElectionTicks/4)
	}
	if !unsettled {
		every = max(2, c.cfg.ElectionTicks/2)
	}
	if c.now%every != int(c.cfg.Self)%every && c.now != 1 {
		return
	}
	for _, id := range c.order {
		if c.configured(id) && (unsettled || (c.leading() && !c.settledMember(id))) {
			c.sendHello(id, Hello{Ask: true})
		}
	}
}

// settledMember reports whether the leader hears a peer as a member of its group. One that
// is to become a voter is settled when it is.
func (c *Core) settledMember(id crm.NodeID) bool {
	p := c.peers[id]
	role, member := c.roleOf(Seat{id, p.disk})
	if role == "learner" && len(c.voterSeats()) < MaxVoters && c.votesOf(id) > 0 {
		return false
	}
	return member && p.heard && c.now-p.heardAt < c.cfg.ElectionTicks && c.sameGroup(p.group)
}

// Abdicate makes hellos that tell the peers to elect somebody else, for a node that
// cannot write its disk. It is the one call that is allowed within a cycle.
func (c *Core) Abdicate() []Message {
	kept := c.outbox
	c.outbox = nil
	for _, id := range c.order {
		c.sendHello(id, Hello{Abdicate: true})
	}
	out := c.outbox
	c.outbox = kept
	return out
}
