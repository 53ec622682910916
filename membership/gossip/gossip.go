package gossip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/links"
)

// Config says what to start.
type Config struct {
	Cluster membership.Config
	Meta    Meta // Name and ID are filled in
	Log     *slog.Logger
	Boot    uint64 // identifies this start; zero: random
	// Heard is called for each heartbeat that answers one of ours: by then at the latest the
	// peer had heard what this node sent at that time. It must not block. May be nil.
	Heard    func(by crm.NodeID, sent time.Time)
	Beat     func(now time.Time) // called before heartbeats are sent; must not block; may be nil
	Realtime bool                // raise this process's priority, the heartbeat thread's most, as far as that is allowed
}

// Gossip is this node's part in the membership.
type Gossip struct {
	cfg    Config
	self   membership.Node
	log    *slog.Logger
	set    *links.Set
	tr     *transport
	list   *memberlist.Memberlist
	events *queue
	cancel context.CancelFunc
	done   sync.WaitGroup
	ready  chan struct{} // closed once all the fields above are set

	rejoin chan struct{} // wakes the rejoin loop
	fresh  chan struct{} // wakes the metadata loop
	beats  chan struct{} // closed when heartbeats end

	mu       sync.Mutex // guards all following fields
	detector *membership.Detector
	timing   membership.Timing
	leaving  bool
	meta     Meta
	metas    map[crm.NodeID]Meta
	met      map[crm.NodeID]bool // peers that came up since this node started
	returned map[crm.NodeID]bool // of them, those that came up again and were not called yet
}

// Start begins to send and to listen. Interfaces that are not there yet are no error.
// Call Events at once: whoever is heard is reported there.
func Start(ctx context.Context, cfg Config) (*Gossip, error) {
	c := cfg.Cluster
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gossip{
		cfg: cfg, self: c.LocalNode(), log: cfg.Log, events: newQueue(), timing: c.Timing, ready: make(chan struct{}),
		rejoin: make(chan struct{}, 1), fresh: make(chan struct{}, 1), beats: make(chan struct{}),
		metas: map[crm.NodeID]Meta{}, met: map[crm.NodeID]bool{}, returned: map[crm.NodeID]bool{},
	}
	if g.self.ID == 0 {
		return nil, fmt.Errorf("gossip: local node %q is not a configured node", c.Local)
	}
	if cfg.Realtime {
		if err := links.RaisePriority(); err != nil {
			g.log.Info("this process runs with ordinary priority", "error", err)
		}
	}
	g.meta = cfg.Meta.of(g.self, c)
	g.detector = membership.NewDetector(c.Peers(), len(c.Links), c.Timing, time.Now())
	ctx, g.cancel = context.WithCancel(ctx)
	var err error
	if g.set, err = links.Open(ctx, g.linksConfig()); err == nil {
		err = g.startMemberlist(ctx)
	}
	if err != nil {
		g.cancel()
		if g.set != nil {
			g.set.Close()
		}
		g.events.close()
		return nil, err
	}
	close(g.ready)
	g.done.Go(func() { g.beatLoop(ctx) })
	g.done.Go(func() { g.rejoinLoop(ctx) })
	g.done.Go(func() { g.metaLoop(ctx) })
	return g, nil
}

// SetKeys replaces the cluster's keys while everything goes on: the first seals and
// signs, all are accepted. Give every node the new key beside the old one before any
// seals with it.
func (g *Gossip) SetKeys(keys [][]byte) error {
	if err := g.tr.keys.SetKeys(keys); err != nil {
		return fmt.Errorf("gossip: %w", err)
	}
	if err := g.set.SetKeys(keys); err != nil {
		return fmt.Errorf("gossip: %w", err)
	}
	return nil
}

func (g *Gossip) linksConfig() links.Config {
	return links.Config{
		Cluster: g.cfg.Cluster, Boot: g.cfg.Boot,
		OnHeartbeat: g.heard, OnLeaving: g.left, OnAddr: g.learned, OnRefused: g.refused,
		OnPacket: func(now time.Time, from crm.NodeID, payload []byte) {
			select {
			case <-g.ready:
				g.tr.deliver(now, from, payload)
			default: // still starting: memberlist sends again
			}
		},
		OnDigest: func(_ time.Time, from crm.NodeID) {
			n, _ := g.cfg.Cluster.NodeByID(from)
			g.log.Warn("configuration files differ: make them equal on all nodes", "node", n.Name, "file", g.cfg.Cluster.Source)
		},
	}
}

// Events is where everything that happens is told, in order, and nothing is dropped.
// It is closed by Close.
func (g *Gossip) Events() <-chan membership.Event { return g.events.out }

// Alive returns every configured node and whether it is up; this node is.
func (g *Gossip) Alive() map[crm.NodeID]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	alive := g.detector.Alive()
	alive[g.self.ID] = true
	return alive
}

// HeardBy tells when the newest heartbeat was sent that each living peer is known to have
// heard.
func (g *Gossip) HeardBy() map[crm.NodeID]time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.detector.HeardBy()
}

// Links returns the state of every link to every peer. Up is the detector's judgement.
func (g *Gossip) Links() []membership.LinkState {
	states := g.set.States()
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range states {
		states[i].Up = g.detector.LinkUp(states[i].ID, states[i].Number)
	}
	return states
}

// Refused counts the packets that were dropped as not ours.
func (g *Gossip) Refused() uint64 { return g.set.RefusedPackets() }

// Refusals counts what was dropped as not ours, by reason: packets, and streams of those
// who are no members.
func (g *Gossip) Refusals() []links.Refusals {
	list := g.set.Refusals()
	if n := g.tr.refused.Load(); n > 0 {
		list = append(list, links.Refusals{Word: "stream", Text: "gossip stream of somebody who is no member", Count: n})
	}
	return list
}

// Boot is the id of this start of this node.
func (g *Gossip) Boot() uint64 { return g.set.Boot() }

// SetTiming changes the intervals while running; peers should get the same soon.
func (g *Gossip) SetTiming(t membership.Timing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timing = t
	g.detector.SetTiming(t)
}

// Leave says goodbye, so that the peers need not wait for silence. Close must follow.
func (g *Gossip) Leave(ctx context.Context) {
	g.mu.Lock()
	g.leaving = true
	g.mu.Unlock()
	for range 3 { // a goodbye may be lost; the peers' deadline is only the fallback
		g.set.Beat(true)
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Close ends everything and waits for it.
func (g *Gossip) Close() error {
	g.cancel()
	<-g.beats
	err := g.list.Shutdown() // shuts the transport down too
	g.set.Close()
	g.done.Wait()
	g.events.close()
	return err
}

func (g *Gossip) heard(now time.Time, from crm.NodeID, link int, boot uint64, answered time.Time) {
	g.mu.Lock()
	events := append(g.detector.Heard(now, from, link, boot), g.detector.Hears(now, from, answered)...)
	g.mu.Unlock()
	g.tell(events...)
	if g.cfg.Heard != nil {
		g.cfg.Heard(from, answered)
	}
}

func (g *Gossip) left(now time.Time, from crm.NodeID, boot uint64) {
	g.mu.Lock()
	events := g.detector.Left(now, from, boot)
	g.mu.Unlock()
	g.tell(events...)
}

func (g *Gossip) learned(now time.Time, from crm.NodeID, link int, a netip.Addr) {
	n, _ := g.cfg.Cluster.NodeByID(from)
	g.tell(membership.Event{Kind: membership.NodeAddr, Node: n.Name, ID: from, Link: link, At: now, Addr: a, Detail: "heard at " + a.String()})
}

func (g *Gossip) refused(now time.Time, r links.Refused) {
	g.tell(membership.Event{Kind: membership.PeerRefused, At: now, Addr: r.From,
		Detail: fmt.Sprintf("%s: %s (%d dropped)", r.From, r.Reason, r.Count)})
}

// tell hands events on; whoever listens logs them as its operators need it.
func (g *Gossip) tell(events ...membership.Event) {
	for _, e := range events {
		if e.Kind == membership.NodeUp {
			g.cameUp(e.ID)
		}
		g.events.put(e)
	}
}

// startMemberlist is last in Start: from here on peers may call.
func (g *Gossip) startMemberlist(ctx context.Context) error {
	tr, err := newTransport(ctx, g.cfg.Cluster, g.self, g.set, g.log)
	if err != nil {
		return err
	}
	g.tr = tr
	g.list, err = memberlist.Create(g.memberlistConfig())
	if err != nil {
		return errors.Join(fmt.Errorf("gossip: %w", err), tr.Shutdown())
	}
	return nil
}
