package consensus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/tactus-ha/tactus/crm"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// register is a state machine: the commands that were applied, each once.
type register struct{ list []string }

func (r *register) Apply(_ uint64, command []byte) []byte {
	if s := string(command); !slices.Contains(r.list, s) {
		r.list = append(r.list, s)
	}
	return fmt.Appendf(nil, "%d", slices.Index(r.list, string(command)))
}
func (r *register) Snapshot() []byte       { b, _ := json.Marshal(r.list); return b }
func (r *register) Restore(b []byte) error { r.list = nil; return json.Unmarshal(b, &r.list) }

// disk keeps what a core saved.
type disk struct{ Saved }

func (d *disk) save(saves []Save) {
	for _, s := range saves {
		if s.Reset {
			d.Saved = Saved{Identity: d.Identity}
		}
		if s.Identity != nil {
			d.Identity = *s.Identity
		}
		if s.Hard != nil {
			d.Hard = s.Hard
		}
		if s.Snapshot != nil {
			i := s.Snapshot.GetMetadata().GetIndex()
			d.Snapshot = proto.Clone(s.Snapshot).(*pb.Snapshot)
			d.Entries = slices.DeleteFunc(d.Entries, func(e *pb.Entry) bool { return s.DropLog || e.GetIndex() <= i })
		}
		if len(s.Entries) > 0 {
			from := s.Entries[0].GetIndex()
			d.Entries = slices.DeleteFunc(d.Entries, func(e *pb.Entry) bool { return e.GetIndex() >= from })
			d.Entries = append(d.Entries, s.Entries...)
		}
	}
}

// net is a small synchronous cluster: every tick all messages are delivered.
type net struct {
	t       *testing.T
	n       int
	cores   map[crm.NodeID]*Core
	disks   map[crm.NodeID]*disk
	cut     map[[2]crm.NodeID]bool
	mail    []Message
	applied map[crm.NodeID][]Applied
	yields  map[crm.NodeID]int
	config  func(*Config)
	diskNo  uint32
}

func newNet(t *testing.T, n int, config func(*Config)) *net {
	w := &net{t: t, n: n, cores: map[crm.NodeID]*Core{}, disks: map[crm.NodeID]*disk{}, cut: map[[2]crm.NodeID]bool{}, applied: map[crm.NodeID][]Applied{}, yields: map[crm.NodeID]int{}, config: config}
	for id := crm.NodeID(1); int(id) <= n; id++ {
		w.disks[id] = &disk{}
		w.start(id)
	}
	return w
}

func (w *net) peers() (list []Peer) {
	for i := 1; i <= w.n; i++ {
		list = append(list, Peer{ID: crm.NodeID(i), Name: crm.NodeName(fmt.Sprint("n", i))})
	}
	return list
}

func (w *net) start(id crm.NodeID) {
	w.diskNo++
	cfg := Config{ClusterName: "test", Self: id, Peers: w.peers(), Disk: w.diskNo, Seed: uint64(id), Machine: &register{}}
	if w.config != nil {
		w.config(&cfg)
	}
	c, err := New(cfg, w.disks[id].Saved)
	if err != nil {
		w.t.Fatal(err)
	}
	w.cores[id] = c
}

func (w *net) stop(id crm.NodeID) { delete(w.cores, id) }

func (w *net) cycle(id crm.NodeID) {
	c := w.cores[id]
	for c != nil && c.HasReady() {
		out := c.Ready()
		w.mail = append(w.mail, out.Early...)
		w.disks[id].save(out.Saves)
		w.mail = append(w.mail, out.Late...)
		d := c.Advance()
		w.applied[id] = append(w.applied[id], d.Applied...)
		if d.Yield != nil {
			w.yields[id]++
			w.t.Logf("node %d yields: %+v", id, *d.Yield)
			c.Rejoin()
		}
	}
}

func (w *net) deliver() {
	for i := 0; len(w.mail) > 0; i++ {
		if i > 100000 {
			w.t.Fatal("messages without end")
		}
		m := w.mail[0]
		w.mail = w.mail[1:]
		if c := w.cores[m.To]; c != nil && !w.cut[[2]crm.NodeID{m.From, m.To}] {
			b, err := m.Encode()
			if err != nil {
				w.t.Fatal(err)
			}
			d, err := DecodeMessage(b)
			if err != nil {
				w.t.Fatal(err)
			}
			c.Receive(d)
			w.cycle(m.To)
		}
	}
}

func (w *net) ticks(n int) {
	for range n {
		for id := crm.NodeID(1); int(id) <= w.n; id++ {
			if c := w.cores[id]; c != nil {
				c.Tick()
				w.cycle(id)
			}
		}
		w.deliver()
	}
}

func (w *net) until(what string, max int, f func() bool) {
	w.t.Helper()
	for i := range max {
		if f() {
			w.t.Logf("%s after %d ticks", what, i)
			return
		}
		w.ticks(1)
	}
	for id, c := range w.cores {
		w.t.Logf("node %d: %+v", id, c.Status())
	}
	w.t.Fatalf("%s: not within %d ticks", what, max)
}

func (w *net) leader() crm.NodeID {
	for id := crm.NodeID(1); int(id) <= w.n; id++ {
		if c := w.cores[id]; c != nil && c.leading() && c.Status().Quorate {
			return id
		}
	}
	return 0
}

func (w *net) propose(id crm.NodeID, cmd string) {
	w.t.Helper()
	if err := w.cores[id].Propose(1, []byte(cmd)); err != nil {
		w.t.Fatalf("propose %q on node %d: %v", cmd, id, err)
	}
	w.cycle(id)
	w.deliver()
}

func (w *net) list(id crm.NodeID) []string { return w.cores[id].cfg.Machine.(*register).list }

func (w *net) voters(n int) func() bool {
	return func() bool {
		l := w.leader()
		return l != 0 && len(w.cores[l].conf.GetVoters()) == n
	}
}

func (w *net) split(a, b crm.NodeID, cut bool) {
	w.cut[[2]crm.NodeID{a, b}], w.cut[[2]crm.NodeID{b, a}] = cut, cut
}

func unsafePolicy(cfg *Config) { cfg.Policy = Policy{NoQuorumPolicy: "ignore"} }

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

func TestTwoNodeTakeover(t *testing.T) {
	for _, tc := range []struct {
		name   string
		policy Policy
		proof  string
		victim func(*net) crm.NodeID
		alone  bool
	}{
		{"unsafe policy, leader dies", Policy{NoQuorumPolicy: "ignore"}, "", (*net).leader, true},
		{"unsafe policy, follower dies", Policy{NoQuorumPolicy: "ignore"}, "", func(w *net) crm.NodeID { return 3 - w.leader() }, true},
		{"fencing on, no proof", Policy{NoQuorumPolicy: "ignore", FencingEnabled: true}, "", (*net).leader, false},
		{"policy stop", Policy{NoQuorumPolicy: "stop"}, "", (*net).leader, false},
		{"fencing on, confirmed", Policy{NoQuorumPolicy: "stop", FencingEnabled: true}, "fenced by ipmi", (*net).leader, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newNet(t, 2, func(c *Config) { c.Policy = tc.policy })
			w.until("leader", 20, func() bool { return w.leader() != 0 })
			w.ticks(10)
			w.propose(1, "a")
			victim := tc.victim(w)
			left := 3 - victim
			w.stop(victim)
			c := w.cores[left]
			c.Alive(victim, false)
			if tc.proof != "" {
				c.Confirm(victim, tc.proof)
			}
			w.cycle(left)
			if got := c.Status(); (got.Role == Alone && got.Quorate && got.Incarnation == 2) != tc.alone {
				t.Fatalf("survivor: %+v; want alone %v", got, tc.alone)
			}
			if !tc.alone {
				w.ticks(100)
				s := c.Status()
				t.Log(s.QuorumReason)
				if s.Quorate || s.QuorumReason == "" {
					t.Errorf("survivor without proof: %+v", s)
				}
				return
			}
			w.propose(left, "b")
			if got := w.list(left); !slices.Equal(got, []string{"a", "b"}) {
				t.Errorf("survivor has %v", got)
			}
			w.start(victim)
			w.until("two voters", 300, w.voters(2))
			w.ticks(5)
			if got := w.list(victim); !slices.Equal(got, []string{"a", "b"}) || w.yields[victim] != 1 || w.yields[left] != 0 {
				t.Errorf("returned node has %v, yields %v", got, w.yields)
			}
			if w.leader() != left {
				t.Errorf("leader is %d, want the survivor %d", w.leader(), left)
			}
		})
	}
}

func TestMergeAfterBothWentOnAlone(t *testing.T) {
	w := newNet(t, 2, unsafePolicy)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.split(1, 2, true)
	w.until("both alone", 200, func() bool {
		return w.cores[1].Status().Role == Alone && w.cores[2].Status().Role == Alone
	})
	w.propose(1, "one")
	w.propose(2, "two")
	w.propose(2, "two again")
	before := w.cores[2].Status().Stamp
	w.split(1, 2, false)
	w.until("merged", 300, w.voters(2))
	w.ticks(5)
	if w.yields[1] != 1 || w.yields[2] != 0 {
		t.Errorf("yields %v, want node 1 to yield: node 2 did more", w.yields)
	}
	if !slices.Equal(w.list(1), []string{"two", "two again"}) || !slices.Equal(w.list(2), w.list(1)) {
		t.Errorf("lists %v and %v", w.list(1), w.list(2))
	}
	if after := w.cores[2].Status().Stamp; after.Incarnation <= before.Incarnation {
		t.Errorf("stamp %v after merging, %v before: orders of both halves would be equal", after, before)
	}
}

func TestOrderlyShutdownOfOneOfTwo(t *testing.T) {
	for _, who := range []string{"leader", "follower"} {
		t.Run(who, func(t *testing.T) {
			w := newNet(t, 2, nil)
			w.until("leader", 20, func() bool { return w.leader() != 0 })
			w.ticks(10)
			w.propose(1, "a")
			leaves := w.leader()
			if who == "follower" {
				leaves = 3 - leaves
			}
			w.cores[leaves].Leave()
			w.cycle(leaves)
			w.until("left", 60, w.cores[leaves].Left)
			w.stop(leaves)
			w.ticks(100)
			stays := 3 - leaves
			if s := w.cores[stays].Status(); s.Role != Alone || !s.Quorate || s.Incarnation != 1 {
				t.Fatalf("the one that stays: %+v", s)
			}
			w.propose(stays, "b")
			w.start(leaves)
			w.until("two voters", 200, w.voters(2))
			if w.yields[leaves] != 0 || !slices.Equal(w.list(leaves), []string{"a", "b"}) {
				t.Errorf("returned: %v, yields %v", w.list(leaves), w.yields)
			}
		})
	}
}

func TestLastResortOfANodeThatLeftInOrder(t *testing.T) {
	w := newNet(t, 2, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.propose(1, "a")
	w.cores[2].Leave()
	w.cycle(2)
	w.until("left", 60, w.cores[2].Left)
	w.stop(2)
	w.stop(1) // for good
	w.start(2)
	w.ticks(200)
	c := w.cores[2]
	if s := c.Status(); s.Quorate || s.QuorumReason != "this node's copy of the configuration may not be the newest" {
		t.Errorf("before the operator's word: %+v", s)
	}
	c.Confirm(1, "fenced")
	w.ticks(2)
	if c.Status().Quorate {
		t.Error("a fence device's word is not enough: the peer may have newer data")
	}
	c.Confirm(1, OperatorProof+" root")
	w.until("alone", 5, func() bool { return c.Status().Role == Alone })
	if got := w.list(2); !slices.Equal(got, []string{"a"}) {
		t.Errorf("list %v", got)
	}
}

// TestUnsafeLearnerGoesOn: of two nodes, one has gone on alone and lets the other in
// again, and dies before that one is a voter. Where nothing need be safe and nobody need
// be waited for, the service goes on; else the learner waits.
func TestUnsafeLearnerGoesOn(t *testing.T) {
	for _, policy := range []Policy{
		{NoQuorumPolicy: "ignore"},
		{NoQuorumPolicy: "ignore", WaitForAll: true},
		{NoQuorumPolicy: "stop"},
	} {
		unsafe := policy.Unsafe() && !policy.WaitForAll
		w := newNet(t, 2, unsafePolicy)
		w.until("leader", 20, func() bool { return w.leader() != 0 })
		w.ticks(10)
		w.stop(2)
		w.cores[1].Alive(2, false)
		w.cycle(1)
		w.ticks(5)
		w.propose(1, "b")
		w.start(2)
		w.until("learner", 300, func() bool { return w.cores[2].Status().Role == Learner && len(w.list(2)) == 1 })
		w.stop(1)
		c := w.cores[2]
		c.SetPolicy(policy)
		c.Alive(1, false)
		w.cycle(2)
		w.ticks(60)
		s := c.Status()
		if alone := s.Role == Alone && s.Quorate && s.Incarnation == 3; alone != unsafe {
			t.Errorf("policy %+v: the learner is %+v", policy, s)
		}
		if got := w.list(2); !slices.Equal(got, []string{"b"}) {
			t.Errorf("the learner has %v", got)
		}
	}
}

// TestLastVoterLetsTheLearnerInBeforeItLeaves: the only voter of two is shut down in order
// while the other one learns: that one is made a voter and the leader first.
func TestLastVoterLetsTheLearnerInBeforeItLeaves(t *testing.T) {
	w := newNet(t, 2, unsafePolicy)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.stop(2)
	w.cores[1].Alive(2, false)
	w.cycle(1)
	w.ticks(5)
	w.propose(1, "b")
	w.start(2)
	w.until("learner", 300, func() bool { return w.cores[2].Status().Role == Learner && len(w.list(2)) == 1 })
	w.propose(1, "c")
	w.cores[1].Leave()
	w.cycle(1)
	if w.cores[1].Left() {
		t.Fatal("the only voter has left while the other one was learning")
	}
	w.until("left", 100, func() bool { return w.cores[1].Left() })
	w.stop(1)
	w.until("the other one leads", 100, func() bool { s := w.cores[2].Status(); return s.Quorate && s.Leader == 2 })
	if got := w.list(2); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("the other one has %v", got)
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
