package consensus

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/tactus-ha/tactus/crm"
	pb "go.etcd.io/raft/v3/raftpb"
)

func TestFormation(t *testing.T) {
	for n := 1; n <= 9; n++ {
		t.Run(fmt.Sprint(n, " nodes"), func(t *testing.T) {
			w := newNet(t, n, nil)
			w.until("leader", 20, func() bool { return w.leader() != 0 })
			w.ticks(10)
			w.propose(crm.NodeID(n), "hello")
			w.ticks(10)
			for id := range w.cores {
				if got := w.list(id); !slices.Equal(got, []string{"hello"}) {
					t.Errorf("node %d has %v, want [hello]", id, got)
				}
			}
			if got, want := len(w.cores[1].conf.GetVoters()), min(n, MaxVoters); got != want {
				t.Errorf("%d voters, want %d", got, want)
			}
		})
	}
}

func TestFormationWithoutOneOfThree(t *testing.T) {
	w := newNet(t, 3, nil)
	w.stop(1)
	w.until("leader of two", 200, func() bool { return w.leader() != 0 })
	w.propose(w.leader(), "a")
	w.start(1)
	w.until("third is a voter", 300, w.voters(3))
	w.ticks(10)
	if got := w.list(1); !slices.Equal(got, []string{"a"}) {
		t.Errorf("late node has %v", got)
	}
}

func TestTwoNodesDoNotFormAlone(t *testing.T) {
	w := newNet(t, 2, unsafePolicy)
	w.stop(2)
	w.ticks(500)
	if s := w.cores[1].Status(); s.Quorate || s.Role != Waiting || s.QuorumReason != "the cluster is not formed yet; waiting for n2" {
		t.Errorf("lone fresh node: %+v", s)
	}
}

func TestLeaderDeathHintElectsAtOnce(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(50)
	old := w.leader()
	w.stop(old)
	for id := crm.NodeID(1); id <= 3; id++ {
		if c := w.cores[id]; c != nil {
			c.Alive(old, false)
			w.cycle(id)
		}
	}
	w.deliver()
	w.until("new leader", 4, func() bool { return w.leader() != 0 })
	w.start(old)
	w.ticks(50)
	w.propose(old, "x")
	w.ticks(10)
	if got := w.list(old); len(got) != 1 {
		t.Errorf("returned node has %v", got)
	}
}

// TestRestartedLeaderIsReplacedAtOnce: a leader whose process began anew within its dead
// time leaves a cluster that hears it and has no leader; nobody waits for the silence
// that will not come.
func TestRestartedLeaderIsReplacedAtOnce(t *testing.T) {
	for _, nodes := range []int{2, 3} {
		w := newNet(t, nodes, unsafePolicy)
		w.until("leader", 20, func() bool { return w.leader() != 0 })
		w.ticks(50)
		old := w.leader()
		w.stop(old)
		w.start(old)
		w.ticks(1)
		for id, c := range w.cores {
			if id != old {
				c.Restarted(old)
				w.cycle(id)
			}
		}
		w.deliver()
		w.until("new leader", 6, func() bool { return w.leader() != 0 })
		for id, c := range w.cores {
			if got := c.Status().Stamp.Incarnation; got != 1 {
				t.Errorf("%d nodes: node %d is in incarnation %d, want 1: nobody may go on alone", nodes, id, got)
			}
		}
	}
}

func TestLeaderDeathWithoutHint(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.stop(w.leader())
	w.until("new leader", 100, func() bool { return w.leader() != 0 })
}

func TestWholeClusterRestart(t *testing.T) {
	w := newNet(t, 3, func(c *Config) { c.CompactEntries = 8 })
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprint("c", i))
		w.propose(w.leader(), want[i])
	}
	for id := range w.disks {
		w.stop(id)
	}
	for id := range w.disks {
		w.start(id)
	}
	w.until("leader", 12, func() bool { return w.leader() != 0 })
	w.ticks(10)
	for id := range w.cores {
		if got := w.list(id); !slices.Equal(got, want) {
			t.Errorf("node %d has %v", id, got)
		}
	}
}

func TestWipedVoterComesBackInAnotherSeat(t *testing.T) {
	for _, n := range []int{2, 3, 5} {
		t.Run(fmt.Sprint(n, " nodes"), func(t *testing.T) {
			w := newNet(t, n, nil)
			w.until("leader", 20, func() bool { return w.leader() != 0 })
			w.ticks(10)
			for i := range 30 {
				w.propose(w.leader(), fmt.Sprint("c", i))
			}
			for victim := crm.NodeID(1); victim <= 2; victim++ {
				w.stop(victim)
				w.disks[victim] = &disk{}
				w.start(victim)
				w.ticks(60)
				w.until("voters again", 300, w.voters(n))
				w.ticks(10)
				if got := w.list(victim); len(got) != 30 {
					t.Errorf("wiped node %d has %d commands, want 30", victim, len(got))
				}
			}
		})
	}
}

func TestPeersAddedAndRemoved(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(5)
	w.propose(1, "a")
	w.n = 4
	w.disks[4] = &disk{}
	for _, c := range w.cores {
		c.SetPeers(w.peers())
	}
	w.start(4)
	w.until("four voters", 300, w.voters(4))
	if got := w.list(4); !slices.Equal(got, []string{"a"}) {
		t.Errorf("new node has %v", got)
	}
	w.stop(4)
	w.n = 3
	for _, c := range w.cores {
		c.SetPeers(w.peers())
	}
	w.until("three voters", 300, w.voters(3))
}

func TestLargeCommandsAreCompactedEarly(t *testing.T) {
	w := newNet(t, 3, func(c *Config) { c.Machine = &hash{} })
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(5)
	w.stop(3 - w.leader()%2)
	big := make([]byte, 5<<20)
	for i := range 30 {
		big[0] = byte(i)
		w.propose(w.leader(), string(big))
	}
	for id, d := range w.disks {
		n := 0
		for _, e := range d.Entries {
			n += len(e.GetData())
		}
		if n > 2*maxLogBytes {
			t.Errorf("node %d keeps a log of %d bytes", id, n)
		}
	}
	for id := range w.disks {
		if w.cores[id] == nil {
			w.start(id)
		}
	}
	w.ticks(60)
	for id, c := range w.cores {
		if got := c.cfg.Machine.(*hash).n; got != 30 {
			t.Errorf("node %d has applied %d commands, want 30", id, got)
		}
	}
}

// hash is a state machine that forgets what it was told.
type hash struct{ n int }

func (h *hash) Apply(uint64, []byte) []byte { h.n++; return nil }
func (h *hash) Snapshot() []byte            { return fmt.Appendf(nil, "%d", h.n) }
func (h *hash) Restore(b []byte) error      { _, err := fmt.Sscan(string(b), &h.n); return err }

func TestReadIndex(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(5)
	for id := crm.NodeID(1); id <= 3; id++ {
		c := w.cores[id]
		c.ReadIndex(42)
		var reads []Read
		for range 5 {
			for c.HasReady() {
				out := c.Ready()
				w.mail = append(append(w.mail, out.Early...), out.Late...)
				w.disks[id].save(out.Saves)
				reads = append(reads, c.Advance().Reads...)
			}
			mail := w.mail
			w.mail = nil
			for _, m := range mail {
				w.cores[m.To].Receive(m)
				if m.To != id {
					w.cycle(m.To)
				}
			}
		}
		if len(reads) != 1 || reads[0].Key != 42 || reads[0].Index == 0 {
			t.Errorf("reads on node %d: %v", id, reads)
		}
	}
}

func TestIdentityGuards(t *testing.T) {
	d := Saved{Identity: Identity{ClusterName: "a", Node: 1, Disk: 7}}
	for _, tc := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"other node", Config{ClusterName: "a", Self: 2, Peers: []Peer{{ID: 2}}}, "consensus: this disk belongs to node 1, not to node 2: was the machine copied, or its nodeid changed?"},
		{"other cluster", Config{ClusterName: "b", Self: 1, Peers: []Peer{{ID: 1}}}, `consensus: this disk belongs to cluster "a", the configuration says "b"`},
		{"not configured", Config{ClusterName: "a", Self: 3, Peers: []Peer{{ID: 1}}}, "consensus: node 3 is not among the configured peers"},
	} {
		tc.cfg.Machine = &register{}
		if _, err := New(tc.cfg, d); err == nil || err.Error() != tc.want {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
}

func FuzzDecodeMessage(f *testing.F) {
	for _, m := range []Message{
		{From: 1, To: 2, Disk: 3, Group: Group{1, 2, 3}, Raft: &pb.Message{Type: pb.MsgApp.Enum(), Term: new(uint64(3))}},
		{From: 1, To: 2, Hello: &Hello{Phase: Joined, Ask: true}},
	} {
		b, _ := m.Encode()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeMessage(b)
		if err != nil {
			return
		}
		if (m.Raft == nil) == (m.Hello == nil) {
			t.Fatalf("%+v: want exactly one of raft and hello", m)
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if m2, err := DecodeMessage(again); err != nil || m2.From != m.From || !bytes.Equal(again[:headerSize], b[:headerSize]) {
			t.Fatalf("second reading: %+v, %v", m2, err)
		}
	})
}

// TestShrinkingToTwoDuringRestarts: the third of three nodes is gone and no longer
// configured, and the others are restarted one after the other for it. One that leaves
// for that is not taken off the voters while the one that is gone is still among them.
func TestShrinkingToTwoDuringRestarts(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(5)
	w.propose(1, "a")
	w.stop(3)
	w.n = 2
	for _, leaves := range []crm.NodeID{1, 2} {
		w.cores[leaves].Leave()
		w.cycle(leaves)
		w.ticks(10)
		w.stop(leaves)
		w.ticks(10)
		w.start(leaves)
		w.ticks(1)
	}
	w.until("two voters", 300, w.voters(2))
	w.propose(1, "b")
}

// TestALeaderThatStoodStillLeadsNoMore: its disk was full and the others elected somebody else; as
// far as it knows it heard a majority just now.
func TestALeaderThatStoodStillLeadsNoMore(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("a leader with three voters", 300, w.voters(3))
	old := w.leader()
	c := w.cores[old]
	delete(w.cores, old) // it takes no input
	w.until("another one leads", 300, func() bool { return w.leader() != 0 })
	if s := c.Status(); s.Leader != old || !s.Quorate {
		t.Fatalf("before it knows: %+v; want it to take itself for the leader", s)
	}
	c.StoodStill()
	if s := c.Status(); s.Leader != 0 || s.Quorate {
		t.Errorf("it stood still, and takes %d for the leader, quorate %v; want 0, false", s.Leader, s.Quorate)
	}
	w.cores[old] = c
	w.until("it follows", 300, func() bool { s := c.Status(); return s.Quorate && s.Leader == w.leader() && s.Leader != old })
}

// TestTheOnlyVoterLeadsOn: nobody else could have been elected.
func TestTheOnlyVoterLeadsOn(t *testing.T) {
	w := newNet(t, 1, nil)
	w.until("it leads", 300, func() bool { return w.leader() == 1 })
	w.cores[1].StoodStill()
	if s := w.cores[1].Status(); s.Leader != 1 || !s.Quorate {
		t.Errorf("the only voter stood still: %+v; want it to lead", s)
	}
}
