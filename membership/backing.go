package membership

import (
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Backing works out until when a majority is known to have heard this node: from then on
// the others may, after Dead and Takeover, start what it runs. It has no clock and no lock.
// The zero value knows of no votes: nothing backs it.
type Backing struct {
	votes map[crm.NodeID]int // of the others
	own   int
	need  int
	by    map[crm.NodeID]time.Time
	since time.Time
}

// SetVotes says who has votes and how many are needed.
func (b *Backing) SetVotes(self crm.NodeID, votes map[crm.NodeID]int, need int) {
	b.votes, b.own, b.need = map[crm.NodeID]int{}, votes[self], need
	for id, n := range votes {
		if id != self {
			b.votes[id] = n
		}
	}
	if at := b.majority(); at.After(b.since) {
		b.since = at
	}
}

// OthersSuffice reports whether the others could go on without this node: if not, it need
// not make room for them.
func (b *Backing) OthersSuffice() bool {
	sum := 0
	for _, n := range b.votes {
		sum += n
	}
	return b.need > 0 && sum >= b.need
}

// Heard takes note that a peer has heard what this node sent at that time. It returns the
// time until which a majority is now known to have heard this node, and, when that is news,
// for how long it was not known before: more than Lease means that there was time enough for
// others to take over. (What was sent long ago may have lain in a queue until now.) The
// first time of all is no gap.
func (b *Backing) Heard(now time.Time, by crm.NodeID, sent time.Time) (since time.Time, gap time.Duration) {
	if b.by == nil {
		b.by = map[crm.NodeID]time.Time{}
	}
	if sent.After(b.by[by]) {
		b.by[by] = sent
	}
	old := b.since
	if at := b.majority(); at.After(old) {
		b.since = at
		if !old.IsZero() {
			gap = now.Sub(old)
		}
	}
	return b.since, gap
}

// Since is the time until which a majority is known to have heard this node; zero: never.
func (b *Backing) Since() time.Time { return b.since }

// majority is the newest time by which votes enough have heard this node.
func (b *Backing) majority() time.Time {
	if b.need == 0 {
		return time.Time{}
	}
	type voter struct {
		at    time.Time
		votes int
	}
	var voters []voter
	for id, n := range b.votes {
		if at := b.by[id]; n > 0 && !at.IsZero() {
			voters = append(voters, voter{at, n})
		}
	}
	slices.SortFunc(voters, func(x, y voter) int { return y.at.Compare(x.at) })
	sum := b.own
	for _, v := range voters {
		if sum += v.votes; sum >= b.need {
			return v.at
		}
	}
	return time.Time{}
}
