package membership

import (
	"testing"
	"time"
)

// allTimings is every timing that a configuration can ask for, in steps.
func allTimings() (all []Timing) {
	for token := MinToken; token <= 2*time.Minute; token += token / 16 {
		all = append(all, TimingFromToken(token, 0, "token"))
		for _, keepalive := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 10 * time.Second} {
			all = append(all, TimingFromHeartbeat(HeartbeatTimes{Deadtime: token, Keepalive: keepalive}, "ha.cf"))
		}
	}
	return append(all, TimingFromToken(0, 0, "nothing"), TimingFromHeartbeat(HeartbeatTimes{}, "ha.cf"))
}

// TestSmallerPartStopsBeforeLargerStarts: with both clocks wrong by the allowed rate in
// the worse direction, the smaller part has applied its policy Parted before the larger
// one starts anything. Both count from the last heartbeat that was heard.
func TestSmallerPartStopsBeforeLargerStarts(t *testing.T) {
	for _, tm := range allTimings() {
		applied := tm.Cut*(100+ClockErrorPercent)/100 + StopAllowance
		starts := (tm.Dead + tm.Takeover) * (100 - ClockErrorPercent) / 100
		if gap := starts - applied; gap < tm.Parted {
			t.Errorf("dead %v, heartbeat %v: the larger part starts %v after the smaller has stopped, want at least %v (%+v)", tm.Dead, tm.Heartbeat, gap, tm.Parted, tm)
		}
		if lapsed := tm.Lease*(100+ClockErrorPercent)/100 + leaseStop; lapsed > starts {
			t.Errorf("dead %v, heartbeat %v: the lease ends at %v, the larger part starts at %v", tm.Dead, tm.Heartbeat, lapsed, starts)
		}
		if tm.Lease < tm.Cut {
			t.Errorf("dead %v: the lease %v ends before the node counts as cut off %v", tm.Dead, tm.Lease, tm.Cut)
		}
	}
}

// TestANodeThatTheDCDoesNotHearStopsInTime: it is heard by others, so its lease is renewed
// until its controller is killed, in the worst moment: just before that would have stopped
// everything for want of a DC. Its executor does, before the DC starts it elsewhere. Both
// count from the last heartbeat that the DC heard.
func TestANodeThatTheDCDoesNotHearStopsInTime(t *testing.T) {
	boot := time.Unix(0, 0)
	for _, tm := range allTimings() {
		noticed := boot.Add(tm.Cut) // by the node's clock
		killed := noticed.Add(tm.Leaderless)
		stopped := unslow(tm.LeaseEnds(killed, noticed).Sub(boot)) + leaseStop
		starts := fast(tm.Dead + tm.GivenUp())
		if gap := starts - stopped; gap < tm.Parted {
			t.Errorf("dead %v, heartbeat %v: the DC starts things %v after the node has stopped, want at least %v", tm.Dead, tm.Heartbeat, gap, tm.Parted)
		}
		for what, quorate := range map[string]time.Time{"with a quorum": killed, "never had one": {}} {
			if got, want := tm.LeaseEnds(killed, quorate), killed.Add(tm.Lease); !got.Equal(want) {
				t.Errorf("dead %v, %s: the lease ends at %v, want %v", tm.Dead, what, got.Sub(boot), want.Sub(boot))
			}
		}
		if began := noticed.Add(tm.Leaderless); tm.LeaseEnds(killed, noticed).Before(began.Add(StopAllowance)) && tm.Dead >= 300*time.Millisecond {
			t.Errorf("dead %v: the lease ends %v after the controller begins to stop things", tm.Dead, tm.LeaseEnds(killed, noticed).Sub(began))
		}
	}
}

// TestOneLostHeartbeatIsNoCut: two intervals pass until a heartbeat is known to have been
// heard; one that is lost, and being late by half an interval, must not stop anything.
func TestOneLostHeartbeatIsNoCut(t *testing.T) {
	for _, tm := range allTimings() {
		if want := 3*tm.Heartbeat + tm.Heartbeat/2; tm.Cut < want {
			t.Errorf("dead %v, heartbeat %v: cut off after %v, want at least %v", tm.Dead, tm.Heartbeat, tm.Cut, want)
		}
	}
}

// TestUnfencedFailoverIsPrompt: the wait for the smaller part costs little at the default.
func TestUnfencedFailoverIsPrompt(t *testing.T) {
	tm := TimingFromToken(0, 0, "nothing")
	if tm.Parted < 500*time.Millisecond {
		t.Errorf("by default the parts are %v apart, want at least 0.5 s", tm.Parted)
	}
	if quick := TimingFromToken(300*time.Millisecond, 0, "x"); quick.Failover()-decisionTime+quick.Takeover > 500*time.Millisecond {
		t.Errorf("a node is noticed and given its time after %v at token 300 ms, want at most 0.5 s", quick.Dead+quick.Takeover)
	}
	if got := tm.Failover() + tm.Takeover; got > 1500*time.Millisecond {
		t.Errorf("failover without fencing at the default token takes %v, want at most 1.5 s", got)
	}
	if pauses := 300*time.Millisecond + 2*tm.Heartbeat; tm.Cut < pauses {
		t.Errorf("cut off after %v: all peers stopped for 300 ms would look like a cut (%v)", tm.Cut, pauses)
	}
}
