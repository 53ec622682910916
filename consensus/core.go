package consensus

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// Config is what a Core needs to know. Ticks are the caller's; 50 ms is usual.
type Config struct {
	ClusterName    string
	Self           crm.NodeID
	Peers          []Peer // all configured members, Self included
	Disk           uint32 // random, not zero, at most MaxDisk: the number of a disk that has none yet
	Seed           uint64 // staggers elections and tells this start of the node from earlier ones; random
	HeartbeatTicks int    // default 5
	ElectionTicks  int    // without word from the leader; default 20
	DeadTicks      int    // without word from a two-node peer, when membership says nothing; default 40
	FormTicks      int    // how long a majority of empty nodes waits for the rest; default 40
	CompactEntries int    // entries after which a snapshot is stored; default 4000
	Policy         Policy
	Machine        StateMachine
}

func (cfg *Config) setDefaults() {
	for _, d := range []struct {
		field *int
		value int
	}{{&cfg.HeartbeatTicks, 5}, {&cfg.ElectionTicks, 20}, {&cfg.DeadTicks, 40}, {&cfg.FormTicks, 40}, {&cfg.CompactEntries, 4000}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	cfg.ElectionTicks = max(cfg.ElectionTicks, cfg.HeartbeatTicks+1)
}

// Core is one node's part in the agreement. It is not safe for concurrent use. After
// every input the caller runs the cycle Ready, save, send, Advance until HasReady says no.
type Core struct {
	cfg    Config
	policy Policy
	id     Identity
	phase  Phase
	now    int // ticks since start
	rng    uint64

	peers map[crm.NodeID]*peerView // configured and heard-of peers, without this node
	order []crm.NodeID             // keys of peers, sorted

	rn      *raft.RawNode // nil unless Joined
	log     *logStore
	conf    *pb.ConfState // as applied; written by setConf
	shadows bool          // some node has more than one vote
	asked   []*pb.Message // by this node of its own shadows
	applied uint64

	logBytes   int    // of the commands applied since the log was compacted
	recorded   uint64 // how far is agreed on, as the disk has it
	recordedAt int    // tick at which that was written

	saves  []Save    // before raft's own of the next cycle
	outbox []Message // after the saves of the next cycle
	done   Done
	ready  *raft.Ready
	busy   bool // between Ready and Advance

	election election
	forming  forming
	duty     duty
	leaving  bool
	whole    bool // once true: wait_for_all is satisfied (complete)
	left     bool
	groupOff bool // see ConfuseGroups
	boasting bool // see BoastingShadows
	unsound  uint64
}

// Output is what the caller does, in this order: send Early, store Saves (all of them,
// atomically, durable on return), send Late, call Advance.
type Output struct {
	Early []Message
	Saves []Save
	Late  []Message
}

// Done is what a cycle brought.
type Done struct {
	Applied  []Applied
	Reads    []Read
	Restored bool   // the state machine was replaced by a snapshot
	Yield    *Yield // this node must stop what it runs, then Rejoin
}

// Applied is a command that every member applies at this index.
type Applied struct {
	Index    uint64
	Origin   crm.NodeID // who proposed it
	Key      uint64     // the proposer's
	Response []byte
}

// Read answers ReadIndex: state applied up to Index is no older than the request.
type Read struct {
	Key   uint64
	Index uint64
}

// Yield says that another group won.
type Yield struct {
	To   crm.NodeID // who told us
	From Group      // the group that is given up
	Into Group      // the group that won
}

// ErrNotMember is returned for proposals of a node that has no log (yet).
var ErrNotMember = errors.New("this node is not a member of a formed cluster yet")

// New makes a Core from what the disk holds; an empty disk gives the zero Saved. The
// state machine is restored from the snapshot.
func New(cfg Config, saved Saved) (*Core, error) {
	cfg.setDefaults()
	if cfg.Self == 0 || !slices.ContainsFunc(cfg.Peers, func(p Peer) bool { return p.ID == cfg.Self }) {
		return nil, fmt.Errorf("consensus: node %d is not among the configured peers", cfg.Self)
	}
	c := &Core{cfg: cfg, policy: cfg.Policy, id: saved.Identity, phase: Forming, rng: cfg.Seed ^ uint64(cfg.Self)<<17, peers: map[crm.NodeID]*peerView{}}
	c.setPeers(cfg.Peers)
	if c.id.Disk == 0 {
		if cfg.Disk == 0 || cfg.Disk > MaxDisk {
			return nil, fmt.Errorf("consensus: a new disk needs a number from 1 to %d", MaxDisk)
		}
		c.id = Identity{ClusterName: cfg.ClusterName, Node: cfg.Self, Disk: cfg.Disk}
		c.saveIdentity()
	}
	if c.id.Node != cfg.Self {
		return nil, fmt.Errorf("consensus: this disk belongs to node %d, not to node %d: was the machine copied, or its nodeid changed?", c.id.Node, cfg.Self)
	}
	if c.id.ClusterName != cfg.ClusterName {
		return nil, fmt.Errorf("consensus: this disk belongs to cluster %q, the configuration says %q", c.id.ClusterName, cfg.ClusterName)
	}
	if c.id.Disk > MaxDisk {
		return nil, fmt.Errorf("consensus: this disk has the number %08x, which an unfinished version gave it: set the file aside, and the node joins anew", c.id.Disk)
	}
	if c.id.Group.Zero() {
		return c, nil
	}
	if saved.Snapshot != nil {
		if err := cfg.Machine.Restore(saved.Snapshot.GetData()); err != nil {
			return nil, fmt.Errorf("consensus: stored snapshot at index %d: %w", saved.Snapshot.GetMetadata().GetIndex(), err)
		}
	}
	return c, c.startRaft(saved)
}

// startRaft begins raft on what is (about to be) on disk.
func (c *Core) startRaft(s Saved) error {
	c.log = newLogStore(c.freshSnapshot)
	c.applied, c.logBytes, c.asked = 0, 0, nil
	c.setConf(&pb.ConfState{})
	hard := s.Hard
	if hard == nil {
		hard = &pb.HardState{}
	}
	if s.Snapshot != nil {
		meta := s.Snapshot.GetMetadata()
		// The data stays out of raft's copy: peers get a fresh one (freshSnapshot).
		if err := c.log.ApplySnapshot(&pb.Snapshot{Metadata: meta}); err != nil {
			return err
		}
		c.setConf(meta.GetConfState())
		c.applied = meta.GetIndex()
	}
	if err := c.log.Append(s.Entries); err != nil {
		return err
	}
	last, _ := c.log.last()
	hard = &pb.HardState{Term: new(hard.GetTerm()), Vote: new(hard.GetVote()), Commit: new(min(max(hard.GetCommit(), c.applied), last))}
	if err := c.log.SetHardState(hard); err != nil {
		return err
	}
	rn, err := raft.NewRawNode(&raft.Config{
		ID: c.seat().raftID(), ElectionTick: c.cfg.ElectionTicks, HeartbeatTick: c.cfg.HeartbeatTicks,
		Storage: c.log, Applied: c.applied, MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 256,
		MaxUncommittedEntriesSize: 256 << 20, CheckQuorum: true, PreVote: true, StepDownOnRemoval: true, Logger: quiet{},
	})
	if err != nil {
		return fmt.Errorf("consensus: %w", err)
	}
	c.rn, c.phase = rn, Joined
	c.recorded, c.recordedAt = hard.GetCommit(), c.now
	c.election = election{bornAt: c.now}
	c.duty = duty{}
	c.scheduleElection()
	return nil
}

// seat is this node's place in its group.
func (c *Core) seat() Seat { return Seat{c.id.Node, c.id.Disk} }

// Identity returns what this disk knows about itself.
func (c *Core) Identity() Identity { return c.id }

// Machine returns the state machine; it must not be changed.
func (c *Core) Machine() StateMachine { return c.cfg.Machine }

func (c *Core) saveIdentity() {
	id := c.id
	c.saves = append(c.saves, Save{Identity: &id})
}

// freshSnapshot makes a snapshot of what is applied now.
func (c *Core) freshSnapshot() *pb.Snapshot {
	term, err := c.log.Term(c.applied)
	if c.applied == 0 || err != nil {
		return nil
	}
	return &pb.Snapshot{Data: c.cfg.Machine.Snapshot(), Metadata: &pb.SnapshotMetadata{Index: new(c.applied), Term: new(term), ConfState: c.conf}}
}

// Propose asks for a command to be agreed on. Key is the caller's, and comes back in
// Applied on this node. An error, or silence, means that the caller should try again
// later: a command may be applied twice and must say so itself (StateMachine).
func (c *Core) Propose(key uint64, command []byte) error {
	c.idle()
	if c.rn == nil {
		return ErrNotMember
	}
	return c.rn.Propose(encodeEntry(c.cfg.Self, key, command))
}

// ReadIndex asks for a point from which reads are linearizable. It answers in
// Done.Reads, or never (then the caller asks again).
func (c *Core) ReadIndex(key uint64) {
	c.idle()
	if c.rn != nil {
		c.rn.ReadIndex(encodeEntry(c.cfg.Self, key, nil))
	}
}

// SetPolicy replaces the policy.
func (c *Core) SetPolicy(p Policy) {
	c.policy = p
	c.considerTakeover()
}

// random returns a number in [0, n), the same for the same seed.
func (c *Core) random(n int) int {
	c.rng += 0x9e3779b97f4a7c15
	z := c.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(max(n, 1)))
}

// idle panics when an input arrives in the middle of a cycle.
func (c *Core) idle() {
	if c.busy {
		panic("consensus: input between Ready and Advance")
	}
}

// Applied returns the index of the last entry that the state machine has seen.
func (c *Core) Applied() uint64 { return c.applied }

// Leading reports whether this node is the leader of its group.
func (c *Core) Leading() bool { return c.leading() }

// Alone reports whether this node is the only voter that is thought to be alive.
func (c *Core) Alone() bool {
	return !slices.ContainsFunc(c.conf.GetVoters(), func(id uint64) bool {
		s := seatOf(id)
		return s != c.seat() && c.alive(s.Node)
	})
}

// ConfuseGroups makes the core take all groups for one, which corrupts histories. It is
// there for one test: the simulator's, that this does not go unnoticed.
func (c *Core) ConfuseGroups() { c.groupOff = true }

// BoastingShadows makes a leader believe that every shadow has stored what the leader has,
// whatever its real seat has. It is there for the same kind of test.
func (c *Core) BoastingShadows() { c.boasting = true }

// sameGroup reports whether g is this node's group.
func (c *Core) sameGroup(g Group) bool {
	return g == c.id.Group || (c.groupOff && !g.Zero() && !c.id.Group.Zero())
}
