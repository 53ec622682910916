package node

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/consensus/disk"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership/identity"
)

// register is a state machine: the commands that were applied, each once.
type register struct{ list []string }

func (r *register) Apply(_ uint64, command []byte) []byte {
	if s := string(command); !slices.Contains(r.list, s) {
		r.list = append(r.list, s)
	}
	return command
}
func (r *register) Snapshot() []byte       { b, _ := json.Marshal(r.list); return b }
func (r *register) Restore(b []byte) error { r.list = nil; return json.Unmarshal(b, &r.list) }

// counter is a state machine that is quick however much it has seen.
type counter struct{ n uint64 }

func (c *counter) Apply(uint64, []byte) []byte { c.n++; return nil }
func (c *counter) Snapshot() []byte            { b, _ := json.Marshal(c.n); return b }
func (c *counter) Restore(b []byte) error      { return json.Unmarshal(b, &c.n) }

// cluster is nodes with real disks and real connections on loopback.
type cluster struct {
	t      testing.TB
	peers  []consensus.Peer
	dirs   map[crm.NodeID]string
	nodes  map[crm.NodeID]*Node
	cuts   sync.Map // [2]crm.NodeID -> true
	policy consensus.Policy
	newSM  func() consensus.StateMachine
	key    []byte
}

func newCluster(t testing.TB, n int) *cluster {
	c := &cluster{t: t, dirs: map[crm.NodeID]string{}, nodes: map[crm.NodeID]*Node{}, key: []byte("a key that is long enough to be used here"),
		newSM: func() consensus.StateMachine { return &register{} }}
	root := t.TempDir()
	var held []net.Listener
	for i := 1; i <= n; i++ {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, l)
		id := crm.NodeID(i)
		c.peers = append(c.peers, consensus.Peer{ID: id, Name: crm.NodeName(fmt.Sprint("n", i)), Addrs: []string{l.Addr().String()}})
		c.dirs[id] = filepath.Join(root, fmt.Sprint("n", i))
	}
	for _, l := range held {
		_ = l.Close()
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.Stop()
		}
	})
	return c
}

func (c *cluster) config(id crm.NodeID) Config {
	p := c.peers[id-1]
	tls, err := identity.TLSConfig([][]byte{c.key}, "test", p.Name, id)
	if err != nil {
		c.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo})).With("self", id)
	}
	return Config{ClusterName: "test", Self: id, Peers: c.peers, Dir: c.dirs[id], Listen: p.Addrs, TLS: tls, PeerOf: identity.Peer,
		Timing: Timing{Tick: 50 * time.Millisecond}, Machine: c.newSM(), Policy: c.policy, Log: log,
		Cut: func(peer crm.NodeID) bool { _, cut := c.cuts.Load([2]crm.NodeID{id, peer}); return cut }}
}

func (c *cluster) start(ids ...crm.NodeID) {
	c.t.Helper()
	for _, id := range ids {
		n, err := Start(context.Background(), c.config(id))
		if err != nil {
			c.t.Fatal(err)
		}
		c.nodes[id] = n
	}
}

func (c *cluster) kill(id crm.NodeID) {
	c.nodes[id].Stop()
	delete(c.nodes, id)
}

func (c *cluster) cut(a, b crm.NodeID, cut bool) {
	for _, k := range [][2]crm.NodeID{{a, b}, {b, a}} {
		if cut {
			c.cuts.Store(k, true)
		} else {
			c.cuts.Delete(k)
		}
	}
}

// until waits for a condition; the limit is only there so that a broken test ends.
func (c *cluster) until(what string, f func() bool) {
	c.t.Helper()
	began := time.Now()
	for !f() {
		if time.Since(began) > 60*time.Second {
			for id, n := range c.nodes {
				c.t.Logf("node %d: %+v", id, n.Status())
			}
			c.t.Fatalf("%s: not after %v", what, time.Since(began))
		}
		time.Sleep(2 * time.Millisecond)
	}
	c.t.Logf("%s after %v", what, time.Since(began).Round(time.Millisecond))
}

func (c *cluster) leader() crm.NodeID {
	for id, n := range c.nodes {
		if s := n.Status(); s.Quorate && (s.Role == consensus.Leader || s.Role == consensus.Alone) {
			return id
		}
	}
	return 0
}

func (c *cluster) waitLeader() crm.NodeID {
	c.t.Helper()
	var id crm.NodeID
	c.until("a leader", func() bool { id = c.leader(); return id != 0 })
	return id
}

func (c *cluster) submit(id crm.NodeID, command string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if got, err := c.nodes[id].Submit(ctx, []byte(command)); err != nil || string(got) != command {
		c.t.Fatalf("submit %q on node %d: %q, %v", command, id, got, err)
	}
}

func (c *cluster) list(id crm.NodeID) (list []string) {
	c.t.Helper()
	if err := c.nodes[id].Inspect(context.Background(), func(m consensus.StateMachine) { list = slices.Clone(m.(*register).list) }); err != nil {
		c.t.Fatal(err)
	}
	return list
}

func (c *cluster) wantList(id crm.NodeID, want ...string) {
	c.t.Helper()
	c.until(fmt.Sprint("node ", id, " has it all"), func() bool { return slices.Equal(c.list(id), want) })
}

func (c *cluster) wantVoters(n int) {
	c.t.Helper()
	c.until(fmt.Sprint(n, " voters"), func() bool {
		id := c.leader()
		return id != 0 && c.nodes[id].Status().Votes.Expected == n
	})
}

// formed waits until n nodes are voters and one of them leads: a majority forms without
// those that are slow, and takes them in a moment later.
func (c *cluster) formed(n int) crm.NodeID {
	c.t.Helper()
	c.wantVoters(n)
	return c.waitLeader()
}

func TestThreeNodesAgreeAndSurviveTheirLeader(t *testing.T) {
	c := newCluster(t, 3)
	c.start(1, 2, 3)
	old := c.formed(3)
	for id := crm.NodeID(1); id <= 3; id++ {
		c.submit(id, fmt.Sprint("from ", id))
	}
	c.kill(old)
	for _, n := range c.nodes {
		n.Alive(old, false)
	}
	c.waitLeader()
	for id := range c.nodes {
		c.submit(id, fmt.Sprint("later from ", id))
	}
	c.start(old)
	c.submit(old, "back")
	want := c.list(old)
	if len(want) != 6 {
		t.Errorf("list %v, want 6 commands", want)
	}
	for id := range c.nodes {
		c.wantList(id, want...)
	}
}

func TestReadBarrier(t *testing.T) {
	c := newCluster(t, 3)
	c.start(1, 2, 3)
	c.formed(3)
	for i := range 20 {
		w, r := crm.NodeID(i%3+1), crm.NodeID((i+1)%3+1)
		c.submit(w, fmt.Sprint(i))
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		if err := c.nodes[r].ReadBarrier(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if got := len(c.list(r)); got != i+1 {
			t.Fatalf("after the barrier node %d has %d commands, want %d", r, got, i+1)
		}
	}
}

func TestMinorityRefusesInTimeAndSaysWhy(t *testing.T) {
	c := newCluster(t, 3)
	c.start(1, 2, 3)
	c.formed(3)
	c.kill(2)
	c.kill(3)
	c.nodes[1].Alive(2, false)
	c.nodes[1].Alive(3, false)
	c.until("no quorum", func() bool { return !c.nodes[1].Status().Quorate })
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := c.nodes[1].Submit(ctx, []byte("x"))
	want := "no agreement in time: 1 of 3 votes are present, 2 are needed; missing: n2, n3 (context deadline exceeded)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestPartitionedLeaderStepsDown(t *testing.T) {
	c := newCluster(t, 3)
	c.start(1, 2, 3)
	old := c.formed(3)
	c.submit(old, "a")
	for id := crm.NodeID(1); id <= 3; id++ {
		if id != old {
			c.cut(old, id, true)
		}
	}
	var next crm.NodeID
	c.until("another leader", func() bool {
		for id, n := range c.nodes {
			if s := n.Status(); id != old && s.Role == consensus.Leader && s.Quorate {
				next = id
				return true
			}
		}
		return false
	})
	c.submit(next, "b")
	c.until("old leader knows", func() bool { return !c.nodes[old].Status().Quorate })
	for id := crm.NodeID(1); id <= 3; id++ {
		c.cut(old, id, false)
	}
	c.wantList(old, "a", "b")
}

func TestWipedDiskRejoins(t *testing.T) {
	c := newCluster(t, 3)
	c.start(1, 2, 3)
	c.formed(3)
	c.submit(1, "a")
	c.kill(3)
	if err := os.RemoveAll(c.dirs[3]); err != nil {
		t.Fatal(err)
	}
	c.start(3)
	c.wantList(3, "a")
	c.wantVoters(3)
}

func TestDamagedDiskIsSetAsideAndRejoins(t *testing.T) {
	for _, tc := range []struct {
		name   string
		damage func([]byte) []byte
	}{
		{"truncated", func(b []byte) []byte { return b[:2*4096+100] }},
		{"flipped", func(b []byte) []byte {
			for i := 8192; i < len(b); i += 97 {
				b[i] ^= 1
			}
			return b
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCluster(t, 2)
			c.start(1, 2)
			c.waitLeader()
			c.submit(1, "a")
			c.kill(2)
			file := filepath.Join(c.dirs[2], disk.FileName)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, tc.damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			c.start(2)
			if c.nodes[2].Damage() == "" {
				t.Error("the node does not say that its file was damaged")
			}
			if _, err := os.Stat(file + ".damaged-1"); err != nil {
				t.Errorf("the damaged file was not kept: %v", err)
			}
			c.wantList(2, "a")
			c.wantVoters(2)
		})
	}
}

func TestDamagedDiskOfOnlyNodeIsAnError(t *testing.T) {
	c := newCluster(t, 1)
	c.start(1)
	c.waitLeader()
	c.submit(1, "a")
	c.kill(1)
	if err := os.Truncate(filepath.Join(c.dirs[1], disk.FileName), 5000); err != nil {
		t.Fatal(err)
	}
	if n, err := Start(context.Background(), c.config(1)); err == nil {
		n.Stop()
		t.Error("the only node began anew over a damaged file")
	}
}

func TestTwoNodeTakeoverAndReturn(t *testing.T) {
	c := newCluster(t, 2)
	c.policy = consensus.Policy{NoQuorumPolicy: "ignore"}
	c.start(1, 2)
	victim := c.formed(2)
	left := 3 - victim
	c.submit(left, "a")
	c.kill(victim)
	began := time.Now()
	c.nodes[left].Alive(victim, false)
	c.until("alone", func() bool { return c.nodes[left].Status().Role == consensus.Alone })
	t.Logf("takeover took %v", time.Since(began))
	if s := c.nodes[left].Status(); s.Protected || s.Stamp.Incarnation != 2 || !s.Quorate {
		t.Errorf("survivor: %+v", s)
	}
	c.submit(left, "b")
	c.start(victim)
	select {
	case <-c.nodes[victim].Yielded():
	case <-time.After(60 * time.Second):
		t.Fatal("the returned node does not yield")
	}
	if s := c.nodes[victim].Status(); s.Role != consensus.Out || s.Quorate {
		t.Errorf("yielded node: %+v", s)
	}
	c.nodes[victim].Rejoin()
	c.wantList(victim, "a", "b")
	c.wantVoters(2)
}

func TestBothAloneMerge(t *testing.T) {
	c := newCluster(t, 2)
	c.policy = consensus.Policy{NoQuorumPolicy: "ignore"}
	c.start(1, 2)
	c.formed(2)
	c.submit(1, "a")
	c.cut(1, 2, true)
	c.until("both alone", func() bool {
		return c.nodes[1].Status().Role == consensus.Alone && c.nodes[2].Status().Role == consensus.Alone
	})
	c.submit(1, "one")
	c.submit(1, "one more")
	c.submit(2, "two")
	c.cut(1, 2, false)
	select {
	case <-c.nodes[2].Yielded():
		c.nodes[2].Rejoin()
	case <-c.nodes[1].Yielded():
		t.Fatal("node 1 did more and must not yield")
	case <-time.After(60 * time.Second):
		t.Fatal("nobody yields")
	}
	c.wantList(2, "a", "one", "one more")
	c.wantVoters(2)
}

func TestLeaveOfOneOfTwo(t *testing.T) {
	c := newCluster(t, 2)
	c.start(1, 2)
	leaves := c.formed(2)
	c.submit(1, "a")
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	c.nodes[leaves].Leave(ctx)
	c.kill(leaves)
	stays := 3 - leaves
	c.submit(stays, "b")
	if s := c.nodes[stays].Status(); s.Role != consensus.Alone || !s.Quorate || s.Stamp.Incarnation != 1 {
		t.Errorf("the one that stays: %+v", s)
	}
	c.start(leaves)
	c.wantList(leaves, "a", "b")
	c.wantVoters(2)
}

func TestCalls(t *testing.T) {
	c := newCluster(t, 2)
	c.start(1, 2)
	for _, n := range c.nodes {
		n.Handle("echo", func(_ context.Context, from crm.NodeID, b []byte) ([]byte, error) {
			if len(b) == 0 {
				return nil, fmt.Errorf("nothing to say")
			}
			return append(b, fmt.Sprint(" from ", from)...), nil
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for _, to := range []crm.NodeID{1, 2} {
		got, err := c.nodes[1].Call(ctx, to, "echo", []byte("hello"))
		if err != nil || string(got) != "hello from 1" {
			t.Errorf("call to %d: %q, %v", to, got, err)
		}
	}
	if _, err := c.nodes[1].Call(ctx, 2, "echo", nil); err == nil || err.Error() != "nothing to say" {
		t.Errorf("error of the handler: %v", err)
	}
	if _, err := c.nodes[1].Call(ctx, 2, "sing", nil); err == nil || err.Error() != `this node does not answer "sing" calls` {
		t.Errorf("unknown kind: %v", err)
	}
}

func BenchmarkSubmit(b *testing.B) {
	for _, clients := range []int{1, 16} {
		b.Run(fmt.Sprint(clients, " clients"), func(b *testing.B) {
			c := newCluster(b, 3)
			c.newSM = func() consensus.StateMachine { return &counter{} }
			c.start(1, 2, 3)
			leader := c.waitLeader()
			c.wantVoters(3)
			command := make([]byte, 400)
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := c.nodes[leader].Submit(context.Background(), command); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}
