package sim

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/membership"
)

// heartbeats is membership as crmd runs it: a detector fed by heartbeats, which count once
// the peer answers ours.
type heartbeats struct {
	p        *controller
	began    time.Time
	boot     uint64 // of this life
	detector *membership.Detector
	raw      map[crm.NodeID]rawBeat // what came, whether it answers ours or not
	lost     map[crm.NodeID]uint64  // the lives that were lost
}

type rawBeat struct {
	boot      uint64
	at        time.Time
	sent      time.Time // by the sender's clock
	confirmed uint64    // the life that has answered ours
}

// beat is one heartbeat.
type beat struct {
	from    crm.NodeID
	boot    uint64
	answers uint64 // the receiver's life that was heard; 0: none lately
	sent    time.Time
	echo    time.Time // when the receiver had sent what was heard last
	leaving bool
}

func newHeartbeats(p *controller) *heartbeats {
	var peers []membership.Node
	for _, o := range p.h.s.peers {
		if o.ID != p.h.id {
			peers = append(peers, membership.Node{ID: o.ID, Name: o.Name})
		}
	}
	b := &heartbeats{p: p, began: p.h.now(), boot: p.h.s.w.Rand.Uint64() | 1, raw: map[crm.NodeID]rawBeat{}, lost: map[crm.NodeID]uint64{},
		detector: membership.NewDetector(peers, 1, p.h.s.timing, p.h.now())}
	p.after(p.h.s.w.Between(0, p.h.s.timing.Heartbeat), b.tick)
	return b
}

// tick sends heartbeats, and looks for silence twice as often.
func (b *heartbeats) tick() {
	b.p.noteQuorum()
	b.send(false)
	b.look()
	half := b.p.h.s.timing.Heartbeat / 2
	b.p.after(half, b.look)
	b.p.after(2*half, b.tick)
}

func (b *heartbeats) look() {
	b.tell(b.detector.Tick(b.p.h.now()))
	b.p.agreed()
}

// silence is how long a node has certainly not been heard: the controller before this one may
// have heard it until its end.
func (b *heartbeats) silence(id crm.NodeID) time.Duration {
	last := b.began
	if r, ok := b.raw[id]; ok {
		last = r.at
	}
	return b.p.h.now().Sub(last)
}

func (b *heartbeats) send(leaving bool) {
	for _, to := range b.p.h.s.hosts {
		if to.id != b.p.h.id {
			b.sendTo(to, leaving)
		}
	}
}

func (b *heartbeats) sendTo(to *Host, leaving bool) {
	now, s := b.p.h.now(), b.p.h.s
	m := beat{from: b.p.h.id, boot: b.boot, leaving: leaving, sent: now}
	if r, ok := b.raw[to.id]; ok && now.Sub(r.at) < s.timing.Dead {
		m.answers, m.echo = r.boot, r.sent
	}
	sentAt := s.w.Now
	s.net.Send(b.p.h.id, to.id, func() {
		if at := s.w.Now; to.ctl != nil {
			to.ctl.awake(func() {
				if s.w.Now-at < s.timing.Dead { // what lay in a buffer for longer says nothing
					s.checks.beatArrived(to.id, m.from, sentAt)
					to.ctl.beat.receive(m)
				}
			})
		}
	})
}

// goodbye tells the others that nothing runs here any more.
func (b *heartbeats) goodbye() {
	for range 3 {
		b.send(true)
	}
}

func (b *heartbeats) receive(m beat) {
	now := b.p.h.now()
	hearsUs, confirmed := m.answers == b.boot, b.raw[m.from].confirmed == m.boot
	r := rawBeat{m.boot, now, m.sent, b.raw[m.from].confirmed}
	if hearsUs {
		r.confirmed = m.boot
		b.p.parting.heard(m.from, m.echo)
	}
	b.raw[m.from] = r
	if !hearsUs || !confirmed {
		b.sendTo(b.p.h.s.hostOf(m.from), false)
	}
	switch {
	case m.leaving:
		b.tell(b.detector.Left(now, m.from, m.boot))
	case hearsUs:
		b.tell(b.detector.Heard(now, m.from, 0, m.boot))
	}
}

// tell passes on what was noticed (crmd/daemon has the same).
func (b *heartbeats) tell(events []membership.Event) {
	p := b.p
	for _, e := range events {
		post := p.post
		if e.ID == p.h.s.witness() {
			post = func(any) {} // the controller does not know it
		}
		switch e.Kind {
		case membership.NodeUp:
			if b.lost[e.ID] == e.Boot {
				p.parting.back(e.ID)
			}
			p.h.input(func() { p.h.d.core.Alive(e.ID, true) })
			post(crmd.MemberSeen{ID: e.ID, Alive: true, Life: e.Boot, Why: e.Detail})
		case membership.NodeDown:
			b.lost[e.ID] = e.Boot
			if !e.Left && b.detector.Alive()[e.ID] {
				p.h.input(func() { p.h.d.core.Restarted(e.ID) })
				post(crmd.MemberSeen{ID: e.ID, Alive: true, Anew: true})
				continue
			}
			p.h.input(func() { p.h.d.core.Alive(e.ID, false) })
			post(crmd.MemberSeen{ID: e.ID, Left: e.Left, Why: e.Detail})
		}
	}
}
