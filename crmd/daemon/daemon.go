package daemon

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/membership"
)

// Config is what a daemon is told.
type Config struct {
	Cluster membership.Config
	Self    crmd.Peer
	Root    string // prefix of every path
	Version string // of Tactus
	Log     *slog.Logger
	Ready   func() // called once, when the api is served; may be nil
	Witness bool   // this node votes and runs nothing: no lrmd, no controller's duties

	// Reload delivers the configuration as it is now, when it was read again; may be nil.
	// Keys are changed at once, everything else counts from the next start.
	Reload <-chan membership.Config
}

// Ports are the daemon's connections to the rest of the node.
type Ports struct {
	Agreement  func(ctx context.Context, machine *Replica) (Agreement, error)
	Heartbeats func(ctx context.Context, told Told) (Heartbeats, error)
	Dial       Dialer
	Schedule   Scheduler
	// Reset ends this machine at once; it returns only when that is impossible. Nil means
	// that this node cannot.
	Reset func(reason string) error
	// Watchdog arms this machine's watchdog. Nil, or a nil one: there is none.
	Watchdog func() (Watchdog, error)
}

// Daemon is a running controller daemon.
type Daemon struct {
	cfg        Config
	ports      Ports
	log        *slog.Logger
	controller *crmd.Controller // only the loop uses it
	mail       *mailbox
	work       *mailbox // effects for lrmd, in order
	timers     *timers  // only the loop uses them
	replica    *Replica
	agreement  Agreement
	heartbeats Heartbeats
	executor   atomic.Pointer[Executor]
	commits    *commits
	outboxes   *outboxes
	replies    *replies
	events     *stream
	metrics    *metrics
	keeper     *keeper
	private    private
	recency    *recency
	parting    *parting
	said       said
	began      time.Time
	exempted   []string     // as last told to the executor; only watch uses it
	ceased     atomic.Int64 // serial of the decision that is not wanted any more

	ended       chan struct{} // closed when the loop ended
	left        chan struct{} // closed when the controller wants to leave
	leaveOnce   sync.Once
	leftBecause string // set before left is closed, as is:
	leftRunning bool   // resources may go on here
}

var errEnding = errors.New("crmd is ending")

// Run is the controller daemon: it serves until it was asked to leave in an orderly way
// (ctx over, or over the api), has left, and everything is closed.
func Run(ctx context.Context, cfg Config, ports Ports) error {
	if err := unanswered(Socket(cfg.Root)); err != nil { // before the first packet: peers must not hear two of us
		return err
	}
	d := newDaemon(cfg, ports)
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var owned sync.WaitGroup
	if err := d.start(life, &owned); err != nil {
		end()
		owned.Wait()
		return err
	}
	listener, err := d.serve(life, &owned)
	if err != nil {
		d.stop(life)
		end()
		owned.Wait()
		return err
	}
	if cfg.Ready != nil {
		cfg.Ready()
	}
	d.tellLastReset()
	d.log.Info("crmd is up", "node", cfg.Self.Name, "cluster", cfg.Cluster.ClusterName, "version", cfg.Version, "dead", cfg.Cluster.Timing.Dead.String())
	select {
	case <-ctx.Done():
		d.mail.put(crmd.ShutdownWanted{Reason: "crmd was told to stop"})
		<-d.left
	case <-d.left:
	}
	d.log.Info("leaving the cluster", "node", cfg.Self.Name, "reason", d.leftBecause)
	listener.close()
	d.stop(life)
	end()
	owned.Wait()
	return nil
}

func newDaemon(cfg Config, ports Ports) *Daemon {
	seed := newSeed()
	d := &Daemon{cfg: cfg, ports: ports, log: cfg.Log, began: time.Now(), mail: newMailbox(), work: newMailbox(), replies: newReplies(), events: newStream(),
		ended: make(chan struct{}), left: make(chan struct{})}
	d.controller = crmd.New(crmd.Config{Cluster: cfg.Cluster.ClusterName, Self: cfg.Self, Peers: workers(cfg.Cluster), Seed: seed, QuorumGrace: cfg.Cluster.Timing.Leaderless, FewGrace: cfg.Cluster.Timing.Dead / 4, Takeover: cfg.Cluster.Timing.Takeover, GivenUp: cfg.Cluster.Timing.GivenUp(), Dead: cfg.Cluster.Timing.Dead})
	d.timers = newTimers(d.mail)
	d.said.meta = metaOf(cfg)
	d.replica = NewReplica(d.cibTouched)
	d.metrics = newMetrics(d)
	d.keeper = newKeeper(cfg.Root, cfg.Log)
	d.recency = newRecency(time.Now(), cfg.Cluster.Timing.Leaderless)
	d.parting = newParting(cfg.Self.ID, cfg.Cluster.Timing, func(gap time.Duration) { d.mail.put(crmd.Lapsed{For: gap}) })
	return d
}

func newSeed() string {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		panic("crmd: no randomness: " + err.Error())
	}
	return hex.EncodeToString(b)
}

func (d *Daemon) cibTouched() {
	d.mail.touch()
	d.keeper.touch(d.replica)
}

// start opens the connections and starts what serves them.
func (d *Daemon) start(ctx context.Context, owned *sync.WaitGroup) error {
	var err error
	over := d.openLease()
	if d.heartbeats, err = d.ports.Heartbeats(ctx, Told{Heard: d.parting.heard, Beat: d.parting.beat}); err != nil {
		return err
	}
	if d.agreement, err = d.ports.Agreement(ctx, d.replica); err != nil {
		_ = d.heartbeats.Close()
		return err
	}
	d.commits = newCommits(d.agreement, d.cfg.Self.Name, newSeed(), func(c crmd.Committed) { d.mail.put(c) })
	d.outboxes = newOutboxes(d.agreement, func(a crmd.OrdersAnswered) { d.mail.put(a) })
	d.listen()
	d.mail.put(crmd.CIBChanged{Snapshot: d.replica.Current()})
	if over > 0 {
		d.mail.put(crmd.Lapsed{For: over})
	}
	owned.Go(func() { defer close(d.ended); d.loop(ctx) })
	attend := d.attend
	if d.cfg.Witness {
		attend = attendNobody
	}
	for _, run := range []func(context.Context){d.commits.run, d.orderly, attend, d.watch, d.catchUp, d.hearPeers, d.reloads, d.keeper.run, d.feed, d.vigil} {
		owned.Go(func() { run(ctx) })
	}
	return nil
}

// stop says goodbye and closes the connections.
func (d *Daemon) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, callBound)
	defer cancel()
	d.agreement.Leave(ctx)
	if !d.leftRunning {
		d.heartbeats.Leave(ctx)
	}
	d.agreement.Stop()
	if err := d.heartbeats.Close(); err != nil {
		d.log.Info("gossip did not close cleanly", "error", err)
	}
	d.keeper.flush(d.replica)
	d.endLease()
}

// hearPeers turns what membership notices into inputs and hints.
func (d *Daemon) hearPeers(ctx context.Context) {
	known := configuredAddresses(d.cfg.Cluster)
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-d.heartbeats.Events():
			if !ok {
				return
			}
			if e.Kind == membership.NodeAddr {
				d.learned(known, e)
			}
			d.parting.noticed(e)
			d.heard(e)
		}
	}
}

func (d *Daemon) heard(e membership.Event) {
	args := []any{"node", e.Node, "link", e.Link, "detail", e.Detail}
	switch e.Kind {
	case membership.NodeUp:
		d.agreement.Alive(e.ID, true)
		if d.isWitness(e.ID) {
			d.witnessHeard(e)
			return
		}
		d.mail.put(crmd.MemberSeen{ID: e.ID, Alive: true, Life: e.Boot, Why: e.Detail})
	case membership.NodeDown:
		if !e.Left && d.heartbeats.Alive()[e.ID] { // it is back already: only its crmd was started anew
			d.agreement.Restarted(e.ID)
			if d.isWitness(e.ID) {
				return
			}
			d.mail.put(crmd.MemberSeen{ID: e.ID, Alive: true, Anew: true})
			return
		}
		d.agreement.Alive(e.ID, false)
		if d.isWitness(e.ID) {
			d.witnessHeard(e)
			return
		}
		d.mail.put(crmd.MemberSeen{ID: e.ID, Left: e.Left, Why: e.Detail})
	case membership.NodeLate, membership.LinkDown, membership.SelfPaused, membership.PeerRefused:
		d.log.Warn(e.Kind.String(), args...)
		d.events.publish(crmd.Notice{Kind: "member", Node: e.Node, Text: e.Kind.String() + ": " + e.Detail}, d.replica.Current().Version())
	case membership.NodeMeta, membership.NodeDeaf, membership.NodeHears:
		d.log.Debug(e.Kind.String(), args...)
	default:
		d.log.Info(e.Kind.String(), args...)
	}
}

// view is what agreement says, in the controller's words.
func (d *Daemon) view(s consensus.Status) crmd.View {
	leads := s.Leader == d.cfg.Self.ID && !d.cfg.Witness && (s.Role == consensus.Leader || s.Role == consensus.Alone)
	d.parting.counted(s)
	return crmd.View{Cut: d.parting.cut(), Unheard: d.parting.unheard(s.Leader), Alone: s.Role == consensus.Alone, Leader: s.Leader, Leading: leads && s.Quorate && s.DiskError == "", Stamp: s.Stamp, Quorate: s.Quorate, Reason: s.QuorumReason, Few: s.Votes.Present < s.Votes.Quorum,
		Lone: d.lone(s), WaitForAll: d.cfg.Cluster.Quorum.WaitForAll,
		Learning: s.Role == consensus.Learner && len(d.cfg.Cluster.Nodes) == 2}
}

// policy is what the CIB and the configuration say about going on without a majority.
func (d *Daemon) policy() consensus.Policy {
	snap := d.replica.Current()
	return policyOf(d.cfg.Cluster, crmd.FencingEnabled(snap), crmd.PropertyOf(snap, "no-quorum-policy"))
}

func yieldOf(consensus.Yield) crmd.Yielded { return crmd.Yielded{} }

func panicText(r any) string { return fmt.Sprintf("policy engine: %v\n%s", r, debug.Stack()) }

// look asks the controller something, in its own goroutine.
func look[T any](ctx context.Context, d *Daemon, fn func(*crmd.Controller) T) (T, error) {
	answer := make(chan T, 1)
	d.mail.put(question(func(c *crmd.Controller) { answer <- fn(c) }))
	select {
	case v := <-answer:
		return v, nil
	case <-ctx.Done():
	case <-d.ended:
	}
	var zero T
	return zero, errEnding
}

// peerID finds a configured node's id.
func (d *Daemon) peerID(name crm.NodeName) (crm.NodeID, bool) {
	n, ok := d.cfg.Cluster.Node(name)
	return n.ID, ok
}
