package consensus

import (
	"slices"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

func TestTwoNodeTakeover(t *testing.T) {
	for _, tc := range []struct {
		name   string
		policy Policy
		proof  string
		victim func(*net) crm.NodeID
		alone  bool
	}{
		{"unsafe policy, leader dies", Policy{NoQuorumPolicy: "ignore"}, "", (*net).leader, true},
		{"unsafe policy, follower dies", Policy{NoQuorumPolicy: "ignore"}, "", func(w *net) crm.NodeID { return 3 - w.leader() }, true},
		{"fencing on, no proof", Policy{NoQuorumPolicy: "ignore", FencingEnabled: true}, "", (*net).leader, false},
		{"policy stop", Policy{NoQuorumPolicy: "stop"}, "", (*net).leader, false},
		{"fencing on, confirmed", Policy{NoQuorumPolicy: "stop", FencingEnabled: true}, "fenced by ipmi", (*net).leader, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newNet(t, 2, func(c *Config) { c.Policy = tc.policy })
			w.until("leader", 20, func() bool { return w.leader() != 0 })
			w.ticks(10)
			w.propose(1, "a")
			victim := tc.victim(w)
			left := 3 - victim
			w.stop(victim)
			c := w.cores[left]
			c.Alive(victim, false)
			if tc.proof != "" {
				c.Confirm(victim, tc.proof)
			}
			w.cycle(left)
			if got := c.Status(); (got.Role == Alone && got.Quorate && got.Incarnation == 2) != tc.alone {
				t.Fatalf("survivor: %+v; want alone %v", got, tc.alone)
			}
			if !tc.alone {
				w.ticks(100)
				s := c.Status()
				t.Log(s.QuorumReason)
				if s.Quorate || s.QuorumReason == "" {
					t.Errorf("survivor without proof: %+v", s)
				}
				return
			}
			w.propose(left, "b")
			if got := w.list(left); !slices.Equal(got, []string{"a", "b"}) {
				t.Errorf("survivor has %v", got)
			}
			w.start(victim)
			w.until("two voters", 300, w.voters(2))
			w.ticks(5)
			if got := w.list(victim); !slices.Equal(got, []string{"a", "b"}) || w.yields[victim] != 1 || w.yields[left] != 0 {
				t.Errorf("returned node has %v, yields %v", got, w.yields)
			}
			if w.leader() != left {
				t.Errorf("leader is %d, want the survivor %d", w.leader(), left)
			}
		})
	}
}

func TestMergeAfterBothWentOnAlone(t *testing.T) {
	w := newNet(t, 2, unsafePolicy)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.split(1, 2, true)
	w.until("both alone", 200, func() bool {
		return w.cores[1].Status().Role == Alone && w.cores[2].Status().Role == Alone
	})
	w.propose(1, "one")
	w.propose(2, "two")
	w.propose(2, "two again")
	before := w.cores[2].Status().Stamp
	w.split(1, 2, false)
	w.until("merged", 300, w.voters(2))
	w.ticks(5)
	if w.yields[1] != 1 || w.yields[2] != 0 {
		t.Errorf("yields %v, want node 1 to yield: node 2 did more", w.yields)
	}
	if !slices.Equal(w.list(1), []string{"two", "two again"}) || !slices.Equal(w.list(2), w.list(1)) {
		t.Errorf("lists %v and %v", w.list(1), w.list(2))
	}
	if after := w.cores[2].Status().Stamp; after.Incarnation <= before.Incarnation {
		t.Errorf("stamp %v after merging, %v before: orders of both halves would be equal", after, before)
	}
}

func TestOrderlyShutdownOfOneOfTwo(t *testing.T) {
	for _, who := range []string{"leader", "follower"} {
		t.Run(who, func(t *testing.T) {
			w := newNet(t, 2, nil)
			w.until("leader", 20, func() bool { return w.leader() != 0 })
			w.ticks(10)
			w.propose(1, "a")
			leaves := w.leader()
			if who == "follower" {
				leaves = 3 - leaves
			}
			w.cores[leaves].Leave()
			w.cycle(leaves)
			w.until("left", 60, w.cores[leaves].Left)
			w.stop(leaves)
			w.ticks(100)
			stays := 3 - leaves
			if s := w.cores[stays].Status(); s.Role != Alone || !s.Quorate || s.Incarnation != 1 {
				t.Fatalf("the one that stays: %+v", s)
			}
			w.propose(stays, "b")
			w.start(leaves)
			w.until("two voters", 200, w.voters(2))
			if w.yields[leaves] != 0 || !slices.Equal(w.list(leaves), []string{"a", "b"}) {
				t.Errorf("returned: %v, yields %v", w.list(leaves), w.yields)
			}
		})
	}
}

// TestWhoWasLeavingIsNotTheNewest: a node of two left in order, and lost power before it knew that
// this was agreed on. The other one went on. Back again, it has just met the other one when that
// dies: with wait_for_all it waits for it, or for an operator.
func TestWhoWasLeavingIsNotTheNewest(t *testing.T) {
	for _, tc := range []struct {
		name  string
		meets bool // the other one, before that dies
	}{{"just met", true}, {"did not meet", false}} {
		t.Run(tc.name, func(t *testing.T) {
			w := pair(t, func(cfg *Config) { cfg.Policy = Policy{NoQuorumPolicy: "ignore", WaitForAll: true, TwoNode: true} })
			stays := w.leader()
			leaves := 3 - stays
			w.cores[leaves].Leave()
			w.cycle(leaves)
			for range 100 { // until it has the change on disk; it hears nothing of what is agreed on then
				if w.cores[leaves].outgoing() {
					break
				}
				w.cores[stays].Tick()
				w.cores[leaves].Tick()
				w.cycle(stays)
				w.cycle(leaves)
				for len(w.mail) > 0 && !w.cores[leaves].outgoing() {
					w.deliverOne()
				}
			}
			if !w.cores[leaves].outgoing() {
				t.Fatal("the leaving node never has its own removal on disk")
			}
			w.stop(leaves)
			w.until("alone", 100, func() bool { return w.cores[stays].Status().Role == Alone })
			w.propose(stays, "late")

			w.start(leaves)
			c := w.cores[leaves]
			for range 30 {
				c.Tick()
				w.cycle(leaves)
			}
			for i := 0; tc.meets && !c.peers[stays].met; i++ {
				if i == 1000 {
					t.Fatal("the two do not meet")
				}
				if len(w.mail) == 0 {
					w.cores[stays].Tick()
					w.cycle(stays)
					c.Tick()
					w.cycle(leaves)
				}
				w.deliverOne()
			}
			w.stop(stays)
			w.mail = nil
			c.Alive(stays, false)
			w.cycle(leaves)
			w.ticks(200)
			if s := c.Status(); s.Quorate {
				t.Errorf("it goes on without what was acknowledged: %+v, it has %v", s, w.list(leaves))
			}
			c.Confirm(stays, OperatorProof+": it burned")
			w.ticks(3)
			if s := c.Status(); !s.Quorate {
				t.Errorf("an operator's word does not count: %+v", s)
			}
		})
	}
}

func TestLastResortOfANodeThatLeftInOrder(t *testing.T) {
	w := newNet(t, 2, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.propose(1, "a")
	w.cores[2].Leave()
	w.cycle(2)
	w.until("left", 60, w.cores[2].Left)
	w.stop(2)
	w.stop(1) // for good
	w.start(2)
	w.ticks(200)
	c := w.cores[2]
	if s := c.Status(); s.Quorate || s.QuorumReason != "this node's copy of the configuration may not be the newest" {
		t.Errorf("before the operator's word: %+v", s)
	}
	c.Confirm(1, "fenced")
	w.ticks(2)
	if c.Status().Quorate {
		t.Error("a fence device's word is not enough: the peer may have newer data")
	}
	c.Confirm(1, OperatorProof+" root")
	w.until("alone", 5, func() bool { return c.Status().Role == Alone })
	if got := w.list(2); !slices.Equal(got, []string{"a"}) {
		t.Errorf("list %v", got)
	}
}

// TestUnsafeLearnerGoesOn: of two nodes, one has gone on alone and lets the other in
// again, and dies before that one is a voter. Where nothing need be safe and nobody need
// be waited for, the service goes on; else the learner waits.
func TestUnsafeLearnerGoesOn(t *testing.T) {
	for _, policy := range []Policy{
		{NoQuorumPolicy: "ignore"},
		{NoQuorumPolicy: "ignore", WaitForAll: true},
		{NoQuorumPolicy: "stop"},
	} {
		unsafe := policy.Unsafe() && !policy.WaitForAll
		w := learnerOfTwo(t)
		w.stop(1)
		c := w.cores[2]
		c.SetPolicy(policy)
		c.Alive(1, false)
		w.cycle(2)
		w.ticks(60)
		s := c.Status()
		if alone := s.Role == Alone && s.Quorate && s.Incarnation == 3; alone != unsafe {
			t.Errorf("policy %+v: the learner is %+v", policy, s)
		}
		if got := w.list(2); !slices.Equal(got, []string{"b"}) {
			t.Errorf("the learner has %v", got)
		}
	}
}

// TestLastVoterLetsTheLearnerInBeforeItLeaves: the only voter of two is shut down in order
// while the other one learns: that one is made a voter and the leader first.
func TestLastVoterLetsTheLearnerInBeforeItLeaves(t *testing.T) {
	w := learnerOfTwo(t)
	w.propose(1, "c")
	w.cores[1].Leave()
	w.cycle(1)
	if w.cores[1].Left() {
		t.Fatal("the only voter has left while the other one was learning")
	}
	w.until("left", 100, func() bool { return w.cores[1].Left() })
	w.stop(1)
	w.until("the other one leads", 100, func() bool { s := w.cores[2].Status(); return s.Quorate && s.Leader == 2 })
	if got := w.list(2); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("the other one has %v", got)
	}
}

// learnerOfTwo makes two nodes of which node 1 went on alone, wrote "b" and lets node 2 in
// again: node 2 has it, and is a learner.
func learnerOfTwo(t *testing.T) *net {
	w := newNet(t, 2, unsafePolicy)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.stop(2)
	w.cores[1].Alive(2, false)
	w.cycle(1)
	w.ticks(5)
	w.propose(1, "b")
	w.start(2)
	w.until("learner", 300, func() bool { return w.cores[2].Status().Role == Learner && len(w.list(2)) == 1 })
	return w
}

// TestLearnerThatLacksSomethingWaits: even where nothing need be safe, a learner that was
// told of more than it has does not go on.
func TestLearnerThatLacksSomethingWaits(t *testing.T) {
	w := learnerOfTwo(t)
	w.stop(1)
	c := w.cores[2]
	c.SetPolicy(Policy{NoQuorumPolicy: "ignore"})
	last, _ := c.log.last()
	told := c.peers[1]
	told.greeted, told.group, told.hello.Position = true, c.id.Group, last+1
	c.Alive(1, false)
	w.cycle(2)
	w.ticks(60)
	if s := c.Status(); s.Quorate || s.QuorumReason != "this node's copy of the configuration may not be the newest" {
		t.Errorf("a learner that lacks a command: %+v", s)
	}
}

// TestThreeNodesGoOnAloneOnlyAtAnOperatorsWord: two nodes that were fenced come back; where
// they do not reach the one that fenced them, they are a majority.
func TestThreeNodesGoOnAloneOnlyAtAnOperatorsWord(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.propose(1, "a")
	for _, id := range []crm.NodeID{2, 3} {
		w.stop(id)
		w.cores[1].Alive(id, false)
		w.cores[1].Confirm(id, "fenced")
	}
	w.ticks(100)
	if s := w.cores[1].Status(); s.Quorate {
		t.Fatalf("alone although the others may come back together: %+v", s)
	}
	for _, id := range []crm.NodeID{2, 3} {
		w.cores[1].Confirm(id, OperatorProof+" root")
	}
	w.until("quorate", 20, func() bool { return w.cores[1].Status().Quorate })
}

// TestNewClusterTakesAnOldNodeIn: two of three disks were replaced while the third node was
// off, and the two have formed a new cluster of the same name. The third one gives way. Its
// executor has seen orders of the old cluster, so a new incarnation begins, and that is
// agreed on by those who are there.
func TestNewClusterTakesAnOldNodeIn(t *testing.T) {
	w := newNet(t, 3, nil)
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(5)
	w.propose(1, "of the old cluster")
	for id := crm.NodeID(1); id <= 3; id++ {
		w.stop(id)
	}
	w.disks[1], w.disks[2] = &disk{}, &disk{}
	w.start(1)
	w.start(2)
	w.until("a new cluster", 300, func() bool { return w.leader() != 0 })
	w.propose(1, "of the new one")
	w.start(3)
	w.until("three voters", 600, w.voters(3))
	w.ticks(10)
	for id, c := range w.cores {
		if got := w.list(id); !slices.Equal(got, []string{"of the new one"}) {
			t.Errorf("node %d has %v", id, got)
		}
		if got := c.Status().Incarnation; got != 2 {
			t.Errorf("node %d is in incarnation %d, want 2", id, got)
		}
	}
}
