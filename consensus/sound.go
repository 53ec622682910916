package consensus

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"go.etcd.io/raft/v3/confchange"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"
	"google.golang.org/protobuf/proto"
)

// maxTermLeap bounds by how much a peer's term may be ahead: a term is one election, and
// one that is near the end of the numbers would leave none for the next.
const maxTermLeap = 1 << 40

// checkSound refuses what no honest member sends, and what raft would end the process
// for: a member whose memory or program is broken harms itself only.
func (c *Core) checkSound(m *pb.Message) error {
	last, _ := c.log.last()
	st := c.rn.BasicStatus()
	switch {
	case m.GetTerm() == 0 && m.GetType() != pb.MsgProp && m.GetType() != pb.MsgReadIndex:
		return errors.New("it has no term")
	case m.GetTerm() > st.GetTerm() && m.GetTerm()-st.GetTerm() > maxTermLeap:
		return fmt.Errorf("its term %d is far ahead of %d", m.GetTerm(), st.GetTerm())
	case m.GetIndex() > math.MaxInt64 || m.GetCommit() > math.MaxInt64:
		return errors.New("its index is no index")
	}
	switch m.GetType() {
	case pb.MsgHeartbeat:
		if m.GetCommit() > last {
			return fmt.Errorf("it speaks of entry %d, which this node never had", m.GetCommit())
		}
	case pb.MsgAppResp:
		if m.GetIndex() > last {
			return fmt.Errorf("it has entry %d, which this node never sent", m.GetIndex())
		}
	case pb.MsgReadIndex, pb.MsgReadIndexResp:
		if len(m.GetEntries()) != 1 {
			return errors.New("it does not say what for")
		}
	case pb.MsgProp:
		return checkProposal(m)
	case pb.MsgApp:
		return c.checkAppend(m, st.GetCommit())
	case pb.MsgSnap:
		return checkMembers(m.GetSnapshot().GetMetadata().GetConfState())
	}
	return nil
}

// checkProposal: members propose commands; only the leader changes the members.
func checkProposal(m *pb.Message) error {
	for _, e := range m.GetEntries() {
		if e.GetType() != pb.EntryNormal {
			return errors.New("it proposes other members")
		}
	}
	if len(m.GetEntries()) == 0 {
		return errors.New("it proposes nothing")
	}
	return nil
}

// checkAppend: what is agreed on is never replaced, terms do not fall.
func (c *Core) checkAppend(m *pb.Message, commit uint64) error {
	term := m.GetLogTerm()
	for _, e := range m.GetEntries() {
		if ours, err := c.log.Term(e.GetIndex()); err == nil && e.GetIndex() <= commit && ours != e.GetTerm() {
			return fmt.Errorf("it replaces entry %d, which is agreed on", e.GetIndex())
		}
		if e.GetTerm() < term || e.GetTerm() > m.GetTerm() {
			return fmt.Errorf("entry %d is of term %d, after one of %d, in a message of %d", e.GetIndex(), e.GetTerm(), term, m.GetTerm())
		}
		term = e.GetTerm()
		if err := checkChange(e); err != nil {
			return fmt.Errorf("entry %d: %w", e.GetIndex(), err)
		}
	}
	return nil
}

func checkChange(e *pb.Entry) error {
	switch e.GetType() {
	case pb.EntryNormal:
		return nil
	case pb.EntryConfChangeV2:
		cc := &pb.ConfChangeV2{}
		if err := proto.Unmarshal(e.GetData(), cc); err != nil {
			return err
		}
		if slices.Contains(cc.GetChanges(), nil) {
			return errors.New("it changes nobody")
		}
		return nil
	}
	return fmt.Errorf("unknown kind %d", e.GetType())
}

// checkMembers: a snapshot says who the members are; raft must be able to take them up.
func checkMembers(conf *pb.ConfState) error {
	if len(conf.GetVoters()) == 0 {
		return errors.New("it has no voters")
	}
	for _, list := range [][]uint64{conf.GetVoters(), conf.GetVotersOutgoing(), conf.GetLearners(), conf.GetLearnersNext()} {
		if slices.Contains(list, 0) {
			return errors.New("it has a member without a name")
		}
	}
	_, _, err := confchange.Restore(confchange.Changer{Tracker: tracker.MakeProgressTracker(1, 0)}, conf)
	return err
}
