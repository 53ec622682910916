package consensus

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/crm"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// Kind says what a message carries.
type Kind byte

// The kinds of messages.
const (
	KindRaft  Kind = 1 // a raft message, for members of the same group only
	KindHello Kind = 2 // who I am and where I stand, understood by everybody
)

// Message is what cores send each other. Exactly one of Raft and Hello is set.
type Message struct {
	From, To crm.NodeID
	Disk     uint32 // of the sender
	Whole    bool   // the sender has met all configured nodes (or heard one that has) since it started
	Life     uint64 // which start of the sender's process this is
	Echo     uint64 // the receiver's Life as the sender heard it last; 0: it heard nothing of it
	Group    Group  // of the sender; zero when it has none
	Raft     *pb.Message
	Hello    *Hello
}

// Hello tells a peer where the sender stands. It is sent while something is unsettled,
// and as the answer to a message of another group; a settled cluster sends none.
type Hello struct {
	Phase    Phase  `json:"phase"`
	Seen     uint64 `json:"seen,omitempty"`     // highest incarnation the sender took part in
	Position uint64 `json:"position,omitempty"` // applied index
	Led      bool   `json:"led,omitempty"`      // the sender's group has a leader now
	Founders []Seat `json:"founders,omitempty"`
	Ask      bool   `json:"ask,omitempty"`      // please answer with yours
	Leaving  bool   `json:"leaving,omitempty"`  // orderly shutdown
	Abdicate bool   `json:"abdicate,omitempty"` // the sender cannot write its disk: elect somebody else
	Ballot   *Vote  `json:"ballot,omitempty"`   // a step of formation
}

const headerSize = 1 + 4 + 4 + 4 + 5*8

// wholeFlag stands beside the kind in a message's first byte.
const wholeFlag = 0x80

// Encode gives the message's bytes for the wire.
func (m Message) Encode() ([]byte, error) {
	b := make([]byte, headerSize, headerSize+256)
	binary.BigEndian.PutUint32(b[1:], uint32(m.From))
	binary.BigEndian.PutUint32(b[5:], uint32(m.To))
	binary.BigEndian.PutUint32(b[9:], m.Disk)
	binary.BigEndian.PutUint64(b[13:], m.Group.Cluster)
	binary.BigEndian.PutUint64(b[21:], m.Group.Incarnation)
	binary.BigEndian.PutUint64(b[29:], m.Group.Owner)
	binary.BigEndian.PutUint64(b[37:], m.Life)
	binary.BigEndian.PutUint64(b[45:], m.Echo)
	if m.Whole {
		b[0] = wholeFlag
	}
	if m.Raft != nil {
		b[0] |= byte(KindRaft)
		return proto.MarshalOptions{}.MarshalAppend(b, m.Raft)
	}
	b[0] |= byte(KindHello)
	body, err := json.Marshal(m.Hello)
	return append(b, body...), err
}

// DecodeMessage reads what Encode gave. Anything else is an error, never a panic.
func DecodeMessage(b []byte) (Message, error) {
	if len(b) < headerSize {
		return Message{}, fmt.Errorf("consensus message of %d bytes: shorter than its header", len(b))
	}
	m := Message{
		From: crm.NodeID(binary.BigEndian.Uint32(b[1:])),
		To:   crm.NodeID(binary.BigEndian.Uint32(b[5:])),
		Disk: binary.BigEndian.Uint32(b[9:]), Whole: b[0]&wholeFlag != 0,
		Group: Group{
			Cluster:     binary.BigEndian.Uint64(b[13:]),
			Incarnation: binary.BigEndian.Uint64(b[21:]),
			Owner:       binary.BigEndian.Uint64(b[29:]),
		},
		Life: binary.BigEndian.Uint64(b[37:]), Echo: binary.BigEndian.Uint64(b[45:]),
	}
	switch body := b[headerSize:]; Kind(b[0] &^ wholeFlag) {
	case KindRaft:
		m.Raft = &pb.Message{}
		if err := proto.Unmarshal(body, m.Raft); err != nil {
			return Message{}, fmt.Errorf("consensus message from node %d: %w", m.From, err)
		}
		return m, checkRaft(m.Raft)
	case KindHello:
		m.Hello = &Hello{}
		if err := json.Unmarshal(body, m.Hello); err != nil {
			return Message{}, fmt.Errorf("hello from node %d: %w", m.From, err)
		}
		return m, nil
	}
	return Message{}, fmt.Errorf("consensus message from node %d: unknown kind %d", m.From, b[0])
}

// travels lists the raft messages that nodes send each other.
var travels = []pb.MessageType{
	pb.MsgProp, pb.MsgApp, pb.MsgAppResp, pb.MsgVote, pb.MsgVoteResp, pb.MsgPreVote, pb.MsgPreVoteResp, pb.MsgSnap,
	pb.MsgHeartbeat, pb.MsgHeartbeatResp, pb.MsgTransferLeader, pb.MsgTimeoutNow, pb.MsgReadIndex, pb.MsgReadIndexResp,
}

// checkRaft refuses what no honest peer sends and raft would panic on.
func checkRaft(m *pb.Message) error {
	if !slices.Contains(travels, m.GetType()) {
		return fmt.Errorf("raft message of kind %d from %s: no such kind travels between nodes", m.GetType(), seatOf(m.GetFrom()))
	}
	next := m.GetIndex() + 1
	for _, e := range m.GetEntries() {
		if e == nil || (m.GetType() == pb.MsgApp && e.GetIndex() != next) {
			return fmt.Errorf("raft message %s from %s: entries are not in sequence", m.GetType(), seatOf(m.GetFrom()))
		}
		next++
	}
	if m.GetType() == pb.MsgSnap && m.GetSnapshot().GetMetadata().GetIndex() == 0 {
		return fmt.Errorf("raft message %s from %s: no snapshot in it", m.GetType(), seatOf(m.GetFrom()))
	}
	return nil
}

// fromLeader reports whether only a leader sends this.
func fromLeader(m *pb.Message) bool {
	switch m.GetType() {
	case pb.MsgApp, pb.MsgHeartbeat, pb.MsgSnap:
		return true
	}
	return false
}

// promisesNothing reports whether a message may leave before what it speaks of is on
// the sender's own disk. Source: the raft thesis, 10.2.1, "Writing to the leader's disk
// in parallel".
func promisesNothing(m *pb.Message) bool {
	switch m.GetType() {
	case pb.MsgApp, pb.MsgHeartbeat, pb.MsgProp, pb.MsgReadIndex:
		return true
	}
	return false
}

// FromLeader reports whether only a leader sends this message.
func (m Message) FromLeader() bool { return m.Raft != nil && fromLeader(m.Raft) }
