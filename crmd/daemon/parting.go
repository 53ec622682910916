package daemon

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/lrmd/lease"
	"github.com/tactus-ha/tactus/membership"
)

// parting knows until when enough others are known to have heard this node. Heartbeats
// tell it from their own threads.
type parting struct {
	self    crm.NodeID
	timing  membership.Timing
	lapse   func(time.Duration) // called when others had the time to take over
	recheck chan struct{}       // gets a value when the view may have changed

	mu      sync.Mutex // guards all following fields
	backing membership.Backing
	deaf    map[crm.NodeID]bool // whether peers have not shown for Cut that they hear us; who was never up is not in it
	alive   map[crm.NodeID]bool
	weights map[crm.NodeID]int
	need    int
	beaten  time.Time    // of the last heartbeat sent
	lease   *lease.Lease // nil: none can be kept
	rule    leaseRule
	kept    bool // a lease was written and not ended
	lapsed  bool // others may have taken over: the lease is not renewed
	stopped bool // what ran here then is stopped

	quorate   bool      // there is a quorum and a DC, by the controller's word
	quorateAt time.Time // of the last heartbeat, of an earlier controller's too, that was sent with them; zero: none
}

func newParting(self crm.NodeID, t membership.Timing, lapse func(time.Duration)) *parting {
	return &parting{self: self, timing: t, lapse: lapse, recheck: make(chan struct{}, 1), deaf: map[crm.NodeID]bool{}, alive: map[crm.NodeID]bool{}}
}

// heard takes the word of a heartbeat: the peer has heard what this node sent then.
func (p *parting) heard(by crm.NodeID, sent time.Time) {
	now := time.Now()
	p.mu.Lock()
	since, gap := p.backing.Heard(now, by, sent)
	lapsed := gap > p.timing.Lease && p.backing.OthersSuffice()
	if lapsed {
		p.lapsed, p.stopped = true, false
	}
	fresh := p.lapsed && p.stopped && now.Sub(since) < p.timing.Cut
	if fresh {
		p.lapsed = false
	}
	if p.rule == leaseOfAll {
		p.renewNowLocked()
	}
	p.mu.Unlock()
	if lapsed {
		p.lapse(gap)
	}
	if lapsed || fresh {
		p.ring()
	}
}

// noticed takes what membership says about peers.
func (p *parting) noticed(e membership.Event) {
	p.mu.Lock()
	switch e.Kind {
	case membership.NodeUp:
		p.alive[e.ID], p.deaf[e.ID] = true, false
	case membership.NodeDown:
		p.alive[e.ID], p.deaf[e.ID] = false, !e.Left
	case membership.NodeDeaf:
		p.deaf[e.ID] = true
	case membership.NodeHears:
		p.deaf[e.ID] = false
	}
	p.mu.Unlock()
	p.ring()
}

func (p *parting) ring() {
	select {
	case p.recheck <- struct{}{}:
	default:
	}
}

// counted takes who has votes.
func (p *parting) counted(s consensus.Status) {
	weights := s.Weights()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weights, p.need = weights, s.Votes.Quorum
	p.backing.SetVotes(p.self, weights, s.Votes.Quorum)
}

// cut reports whether too few hear this node while the others suffice without it.
func (p *parting) cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.backing.OthersSuffice() {
		return false
	}
	if len(p.weights) == 1 && p.weights[p.self] == 0 {
		return false // the other one of two has not made this node a voter yet
	}
	if p.lapsed && p.rule == leaseOfAll {
		return true // it may join again once it is known to be heard now
	}
	votes := p.weights[p.self]
	for id, n := range p.weights {
		if id != p.self && p.alive[id] && !p.deaf[id] {
			votes += n
		}
	}
	return votes < p.need
}

// unheard reports whether a peer has not shown for Cut that it hears this node, or never since
// this controller began: it may have lost the one before. Who does not hear this node is lost
// for membership in the end, and may be heard, and lead, all the same.
func (p *parting) unheard(by crm.NodeID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	deaf, met := p.deaf[by]
	return by != 0 && by != p.self && (deaf || !met)
}

// askBound is how long a peer may take to say when it heard somebody. It is not asked what
// is hard to say: who does not answer at once is asked again.
const askBound = 300 * time.Millisecond

// askAround asks peers when they last heard a node. This node's own ears count too.
func (d *Daemon) askAround(ctx context.Context, a crmd.Ask) {
	ctx, cancel := context.WithTimeout(ctx, askBound)
	defer cancel()
	answers := make(chan crmd.LastHeard)
	asked := 0
	for id, alive := range d.heartbeats.Alive() { // the witness too
		if alive && id != d.cfg.Self.ID {
			asked++
			go func() { answers <- d.askOne(ctx, id, a.ID) }()
		}
	}
	unknown := false
	least := crmd.LastHeard{ID: a.ID, For: d.silence(a.ID), By: d.cfg.Self.Name}
	for range asked {
		got := <-answers
		unknown = unknown || got.By == ""
		if got.By != "" && got.For < least.For {
			least = got
		}
	}
	least.Unknown = unknown
	d.mail.put(least)
}

func (d *Daemon) askOne(ctx context.Context, peer, about crm.NodeID) (heard crmd.LastHeard) {
	payload, err := json.Marshal(about)
	if err != nil {
		return heard
	}
	reply, err := d.agreement.Call(ctx, peer, callSilence, payload)
	var ms int64
	if err != nil || json.Unmarshal(reply, &ms) != nil {
		return heard
	}
	n, _ := d.cfg.Cluster.NodeByID(peer)
	return crmd.LastHeard{ID: about, For: time.Duration(ms) * time.Millisecond, By: n.Name}
}

// silence is for how long a node was certainly not heard on any link: the controller before this
// one may have heard it until its end.
func (d *Daemon) silence(id crm.NodeID) time.Duration {
	last := d.began
	for _, l := range d.heartbeats.Links() {
		if l.ID == id && l.LastHeard.After(last) {
			last = l.LastHeard
		}
	}
	return time.Since(last)
}

// answerSilence answers a peer that asks how long ago this node heard another.
func (d *Daemon) answerSilence(_ context.Context, _ crm.NodeID, payload []byte) ([]byte, error) {
	var about crm.NodeID
	if err := json.Unmarshal(payload, &about); err != nil {
		return nil, err
	}
	return json.Marshal(d.silence(about).Milliseconds())
}
