package consensus

import (
	"fmt"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// logStore is raft's view of what is on disk: a copy in memory. Snapshots for peers are
// made when they are asked for, so they are never older than what was applied.
type logStore struct {
	*raft.MemoryStorage
	fresh func() *pb.Snapshot
}

func newLogStore(fresh func() *pb.Snapshot) *logStore {
	return &logStore{raft.NewMemoryStorage(), fresh}
}

// Snapshot overrides MemoryStorage's.
func (s *logStore) Snapshot() (*pb.Snapshot, error) {
	if snap := s.fresh(); snap != nil {
		return snap, nil
	}
	return nil, raft.ErrSnapshotTemporarilyUnavailable
}

// last returns the index and the term of the last entry.
func (s *logStore) last() (index, term uint64) {
	index, _ = s.LastIndex()
	term, _ = s.Term(index)
	return index, term
}

// quiet is raft's logger: raft's own lines are of no use to an operator. A broken
// invariant still panics.
type quiet struct{}

func (quiet) Debug(...any)            {}
func (quiet) Debugf(string, ...any)   {}
func (quiet) Info(...any)             {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warning(...any)          {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Error(...any)            {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Fatal(v ...any)          { panic("consensus: raft: " + fmt.Sprint(v...)) }
func (quiet) Fatalf(f string, v ...any) {
	panic("consensus: raft: " + fmt.Sprintf(f, v...))
}
func (quiet) Panic(v ...any) { panic("consensus: raft: " + fmt.Sprint(v...)) }
func (quiet) Panicf(f string, v ...any) {
	panic("consensus: raft: " + fmt.Sprintf(f, v...))
}
