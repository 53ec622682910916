package consensus

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"go.etcd.io/raft/v3"
)

// election is when this node campaigns next. The core has its own election clock:
// raft's draws from the system's randomness (no replay) and knows neither ranks nor
// membership's word. raft is told to forget a silent leader, which ends its lease; who
// wins is still decided by votes alone.
type election struct {
	bornAt     int // tick at which this node became a member
	quiet      int // ticks without word from a leader
	campaignAt int // value of quiet at which to campaign
	urgent     int // value of quiet until which to retry quickly
	rushed     bool
	leader     uint64 // as last noticed
	term       uint64
}

// leading reports whether this node is the leader of its group.
func (c *Core) leading() bool {
	return c.rn != nil && c.rn.BasicStatus().RaftState == raft.StateLeader
}

// leaderSeat is the seat of the leader, the zero Seat when none is known.
func (c *Core) leaderSeat() Seat {
	if c.rn == nil {
		return Seat{}
	}
	return seatOf(c.rn.BasicStatus().Lead)
}

// rank is this node's place among the voters that are thought to be alive, by id, with
// witnesses last: the first campaigns at once, the others a little later in case it fails.
func (c *Core) rank() int {
	n := 0
	for _, s := range c.voterSeats() {
		if p := c.peers[s.Node]; c.before(s.Node) && (p == nil || p.hint >= 0) && !(p != nil && p.hello.Abdicate) {
			n++
		}
	}
	return n
}

// before reports whether another node should lead rather than this one.
func (c *Core) before(id crm.NodeID) bool {
	if a, b := c.witness(id), c.witness(c.cfg.Self); a != b {
		return b
	}
	return id < c.cfg.Self
}

// witness reports whether a node votes and runs nothing.
func (c *Core) witness(id crm.NodeID) bool {
	return slices.ContainsFunc(c.cfg.Peers, func(p Peer) bool { return p.ID == id && p.Witness })
}

// scheduleElection sets the usual time to campaign after a silence.
func (c *Core) scheduleElection() {
	e := &c.election
	e.quiet, e.urgent, e.rushed = 0, 0, false
	e.campaignAt = c.cfg.ElectionTicks + 2*c.rank() + c.random(c.cfg.ElectionTicks)
	if c.witness(c.cfg.Self) {
		e.campaignAt += c.cfg.ElectionTicks / 2
	}
}

// rush makes this node campaign soon, in the order of ranks.
func (c *Core) rush() {
	e := &c.election
	e.campaignAt = e.quiet + 2*c.rank()
	e.urgent = e.quiet + c.cfg.ElectionTicks
	if e.campaignAt == e.quiet {
		c.campaign()
	}
}

func (c *Core) electionTick() {
	e := &c.election
	e.quiet++
	if e.quiet == c.cfg.ElectionTicks {
		_ = c.rn.ForgetLeader()
	}
	if e.quiet >= e.campaignAt {
		c.campaign()
	}
}

func (c *Core) campaign() {
	e := &c.election
	_ = c.rn.Campaign()
	if e.quiet < e.urgent {
		e.campaignAt = e.quiet + 2 + c.rank()
	} else {
		e.campaignAt = e.quiet + c.cfg.ElectionTicks/2 + c.random(c.cfg.ElectionTicks)
	}
}

// heardLeader is called when a leader spoke, or this node gave its vote.
func (c *Core) heardLeader() { c.scheduleElection() }

// leaderLost is membership's, or the leader's own, word that it leads no more.
func (c *Core) leaderLost(id crm.NodeID) {
	if c.rn == nil || c.leading() {
		return
	}
	if lead := c.leaderSeat().Node; lead != id && lead != 0 {
		return
	}
	_ = c.rn.ForgetLeader()
	if slices.Contains(c.conf.GetVoters(), c.seat().raftID()) {
		c.rush()
	}
}

// startWithMajority spares a restarted cluster the wait: when a majority is heard and
// nobody has a leader, the first in rank campaigns.
func (c *Core) startWithMajority() {
	if c.election.rushed || c.leaderSeat().Node != 0 {
		return
	}
	present := 0
	for _, id := range c.conf.GetVoters() {
		s := seatOf(id)
		if s == c.seat() {
			present++
			continue
		}
		p := c.peers[s.Node]
		if p == nil || !p.greeted || c.now-p.helloAt > c.cfg.ElectionTicks || p.group != c.id.Group || p.disk != s.Disk {
			continue
		}
		if p.hello.Led {
			return
		}
		present++
	}
	if present > len(c.conf.GetVoters())/2 {
		c.election.rushed = true
		c.rush()
	}
}

// noticeLeader resets what belongs to a term when leader or term changed.
func (c *Core) noticeLeader() {
	st := c.rn.BasicStatus()
	e := &c.election
	if st.Lead == e.leader && st.GetTerm() == e.term {
		return
	}
	e.leader, e.term = st.Lead, st.GetTerm()
	if st.Lead == c.seat().raftID() {
		c.duty = duty{since: c.now}
	}
	if st.Lead != 0 {
		c.scheduleElection()
	}
}

// TransferLeadership hands leadership to the living voter that is furthest, if any.
func (c *Core) TransferLeadership() {
	c.idle()
	if c.leading() {
		c.handOver()
	}
}

// handOver hands leadership to who is furthest; to a witness only when nobody else is
// there, and not from another witness.
func (c *Core) handOver() {
	if best := c.successor(false); best != 0 {
		c.rn.TransferLeader(best)
	} else if best := c.successor(true); best != 0 && !c.witness(c.cfg.Self) {
		c.rn.TransferLeader(best)
	}
}

// resign lets a witness that leads (nobody else had everything) hand over as soon as
// another one has.
func (c *Core) resign() {
	if c.witness(c.cfg.Self) && c.now%2 == 0 {
		if best := c.successor(false); best != 0 {
			c.rn.TransferLeader(best)
		}
	}
}

// StoodStill says that this core could take no input for a while, and told the others to elect
// somebody else (Abdicate): it leads no more, unless nobody else could, and finds out who does.
// As far as it knows it has heard a majority just now.
func (c *Core) StoodStill() {
	c.idle()
	for range 2 * c.cfg.ElectionTicks { // raft looks twice whether a majority was heard meanwhile
		if c.leading() {
			c.rn.Tick()
		}
	}
}

func (c *Core) successor(witness bool) (best uint64) {
	var match uint64
	st := c.rn.Status()
	for _, s := range c.voterSeats() {
		id := s.raftID()
		pr, ok := st.Progress[id]
		if id == c.seat().raftID() || !ok || !pr.RecentActive || !c.alive(s.Node) || c.peers[s.Node].hello.Leaving || c.witness(s.Node) != witness {
			continue
		}
		if best == 0 || pr.Match > match {
			best, match = id, pr.Match
		}
	}
	return best
}
