package consensus

import (
	"slices"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
)

// raft gives every voter one vote. A node that has k votes therefore has k seats in the
// group: its real one, and k-1 shadows.
//
// A shadow's log, term and vote are those of the real seat, by definition: it is the
// voter that has received and stored exactly what its node has, a moment later. So
// whatever the real seat has promised ("I have stored up to 17", "I vote for 2 in term
// 5", "I heard this heartbeat") is true of the shadow as well, and who hears the promise
// may write it down once more in the shadow's name. Nothing else ever comes from a
// shadow: it never campaigns, never leads, is never heard alone. Every run with shadows
// is thus a run of raft with so many voters, in which some of them happen to agree
// always; what raft guarantees for all runs, it guarantees for these.
//
// Messages to shadows are not sent. What comes from a real seat is counted for its
// shadows where it arrives:
//
//   - a vote or the answer to a heartbeat is repeated in the shadow's name (echoes);
//   - on the leader, a shadow has stored what its real seat has stored (mirror);
//   - what a node asks of its own shadows it answers itself, once what it speaks of is on
//     its own disk (ownAnswers, given after Advance).
//
// All seats of a node come and go in one change of members. See docs/decisions/0017.

// isShadow reports whether a raft id is not that of a real seat.
func isShadow(id uint64) bool { return shadowOf(id) != 0 }

// withoutShadows drops messages that are meant for shadows. The questions that go to this
// node's own are remembered: their answers follow when this cycle is saved.
func (c *Core) withoutShadows(messages []*pb.Message) []*pb.Message {
	if !slices.ContainsFunc(messages, func(m *pb.Message) bool { return isShadow(m.GetTo()) }) {
		return messages
	}
	var real []*pb.Message
	for _, m := range messages {
		switch {
		case !isShadow(m.GetTo()):
			real = append(real, m)
		case seatOf(m.GetTo()) == c.seat():
			c.asked = append(c.asked, m)
		}
	}
	return real
}

// ownAnswers gives the answers of this node's own shadows. A candidate's shadows vote for
// it as itself does. Call it when what was asked about is on disk.
func (c *Core) ownAnswers() {
	asked := c.asked
	c.asked = nil
	for _, m := range asked {
		var kind pb.MessageType
		switch m.GetType() {
		case pb.MsgVote:
			kind = pb.MsgVoteResp
		case pb.MsgPreVote:
			kind = pb.MsgPreVoteResp
		case pb.MsgHeartbeat:
			kind = pb.MsgHeartbeatResp
		default:
			continue // appends: mirror
		}
		c.stepShadow(&pb.Message{Type: kind.Enum(), From: m.To, To: m.From, Term: m.Term, Context: m.Context})
	}
}

// echoes repeats what a real seat said for its shadows. Appends are left to mirror.
func (c *Core) echoes(m *pb.Message) {
	switch m.GetType() {
	case pb.MsgVoteResp, pb.MsgPreVoteResp:
	case pb.MsgHeartbeatResp:
		if len(m.GetContext()) == 0 {
			return
		}
	default:
		return
	}
	for _, id := range c.shadowsOf(seatOf(m.GetFrom())) {
		c.stepShadow(&pb.Message{Type: m.Type, From: new(id), To: m.To, Term: m.Term, Reject: m.Reject, Context: m.Context})
	}
}

// mirror lets the leader know that each shadow has what its real seat has, and was heard
// when that was heard.
func (c *Core) mirror() {
	if c.rn == nil || !c.shadows || !c.leading() {
		return
	}
	real := map[Seat]tracker.Progress{}
	newest, _ := c.log.last()
	var behind []uint64
	c.rn.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
		s := seatOf(id) // a real seat comes before its shadows: Visit goes by id
		if !isShadow(id) {
			if c.boasting {
				pr.Match = newest
			}
			real[s] = pr
		} else if r, ok := real[s]; ok && (r.Match > pr.Match || r.RecentActive && !pr.RecentActive) {
			behind = append(behind, id)
		}
	})
	term := c.rn.BasicStatus().GetTerm()
	for _, id := range behind {
		c.stepShadow(&pb.Message{Type: pb.MsgAppResp.Enum(), From: new(id), To: new(c.seat().raftID()), Term: new(term), Index: new(real[seatOf(id)].Match)})
	}
}

func (c *Core) stepShadow(m *pb.Message) { _ = c.rn.Step(m) } // an error means: no such voter any more

// shadowsOf lists the shadows of a seat that have a vote, before or after the change of
// members that is under way.
func (c *Core) shadowsOf(s Seat) (ids []uint64) {
	if !c.shadows {
		return nil
	}
	for _, id := range c.everyVoter() {
		if isShadow(id) && seatOf(id) == s {
			ids = append(ids, id)
		}
	}
	return ids
}

// everyVoter lists the voters before and after the change that is under way, by id.
func (c *Core) everyVoter() []uint64 {
	all := append(slices.Clone(c.conf.GetVoters()), c.conf.GetVotersOutgoing()...)
	slices.Sort(all)
	return slices.Compact(all)
}

// setConf takes over the members as applied.
func (c *Core) setConf(conf *pb.ConfState) {
	c.conf = conf
	c.shadows = slices.ContainsFunc(c.everyVoter(), isShadow)
}

// voterSeats lists the real seats among the voters, by id.
func (c *Core) voterSeats() (seats []Seat) {
	for _, id := range c.conf.GetVoters() {
		if !isShadow(id) {
			seats = append(seats, seatOf(id))
		}
	}
	return seats
}

// weight is how many votes a seat has now; 0 when it is no voter.
func (c *Core) weight(s Seat) int {
	n := 0
	for _, id := range c.conf.GetVoters() {
		if seatOf(id) == s {
			n++
		}
	}
	return n
}

// onlyVoter reports whether a node holds every vote, and no change is under way.
func (c *Core) onlyVoter(s Seat) bool {
	seats := c.voterSeats()
	return len(seats) == 1 && seats[0] == s && len(c.conf.GetVotersOutgoing()) == 0
}
