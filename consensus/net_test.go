package consensus

import (
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
	t       testing.TB
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

func newNet(t testing.TB, n int, config func(*Config)) *net {
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
	cfg := Config{ClusterName: "test", Self: id, Peers: w.peers(), Disk: w.diskNo, Seed: uint64(w.diskNo)<<8 + uint64(id)<<1, Machine: &register{}}
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
		w.deliverOne()
	}
}

func (w *net) deliverOne() {
	m := w.mail[0]
	w.mail = w.mail[1:]
	c := w.cores[m.To]
	if c == nil || w.cut[[2]crm.NodeID{m.From, m.To}] {
		return
	}
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
