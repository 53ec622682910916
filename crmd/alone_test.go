package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// How long a node waits without a quorum before it acts alone: one that had a quorum and
// hears too few acts at once; one whose controller has just begun hears the others first.
func TestGraceBeforeActingAlone(t *testing.T) {
	none, few, quorum := View{Reason: "no leader"}, View{Few: true, Reason: "1 of 3"}, View{Quorate: true, Leader: 2}
	for _, tc := range []struct {
		name  string
		views []View
		want  time.Duration
	}{
		{"just begun, few", []View{few}, 3 * time.Second},
		{"just begun, an election", []View{none}, 3 * time.Second},
		{"lost, few", []View{quorum, few}, time.Second},
		{"lost, an election", []View{quorum, none}, 3 * time.Second},
		{"an election, then few", []View{quorum, none, few}, time.Second},
		{"few, then an election", []View{quorum, few, none}, 3 * time.Second},
	} {
		c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}, Seed: "seed", QuorumGrace: 3 * time.Second, FewGrace: time.Second})
		now := time.Unix(1_780_000_000, 0)
		at := time.Time{}
		for _, v := range tc.views {
			for _, e := range c.Step(now, ViewChanged{View: v}) {
				if a, ok := e.(Arm); ok && a.Name == "quorum" {
					at = a.At
				}
			}
		}
		if got := at.Sub(now); got != tc.want {
			t.Errorf("%s: acts alone after %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestOwnOrdersAreAsNewAsTheExecutorWants: a controller that was started anew has heard of
// no authority as new as its executor has, and is cut off: what it orders then must be
// accepted.
func TestOwnOrdersAreAsNewAsTheExecutorWants(t *testing.T) {
	seen := crm.Stamp{Incarnation: 1, Term: 9}
	c := New(Config{Cluster: "test", Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}, {3, "n3"}}, Seed: "seed"})
	now := time.Unix(1_780_000_000, 0)
	c.Step(now, ViewChanged{View: View{Few: true, Stamp: crm.Stamp{Incarnation: 1, Term: 8}}})
	c.Step(now, LRMUp{Newest: seen})
	if got := c.stamp(); got != seen {
		t.Errorf("own orders have the stamp %s, the executor wants %s", got, seen)
	}
	if err := c.accept(Order{Kind: SyncOrder, Stamp: crm.Stamp{Incarnation: 1, Term: 8}}); err == nil {
		t.Error("an order that the executor would refuse is accepted")
	}
}
