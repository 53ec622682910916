package consensus

import (
	"encoding/json"
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/tactus-ha/tactus/crm"
)

// FuzzReceive: a member that holds the key and sends nonsense does not end the others:
// whatever a message says, the core goes on, and what was applied stays applied.
func FuzzReceive(f *testing.F) {
	w := newNet(f, 3, nil)
	w.until("three voters", 400, w.voters(3))
	w.propose(w.leader(), "x")
	w.ticks(5)
	leader := w.leader()
	follower := leader%3 + 1
	for _, h := range []Hello{{Phase: Joined, Ask: true}, {Phase: Forming, Founders: []Seat{{1, 1}, {2, 2}}}, {Abdicate: true}, {Leaving: true, Led: true}, {Ballot: &Vote{}}} {
		b, _ := json.Marshal(h)
		f.Add(true, uint8(0), b)
	}
	for i, typ := range []pb.MessageType{pb.MsgApp, pb.MsgHeartbeat, pb.MsgSnap, pb.MsgAppResp, pb.MsgVote, pb.MsgVoteResp, pb.MsgTimeoutNow, pb.MsgReadIndex, pb.MsgProp, pb.MsgTransferLeader, pb.MsgHeartbeatResp, pb.MsgPreVote} {
		b, _ := proto.Marshal(&pb.Message{Type: typ.Enum(), Term: new(uint64(i)), Index: new(uint64(1)), LogTerm: new(uint64(1)), Commit: new(uint64(2)),
			Entries: []*pb.Entry{{Index: new(uint64(2)), Term: new(uint64(1)), Data: []byte("y")}}})
		f.Add(false, uint8(i), b)
	}
	f.Fuzz(func(t *testing.T, hello bool, flags uint8, body []byte) {
		self, from := follower, leader
		if flags&1 != 0 {
			self, from = leader, follower
		}
		mine, theirs := w.cores[self].Identity(), w.cores[from].Identity()
		m := Message{From: from, To: self, Disk: theirs.Disk, Group: theirs.Group}
		if flags&2 != 0 {
			m.Group.Incarnation += uint64(flags >> 4)
		}
		if hello {
			m.Hello = &Hello{}
			if json.Unmarshal(body, m.Hello) != nil {
				return
			}
		} else {
			m.Raft = &pb.Message{}
			if proto.Unmarshal(body, m.Raft) != nil {
				return
			}
			m.Raft.To, m.Raft.From = new((Seat{self, mine.Disk}).raftID()), new((Seat{from, theirs.Disk}).raftID())
			if flags&4 != 0 { // as if of the present term
				m.Raft.Term = new(w.cores[self].rn.BasicStatus().GetTerm())
			}
		}
		bytes, err := m.Encode()
		if err != nil {
			return
		}
		if m, err = DecodeMessage(bytes); err != nil {
			return
		}
		alone := &net{t: t, n: 3, cores: map[crm.NodeID]*Core{}, disks: map[crm.NodeID]*disk{self: {w.disks[self].Saved}}, cut: w.cut, applied: map[crm.NodeID][]Applied{}, yields: map[crm.NodeID]int{}, diskNo: 100}
		alone.start(self)
		alone.cycle(self)
		alone.cores[self].Receive(m)
		alone.cycle(self)
		for range 3 {
			alone.cores[self].Tick()
			alone.cycle(self)
		}
	})
}
