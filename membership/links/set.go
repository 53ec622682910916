package links

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/identity"
)

// Config says what links to make and who is told of what arrives. The functions are
// called from the links' readers, one at a time, and must not block.
type Config struct {
	Cluster membership.Config
	Boot    uint64 // identifies this start of this node; zero: random

	// OnHeartbeat: it answers us, so the peer is up; the heartbeat of ours that it answers was sent then.
	OnHeartbeat func(now time.Time, from crm.NodeID, link int, boot uint64, answered time.Time)
	OnLeaving   func(now time.Time, from crm.NodeID, boot uint64)
	OnPacket    func(now time.Time, from crm.NodeID, payload []byte)         // payload belongs to the callee
	OnAddr      func(now time.Time, from crm.NodeID, link int, a netip.Addr) // an address that was not configured
	OnRefused   func(now time.Time, r Refused)
	OnDigest    func(now time.Time, from crm.NodeID) // the peer's configuration differs from ours
}

// Set is all links of this node.
type Set struct {
	cfg    Config
	self   crm.NodeID
	start  time.Time
	digest [8]byte
	links  []*link
	done   sync.WaitGroup
	cancel context.CancelFunc

	receive sync.Mutex // held while a packet is handled; guards the following fields
	opener  *opener
	refused refusals
	seen    map[crm.NodeID]*window // numbers of packets, over all links
	differs map[crm.NodeID]bool

	mu      sync.Mutex // guards all following fields
	sealer  *sealer
	peers   map[crm.NodeID][]*path
	plain   []byte
	sealed  []byte
	echoes  []echo
	packets uint64
	leaving bool // goodbye was said: nothing else may follow
}

// path is one link to one peer.
type path struct {
	addr     netip.Addr // where it is; invalid until heard when not configured
	boot     uint64     // of the last heartbeat
	sent     time.Duration
	heard    time.Time // zero: never
	answered time.Time // when it was last heard to hear us
	replied  time.Time
	rtt      time.Duration
	out, in  uint32 // numbers of heartbeats
	loss     float64
}

// Open starts all links. It fails only for what can never work; a link whose interface
// is missing is tried for ever and says so in States.
func Open(ctx context.Context, cfg Config) (*Set, error) {
	c := cfg.Cluster
	local := c.LocalNode()
	if local.ID == 0 {
		return nil, fmt.Errorf("links: local node %q is not a configured node", c.Local)
	}
	keys, err := identity.PacketKeys(c.Keys, c.ClusterName)
	if err != nil {
		return nil, err
	}
	for cfg.Boot == 0 {
		var b [8]byte
		rand.Read(b[:])
		cfg.Boot = binary.BigEndian.Uint64(b[:])
	}
	s := &Set{cfg: cfg, self: local.ID, start: time.Now(), peers: map[crm.NodeID][]*path{}, seen: map[crm.NodeID]*window{}, differs: map[crm.NodeID]bool{}}
	if d, err := hex.DecodeString(c.Digest()); err == nil {
		copy(s.digest[:], d)
	}
	if s.sealer, err = newSealer(keys[0], c.ClusterName, s.self, cfg.Boot); err != nil {
		return nil, err
	}
	var ids []crm.NodeID
	for _, n := range c.Peers() {
		ids = append(ids, n.ID)
		s.seen[n.ID] = &window{}
		for i := range c.Links {
			p := &path{}
			if i < len(n.Addrs) {
				p.addr = n.Addrs[i]
			}
			s.peers[n.ID] = append(s.peers[n.ID], p)
		}
	}
	s.opener = newOpener(keys, c.ClusterName, s.self, cfg.Boot, ids)
	if err := s.makeLinks(local); err != nil {
		return nil, err
	}
	ctx, s.cancel = context.WithCancel(ctx)
	for _, l := range s.links {
		s.done.Go(func() { l.run(ctx, s.deliver) })
	}
	return s, nil
}

func (s *Set) makeLinks(local membership.Node) error {
	c := s.cfg.Cluster
	for i, lc := range c.Links {
		l := &link{cfg: lc, err: errNotOpen}
		if i < len(local.Addrs) {
			l.local = local.Addrs[i]
		}
		switch lc.Kind {
		case membership.Unicast:
			if !l.local.IsValid() {
				return fmt.Errorf("link %d: no address of this node is known", i)
			}
			for _, n := range c.Peers() {
				if i < len(n.Addrs) && n.Addrs[i].IsValid() {
					l.targets = append(l.targets, newTarget(n.ID, n.Addrs[i], lc.Port))
				}
			}
			for _, a := range lc.Peers {
				if !slices.ContainsFunc(l.targets, func(t target) bool { return t.addr.Addr() == a }) && a != l.local {
					l.targets = append(l.targets, newTarget(0, a, lc.Port))
				}
			}
		case membership.Multicast:
			l.targets = []target{newTarget(0, lc.Group, lc.Port)}
		}
		s.links = append(s.links, l)
	}
	if len(s.links) == 0 {
		return errors.New("links: none configured")
	}
	return nil
}

// Close ends all links and waits for their readers.
func (s *Set) Close() {
	s.cancel()
	s.done.Wait()
}

// SetKeys replaces the cluster's keys: the first seals from now on, all are accepted.
// After an error the old ones are still used.
func (s *Set) SetKeys(keys [][]byte) error {
	derived, err := identity.PacketKeys(keys, s.cfg.Cluster.ClusterName)
	if err != nil {
		return err
	}
	s.receive.Lock()
	defer s.receive.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.sealer.rekey(derived[0]); err != nil {
		return err
	}
	s.opener.rekey(derived)
	return nil
}

// Boot is the id of this start of this node.
func (s *Set) Boot() uint64 { return s.cfg.Boot }

// Beat sends a heartbeat to every peer on every link. One that is leaving says goodbye;
// after it every heartbeat does.
func (s *Set) Beat(leaving bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.leaving = s.leaving || leaving
	for number, l := range s.links {
		for _, t := range l.reached() {
			s.beatLocked(now, number, l, t)
		}
	}
}

func (l *link) reached() []target {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.targets
}

// beatLocked sends one heartbeat; those to a group answer every peer at once.
func (s *Set) beatLocked(now time.Time, number int, l *link, t target) {
	h := heartbeat{leaving: s.leaving, sent: now.Sub(s.start), digest: s.digest}
	s.echoes = s.echoes[:0]
	if t.id != 0 {
		s.echoLocked(now, number, t.id, &h)
	} else {
		for _, n := range s.cfg.Cluster.Nodes {
			if n.ID != s.self {
				s.echoLocked(now, number, n.ID, &h)
			}
		}
	}
	h.echoes = s.echoes
	s.plain = appendHeartbeat(s.plain[:0], &h)
	s.sealed = s.sealer.seal(s.sealed[:0], number, s.plain)
	_ = l.send(s.sealed, t) // kept in the link's state
}

func (s *Set) echoLocked(now time.Time, number int, id crm.NodeID, h *heartbeat) {
	p := s.peers[id][number]
	p.out++
	h.number = p.out
	if !p.heard.IsZero() {
		s.echoes = append(s.echoes, echo{id, p.boot, p.sent, now.Sub(p.heard)})
	}
}

// Send sends payload, at most MaxPacket bytes, to the peer over every link on which it
// is heard, or over all when it is heard on none. The peer gets it once. It fails only
// when no link took it.
func (s *Set) Send(to crm.NodeID, payload []byte) error {
	if len(payload) > MaxPacket {
		return fmt.Errorf("links: packet of %d bytes, at most %d fit", len(payload), MaxPacket)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	paths := s.peers[to]
	if paths == nil {
		return fmt.Errorf("links: no node has the id %d", to)
	}
	s.packets++
	s.plain = appendPacket(s.plain[:0], to, s.packets, payload)
	now, sent := time.Now(), 0
	var err error
	for _, only := range []bool{true, false} {
		for i, l := range s.links {
			if only && !paths[i].up(now, s.cfg.Cluster.Timing.Dead) {
				continue
			}
			for _, t := range l.reached() {
				if t.id == to || t.id == 0 {
					s.sealed = s.sealer.seal(s.sealed[:0], i, s.plain)
					if e := l.send(s.sealed, t); e != nil {
						err = e
					} else {
						sent++
					}
				}
			}
		}
		if sent > 0 {
			return nil
		}
	}
	return err
}

func (p *path) up(now time.Time, dead time.Duration) bool {
	return !p.answered.IsZero() && now.Sub(p.answered) < dead
}

// Addrs returns where the peer can be reached for streams: the links on which it is
// heard first. The second value is the local address of that link.
func (s *Set) Addrs(id crm.NodeID) (remote, local []netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, want := range []bool{true, false} {
		for i, p := range s.peers[id] {
			if p.addr.IsValid() && p.up(now, s.cfg.Cluster.Timing.Dead) == want {
				remote, local = append(remote, p.addr), append(local, s.links[i].local)
			}
		}
	}
	return remote, local
}

// States returns what is known of every link to every peer, by node and link.
func (s *Set) States() []membership.LinkState {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var all []membership.LinkState
	for _, n := range s.cfg.Cluster.Peers() {
		for i, p := range s.peers[n.ID] {
			l := s.links[i]
			st := membership.LinkState{
				Number: i, Kind: l.cfg.Kind, Node: n.Name, ID: n.ID, Up: p.up(now, s.cfg.Cluster.Timing.Dead),
				LastHeard: p.heard, RTT: p.rtt, LossPermille: int(p.loss*1000 + 0.5), Error: l.errorText(), Local: l.cfg.Interface,
			}
			if l.local.IsValid() {
				st.Local = netip.AddrPortFrom(l.local, uint16(l.cfg.Port)).String()
			}
			if p.addr.IsValid() {
				st.Remote = netip.AddrPortFrom(p.addr, uint16(l.cfg.Port)).String()
			}
			all = append(all, st)
		}
	}
	return all
}

// RefusedPackets counts the packets dropped so far.
func (s *Set) RefusedPackets() uint64 {
	s.receive.Lock()
	defer s.receive.Unlock()
	return s.refused.total
}

// Refusals counts the packets dropped so far by reason.
func (s *Set) Refusals() []Refusals {
	s.receive.Lock()
	defer s.receive.Unlock()
	return s.refused.list()
}

// Drain handles everything that has arrived already. The detector asks for it before it
// declares anyone dead: readers may have been kept from running.
func (s *Set) Drain() {
	buf := make([]byte, 2048)
	for _, l := range s.links {
		l.drain(buf, s.deliver)
	}
}
