package node

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/consensus/disk"
	"github.com/tactus-ha/tactus/consensus/wire"
	"github.com/tactus-ha/tactus/crm"
)

// Timing is the pace of the clock. The zero value gives the defaults.
type Timing struct {
	Tick           time.Duration // default 50 ms
	HeartbeatTicks int           // default 5
	ElectionTicks  int           // default 20: the leader's silence that makes the others elect, when membership says nothing
	DeadTicks      int           // default 40: a two-node peer's silence, when membership says nothing
	FormTicks      int           // default 20: how long a majority of new nodes waits for the rest
}

// Config is what a Node needs.
type Config struct {
	ClusterName string
	Self        crm.NodeID
	Peers       []consensus.Peer // all configured nodes, Self included
	Dir         string           // for raft.db
	Listen      []string         // host:port
	TLS         *tls.Config      // for both ends; membership/identity.TLSConfig
	PeerOf      func(tls.ConnectionState) (crm.NodeName, crm.NodeID, error)
	Timing      Timing
	Machine     consensus.StateMachine // used by the node's goroutine only, see Inspect
	Policy      consensus.Policy
	Log         *slog.Logger

	Cut func(peer crm.NodeID) bool // for tests: see wire.Config
}

// DiskError says that this node cannot write; what it holds and runs stays.
type DiskError struct{ Err error }

func (e *DiskError) Error() string {
	return "the cluster's state cannot be written on this node: " + e.Err.Error()
}
func (e *DiskError) Unwrap() error { return e.Err }

// ErrStopped is returned after Stop.
var ErrStopped = errors.New("consensus is stopped on this node")

// NotAgreedError says that there was no agreement before the deadline. The command may
// still be applied later.
type NotAgreedError struct {
	Reason string
	Cause  error
}

func (e *NotAgreedError) Error() string {
	return fmt.Sprintf("no agreement in time: %s (%v)", e.Reason, e.Cause)
}
func (e *NotAgreedError) Unwrap() error { return e.Cause }

// Node takes part in the agreement.
type Node struct {
	cfg     Config
	wire    *wire.Wire
	log     *slog.Logger
	inputs  chan func(*loop)
	mail    chan consensus.Message
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
	changes chan struct{}
	yields  chan consensus.Yield
	damage  string
	unread  atomic.Uint64 // messages that could not be read

	mu     sync.Mutex // guards all following fields
	status consensus.Status
}

// Start opens the disk, listens and takes part. A damaged disk is set aside, said so,
// and the node rejoins from its peers; a cluster of one node has none, so there it is an
// error.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	setDefaults(&cfg.Timing)
	n := &Node{cfg: cfg, log: cfg.Log, inputs: make(chan func(*loop), 256), mail: make(chan consensus.Message, 4096), stop: make(chan struct{}),
		stopped: make(chan struct{}), changes: make(chan struct{}, 1), yields: make(chan consensus.Yield, 1)}
	d, saved, err := n.openDisk()
	if err != nil {
		return nil, err
	}
	core, err := consensus.New(consensus.Config{
		ClusterName: cfg.ClusterName, Self: cfg.Self, Peers: cfg.Peers, Disk: diskNumber(), Seed: random(),
		HeartbeatTicks: cfg.Timing.HeartbeatTicks, ElectionTicks: cfg.Timing.ElectionTicks,
		DeadTicks: cfg.Timing.DeadTicks, FormTicks: cfg.Timing.FormTicks, Policy: cfg.Policy, Machine: cfg.Machine,
	}, saved)
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	n.wire, err = wire.Start(ctx, wire.Config{Self: cfg.Self, Peers: cfg.Peers, Listen: cfg.Listen, TLS: cfg.TLS, PeerOf: cfg.PeerOf,
		Receive: n.receive, Log: cfg.Log, Cut: cfg.Cut})
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	l := newLoop(n, core, d)
	n.publish(l.status())
	go l.run(ctx)
	return n, nil
}

func setDefaults(t *Timing) {
	if t.Tick <= 0 {
		t.Tick = 50 * time.Millisecond
	}
	if t.FormTicks <= 0 {
		t.FormTicks = 20
	}
}

func (n *Node) openDisk() (*disk.Disk, consensus.Saved, error) {
	d, saved, err := disk.Open(n.cfg.Dir)
	var damaged *disk.DamagedError
	if !errors.As(err, &damaged) {
		return d, saved, err
	}
	if len(n.cfg.Peers) == 1 {
		return nil, saved, fmt.Errorf("%w; this cluster has no other node to learn the state from: restore the file, or move it away to begin anew", err)
	}
	name, asideErr := disk.SetAside(filepath.Join(n.cfg.Dir, disk.FileName))
	if asideErr != nil {
		return nil, saved, errors.Join(err, asideErr)
	}
	n.damage = damaged.Error()
	n.log.Error("raft file is damaged; it is set aside and this node rejoins from its peers", "why", damaged.Reason, "file", name)
	return disk.Open(n.cfg.Dir)
}

// diskNumber draws a new disk's number.
func diskNumber() uint32 { return uint32(random())&consensus.MaxDisk | 1 }

func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}

func (n *Node) receive(from crm.NodeID, b []byte) {
	m, err := consensus.DecodeMessage(b)
	if err != nil || m.From != from {
		n.unread.Add(1)
		n.log.Warn("a peer's message cannot be read", "node", from, "why", err)
		return
	}
	select {
	case n.mail <- m:
	case <-n.stopped:
	}
}

// do runs f in the loop, as soon as it comes round.
func (n *Node) do(ctx context.Context, f func(*loop)) error {
	select {
	case n.inputs <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-n.stopped:
		return ErrStopped
	}
}

// post is do for what cannot fail.
func (n *Node) post(f func(*loop)) { _ = n.do(context.Background(), f) }

// Alive passes on what membership says about a peer.
func (n *Node) Alive(id crm.NodeID, alive bool) {
	n.post(func(l *loop) { l.input(func() { l.core.Alive(id, alive) }) })
}

// Restarted takes membership's word that a peer's process began anew while its machine
// lived on: if it led, somebody else is elected at once.
func (n *Node) Restarted(id crm.NodeID) {
	n.post(func(l *loop) { l.input(func() { l.core.Restarted(id) }) })
}

// SetPolicy replaces the policy: call it whenever the CIB's options changed.
func (n *Node) SetPolicy(p consensus.Policy) {
	n.post(func(l *loop) { l.input(func() { l.core.SetPolicy(p) }) })
}

// SetPeers replaces the list of configured nodes.
func (n *Node) SetPeers(peers []consensus.Peer) {
	n.wire.SetPeers(peers)
	n.post(func(l *loop) { l.input(func() { l.core.SetPeers(peers) }) })
}

// Rejoin says that what this node ran is stopped, after Yielded.
func (n *Node) Rejoin() { n.post(func(l *loop) { l.input(l.core.Rejoin) }) }

// Confirm takes the durable proof that a peer is off.
func (n *Node) Confirm(id crm.NodeID, proof string) error {
	return n.do(context.Background(), func(l *loop) { l.input(func() { l.core.Confirm(id, proof) }) })
}

// Yielded delivers a value when another part of the cluster won: stop what runs here,
// except what the winner lists, then call Rejoin.
func (n *Node) Yielded() <-chan consensus.Yield { return n.yields }

// Changes gets a value when the status or the applied index changed since it was last
// read.
func (n *Node) Changes() <-chan struct{} { return n.changes }

// Status tells where this node stands.
func (n *Node) Status() consensus.Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.status
}

// Damage says what was wrong with the disk at start; "" when nothing was.
func (n *Node) Damage() string { return n.damage }

// Refused counts what was dropped since start: connections of those who are no members,
// and messages that no honest member sends.
func (n *Node) Refused() (connections, messages uint64) {
	return n.wire.Stats().Refused, n.unread.Load() + n.Status().Unsound
}

// Wire gives access to connections, for calls and figures.
func (n *Node) Wire() *wire.Wire { return n.wire }

// Handle sets who answers peers' calls of a kind.
func (n *Node) Handle(kind string, fn func(ctx context.Context, from crm.NodeID, payload []byte) ([]byte, error)) {
	n.wire.Handle(kind, fn)
}

// Call asks a peer and waits for the answer; a call to this node itself is answered by
// its own handler.
func (n *Node) Call(ctx context.Context, to crm.NodeID, kind string, payload []byte) ([]byte, error) {
	return n.wire.Call(ctx, to, kind, payload)
}

// Inspect runs f while the state machine stands still. f must be short.
func (n *Node) Inspect(ctx context.Context, f func(consensus.StateMachine)) error {
	done := make(chan struct{})
	if err := n.do(ctx, func(*loop) { f(n.cfg.Machine); close(done) }); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-n.stopped:
		return ErrStopped
	}
}

// Pulse returns when the loop has come round: it neither hangs nor waits for a disk that
// does not answer.
func (n *Node) Pulse(ctx context.Context) error {
	return n.Inspect(ctx, func(consensus.StateMachine) {})
}

func (n *Node) publish(s consensus.Status) {
	n.mu.Lock()
	n.status = s
	n.mu.Unlock()
	select {
	case n.changes <- struct{}{}:
	default:
	}
}
