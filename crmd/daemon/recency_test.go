package daemon

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tactus-ha/tactus/consensus"
)

// A copy of the CIB is the cluster's from the moment it has caught up until the node
// loses the quorum, or its group; reads wait for it only while it can soon be so.
func TestRecency(t *testing.T) {
	group := consensus.Group{Cluster: 1, Incarnation: 1}
	alone := consensus.Status{Phase: consensus.Joined, Group: group, QuorumReason: "1 of 3 votes", Votes: consensus.Votes{Present: 1, Quorum: 2}}
	electing := consensus.Status{Phase: consensus.Joined, Group: group, QuorumReason: "no leader", Votes: consensus.Votes{Present: 2, Quorum: 2}}
	member := consensus.Status{Phase: consensus.Joined, Group: group, Quorate: true, Leader: 2, Votes: consensus.Votes{Present: 2, Quorum: 2}}
	yielded := consensus.Status{Phase: consensus.Yielded, Group: group, QuorumReason: "yielded"}
	merged := member
	merged.Group.Incarnation = 2
	type step struct {
		name    string
		status  consensus.Status
		reached bool          // it caught up with the group of the status
		after   time.Duration // passes before the read
		waited  time.Duration // by the read, when nothing arrives
		stale   string        // what the answer says
	}
	start := step{name: "member", status: member, reached: true}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"joins", []step{{name: "starts", status: alone, waited: holdReads, stale: "is joining since"}, {name: "long alone", status: alone, stale: "1 of 3 votes"},
			{name: "heard, not caught up", status: member, waited: holdReads, stale: "has not arrived"}, start}},
		{"loses the quorum", []step{start, {name: "few", status: alone, stale: "without quorum since"}, {name: "back", status: member, waited: holdReads, stale: "was cut off at"}, start}},
		{"an election", []step{start, {name: "short", status: electing}, {name: "long", status: electing, after: time.Minute, stale: "no leader"}, start}},
		{"yields", []step{start, {name: "yields", status: yielded, stale: "is joining since"}, {name: "other group", status: merged, waited: holdReads, stale: "is joining since"},
			{name: "caught up there", status: merged, reached: true}}},
		{"group changes unseen", []step{start, {name: "new group", status: merged, waited: holdReads, stale: "was cut off"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecency(time.Now(), time.Second)
				for _, s := range tc.steps {
					r.observe(time.Now(), s.status)
					if s.reached {
						r.reached(s.status.Group)
					}
					time.Sleep(s.after)
					began := time.Now()
					r.await(t.Context())
					if got := time.Since(began); got != s.waited {
						t.Errorf("%s: the read waited %v, want %v", s.name, got, s.waited)
					}
					if got := r.stale(time.Now()); (s.stale == "") != (got == "") || !strings.Contains(got, s.stale) {
						t.Errorf("%s: stale = %q, want %q in it", s.name, got, s.stale)
					}
				}
			})
		})
	}
}

// A read that waits is answered the moment the copy is current, and what was reached in
// a group that is over does not count.
func TestReadWaitsForTheCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, a := bare(t)
		d.recency = newRecency(time.Now(), time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		go d.catchUp(ctx)
		done := make(chan string)
		began := time.Now()
		go func() {
			_, stale := (&backend{Daemon: d}).CIB(t.Context())
			done <- stale
		}()
		time.Sleep(time.Second)
		d.recency.reached(consensus.Group{Cluster: 7})
		synctest.Wait()
		select {
		case stale := <-done:
			t.Fatalf("answered before the copy was current: %q", stale)
		default:
		}
		d.recency.observe(time.Now(), a.status)
		if stale := <-done; stale != "" || time.Since(began) != time.Second {
			t.Errorf("after %v: stale = %q, want a current answer after 1 s", time.Since(began), stale)
		}
		cancel()
		synctest.Wait()
	})
}
