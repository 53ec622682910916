package consensus

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
)

// duty is what a leader does about the members: nodes that are configured and heard
// become learners, learners that have caught up become voters, seats whose disk is gone
// and nodes that are no longer configured are removed. One change at a time.
type duty struct {
	since    int // tick at which leadership began
	proposed int // tick of the last proposal that is not applied yet; 0 means none
	joint    int // tick since which a change is half done; 0 means none is
	snapshot map[uint64]int
}

// snapshotTicks is how long a snapshot may be under way before it counts as lost.
const snapshotTicks = 100

// roleOf finds a seat in the applied configuration.
func (c *Core) roleOf(s Seat) (role string, member bool) {
	switch id := s.raftID(); {
	case slices.Contains(c.conf.GetVoters(), id):
		return "voter", true
	case slices.Contains(c.conf.GetLearners(), id):
		return "learner", true
	}
	return "", false
}

func (c *Core) dutyTick() {
	d := &c.duty
	c.watchSnapshots()
	if d.proposed != 0 && c.now-d.proposed < c.cfg.ElectionTicks {
		return
	}
	if !c.agreedInTerm() || c.halfDone() {
		return
	}
	if c.mergeDue() {
		if c.onlyVoter(c.seat()) {
			c.takeover()
			return
		}
		// Others might have elected somebody else by now: that this node goes on as the only
		// voter is agreed on first.
		d.proposed = c.now
		_ = c.rn.ProposeConfChange(&pb.ConfChangeV2{Changes: c.withoutOthers()})
		return
	}
	c.resign()
	if c.leaving {
		c.handOver()
	}
	if changes := c.nextChange(); len(changes) > 0 {
		d.proposed = c.now
		_ = c.rn.ProposeConfChange(&pb.ConfChangeV2{Changes: changes})
	}
}

// withoutOthers takes the votes of all other nodes.
func (c *Core) withoutOthers() (changes []*pb.ConfChangeSingle) {
	for _, s := range c.voterSeats() {
		if s != c.seat() {
			changes = append(changes, c.unseat(s, pb.ConfChangeRemoveNode)...)
		}
	}
	return changes
}

// halfDone reports whether a change of several seats at once is under way. raft ends it by
// itself as soon as it is agreed on, unless leadership was just being handed over: then it
// is told to.
func (c *Core) halfDone() bool {
	d := &c.duty
	if len(c.conf.GetVotersOutgoing()) == 0 {
		d.joint = 0
		return false
	}
	if d.joint == 0 {
		d.joint = c.now
	}
	if c.now-d.joint > c.cfg.ElectionTicks {
		d.joint = c.now
		_ = c.rn.ProposeConfChange(&pb.ConfChangeV2{})
	}
	return true
}

// agreedInTerm reports whether this leader's first entry is applied; before that its
// view of the configuration may be old.
func (c *Core) agreedInTerm() bool {
	term, err := c.log.Term(c.applied)
	return err == nil && term == c.rn.BasicStatus().GetTerm()
}

// nextChange picks the next step towards the configured membership: changes that are
// agreed on together.
func (c *Core) nextChange() []*pb.ConfChangeSingle {
	for _, s := range c.seats() {
		if c.removable(s) && c.quorateWithout(s) {
			return append(c.unseat(s, pb.ConfChangeRemoveNode), c.reweigh(s)...)
		}
	}
	for _, id := range c.order {
		p := c.peers[id]
		s := Seat{id, p.disk}
		if _, member := c.roleOf(s); !member && c.configured(id) && c.joinable(p) {
			return []*pb.ConfChangeSingle{change(pb.ConfChangeAddLearnerNode, s.raftID())}
		}
	}
	if len(c.voterSeats()) < MaxVoters {
		for _, id := range c.conf.GetLearners() {
			if s := seatOf(id); c.votesOf(s.Node) > 0 && c.caughtUp(id) {
				return c.seatChanges(s, 0, c.votesOf(s.Node))
			}
		}
	}
	if s, due := c.retired(); due {
		return append(c.unseat(s, pb.ConfChangeAddLearnerNode), c.reweigh(s)...)
	}
	return c.reweigh(Seat{})
}

func change(t pb.ConfChangeType, id uint64) *pb.ConfChangeSingle {
	return &pb.ConfChangeSingle{Type: t.Enum(), NodeId: new(id)}
}

// seats lists the real seats of all members, voters first, each by id.
func (c *Core) seats() []Seat {
	all := c.voterSeats()
	for _, id := range c.conf.GetLearners() {
		all = append(all, seatOf(id))
	}
	return all
}

// removable reports whether a seat has to go.
func (c *Core) removable(s Seat) bool {
	if s.Node == c.cfg.Self {
		return s != c.seat()
	}
	p := c.peers[s.Node]
	switch {
	case !c.configured(s.Node):
		return true
	case p == nil || !p.heard:
		return false
	case p.disk != s.Disk:
		return true // the disk of that seat is gone for good
	case p.hello.Leaving && c.fresh(p):
		_, two := c.twoVoters()
		return two
	}
	return false
}

// quorateWithout reports whether most of the votes that remain are here: removing one
// of the living while others are gone would leave a majority that nobody can reach.
func (c *Core) quorateWithout(gone Seat) bool {
	here, all := 0, 0
	for _, s := range c.voterSeats() {
		if s != gone {
			all += c.weight(s)
			if c.present(s) {
				here += c.weight(s)
			}
		}
	}
	return here > all/2
}

// present reports whether a seat's node is here, with that disk.
func (c *Core) present(s Seat) bool {
	p := c.peers[s.Node]
	return s == c.seat() || p != nil && p.disk == s.Disk && c.alive(s.Node)
}

// twoVoters is twoNode for what is agreed on, which may still have others.
func (c *Core) twoVoters() (other crm.NodeID, ok bool) {
	other, ok = c.twoNode()
	return other, ok && c.onlyNodes()
}

func (c *Core) fresh(p *peerView) bool {
	return p.greeted && c.now-p.helloAt < c.cfg.ElectionTicks && p.helloAt >= p.heardAt-c.cfg.ElectionTicks
}

// joinable reports whether a node asks to be a member: it has no group, or it is a
// former member of this one.
func (c *Core) joinable(p *peerView) bool {
	if !c.fresh(p) || p.hello.Leaving {
		return false
	}
	return (p.group.Zero() && p.hello.Phase == Forming && p.hello.Seen < c.id.Group.Incarnation) || c.sameGroup(p.group)
}

// mergeDue reports whether a node that yielded to this group was in the same
// incarnation: orders of the two would have equal stamps, so a new one begins.
func (c *Core) mergeDue() bool {
	return slices.ContainsFunc(c.order, func(id crm.NodeID) bool {
		p := c.peers[id]
		return c.configured(id) && c.fresh(p) && p.group.Zero() && p.hello.Phase == Forming && p.hello.Seen >= c.id.Group.Incarnation
	})
}

// caughtUp reports whether a learner has (nearly) everything and answers.
func (c *Core) caughtUp(id uint64) bool {
	ok := false
	c.rn.WithProgress(func(i uint64, _ raft.ProgressType, pr tracker.Progress) {
		if i == id {
			ok = pr.RecentActive && pr.State == tracker.StateReplicate && pr.Match+64 >= c.applied
		}
	})
	p := c.peers[seatOf(id).Node]
	return ok && p != nil && c.alive(seatOf(id).Node) && c.sameGroup(p.group) && !p.hello.Leaving && c.now-p.heardAt < c.cfg.ElectionTicks
}

// watchSnapshots reports snapshots that were lost on the way, so that raft tries again.
func (c *Core) watchSnapshots() {
	if c.now%10 != 0 {
		return
	}
	var lost []uint64
	under := map[uint64]int{}
	c.rn.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
		if pr.State != tracker.StateSnapshot {
			return
		}
		since, known := c.duty.snapshot[id]
		if !known {
			since = c.now
		}
		if c.now-since >= snapshotTicks {
			lost = append(lost, id)
			return
		}
		under[id] = since
	})
	c.duty.snapshot = under
	for _, id := range lost {
		c.rn.ReportSnapshot(id, raft.SnapshotFailure)
	}
}

// noticeRemoval is called when the configuration changed.
func (c *Core) noticeRemoval() {
	c.duty.proposed = 0
	if _, member := c.roleOf(c.seat()); !member && c.leaving {
		c.left = true
	}
}

// Leave begins an orderly shutdown: leadership is handed over, and the peer of a
// two-node cluster takes this node off the voters so that it goes on with a majority of
// one. Left says when this is done. A node that cannot leave properly may just stop.
func (c *Core) Leave() {
	c.idle()
	c.leaving = true
	if c.leading() {
		c.handOver()
	}
	for _, id := range c.order {
		c.sendHello(id, Hello{})
	}
}

// learns reports whether a node is a member that is no voter yet.
func (c *Core) learns(id crm.NodeID) bool {
	return slices.ContainsFunc(c.conf.GetLearners(), func(seat uint64) bool { return seatOf(seat).Node == id })
}

// Left reports whether an orderly shutdown has nothing left to wait for.
func (c *Core) Left() bool {
	if !c.leaving {
		return false
	}
	if c.left || c.rn == nil {
		return true
	}
	role, _ := c.roleOf(c.seat())
	other, two := c.twoVoters()
	switch {
	case role != "voter":
		return true
	case c.onlyVoter(c.seat()):
		return !c.learns(other) || !c.alive(other) || c.peers[other].hello.Leaving
	case two:
		return !c.alive(other) || c.peers[other].hello.Leaving
	}
	return !c.leading() || !slices.ContainsFunc(c.order, c.alive)
}
