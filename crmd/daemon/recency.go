package daemon

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
)

// holdReads is how long reads wait, at most, for a node that has just started, or that
// hears the others again, to catch up with them.
const holdReads = 5 * time.Second

// How long one attempt to catch up may take, and the time before the next.
const (
	barrierBound = 2 * time.Second
	barrierPause = 100 * time.Millisecond
)

// recency knows whether this node's copy of the CIB is that of the cluster. It is not
// from the start on, until this node has applied what its leader had when it was asked;
// and not without quorum. A read may be held back for a while; after that it is answered
// with a sentence that says what the answer is worth.
type recency struct {
	grace time.Duration // an election of this length is no news
	try   chan struct{} // gets a value when catching up may succeed

	mu       sync.Mutex // guards all following fields
	standing bool       // somebody leads a majority that this node is in
	current  bool
	ever     bool // it was current since this daemon started, or since it yielded
	few      bool // too few votes: an election cannot help
	group    consensus.Group
	reason   string
	since    time.Time     // when it stopped being current, or the start
	hold     time.Time     // until when reads wait
	arrived  chan struct{} // closed once it is current
}

func newRecency(now time.Time, grace time.Duration) *recency {
	return &recency{grace: grace, try: make(chan struct{}, 1), since: now, hold: now.Add(holdReads), arrived: make(chan struct{})}
}

// observe takes what agreement says.
func (r *recency) observe(now time.Time, s consensus.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	standing := s.Quorate && s.Leader != 0 && s.Phase != consensus.Yielded
	r.reason, r.few = s.QuorumReason, s.Votes.Present < s.Votes.Quorum
	if s.Phase == consensus.Yielded {
		r.ever = false
	}
	lost := r.current && (!standing || s.Group != r.group)
	if lost {
		r.current, r.since, r.hold, r.arrived = false, now, now, make(chan struct{})
	}
	if standing && (lost || !r.standing) {
		r.hold = now.Add(holdReads)
	}
	r.standing, r.group = standing, s.Group
	if standing && !r.current {
		select {
		case r.try <- struct{}{}:
		default:
		}
	}
}

// reached notes that the copy is as new as the group's was when it was asked.
func (r *recency) reached(group consensus.Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.standing && !r.current && r.group == group {
		r.current, r.ever = true, true
		close(r.arrived)
	}
}

// wanted reports whether there is something to catch up with, and in which group.
func (r *recency) wanted() (consensus.Group, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.group, r.standing && !r.current
}

// await waits until the copy is current, as long as it is worth it.
func (r *recency) await(ctx context.Context) {
	r.mu.Lock()
	arrived, current, left := r.arrived, r.current, time.Until(r.hold)
	r.mu.Unlock()
	if current || left <= 0 {
		return
	}
	patience := time.NewTimer(left)
	defer patience.Stop()
	select {
	case <-arrived:
	case <-patience.C:
	case <-ctx.Done():
	}
}

// stale says why the copy is not current; "" when it is, or when an election may just be
// under way.
func (r *recency) stale(now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	why := r.reason
	if r.standing || why == "" {
		why = "the DC's state has not arrived yet"
	}
	at := r.since.Format("Mon Jan _2 15:04:05 2006")
	switch {
	case r.current, r.ever && !r.few && now.Sub(r.since) < r.grace:
		return ""
	case r.ever && r.standing:
		return fmt.Sprintf("NOT CURRENT: this node was cut off at %s and has not caught up yet (%s); what follows is its last known state", at, why)
	case r.ever:
		return fmt.Sprintf("NOT CURRENT: this node is without quorum since %s (%s); what follows is the state of that time, what runs may differ", at, why)
	}
	return fmt.Sprintf("NOT CURRENT: this node is joining since %s (%s); what follows is its last known state, what runs may differ", at, why)
}

// catchUp makes the copy current whenever it can be.
func (d *Daemon) catchUp(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.recency.try:
		}
		for group, wanted := d.recency.wanted(); wanted && ctx.Err() == nil; group, wanted = d.recency.wanted() {
			bound, cancel := context.WithTimeout(ctx, barrierBound)
			err := d.agreement.ReadBarrier(bound)
			cancel()
			if err == nil {
				d.recency.reached(group)
				break // another group by now: observe asks again
			}
			select {
			case <-ctx.Done():
			case <-time.After(barrierPause):
			}
		}
	}
}

// CIB is this node's copy of the CIB. A node that has just started waits a moment for
// the cluster's; stale says why the copy is not the cluster's, "" when it is.
func (b *backend) CIB(ctx context.Context) (snap *cib.Snapshot, stale string) {
	b.recency.await(ctx)
	stale = b.recency.stale(time.Now())
	return b.replica.Current(), stale
}
