package links

import (
	"bytes"
	"errors"
	"net/netip"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// answerPause is the least time between two heartbeats sent out of turn to one peer.
const answerPause = 10 * time.Millisecond

// freshness is how old, in multiples of Dead, the heartbeat of ours may be that a new
// boot of a peer answers: older ones may be recordings.
const freshness = 3

// deliver handles one packet from a link's reader.
func (s *Set) deliver(l *link, packet []byte, from netip.AddrPort) {
	s.receive.Lock()
	defer s.receive.Unlock()
	now := time.Now()
	if len(packet) > headerSize+tagSize+maxPlain {
		s.refuse(now, from.Addr(), errOversized)
		return
	}
	o, err := s.opener.open(packet)
	if err == nil && o != nil && (o.link != l.cfg.Number || len(o.plain) == 0) {
		err = errGarbage // cables crossed between two links, or nothing in it
	}
	var reason *refusalReason
	if errors.As(err, &reason) {
		s.refuse(now, from.Addr(), reason)
	}
	if err != nil {
		return
	}
	if o == nil {
		return
	}
	switch o.plain[0] {
	case kindHeartbeat:
		h, answer, ok := parseHeartbeat(o.plain, s.self)
		if !ok {
			s.refuse(now, from.Addr(), errGarbage)
			return
		}
		s.heartbeat(now, l, o, h, answer, from.Addr().Unmap())
	case kindPacket:
		to, number, payload, ok := parsePacket(o.plain)
		if !ok {
			s.refuse(now, from.Addr(), errGarbage)
			return
		}
		// Until a peer has answered us, its packets may be recordings.
		if to == s.self && s.opener.confirmed(o.from, o.boot) && s.seen[o.from].accept(number) && s.cfg.OnPacket != nil {
			s.cfg.OnPacket(now, o.from, bytes.Clone(payload))
		}
	default:
		s.refuse(now, from.Addr(), errVersion)
	}
}

func (s *Set) refuse(now time.Time, from netip.Addr, why *refusalReason) {
	if r, report := s.refused.note(now, from, why); report && s.cfg.OnRefused != nil {
		s.cfg.OnRefused(now, r)
	}
}

// heartbeat takes note of a heartbeat; answer is its echo of ours, nil when it has none.
func (s *Set) heartbeat(now time.Time, l *link, o *opened, h heartbeat, answer *echo, from netip.Addr) {
	dead := s.cfg.Cluster.Timing.Dead
	age := time.Duration(-1)
	if answer != nil && answer.boot == s.cfg.Boot {
		age = now.Sub(s.start) - answer.sent
	}
	// The peer hears us on this link: it has answered what we sent not long ago.
	hearsUs := age >= 0 && answer.delay < dead && age < freshness*dead
	confirmed := s.opener.confirmed(o.from, o.boot)
	if hearsUs && !confirmed {
		s.opener.confirm(o.from, o.boot)
		s.seen[o.from] = &window{} // a new boot counts its packets anew
	}
	addr, learned := s.note(now, l, o, h, age, hearsUs, answer, from)
	if learned && s.cfg.OnAddr != nil && hearsUs {
		s.cfg.OnAddr(now, o.from, l.cfg.Number, addr)
	}
	if !hearsUs || !confirmed {
		s.answer(now, l, o.from)
	}
	s.compareDigest(now, o.from, h.digest)
	switch {
	case h.leaving && (hearsUs || confirmed):
		if s.cfg.OnLeaving != nil {
			s.cfg.OnLeaving(now, o.from, o.boot)
		}
	case hearsUs && s.cfg.OnHeartbeat != nil:
		s.cfg.OnHeartbeat(now, o.from, l.cfg.Number, o.boot, s.start.Add(answer.sent))
	}
}

// note updates what is known of the path. It returns the peer's address and whether it
// was news.
func (s *Set) note(now time.Time, l *link, o *opened, h heartbeat, age time.Duration, hearsUs bool, answer *echo, from netip.Addr) (netip.Addr, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[o.from][l.cfg.Number]
	if p.boot == o.boot {
		p.countLoss(h.number)
	}
	p.boot, p.sent, p.heard, p.in = o.boot, h.sent, now, h.number
	if h.leaving {
		p.answered = time.Time{}
	} else if hearsUs {
		p.answered = now
		if rtt := age - answer.delay; rtt >= 0 {
			if p.rtt == 0 {
				p.rtt = rtt
			}
			p.rtt += (rtt - p.rtt) / 8
		}
	}
	if p.addr.IsValid() || !from.IsValid() || !hearsUs {
		return p.addr, false
	}
	p.addr = from
	if l.cfg.Kind == membership.Unicast {
		l.rename(o.from, from)
	}
	return from, true
}

// rename ties a target that was known by its address only to the node that lives there.
func (l *link) rename(id crm.NodeID, addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := make([]target, len(l.targets))
	for i, t := range l.targets {
		if t.id == 0 && t.addr.Addr() == addr {
			t.id = id
		}
		next[i] = t
	}
	l.targets = next
}

// countLoss smooths the share of heartbeats that did not come over about 50 of them.
func (p *path) countLoss(number uint32) {
	if number <= p.in || number-p.in > 1000 {
		return
	}
	for range number - p.in - 1 {
		p.loss += (1 - p.loss) / 50
	}
	p.loss -= p.loss / 50
}

// answer sends a heartbeat out of turn, so that two nodes that meet know each other at
// once.
func (s *Set) answer(now time.Time, l *link, to crm.NodeID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[to][l.cfg.Number]
	if now.Sub(p.replied) < answerPause {
		return
	}
	p.replied = now
	for _, t := range l.reached() {
		if t.id == to || t.id == 0 {
			s.beatLocked(now, l.cfg.Number, l, t)
		}
	}
}

func (s *Set) compareDigest(now time.Time, from crm.NodeID, digest [8]byte) {
	differs := digest != s.digest
	if differs && !s.differs[from] && s.cfg.OnDigest != nil {
		s.cfg.OnDigest(now, from)
	}
	s.differs[from] = differs
}
