package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
)

// Config is what a Wire needs.
type Config struct {
	Self    crm.NodeID
	Peers   []consensus.Peer // Self may be among them
	Listen  []string         // host:port; at least one must be free
	TLS     *tls.Config      // for both ends; must demand and check the peer's certificate
	PeerOf  func(tls.ConnectionState) (crm.NodeName, crm.NodeID, error)
	Receive func(from crm.NodeID, message []byte) // called from several goroutines; must not block for long
	Log     *slog.Logger

	// Cut, when it is set, silently drops whatever is exchanged with the nodes that it
	// reports true for. For tests.
	Cut func(peer crm.NodeID) bool
}

// Handler answers a call. The error's text travels to the caller.
type Handler func(ctx context.Context, from crm.NodeID, payload []byte) ([]byte, error)

// Stats counts what happened since start.
type Stats struct {
	Sent, Received uint64 // messages
	Dropped        uint64 // messages that found no connection or a full queue
	Refused        uint64 // connections of strangers, garbage, broken frames
}

// LinkState is one connection to a peer.
type LinkState struct {
	Peer  crm.NodeID
	Link  int // index into the peer's addresses
	Addr  string
	Up    bool
	InUse bool // what is sent to the peer goes here
}

// Wire is a node's connections.
type Wire struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	quiet  limiter
	nextID atomic.Uint64
	stats  struct{ sent, received, dropped, refused atomic.Uint64 }

	mu        sync.Mutex // guards all following fields
	listeners []net.Listener
	peers     map[crm.NodeID]*peer
	handlers  map[string]Handler
	conns     map[net.Conn]bool // accepted
	calls     map[uint64]call
}

type peer struct {
	id    crm.NodeID
	name  crm.NodeName
	links []*link
	stop  context.CancelFunc
}

type call struct {
	link   *link
	answer chan<- response
}

type response struct {
	payload []byte
	err     error
}

// Start listens and dials. It returns an error when no address can be listened on; the
// others are tried again for ever.
func Start(ctx context.Context, cfg Config) (*Wire, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	w := &Wire{cfg: cfg, peers: map[crm.NodeID]*peer{}, handlers: map[string]Handler{}, conns: map[net.Conn]bool{}, calls: map[uint64]call{}}
	w.ctx, w.cancel = context.WithCancel(ctx)
	var errs []error
	var later []string
	for _, addr := range cfg.Listen {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			errs, later = append(errs, err), append(later, addr)
			continue
		}
		w.serve(l)
	}
	if len(w.listeners) == 0 {
		w.cancel()
		return nil, fmt.Errorf("peer connections: %w", errors.Join(errs...))
	}
	for i, addr := range later {
		cfg.Log.Warn("cannot listen yet; trying again", "address", addr, "why", errs[i])
		w.wg.Go(func() { w.listenLater(addr) })
	}
	w.SetPeers(cfg.Peers)
	return w, nil
}

func (w *Wire) listenLater(addr string) {
	for w.sleep(2 * time.Second) {
		if l, err := net.Listen("tcp", addr); err == nil {
			w.cfg.Log.Info("listening at last", "address", addr)
			w.serve(l)
			return
		}
	}
}

// sleep reports false when the wire is closed meanwhile.
func (w *Wire) sleep(d time.Duration) bool { return sleep(w.ctx, d) }

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// SetPeers replaces the list of peers: new ones are dialled, connections to those that
// are gone or have other addresses are closed.
func (w *Wire) SetPeers(peers []consensus.Peer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	keep := map[crm.NodeID]bool{}
	for _, p := range peers {
		keep[p.ID] = true
		if old := w.peers[p.ID]; p.ID == w.cfg.Self || (old != nil && old.sameAddrs(p.Addrs)) {
			continue
		}
		w.dropLocked(p.ID)
		ctx, stop := context.WithCancel(w.ctx)
		n := &peer{id: p.ID, name: p.Name, stop: stop}
		for i, addr := range p.Addrs {
			n.links = append(n.links, newLink(w, n, i, addr))
		}
		for _, l := range n.links {
			w.wg.Go(func() { l.run(ctx) })
		}
		w.peers[p.ID] = n
	}
	for id := range w.peers {
		if !keep[id] {
			w.dropLocked(id)
		}
	}
}

func (w *Wire) dropLocked(id crm.NodeID) {
	if p := w.peers[id]; p != nil {
		p.stop()
		delete(w.peers, id)
	}
}

func (p *peer) sameAddrs(addrs []string) bool {
	if len(addrs) != len(p.links) {
		return false
	}
	for i, a := range addrs {
		if p.links[i].addr != a {
			return false
		}
	}
	return true
}

// best returns the connection to use, nil when there is none: the first that answers,
// else the first that is connected at all.
func (p *peer) best() *link {
	var fallback *link
	now := time.Now()
	for _, l := range p.links {
		switch {
		case !l.up.Load():
		case !l.stale(now):
			return l
		case fallback == nil:
			fallback = l
		}
	}
	return fallback
}

func (w *Wire) cut(id crm.NodeID) bool { return w.cfg.Cut != nil && w.cfg.Cut(id) }

func (w *Wire) bestTo(id crm.NodeID) *link {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.peers[id]; p != nil {
		return p.best()
	}
	return nil
}

// Send sends a message, or drops it when there is no connection or too much is waiting.
// It never blocks.
func (w *Wire) Send(to crm.NodeID, message []byte) {
	l := w.bestTo(to)
	if l == nil || w.cut(to) || !l.enqueue(appendFrame(nil, frameMessage, message)) {
		w.stats.dropped.Add(1)
		return
	}
	w.stats.sent.Add(1)
}

// Stats returns the counters.
func (w *Wire) Stats() Stats {
	return Stats{w.stats.sent.Load(), w.stats.received.Load(), w.stats.dropped.Load(), w.stats.refused.Load()}
}

// Links lists all connections this node keeps, by peer and link.
func (w *Wire) Links() (list []LinkState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range sortedKeys(w.peers) {
		best := w.peers[id].best()
		for _, l := range w.peers[id].links {
			list = append(list, LinkState{id, l.index, l.addr, l.up.Load() && !l.stale(time.Now()), l == best})
		}
	}
	return list
}

// Addrs lists the addresses that are listened on.
func (w *Wire) Addrs() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.listeners {
		list = append(list, l.Addr().String())
	}
	return list
}

// Reconnect closes the connections that peers made to this node: they come back at once,
// and prove anew who they are. Call it after keys changed.
func (w *Wire) Reconnect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
}

// Close closes everything and waits for all goroutines.
func (w *Wire) Close() {
	w.cancel()
	w.mu.Lock()
	for _, l := range w.listeners {
		_ = l.Close()
	}
	for c := range w.conns {
		_ = c.Close()
	}
	w.mu.Unlock()
	w.wg.Wait()
}
