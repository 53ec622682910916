package consensus

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// What others met when they made two nodes go on alone is a test each. The numbers are
// those of their issues (ClusterLabs/resource-agents).

func fencedPair(cfg *Config) {
	cfg.Policy = Policy{FencingEnabled: true, NoQuorumPolicy: "stop", WaitForAll: true, TwoNode: true}
}

// pair makes two nodes that have agreed on "a".
func pair(t *testing.T, config func(*Config)) *net {
	t.Helper()
	w := newNet(t, 2, config)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.propose(1, "a")
	return w
}

// TestBothNodesClaimAtOnce (2194, 2207): both are told in the same moment that the other
// one is off, by devices that lie. Both go on, in histories that cannot be mixed up; one
// of them gives way when they meet, and its orders are older than the winner's.
func TestBothNodesClaimAtOnce(t *testing.T) {
	w := pair(t, fencedPair)
	w.divide(1)
	for id := crm.NodeID(1); id <= 2; id++ {
		w.cores[id].Alive(3-id, false)
		w.cores[id].Confirm(3-id, "fenced by a device that lies")
	}
	w.until("both alone", 30, func() bool {
		return w.cores[1].Status().Role == Alone && w.cores[2].Status().Role == Alone
	})
	if a, b := w.cores[1].Identity().Group, w.cores[2].Identity().Group; a == b {
		t.Fatalf("both nodes are in group %v: their histories can be mixed up", a)
	}
	w.propose(1, "one")
	w.propose(2, "two")
	w.propose(2, "two again")
	loser := w.cores[1].Status().Stamp
	w.divide()
	w.until("merged", 300, w.voters(2))
	w.ticks(10)
	if want := []string{"a", "two", "two again"}; !slices.Equal(w.list(1), want) || !slices.Equal(w.list(2), want) {
		t.Errorf("lists %v and %v, want %v", w.list(1), w.list(2), want)
	}
	if now := w.cores[w.leader()].Status().Stamp; !loser.Less(now) {
		t.Errorf("the stamp after merging, %v, is not newer than the loser's %v", now, loser)
	}
}

// TestBothNodesAreShot: each fences the other, both lose power, and both come back. Neither
// of them goes on alone from what it remembers; together they have a quorum.
func TestBothNodesAreShot(t *testing.T) {
	w := pair(t, fencedPair)
	w.stop(1)
	w.stop(2)
	w.start(1)
	w.ticks(300)
	if s := w.cores[1].Status(); s.Quorate {
		t.Errorf("the first to boot goes on alone: %+v", s)
	}
	w.start(2)
	w.until("two voters", 100, w.voters(2))
	if got := w.cores[1].Status().Incarnation; got != 1 {
		t.Errorf("incarnation %d, want 1: nobody had to go on alone", got)
	}
}

// TestFencedNodeDoesNotShootBack: the survivor went on alone. The other one boots, cannot
// hear it, and is told by its fence device that the survivor is off now: the survivor may
// have acknowledged more, so that is not enough. An operator's word is.
func TestFencedNodeDoesNotShootBack(t *testing.T) {
	w := pair(t, fencedPair)
	w.stop(2)
	w.cores[1].Alive(2, false)
	w.cores[1].Confirm(2, "fenced")
	w.cycle(1)
	w.ticks(3)
	w.propose(1, "alone")
	w.divide(1)
	w.start(2)
	c := w.cores[2]
	c.Alive(1, false)
	c.Confirm(1, "fenced")
	w.ticks(100)
	if s := c.Status(); s.Quorate || s.QuorumReason != "node n1 is off, but was not seen since this node started and may have gone on alone before (wait_for_all)" {
		t.Errorf("the fenced node: %+v", s)
	}
	w.divide()
	w.until("two voters", 300, w.voters(2))
	if got := w.list(2); !slices.Equal(got, []string{"a", "alone"}) {
		t.Errorf("node 2 has %v", got)
	}
}

// TestClaimIsStoredBeforeAnybodyHearsOfIt (2074: an attribute that only the writer saw):
// the new incarnation is on disk before the first message of it leaves, and a crash in
// between leaves a node that has claimed nothing.
func TestClaimIsStoredBeforeAnybodyHearsOfIt(t *testing.T) {
	w := pair(t, fencedPair)
	old := w.cores[1].Identity().Group
	c := w.cores[1]
	c.Alive(2, false)
	w.cycle(1)
	w.mail = nil
	c.Confirm(2, "fenced")
	out := c.Ready()
	for _, m := range out.Early {
		if m.Group != old {
			t.Errorf("a message of group %v leaves before that group is on disk", m.Group)
		}
	}
	if !slices.ContainsFunc(out.Saves, func(s Save) bool { return s.Identity != nil && s.Identity.Group.Incarnation == 2 }) {
		t.Fatalf("the new incarnation is not among what is saved: %+v", out.Saves)
	}
	w.start(1) // a crash before anything was written
	if got := w.cores[1].Identity().Group; got != old {
		t.Errorf("after a crash before the write the group is %v, want %v", got, old)
	}
	w.until("two voters", 100, w.voters(2))
}

// TestLearnerDoesNotBecomeACluster (2204): the leader is off, and confirmed to be, while
// the other one is still a learner: it may lack what the leader acknowledged.
func TestLearnerDoesNotBecomeACluster(t *testing.T) {
	w := learnerOfTwo(t)
	c := w.cores[2]
	c.SetPolicy(Policy{FencingEnabled: true, NoQuorumPolicy: "stop"})
	w.stop(1)
	c.Alive(1, false)
	c.Confirm(1, "fenced")
	w.ticks(100)
	if s := c.Status(); s.Quorate || s.Role == Alone {
		t.Errorf("a learner went on alone: %+v", s)
	}
	w.start(1)
	w.until("two voters", 300, w.voters(2))
}

// TestEmptyLearnerIsNoCluster (2077: a learner without a revision of its own): not even an
// operator's word makes a cluster of a node that has received nothing yet.
func TestEmptyLearnerIsNoCluster(t *testing.T) {
	w := pair(t, fencedPair)
	w.stop(2)
	w.disks[2] = &disk{}
	w.cores[1].Alive(2, false)
	w.cores[1].Confirm(2, "fenced")
	w.cycle(1)
	w.ticks(3)
	w.start(2)
	for range 1000 {
		if w.cores[2].Status().Phase == Joined {
			break
		}
		w.deliverFor(1)
	}
	if n := w.cores[2].Applied(); n != 0 {
		t.Fatalf("node 2 has applied %d already: the case needs a moment before", n)
	}
	w.stop(1)
	c := w.cores[2]
	c.Alive(1, false)
	c.Confirm(1, OperatorProof+" root")
	w.ticks(100)
	if s := c.Status(); s.Quorate || s.AppliedIndex != 0 {
		t.Errorf("an empty learner became a cluster: %+v", s)
	}
	w.start(1)
	w.until("two voters", 300, w.voters(2))
	if got := w.list(2); !slices.Equal(got, []string{"a"}) {
		t.Errorf("node 2 has %v", got)
	}
}

// TestStaleLearnerMark (2098): a learner whose disk is replaced while it learns comes back
// in another seat; nothing of the old one stays.
func TestStaleLearnerMark(t *testing.T) {
	w := learnerOfTwo(t)
	for range 3 {
		w.stop(2)
		w.disks[2] = &disk{}
		w.start(2)
		w.ticks(7)
	}
	w.until("two voters", 300, w.voters(2))
	w.ticks(20)
	c := w.cores[w.leader()]
	if got := len(c.conf.GetLearners()); got != 0 {
		t.Errorf("%d learners are left of the disks that are gone", got)
	}
	if s := w.cores[2].Status(); s.Role == Learner || !s.Quorate {
		t.Errorf("node 2: %+v", s)
	}
}

// TestTwoToOneAtEveryMoment (2155): one of two is shut down in order and dies at the n-th
// message of that. Whatever n is: the other one has a quorum or waits, never both go
// separate ways in one incarnation, and nothing acknowledged is lost.
func TestTwoToOneAtEveryMoment(t *testing.T) {
	for _, who := range []string{"leader", "follower"} {
		for n := range 40 {
			t.Run(fmt.Sprint(who, " dies after ", n, " messages"), func(t *testing.T) {
				w := pair(t, fencedPair)
				leaves := w.leader()
				if who == "follower" {
					leaves = 3 - leaves
				}
				stays := 3 - leaves
				w.cores[leaves].Leave()
				w.cycle(leaves)
				w.deliverFor(n)
				w.stop(leaves)
				w.mail = nil
				w.ticks(120)
				alone := w.quorate(stays)
				if alone {
					w.propose(stays, "alone")
				}
				w.start(leaves)
				w.divide(leaves)
				w.ticks(120)
				if w.quorate(leaves) && w.cores[leaves].Identity().Group == w.cores[stays].Identity().Group && alone {
					t.Fatal("both are quorate, separately, in one incarnation")
				}
				w.divide()
				w.until("two voters", 300, w.voters(2))
				w.ticks(10)
				if got := w.list(leaves); alone && !slices.Contains(got, "alone") || !slices.Contains(got, "a") {
					t.Errorf("acknowledged commands are lost: %v", got)
				}
			})
		}
	}
}

// deliverFor delivers n messages, with ticks while there are none.
func (w *net) deliverFor(n int) {
	for idle := 0; n > 0 && idle < 100; {
		if len(w.mail) == 0 {
			idle++
			for id := crm.NodeID(1); int(id) <= w.n; id++ {
				w.cores[id].Tick()
				w.cycle(id)
			}
			continue
		}
		m := w.mail[0]
		w.mail = w.mail[1:]
		w.cores[m.To].Receive(m)
		w.cycle(m.To)
		n--
	}
}

// TestReconnectingIsNotLeaving (2170: changed certificates were taken for a node that
// leaves): all connections are made anew, which takes a moment. Nobody is removed, nobody
// goes on alone.
func TestReconnectingIsNotLeaving(t *testing.T) {
	for _, config := range []func(*Config){fencedPair, unsafePolicy} {
		w := pair(t, config)
		for range 5 {
			w.divide(1)
			w.ticks(10)
			w.divide()
			w.ticks(10)
		}
		w.until("two voters", 60, w.voters(2))
		if s := w.cores[1].Status(); s.Incarnation != 1 {
			t.Errorf("somebody went on alone: %+v", s)
		}
	}
}

// TestMergingKeepsTheWinner: of two that went on alone the winner leads through the merge:
// at no tick is it without quorum.
func TestMergingKeepsTheWinner(t *testing.T) {
	w := pair(t, unsafePolicy)
	w.divide(1)
	w.until("both alone", 200, func() bool {
		return w.cores[1].Status().Role == Alone && w.cores[2].Status().Role == Alone
	})
	w.propose(2, "more")
	w.divide()
	for tick := range 200 {
		w.ticks(1)
		if s := w.cores[2].Status(); !s.Quorate || s.Leader != 2 {
			t.Fatalf("tick %d: the winner is %+v", tick, s)
		}
	}
	w.until("two voters", 1, w.voters(2))
}

// TestWitnessMakesTwoOrdinary: with a third vote a lost node needs no proof and makes no
// incarnation.
func TestWitnessMakesTwoOrdinary(t *testing.T) {
	w := newNet(t, 3, func(c *Config) {
		fencedPair(c)
		c.Policy.TwoNode = false
		c.Peers[2].Witness = true
	})
	w.wantSides(1, 2, 3)
	w.ticks(10)
	old := w.leader()
	w.stop(old)
	w.until("the other node leads", 200, func() bool { return w.leader() == 3-old })
	if s := w.cores[3-old].Status(); s.Incarnation != 1 || !strings.Contains(s.QuorumReason, " of 3 votes are present") {
		t.Errorf("the survivor: %+v", s)
	}
}

// TestRestartDoesNotMakeBothYield: both went on alone. One tells how far it is, dies, and
// comes back before the other one has heard that; now it knows of less than it told. The
// other one gives way to what it hears; the restarted one must not give way, too, for then
// both discard what was agreed on.
func TestRestartDoesNotMakeBothYield(t *testing.T) {
	w := pair(t, unsafePolicy)
	w.divide(1)
	w.until("both alone", 200, func() bool {
		return w.cores[1].Status().Role == Alone && w.cores[2].Status().Role == Alone
	})
	w.propose(2, "two")
	for i := range 5 {
		w.propose(1, fmt.Sprint("one ", i))
	}
	position := func(id crm.NodeID) Message {
		c := w.cores[id]
		c.sendHello(3-id, Hello{})
		m := c.outbox[len(c.outbox)-1]
		c.outbox = c.outbox[:len(c.outbox)-1]
		return m
	}
	ofOne, ofTwo := position(1), position(2)
	w.stop(1)
	w.start(1)
	if told, known := ofTwo.Hello.Position, w.cores[1].Applied(); known >= told {
		t.Fatalf("node 1 knows of %d after its restart, node 2 told %d: the case needs less", known, told)
	}
	w.cores[1].Receive(ofTwo)
	w.cores[2].Receive(ofOne)
	w.cycle(1)
	w.cycle(2)
	if w.yields[1] != 0 || w.yields[2] != 1 {
		t.Fatalf("yields %v, want node 2's alone", w.yields)
	}
	w.divide()
	w.until("two voters", 300, w.voters(2))
	w.ticks(10)
	if got := w.list(2); !slices.Contains(got, "one 4") {
		t.Errorf("node 2 has %v, want what node 1 agreed on", got)
	}
}
