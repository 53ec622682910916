package membership

import "time"

// What must hold when a cluster without fencing falls apart, in real time counted from the
// last heartbeat of the smaller part that anybody in the larger one heard:
//
//	smaller part   ──Cut──> begins to apply its policy ──StopAllowance──> has applied it
//	larger part    ──Dead──> declares it dead ──Takeover──> starts what it ran
//	                                                     └ at least Parted between them ┘
//
// Both count from the same heartbeat: each heartbeat tells when the sender last heard the
// receiver, so that a node knows for certain until when it was heard, also when only one
// direction is cut. The two clocks may run apart by ClockError.
const (
	// longestParted is the least time between the smaller part's last answer and the larger
	// part's first, Timing.Parted. A short token asks for speed: then it is half of Dead.
	longestParted = 500 * time.Millisecond
	// StopAllowance is what deciding and stopping may take on the smaller side. An address
	// needs a few milliseconds of it; a service that needs longer is not covered.
	StopAllowance = 100 * time.Millisecond
	// ClockErrorPercent is how far a clock's rate may be off.
	ClockErrorPercent = 1

	// UnjoinedGrace is how long a node that hears a quorum and cannot take part (its disk is
	// full, say) goes on, without fencing, before it stops what it runs.
	UnjoinedGrace = 6 * time.Second
	// UnjoinedPatience is how long the DC waits for a node that is heard, may run something
	// and does not take part: then that is started elsewhere, with fencing after the node was
	// fenced. It leaves four seconds for the stops after UnjoinedGrace.
	UnjoinedPatience = 10 * time.Second

	shortestTakeover = 350 * time.Millisecond
	leaseStop        = 80 * time.Millisecond // of the executor by itself: no decision is needed
)

// withParting derives the times of a parting from Dead and Heartbeat. Until a heartbeat is
// known to have been heard two intervals may pass (there and back, each node at its own
// time); Cut leaves room for one and a half more that get lost or come late.
func (t Timing) withParting() Timing {
	const whole = time.Millisecond // for the eye
	t.Parted = min(longestParted, t.Dead/2)
	shortest := min(shortestTakeover, t.Dead*35/100)
	t.Cut = max(7*t.Heartbeat/2, slow(fast(t.Dead+shortest)-t.Parted-StopAllowance).Truncate(whole))
	t.Takeover = max(shortest, (unfast(unslow(t.Cut)+StopAllowance+t.Parted) - t.Dead + whole - 1).Truncate(whole))
	t.Lease = max(t.Cut, slow(fast(t.Dead+t.Takeover)-leaseStop).Truncate(whole))
	t.Leaderless = 3 * max(t.Dead, t.Election)
	return t
}

// LeaseEnds is until when a node may run resources: a majority was last certain to hear it at
// heard, and it last had a quorum and a DC at quorate (zero: it has had none since it booted).
// The DC may be cut off from this node alone, and counts on it to stop for want of a DC
// (GivenUp): its executor does, should its controller be gone just then.
func (t Timing) LeaseEnds(heard, quorate time.Time) time.Time {
	end := heard.Add(t.Lease)
	if last := quorate.Add(t.leaseWithoutDC()); !quorate.IsZero() && last.Before(end) {
		return last
	}
	return end
}

// leaseWithoutDC leaves the controller Takeover to stop things in order.
func (t Timing) leaseWithoutDC() time.Duration { return t.Leaderless + t.Takeover }

// GivenUp is how long after the DC declared a node dead what it ran is started elsewhere
// although others hear the node: it noticed before that the DC does not, and has stopped.
func (t Timing) GivenUp() time.Duration {
	stopped := unslow(t.Cut+t.leaseWithoutDC()) + leaseStop
	return max(t.Leaderless+2*t.Takeover, (unfast(stopped+t.Parted)-t.Dead).Truncate(time.Millisecond)+time.Millisecond)
}

// fast is the real time that has passed, at least, when a clock says d; unfast is what a
// clock must say so that at least d has passed.
func fast(d time.Duration) time.Duration   { return d * (100 - ClockErrorPercent) / 100 }
func unfast(d time.Duration) time.Duration { return (d*100 + 99) / (100 - ClockErrorPercent) }

// slow is what a clock must say at most so that no more than d has passed; unslow is the
// real time that may have passed when it says d.
func slow(d time.Duration) time.Duration   { return d * 100 / (100 + ClockErrorPercent) }
func unslow(d time.Duration) time.Duration { return (d*(100+ClockErrorPercent) + 99) / 100 }

// partingRows are the lines about partings in the table of crm cluster timing.
func (t Timing) partingRows() [][4]string {
	return [][4]string{
		{"cut off", seconds(t.Cut), "before takeover", "not heard by a majority for so long: this node applies no-quorum-policy at once (fencing off)"},
		{"policy applied", seconds(t.Cut + StopAllowance), "cut off + " + seconds(StopAllowance), "by then it has: no address answers any more, nothing is promoted"},
		{"takeover", seconds(t.Takeover), "dead + takeover - applied > " + seconds(t.Parted), "after dead: the others start what it ran (fencing off, three votes or more)"},
		{"lease", seconds(t.Lease), "before dead + takeover", "not heard for so long: the executor kills and stops everything, even if crmd hangs (fencing off)"},
		{"no DC", seconds(t.Leaderless), "3 x election", "a majority is heard but none leads it: no-quorum-policy is applied"},
		{"lease, no DC", seconds(t.leaseWithoutDC()), "no DC + takeover", "without a DC for so long: the executor kills and stops everything, even if crmd is gone (fencing off)"},
		{"given up", seconds(t.GivenUp()), "after dead", "the DC does not hear a node that others hear: it has no DC, and has stopped by then"},
		{"cannot join", seconds(UnjoinedGrace), "fixed", "a majority is heard and this node cannot take part (a full disk): it stops what it runs (fencing off)"},
		{"patience", seconds(UnjoinedPatience), "cannot join + " + seconds(UnjoinedPatience-UnjoinedGrace), "heard and not taking part for so long: a node is fenced, or what it ran is started elsewhere"},
		{"failover, unfenced", "~" + seconds(t.Failover()+t.Takeover), "dead + takeover + deciding", "the same without fencing, with three votes or more"},
	}
}
