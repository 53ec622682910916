package consensus

import (
	"hash/fnv"

	"github.com/tactus-ha/tactus/crm"
	pb "go.etcd.io/raft/v3/raftpb"
)

// Identity is what a disk knows about itself beside log and snapshot.
type Identity struct {
	ClusterName string     `json:"clusterName"`
	Node        crm.NodeID `json:"node"`
	Disk        uint32     `json:"disk"`
	Group       Group      `json:"group"`     // zero: not in a group (yet, or no more)
	Founders    []Seat     `json:"founders"`  // of the cluster, as formation decided
	Seen        uint64     `json:"seen"`      // highest incarnation that this disk took part in
	Formation   Formation  `json:"formation"` // what was promised before the cluster was formed
}

// Saved is what a disk gives back at start. A new disk gives the zero value.
type Saved struct {
	Identity Identity
	Hard     *pb.HardState
	Snapshot *pb.Snapshot // nil: none
	Entries  []*pb.Entry  // in order, without a gap, following Snapshot
}

// Save is one atomic change of what is on disk. Fields apply in the order in which they
// stand here; nil and false mean "unchanged".
type Save struct {
	Reset    bool // forget hard state, snapshot and log first
	Identity *Identity
	Hard     *pb.HardState
	Snapshot *pb.Snapshot // replaces the old one; entries up to its index are dropped
	DropLog  bool         // the snapshot came from the leader: the whole log is dropped
	Entries  []*pb.Entry  // written at their indexes; whatever was there or after is dropped
}

// clusterID derives the cluster's identity from its founders: disks have random
// numbers, so two clusters never share one.
func clusterID(founders []Seat) uint64 {
	h := fnv.New64a()
	for _, s := range founders {
		var b [8]byte
		for i := range b {
			b[i] = byte(s.raftID() >> (8 * i))
		}
		h.Write(b[:])
	}
	return max(h.Sum64(), 1)
}
