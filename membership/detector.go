package membership

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Detector decides which configured nodes are up. It is told of every heartbeat and,
// at least every Timing.Heartbeat, of the time; it answers with events. It has no clock
// and no lock: the caller provides both.
//
//	          first heartbeat that answers ours
//	unknown ────────────────────────────────────> up ──────┐ silent for Dead, goodbye, new boot id
//	   │ silent for InitDead                       ^       v
//	   └──────────────────────────────────> down ──┴── down
//
// A node is down only when it is silent on all links. A silent link beside a heard one
// is reported as such and changes nothing else.
type Detector struct {
	timing   Timing
	peers    []*peer // by id
	lastTick time.Time
}

type peer struct {
	node    Node
	state   peerState
	late    bool
	boot    uint64
	heard   time.Time // last heartbeat on any link; at first, our own start
	links   []linkHeard
	expires time.Duration // silence after which it is down
	hearsUs time.Time     // it is known to have heard a heartbeat that we sent then; zero: none
	deaf    bool          // for longer than Cut, or since it is back, and it was told
	deafAt  time.Time     // when it counts as deaf: Cut after hearsUs, or a little later after a pause
	backAt  time.Time     // what was sent before does not count: it was lost, and is heard again since then, or it is deaf since then
}

type linkHeard struct {
	up    bool
	heard time.Time
}

type peerState uint8

const (
	unknown peerState = iota
	up
	down
)

// NewDetector returns a detector for the peers of the local node; links is the number of
// links. now is when this node started to listen.
func NewDetector(peers []Node, links int, timing Timing, now time.Time) *Detector {
	d := &Detector{timing: timing, lastTick: now}
	for _, n := range peers {
		d.peers = append(d.peers, &peer{node: n, heard: now, links: make([]linkHeard, links), expires: max(timing.InitDead, timing.Dead)})
	}
	slices.SortFunc(d.peers, func(a, b *peer) int { return cmp.Compare(a.node.ID, b.node.ID) })
	return d
}

func (d *Detector) peer(id crm.NodeID) *peer {
	for _, p := range d.peers {
		if p.node.ID == id {
			return p
		}
	}
	return nil
}

// Heard takes note of a heartbeat of that boot of the peer, on one link. A boot id other
// than the known one means that the peer was started anew: it went down and came up.
// Unknown ids and links are ignored. Heartbeats count only once the peer hears us too;
// that is the caller's to check.
func (d *Detector) Heard(now time.Time, id crm.NodeID, link int, boot uint64) []Event {
	p := d.peer(id)
	if p == nil || link < 0 || link >= len(p.links) {
		return nil
	}
	var events []Event
	if p.state == up && p.boot != boot {
		events = append(events, d.goDown(now, p, false, "started anew"))
	}
	if p.state != up {
		events = append(events, d.goUp(now, p, link, boot)...)
	}
	l := &p.links[link]
	if !l.up {
		events = append(events, Event{Kind: LinkUp, Node: p.node.Name, ID: id, Link: link, At: now, Detail: "heard again"})
	}
	l.up, l.heard, p.heard, p.late = true, now, now, false
	return events
}

// goUp: a peer that was lost, and has not been started anew meanwhile, counts as deaf until it
// has heard what this node sent since they meet again. It may have taken this node for lost,
// too, and goes on to until it hears an answer; what it heard before may be only what one
// direction still carried.
func (d *Detector) goUp(now time.Time, p *peer, link int, boot uint64) []Event {
	lost := p.state == down && p.boot == boot
	p.state, p.boot, p.expires = up, boot, d.timing.Dead
	p.hearsUs, p.deafAt, p.deaf, p.backAt = time.Time{}, now.Add(d.timing.Cut), lost, time.Time{}
	for i := range p.links {
		p.links[i] = linkHeard{up: i == link, heard: now}
	}
	events := []Event{{Kind: NodeUp, Node: p.node.Name, ID: p.node.ID, Link: link, At: now, Boot: boot, Detail: "heard on link " + fmt.Sprint(link)}}
	if lost {
		p.backAt, p.deafAt = now, now
		events = append(events, Event{Kind: NodeDeaf, Node: p.node.Name, ID: p.node.ID, At: now, Boot: boot, Detail: "it has not shown yet that it hears this node again"})
	}
	return events
}

// Hears takes note that the peer has heard a heartbeat that this node sent at that time.
// Until Dead after it, at least, the peer does not take this node for dead. Of a peer that
// was lost, or deaf, what was sent before it was back, or deaf, does not count: on a line that
// comes and goes it would be heard for a moment, and start what it has no time to stop.
func (d *Detector) Hears(now time.Time, id crm.NodeID, sent time.Time) []Event {
	p := d.peer(id)
	if p == nil || p.state != up || !sent.After(p.hearsUs) || sent.Before(p.backAt) {
		return nil
	}
	p.hearsUs = sent
	if at := sent.Add(d.timing.Cut); at.After(p.deafAt) {
		p.deafAt = at
	}
	if !p.deaf || !now.Before(p.deafAt) {
		return nil
	}
	p.deaf = false
	return []Event{{Kind: NodeHears, Node: p.node.Name, ID: id, At: now, Boot: p.boot, Detail: "it hears this node again"}}
}

// HeardBy is the time of sending of the newest heartbeat that each peer that is up is
// known to have heard. Peers that have heard none are not in it.
func (d *Detector) HeardBy() map[crm.NodeID]time.Time {
	by := make(map[crm.NodeID]time.Time, len(d.peers))
	for _, p := range d.peers {
		if p.state == up && !p.hearsUs.IsZero() {
			by[p.node.ID] = p.hearsUs
		}
	}
	return by
}

// Left takes note of the orderly goodbye of that boot of a peer: it is down at once.
func (d *Detector) Left(now time.Time, id crm.NodeID, boot uint64) []Event {
	p := d.peer(id)
	if p == nil || p.state == down || (p.state == up && p.boot != boot) {
		return nil
	}
	return []Event{d.goDown(now, p, true, "left")}
}

// Tick tells the time. Call it at least every Timing.Heartbeat and when Next says so.
// A gap of more than half of Dead between two ticks means that this node itself stood
// still: it accuses nobody, but gives every peer a new deadline.
func (d *Detector) Tick(now time.Time) []Event {
	gap := now.Sub(d.lastTick)
	d.lastTick = now
	if gap > d.timing.Heartbeat+d.timing.Heartbeat/2 {
		for _, p := range d.peers {
			p.deafAt = d.afterPause(now, p)
		}
	}
	if gap > d.pauseLimit() {
		for _, p := range d.peers {
			p.heard = now
			for i := range p.links {
				p.links[i].heard = now
			}
		}
		return []Event{{Kind: SelfPaused, At: now, Detail: fmt.Sprintf("this node was stopped for %.2f s; its peers get a new deadline", gap.Seconds())}}
	}
	var events []Event
	for _, p := range d.peers {
		events = append(events, d.check(now, p)...)
	}
	return events
}

// pauseLimit is the gap between ticks that counts as having been stopped.
func (d *Detector) pauseLimit() time.Duration {
	return max(d.timing.Dead/2, d.timing.Heartbeat+d.timing.Heartbeat/2)
}

// pauseGrace is how long a node that was stopped asks whether it is still heard, before
// it counts as cut off: a round trip, and some time to be scheduled again.
const pauseGrace = 100 * time.Millisecond

// afterPause is when a peer counts as deaf after this node stood still: as long as the
// others cannot have taken over, there is time to ask; after that there is none.
func (d *Detector) afterPause(now time.Time, p *peer) time.Time {
	last := p.hearsUs.Add(d.timing.Lease)
	if p.hearsUs.IsZero() || last.Before(p.deafAt) {
		return p.deafAt
	}
	if at := now.Add(pauseGrace); at.Before(last) {
		last = at
	}
	if last.Before(p.deafAt) {
		return p.deafAt
	}
	return last
}

func (d *Detector) check(now time.Time, p *peer) []Event {
	silence := now.Sub(p.heard)
	var events []Event
	switch {
	case p.state == down:
		return nil
	case silence >= p.expires:
		detail := fmt.Sprintf("silent for %.2f s", silence.Seconds())
		if p.state == unknown {
			detail = fmt.Sprintf("not heard since this node started %.2f s ago", silence.Seconds())
		}
		return []Event{d.goDown(now, p, false, detail)}
	case p.state == up && !p.late && silence >= d.timing.Warn:
		p.late = true
		events = append(events, Event{Kind: NodeLate, Node: p.node.Name, ID: p.node.ID, At: now, Boot: p.boot, Detail: fmt.Sprintf("late: silent for %.2f s, dead after %.2f s", silence.Seconds(), p.expires.Seconds())})
	}
	if p.state != up {
		return events
	}
	if !p.deaf && !now.Before(p.deafAt) {
		p.deaf, p.backAt = true, now
		events = append(events, Event{Kind: NodeDeaf, Node: p.node.Name, ID: p.node.ID, At: now, Boot: p.boot, Detail: "it has not shown that it hears this node for " + fmt.Sprintf("%.2f s", d.deafFor(now, p).Seconds())})
	}
	for i := range p.links {
		l := &p.links[i]
		// Only while another link is heard: else it is the node that is silent.
		if l.up && now.Sub(l.heard) >= d.timing.Dead && silence < d.timing.Dead {
			l.up = false
			events = append(events, Event{Kind: LinkDown, Node: p.node.Name, ID: p.node.ID, Link: i, At: now, Detail: fmt.Sprintf("silent for %.2f s; the node is heard on another link", now.Sub(l.heard).Seconds())})
		}
	}
	return events
}

// deafFor is how long a peer has not shown that it hears us.
func (d *Detector) deafFor(now time.Time, p *peer) time.Duration {
	if p.hearsUs.IsZero() {
		return d.timing.Cut
	}
	return now.Sub(p.hearsUs)
}

func (d *Detector) goDown(now time.Time, p *peer, left bool, detail string) Event {
	p.state, p.late = down, false
	for i := range p.links {
		p.links[i].up = false
	}
	return Event{Kind: NodeDown, Node: p.node.Name, ID: p.node.ID, At: now, Boot: p.boot, Left: left, Detail: detail}
}

// Next is when Tick must be called at the latest to notice the next silence in time; the
// zero time when nobody can fall silent.
func (d *Detector) Next() time.Time {
	var next time.Time
	for _, p := range d.peers {
		if p.state == down {
			continue
		}
		at := p.heard.Add(p.expires)
		if p.state == up && !p.late {
			at = p.heard.Add(min(p.expires, d.timing.Warn))
		}
		if p.state == up && !p.deaf && p.deafAt.Before(at) {
			at = p.deafAt
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// Up reports whether the peer is up.
func (d *Detector) Up(id crm.NodeID) bool {
	p := d.peer(id)
	return p != nil && p.state == up
}

// LinkUp reports whether the peer is heard on the link.
func (d *Detector) LinkUp(id crm.NodeID, link int) bool {
	p := d.peer(id)
	return p != nil && p.state == up && link >= 0 && link < len(p.links) && p.links[link].up
}

// Alive returns every peer and whether it is up.
func (d *Detector) Alive() map[crm.NodeID]bool {
	alive := make(map[crm.NodeID]bool, len(d.peers))
	for _, p := range d.peers {
		alive[p.node.ID] = p.state == up
	}
	return alive
}

// SetTiming changes the intervals; deadlines count from what was heard last.
func (d *Detector) SetTiming(t Timing) {
	d.timing = t
	for _, p := range d.peers {
		if p.state == up {
			p.expires = t.Dead
		}
	}
}
