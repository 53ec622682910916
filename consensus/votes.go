package consensus

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	pb "go.etcd.io/raft/v3/raftpb"
)

// How many votes a node has follows from the configuration, who breaks ties, and (with
// last_man_standing) from who is there. The leader brings the group's seats in line, by
// agreement of the majorities before and after.
// Source of the options: votequorum(5).

// votesOf is how many votes the configuration gives a node.
func (c *Core) votesOf(id crm.NodeID) int {
	i := slices.IndexFunc(c.cfg.Peers, func(p Peer) bool { return p.ID == id })
	if i < 0 {
		return 0
	}
	return c.cfg.Peers[i].votes()
}

// seatChanges gives a voter (or one that becomes a voter, has is 0 then) so many seats.
func (c *Core) seatChanges(s Seat, has, want int) (changes []*pb.ConfChangeSingle) {
	for k := has; k < want; k++ {
		changes = append(changes, change(pb.ConfChangeAddNode, s.shadow(k)))
	}
	for k := want; k < has; k++ {
		changes = append(changes, change(pb.ConfChangeRemoveNode, s.shadow(k)))
	}
	return changes
}

// unseat takes all votes from a seat; its node is removed, or stays a learner.
func (c *Core) unseat(s Seat, how pb.ConfChangeType) []*pb.ConfChangeSingle {
	return append([]*pb.ConfChangeSingle{change(how, s.raftID())}, c.seatChanges(s, max(c.weight(s), 1), 1)...)
}

// reweigh gives the voters the votes that they should have, all in one change; gone is a
// seat that this change takes away.
func (c *Core) reweigh(gone Seat) (changes []*pb.ConfChangeSingle) {
	seats := slices.DeleteFunc(c.voterSeats(), func(s Seat) bool { return s == gone })
	tie := c.tieBreaker(seats)
	here, all := 0, 0
	for _, s := range seats {
		want := max(c.votesOf(s.Node), 1)
		if s.Node == tie {
			want++
		}
		changes = append(changes, c.seatChanges(s, c.weight(s), want)...)
		all += want
		if c.present(s) {
			here += want
		}
	}
	if here <= all/2 {
		return nil
	}
	return changes
}

// tieBreaker is the node, of these voters, whose side goes on when the votes are split
// evenly: it has one vote more. It is nobody where votes cannot be split evenly. When it is
// gone, another one becomes it, by agreement of the majority that is left.
func (c *Core) tieBreaker(voters []Seat) crm.NodeID {
	if c.policy.TieBreaker == "" {
		return 0
	}
	sum := 0
	var nodes, here []crm.NodeID
	for _, s := range voters {
		sum += max(c.votesOf(s.Node), 1)
		nodes = append(nodes, s.Node)
		if c.present(s) {
			here = append(here, s.Node)
		}
	}
	if sum%2 != 0 || len(nodes) < 2 || len(here) == 0 {
		return 0
	}
	switch c.policy.TieBreaker {
	case TieLowest:
		return slices.Min(here)
	case TieHighest:
		return slices.Max(here)
	}
	for _, word := range strings.Fields(c.policy.TieBreaker) {
		if n, err := strconv.ParseUint(word, 10, 32); err == nil && slices.Contains(here, crm.NodeID(n)) {
			return crm.NodeID(n)
		}
	}
	return 0
}

// retired picks a voter that should vote no more, but may stay a member: one whose votes
// were configured away, or with last_man_standing one that was dead for so long. Two
// voters are the least; with a tie-breaker, one.
func (c *Core) retired() (Seat, bool) {
	seats := c.voterSeats()
	least := 2
	if c.policy.TieBreaker != "" {
		least = 1
	}
	for _, s := range seats {
		switch {
		case !c.configured(s.Node):
		case c.votesOf(s.Node) == 0 && len(seats) > 1 && c.quorateWithout(s):
			return s, true
		case c.policy.LastManStandingTicks > 0 && len(seats) > least && c.goneFor(s) >= c.policy.LastManStandingTicks && c.complete():
			return s, true
		}
	}
	return Seat{}, false
}

// goneFor is for how many ticks a voter was not here; 0 when it is.
func (c *Core) goneFor(s Seat) int {
	if s == c.seat() || c.alive(s.Node) {
		return 0
	}
	p := c.peers[s.Node]
	since := c.duty.since
	if p != nil && p.heard {
		since = max(p.heardAt, p.hintAt) // a leader that is new waits anew: it was not there to see
	}
	return c.now - max(since, c.duty.since)
}

// complete reports whether wait_for_all is satisfied: since they started, this node, or
// a member that it has heard, has met all configured nodes.
func (c *Core) complete() bool {
	return !c.policy.WaitForAll || c.whole || len(c.unseen()) == 0
}

// unseen lists the configured nodes that were not met since this one started: a message
// that was on its way for longer than that tells nothing of what its sender did meanwhile. An
// operator's word that a node is off stands for meeting it.
func (c *Core) unseen() (nodes []crm.NodeID) {
	for _, p := range c.cfg.Peers {
		if v := c.peers[p.ID]; p.ID != c.cfg.Self && !v.met && !strings.HasPrefix(v.proof, OperatorProof) {
			nodes = append(nodes, p.ID)
		}
	}
	return nodes
}
