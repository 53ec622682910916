package sim

import (
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/tactus-ha/tactus/consensus"
)

// Disk keeps what was saved. A save is atomic: after a crash it is there or it is not.
type Disk struct {
	saved  consensus.Saved
	lossy  bool // a broken disk: what it said was saved may not be there after a crash
	before consensus.Saved
	full   bool // there is no room for anything new
}

// Load returns what a node finds when it starts.
func (d *Disk) Load() consensus.Saved {
	if d.lossy && d.before.Identity.Disk != 0 {
		d.saved = d.before
	}
	s := d.saved
	s.Entries = slices.Clone(s.Entries)
	return s
}

// Save stores.
func (d *Disk) Save(saves []consensus.Save) {
	d.before = d.saved
	d.before.Entries = slices.Clone(d.saved.Entries)
	for i := range saves {
		d.saveOne(&saves[i])
	}
}

func (d *Disk) saveOne(s *consensus.Save) {
	if s.Reset {
		d.saved = consensus.Saved{Identity: d.saved.Identity}
	}
	if s.Identity != nil {
		d.saved.Identity = *s.Identity
	}
	if s.Hard != nil {
		d.saved.Hard = s.Hard
	}
	if s.Snapshot != nil {
		d.saved.Snapshot = s.Snapshot
		upTo := s.Snapshot.GetMetadata().GetIndex()
		d.keep(func(e *pb.Entry) bool { return !s.DropLog && e.GetIndex() > upTo })
	}
	if len(s.Entries) > 0 {
		first := s.Entries[0].GetIndex()
		d.keep(func(e *pb.Entry) bool { return e.GetIndex() < first })
		d.saved.Entries = append(d.saved.Entries, s.Entries...)
	}
}

func (d *Disk) keep(f func(*pb.Entry) bool) {
	var kept []*pb.Entry
	for _, e := range d.saved.Entries {
		if f(e) {
			kept = append(kept, e)
		}
	}
	d.saved.Entries = kept
}
