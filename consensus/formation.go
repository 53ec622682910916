package consensus

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
	pb "go.etcd.io/raft/v3/raftpb"
)

// A cluster is formed by nodes with empty disks, without anybody's command. They must
// agree on one list of founders, each with its disk's number, because that list is the
// cluster's identity and raft's first configuration. They do so by Paxos for a single
// value, with the configured nodes as acceptors. See docs/decisions/0012.

// Ballot orders proposals.
type Ballot struct {
	Round uint64     `json:"round"`
	Node  crm.NodeID `json:"node"`
}

func (b Ballot) less(o Ballot) bool {
	return b.Round < o.Round || (b.Round == o.Round && b.Node < o.Node)
}

// Formation is an acceptor's durable memory.
type Formation struct {
	Promised Ballot `json:"promised"`
	Accepted Ballot `json:"accepted"`
	Value    []Seat `json:"value,omitempty"`
}

// Step is a step of formation.
type Step string

// The steps of formation.
const (
	Prepare  Step = "prepare"
	Promise  Step = "promise"
	Accept   Step = "accept"
	Accepted Step = "accepted"
	Refuse   Step = "refuse" // Ballot is the one that was promised instead
	Decided  Step = "decided"
)

// Vote is one message of formation.
type Vote struct {
	Step     Step   `json:"step"`
	Ballot   Ballot `json:"ballot"`
	Accepted Ballot `json:"accepted,omitzero"` // in a promise: what was accepted before
	Value    []Seat `json:"value,omitempty"`
}

// forming is a proposer's memory; it may be lost.
type forming struct {
	majoritySince int // tick since which a majority is there; 0 means it is not
	ballot        Ballot
	ballotAt      int
	highest       Ballot
	promised      map[crm.NodeID]bool
	accepted      map[crm.NodeID]bool
	best          Ballot
	value         []Seat
	accepting     bool
}

func (c *Core) isFounder(founders []Seat) bool { return slices.Contains(founders, c.seat()) }

// mayForm reports whether this disk may found a cluster: it never was in one.
func (c *Core) mayForm() bool { return c.phase == Forming && c.id.Seen == 0 }

// formTick proposes when it is this node's turn.
func (c *Core) formTick() {
	if !c.mayForm() {
		return
	}
	f := &c.forming
	present, seats := c.formPresent()
	if len(present) <= len(c.cfg.Peers)/2 {
		f.majoritySince = 0
		return
	}
	if f.majoritySince == 0 {
		f.majoritySince = c.now
	}
	waited := c.now - f.majoritySince
	if len(present) < len(c.cfg.Peers) && waited < c.cfg.FormTicks {
		return
	}
	if present[0] != c.cfg.Self && waited < 3*c.cfg.FormTicks {
		return // the first of us proposes; the others only when it cannot
	}
	if f.ballotAt != 0 && c.now-f.ballotAt < 10+c.random(20) {
		return
	}
	*f = forming{majoritySince: f.majoritySince, highest: f.highest, ballotAt: c.now, value: seats,
		ballot:   Ballot{max(f.highest.Round, c.id.Formation.Promised.Round) + 1, c.cfg.Self},
		promised: map[crm.NodeID]bool{}, accepted: map[crm.NodeID]bool{}}
	c.sendBallot(0, Vote{Step: Prepare, Ballot: f.ballot})
}

// formPresent lists the nodes that are here with an empty disk, this one included.
// Nobody is "here" as long as a member of a formed cluster is heard.
func (c *Core) formPresent() (nodes []crm.NodeID, seats []Seat) {
	for _, p := range c.cfg.Peers {
		if p.ID == c.cfg.Self {
			nodes, seats = append(nodes, p.ID), append(seats, c.seat())
			continue
		}
		v := c.peers[p.ID]
		if !v.greeted || c.now-v.helloAt > c.cfg.ElectionTicks {
			continue
		}
		if v.hello.Phase != Forming || v.hello.Seen != 0 {
			return nil, nil
		}
		nodes, seats = append(nodes, p.ID), append(seats, Seat{p.ID, v.disk})
	}
	return nodes, seats
}

// sendBallot sends a step to one node, or to all configured ones (to 0), itself included.
func (c *Core) sendBallot(to crm.NodeID, v Vote) {
	for _, p := range c.cfg.Peers {
		switch {
		case to != 0 && p.ID != to:
		case p.ID == c.cfg.Self:
			c.receiveBallot(p.ID, v)
		default:
			c.sendHello(p.ID, Hello{Ballot: &v})
		}
	}
}

func (c *Core) receiveBallot(from crm.NodeID, v Vote) {
	if !c.mayForm() || !c.configured(from) {
		return
	}
	f := &c.forming
	if f.highest.less(v.Ballot) {
		f.highest = v.Ballot
	}
	switch v.Step {
	case Prepare, Accept:
		c.acceptor(from, v)
	case Promise:
		c.promise(from, v)
	case Accepted:
		if v.Ballot == f.ballot && f.accepting {
			f.accepted[from] = true
			if len(f.accepted) > len(c.cfg.Peers)/2 {
				c.sendBallot(0, Vote{Step: Decided, Ballot: f.ballot, Value: f.value})
			}
		}
	case Decided:
		if c.isFounder(v.Value) {
			c.found(v.Value)
		}
	}
}

// acceptor answers a proposer. What it answers is on disk before it is sent.
func (c *Core) acceptor(from crm.NodeID, v Vote) {
	mine := &c.id.Formation
	if v.Ballot.less(mine.Promised) {
		c.sendBallot(from, Vote{Step: Refuse, Ballot: mine.Promised})
		return
	}
	if v.Step == Accept && slices.ContainsFunc(v.Value, func(s Seat) bool { return s.Node == c.cfg.Self && s != c.seat() }) {
		return // it means a disk that this node has no more
	}
	mine.Promised = v.Ballot
	answer := Vote{Step: Promise, Ballot: v.Ballot, Accepted: mine.Accepted, Value: mine.Value}
	if v.Step == Accept {
		mine.Accepted, mine.Value = v.Ballot, v.Value
		answer = Vote{Step: Accepted, Ballot: v.Ballot}
	}
	c.saveIdentity()
	c.sendBallot(from, answer)
}

// promise counts promises; the value accepted under the highest ballot is binding.
func (c *Core) promise(from crm.NodeID, v Vote) {
	f := &c.forming
	if v.Ballot != f.ballot || f.accepting || f.promised == nil {
		return
	}
	f.promised[from] = true
	if f.best.less(v.Accepted) {
		f.best, f.value = v.Accepted, v.Value
	}
	if len(f.promised) > len(c.cfg.Peers)/2 {
		f.accepting = true
		c.sendBallot(0, Vote{Step: Accept, Ballot: f.ballot, Value: f.value})
	}
}

// found makes this node a member of the new cluster. Every founder begins with the same
// log: one snapshot of the state machine as it is when it is new.
func (c *Core) found(founders []Seat) {
	if !c.mayForm() {
		return
	}
	c.id.Group, c.id.Founders, c.id.Seen = Group{clusterID(founders), 1, 0}, founders, 1
	var voters, learners []uint64
	for i, s := range founders {
		if i < MaxVoters {
			voters = append(voters, s.raftID())
		} else {
			learners = append(learners, s.raftID())
		}
	}
	c.begin(&pb.ConfState{Voters: voters, Learners: learners}, 1, 1, 1)
	if founders[0] == c.seat() {
		c.campaign()
	}
}

// begin starts a new log at a snapshot of the state machine as it stands. Its entry was
// of term indexTerm; the node is in a term that is the same or later.
func (c *Core) begin(conf *pb.ConfState, index, indexTerm, term uint64) {
	id := c.id
	s := Saved{
		Hard:     &pb.HardState{Term: new(term), Commit: new(index), Vote: new(uint64(0))},
		Snapshot: &pb.Snapshot{Data: c.cfg.Machine.Snapshot(), Metadata: &pb.SnapshotMetadata{Index: new(index), Term: new(indexTerm), ConfState: conf}},
	}
	c.saves = append(c.saves, Save{Reset: true, Identity: &id, Hard: s.Hard, Snapshot: s.Snapshot})
	must(c.startRaft(s))
}

// mayJoin reports whether this disk may follow a leader of group g that added it.
func (c *Core) mayJoin(g Group) bool { return !g.Zero() && g.Incarnation > c.id.Seen }

// join begins with an empty log; the leader sends a snapshot.
func (c *Core) join(g Group) {
	c.id.Group, c.id.Seen = g, g.Incarnation
	id := c.id
	c.saves = append(c.saves, Save{Reset: true, Identity: &id})
	must(c.startRaft(Saved{}))
}
