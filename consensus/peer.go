package consensus

import (
	"fmt"

	"github.com/tactus-ha/tactus/crm"
)

// MaxVoters is how many members vote by default; all others are learners: they have
// the whole CIB and may run resources, but are not asked.
const MaxVoters = 7

// Peer is a configured member of the cluster (corosync.conf's nodelist, ha.cf's node).
type Peer struct {
	ID    crm.NodeID
	Name  crm.NodeName
	Addrs []string // host:port, one per link, in order of preference
	Votes int      // 0 means 1; NoVotes means none; at most MaxVotes

	Witness bool // it votes, and leads only until another one can
}

// NoVotes is Peer.Votes of a node that never votes: it stays a learner.
const NoVotes = -1

// MaxVotes is how many votes one node may have.
const MaxVotes = 1<<(32-diskBits) - 1 // one shadow is left for the tie-breaker

// votes is how many votes the configuration gives the node.
func (p Peer) votes() int {
	switch {
	case p.Votes == 0:
		return 1
	case p.Votes < 0:
		return 0
	}
	return min(p.Votes, MaxVotes)
}

// Seat is a place in a raft group: a node with one particular disk. A node whose disk
// was lost comes back in another seat, so that what the lost disk had promised is never
// taken for what the new one knows.
type Seat struct {
	Node crm.NodeID `json:"node"`
	Disk uint32     `json:"disk"` // chosen at random when the disk was first used; never 0, at most MaxDisk
}

// diskBits is how many bits a disk's number has; the four above it count the shadows of a
// node that has more than one vote (shadow.go).
const diskBits = 28

// MaxDisk is the highest number that a disk may have.
const MaxDisk = 1<<diskBits - 1

// raftID is the seat's identity inside raft.
func (s Seat) raftID() uint64 { return s.shadow(0) }

// shadow is the identity of the seat's k-th shadow; number 0 is the seat itself.
func (s Seat) shadow(k int) uint64 {
	return uint64(s.Node)<<32 | uint64(k)<<diskBits | uint64(s.Disk)
}

// seatOf is the seat whose votes a raft id counts for.
func seatOf(raftID uint64) Seat {
	return Seat{Node: crm.NodeID(raftID >> 32), Disk: uint32(raftID) & MaxDisk}
}

// shadowOf is the number of the shadow that a raft id names; 0 is the seat itself.
func shadowOf(raftID uint64) int { return int(uint32(raftID) >> diskBits) }

// String prints "node/disk".
func (s Seat) String() string { return fmt.Sprintf("%d/%08x", s.Node, s.Disk) }

// Group names one history that all its members share. Two groups never mix: a takeover
// without a majority, and every merge after one, begins a new group.
type Group struct {
	Cluster     uint64 `json:"cluster"`     // fixed when the cluster was formed; 0 means no group
	Incarnation uint64 `json:"incarnation"` // counts takeovers; 1 in a cluster that never needed one
	Owner       uint64 `json:"owner"`       // raft id of the seat that took over; 0 in incarnation 1
}

// Zero reports whether g names no group.
func (g Group) Zero() bool { return g.Cluster == 0 }

// String prints "cluster.incarnation".
func (g Group) String() string { return fmt.Sprintf("%016x.%d", g.Cluster, g.Incarnation) }

// Policy is what the CIB and corosync.conf say about going on without a majority.
// The zero value never goes on.
type Policy struct {
	FencingEnabled  bool   // stonith-enabled
	NoQuorumPolicy  string // no-quorum-policy: stop, freeze, ignore, demote, suicide
	TwoNode         bool   // corosync.conf: quorum { two_node: 1 }
	WaitForAll      bool   // do not go on alone before the peer was seen once since start
	StartAloneTicks int    // without WaitForAll: how long a starting node waits for its peer; 0 means Config.DeadTicks
	TieBreaker      string // auto_tie_breaker_node: TieLowest, TieHighest, or node ids in order; "" means auto_tie_breaker is off

	LastManStandingTicks int // last_man_standing: a voter that was dead so long has no vote; 0 means never
}

// Policy.TieBreaker beside a list of node ids.
const (
	TieLowest  = "lowest"
	TieHighest = "highest"
)

// Unsafe reports case (d) of the design: the configuration says that a lost peer need
// not be proven off.
func (p Policy) Unsafe() bool { return !p.FencingEnabled && p.NoQuorumPolicy == "ignore" }

// StateMachine is what the members agree on (the CIB). It must be deterministic, begin
// equal on every node, and recognise a command that is applied a second time.
type StateMachine interface {
	Apply(index uint64, command []byte) (response []byte)
	Snapshot() []byte
	Restore([]byte) error
}
