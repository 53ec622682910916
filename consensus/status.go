package consensus

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/tracker"
)

// Role is what a node is in its group, as status displays name it.
type Role string

// The roles.
const (
	Leader    Role = "leader"    // the DC
	Alone     Role = "alone"     // the DC of a two-node cluster whose peer is not a voter now
	Follower  Role = "follower"  // votes
	Learner   Role = "learner"   // has everything, does not vote (yet)
	Candidate Role = "candidate" // asks for votes
	Waiting   Role = "waiting"   // has no group yet, or waits for its peer
	Out       Role = "out"       // yielded to another group, or no member of its own
)

// Status is where this node stands.
type Status struct {
	Role          Role
	Leader        crm.NodeID // 0: none known
	Stamp         crm.Stamp  // authority of orders given now; meaningful on the leader
	Quorate       bool
	QuorumReason  string // why not quorate, or on what grounds; one sentence
	Protected     bool   // false: the configuration lets both halves of a split go on
	Votes         Votes
	Members       []MemberInfo // by id
	AppliedIndex  uint64
	CommitIndex   uint64
	LastIndex     uint64
	DiskError     string // why nothing can be written here; "" when all is well
	Group         Group
	Incarnation   uint64
	Phase         Phase
	Unsound       uint64   // messages of members, dropped: no honest member sends such
	ForeignGroups []string // nodes that were heard in a cluster of the same name but of another origin
}

// Votes counts votes. The tie-breaker's additional vote is among them.
type Votes struct {
	Expected   int        // of all voters
	Present    int        // of those that are thought to be alive
	Quorum     int        // needed
	TieBreaker crm.NodeID // has one vote more than it is configured to; 0: nobody
	WaitForAll bool       // some configured node was not heard yet, and wait_for_all demands it
}

// MemberInfo is one node as this one sees it.
type MemberInfo struct {
	ID          crm.NodeID
	Role        string // voter, learner, or "" for a configured node that is not a member
	Votes       int    // it has now
	Match       uint64 // highest index known to be on its disk; known on the leader only
	Active      bool   // heard lately
	Incarnation uint64 // it last spoke in; 0 when it was not heard
}

// Status describes where this node stands.
func (c *Core) Status() Status {
	_, two := c.twoNode()
	s := Status{Role: Waiting, AppliedIndex: c.applied, Group: c.id.Group, Incarnation: c.id.Group.Incarnation, Phase: c.phase,
		Protected: !(two && c.policy.Unsafe()), Votes: c.votes(), Members: c.members(), Unsound: c.unsound}
	for _, id := range c.order {
		if p := c.peers[id]; p.heard && !p.group.Zero() && !c.id.Group.Zero() && p.group.Cluster != c.id.Group.Cluster {
			s.ForeignGroups = append(s.ForeignGroups, string(c.nameOf(id)))
		}
	}
	if c.rn == nil {
		s.QuorumReason = c.unformedReason()
		if c.phase == Yielded {
			s.Role = Out
		}
		return s
	}
	st := c.rn.BasicStatus()
	s.Leader, s.Stamp = c.Lead()
	s.CommitIndex = st.GetCommit()
	s.LastIndex, _ = c.log.last()
	if c.empty() {
		s.Role, s.QuorumReason = Learner, "this node was let in, and waits for the leader to send it the configuration"
		return s
	}
	s.Role = c.role(st.RaftState)
	s.Quorate, s.QuorumReason = c.quorate(s)
	if !s.Quorate && s.Role != Learner && s.Role != Out {
		s.Role = Waiting
		if st.RaftState == raft.StateCandidate || st.RaftState == raft.StatePreCandidate {
			s.Role = Candidate
		}
	}
	return s
}

// Lead returns the leader this node knows of (0: none) and the stamp its orders would bear: the
// part of Status that is cheap enough to ask after every input.
func (c *Core) Lead() (crm.NodeID, crm.Stamp) {
	if c.rn == nil {
		return 0, crm.Stamp{}
	}
	st := c.rn.BasicStatus()
	stamp := crm.Stamp{Incarnation: c.id.Group.Incarnation, Term: st.GetTerm()}
	if c.empty() {
		return 0, stamp
	}
	return seatOf(st.Lead).Node, stamp
}

// empty reports whether this node is being added to a group and has received nothing of it
// yet, not even who votes. Whatever its state machine holds is of a former life: such a
// node knows of no leader, and has no part in a quorum.
func (c *Core) empty() bool { return len(c.conf.GetVoters()) == 0 }

func (c *Core) role(state raft.StateType) Role {
	role, _ := c.roleOf(c.seat())
	_, two := c.twoNode()
	switch {
	case state == raft.StateLeader && !c.agreedInTerm():
		// Elected, but what was agreed on before may not be applied here yet: too early
		// to give orders.
		return Candidate
	case state == raft.StateLeader && two && c.onlyVoter(c.seat()):
		return Alone
	case state == raft.StateLeader:
		return Leader
	case role == "learner":
		return Learner
	case role == "" && len(c.conf.GetVoters()) > 0:
		return Out
	case state == raft.StateFollower:
		return Follower
	}
	return Candidate
}

func (c *Core) votes() Votes {
	if c.conf == nil || len(c.conf.GetVoters()) == 0 {
		return c.votesToCome()
	}
	v := Votes{Expected: len(c.conf.GetVoters()), Quorum: len(c.conf.GetVoters())/2 + 1, WaitForAll: !c.complete()}
	for _, s := range c.voterSeats() {
		if c.policy.TieBreaker != "" && c.weight(s) == c.votesOf(s.Node)+1 {
			v.TieBreaker = s.Node
		}
	}
	for _, id := range c.conf.GetVoters() {
		if c.votes1(seatOf(id)) {
			v.Present++
		}
	}
	return v
}

// votesToCome is what will be counted once the cluster is formed.
func (c *Core) votesToCome() (v Votes) {
	for i, p := range c.cfg.Peers {
		if i == MaxVoters {
			break
		}
		v.Expected += p.votes()
		if q := c.peers[p.ID]; p.ID == c.cfg.Self || q.heard && c.alive(p.ID) {
			v.Present += p.votes()
		}
	}
	v.Quorum = v.Expected/2 + 1
	return v
}

// votes1 reports whether a voter counts as present: the leader knows from answers,
// the others from membership and from what they hear.
func (c *Core) votes1(s Seat) bool {
	if s == c.seat() {
		return true
	}
	p := c.peers[s.Node]
	if p == nil || (p.heard && p.disk != s.Disk) {
		return false
	}
	if p.hint < 0 {
		return c.alive(s.Node)
	}
	if c.leading() {
		return p.heard && c.now-p.heardAt < 2*c.cfg.ElectionTicks
	}
	return p.hint > 0 || c.leaderSeat().Node != 0 || c.alive(s.Node)
}

// quorate decides whether what this node sees is backed by a majority, and says why.
func (c *Core) quorate(s Status) (bool, string) {
	v := s.Votes
	_, two := c.twoNode()
	switch {
	case s.Role == Alone:
		return true, "going on alone in incarnation " + fmt.Sprint(s.Incarnation) + c.unprotected(s)
	case s.Leader != 0 && v.WaitForAll:
		return false, fmt.Sprintf("node %s was not seen since this node started (wait_for_all); an operator may say that it is off (crm cluster take-over)", c.namesOf(c.unseen()))
	case s.Leader != 0 && v.Present >= v.Quorum:
		return true, fmt.Sprintf("%d of %d votes are present, %d are needed", v.Present, v.Expected, v.Quorum) + c.unprotected(s)
	}
	if _, obstacle := c.takeoverProof(); two && obstacle != "" {
		return false, obstacle
	}
	if v.Present < v.Quorum {
		return false, fmt.Sprintf("%d of %d votes are present, %d are needed; missing: %s", v.Present, v.Expected, v.Quorum, c.missing())
	}
	return false, "no leader is elected yet"
}

func (c *Core) unprotected(s Status) string {
	if s.Protected {
		return ""
	}
	return "; UNPROTECTED: fencing is off and no-quorum-policy is ignore"
}

// unformedReason says what a node without a log waits for.
func (c *Core) unformedReason() string {
	if c.phase == Yielded {
		return fmt.Sprintf("another part of the cluster went on without this node (incarnation %d is over); what runs here is being stopped", c.id.Group.Incarnation)
	}
	var member, absent []string
	for _, p := range c.cfg.Peers {
		v := c.peers[p.ID]
		switch {
		case p.ID == c.cfg.Self:
		case v.greeted && v.hello.Phase == Joined:
			member = append(member, string(c.nameOf(p.ID)))
		case !v.greeted || !c.alive(p.ID):
			absent = append(absent, string(c.nameOf(p.ID)))
		}
	}
	if len(member) > 0 {
		return "this node's disk is empty; waiting to be added by the members of the cluster (" + strings.Join(member, ", ") + ")"
	}
	if c.id.Seen > 0 {
		return "this node has given up its old state and waits for the rest of the cluster: " + strings.Join(absent, ", ")
	}
	if len(absent) == 0 {
		return "the cluster is being formed"
	}
	return "the cluster is not formed yet; waiting for " + strings.Join(absent, ", ")
}

// missing names the voters that are not present.
func (c *Core) missing() string {
	var nodes []crm.NodeID
	for _, s := range c.voterSeats() {
		if !c.votes1(s) {
			nodes = append(nodes, s.Node)
		}
	}
	return c.namesOf(nodes)
}

func (c *Core) namesOf(nodes []crm.NodeID) string {
	var names []string
	for _, id := range nodes {
		names = append(names, string(c.nameOf(id)))
	}
	return strings.Join(names, ", ")
}

func (c *Core) nameOf(id crm.NodeID) crm.NodeName {
	for _, p := range c.cfg.Peers {
		if p.ID == id && p.Name != "" {
			return p.Name
		}
	}
	return crm.NodeName(fmt.Sprint(id))
}

func (c *Core) members() []MemberInfo {
	var out []MemberInfo
	match := map[uint64]uint64{}
	if c.leading() {
		c.rn.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) { match[id] = pr.Match })
	}
	add := func(id crm.NodeID) {
		s := c.seat()
		m := MemberInfo{ID: id, Active: true, Incarnation: c.id.Group.Incarnation}
		if id != c.cfg.Self {
			p := c.peer(id)
			s = Seat{id, p.disk}
			m.Active, m.Incarnation = c.alive(id), p.group.Incarnation
		}
		m.Role, _ = c.roleOf(s)
		m.Votes = c.weight(s)
		if m.Role == "" && id != c.cfg.Self { // a member that was not heard since start
			for _, v := range c.voterSeats() {
				if v.Node == id {
					m.Role, m.Votes = "voter", c.weight(v)
				}
			}
		}
		m.Match = match[s.raftID()]
		out = append(out, m)
	}
	for _, p := range c.cfg.Peers {
		add(p.ID)
	}
	slices.SortFunc(out, func(a, b MemberInfo) int { return int(int64(a.ID) - int64(b.ID)) })
	return out
}
