package consensus

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// withVotes gives node i+1 so many votes.
func withVotes(votes ...int) func(*Config) {
	return func(cfg *Config) {
		for i := range cfg.Peers {
			cfg.Peers[i].Votes = votes[i]
		}
	}
}

// weights lists the votes that the leader sees, by node.
func (w *net) weights() (list []int) {
	l := w.leader()
	if l == 0 {
		return nil
	}
	for _, m := range w.cores[l].Status().Members {
		list = append(list, m.Votes)
	}
	return list
}

// divide cuts the nodes into these two sides, or with no sides heals all.
func (w *net) divide(left ...crm.NodeID) {
	for a := crm.NodeID(1); int(a) <= w.n; a++ {
		for b := crm.NodeID(1); int(b) <= w.n; b++ {
			w.cut[[2]crm.NodeID{a, b}] = len(left) > 0 && slices.Contains(left, a) != slices.Contains(left, b)
		}
	}
}

func (w *net) quorate(id crm.NodeID) bool { return w.cores[id].Status().Quorate }

func (w *net) wantWeights(want ...int) {
	w.t.Helper()
	w.until(fmt.Sprint("votes ", want), 200, func() bool { return slices.Equal(w.weights(), want) })
}

// wantSides waits until exactly these nodes are quorate.
func (w *net) wantSides(quorate ...crm.NodeID) {
	w.t.Helper()
	w.until(fmt.Sprint("quorate: ", quorate), 300, func() bool {
		for id := range w.cores {
			if w.quorate(id) != slices.Contains(quorate, id) {
				return false
			}
		}
		return true
	})
}

func TestNodesWithSeveralVotes(t *testing.T) {
	w := newNet(t, 3, withVotes(1, 1, 3))
	w.wantWeights(1, 1, 3)
	if v := w.cores[1].Status().Votes; v != (Votes{Expected: 5, Present: 5, Quorum: 3}) {
		t.Errorf("votes %+v", v)
	}
	w.propose(1, "a")
	w.divide(1, 2)
	w.wantSides(3)
	w.propose(3, "b")
	if got := w.list(3); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("node 3, with a majority of its own, has %v", got)
	}
	w.divide()
	w.wantSides(1, 2, 3)
	w.ticks(20)
	if got := w.list(1); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("node 1 has %v", got)
	}
	w.stop(3)
	w.wantSides()
	w.ticks(60)
	if s := w.cores[1].Status(); s.QuorumReason != "2 of 5 votes are present, 3 are needed; missing: n3" {
		t.Errorf("reason %q", s.QuorumReason)
	}
	w.start(3)
	w.wantSides(1, 2, 3)
}

// TestVotesLeadershipGoesToRealSeats: a node with several votes can be handed leadership,
// and hands it over.
func TestVotesLeadershipGoesToRealSeats(t *testing.T) {
	w := newNet(t, 3, withVotes(2, 3, 2))
	w.wantWeights(2, 3, 2)
	for range 4 {
		old := w.leader()
		w.cores[old].TransferLeadership()
		w.cycle(old)
		w.until("another leader", 20, func() bool { l := w.leader(); return l != 0 && l != old })
		w.propose(old, fmt.Sprint("after ", old, w.cores[old].now))
	}
}

func TestReadIndexWithShadows(t *testing.T) {
	w := newNet(t, 2, withVotes(3, 2))
	w.wantWeights(3, 2)
	for id := crm.NodeID(1); id <= 2; id++ {
		c := w.cores[id]
		c.ReadIndex(7)
		var reads []Read
		w.deliverWith(func(node crm.NodeID, d Done) {
			if node == id {
				reads = append(reads, d.Reads...)
			}
		})
		if len(reads) != 1 || reads[0].Key != 7 || reads[0].Index == 0 {
			t.Errorf("reads on node %d: %v", id, reads)
		}
	}
}

// deliverWith is deliver that shows what each cycle brought.
func (w *net) deliverWith(see func(crm.NodeID, Done)) {
	for range 20 {
		for id, c := range w.cores {
			for c.HasReady() {
				out := c.Ready()
				w.mail = append(append(w.mail, out.Early...), out.Late...)
				w.disks[id].save(out.Saves)
				see(id, c.Advance())
			}
		}
		mail := w.mail
		w.mail = nil
		for _, m := range mail {
			w.cores[m.To].Receive(m)
		}
	}
}

// TestShadowsSurviveRestarts: the votes are part of what is agreed on.
func TestShadowsSurviveRestarts(t *testing.T) {
	w := newNet(t, 3, func(c *Config) { withVotes(1, 2, 3)(c); c.CompactEntries = 8 })
	w.wantWeights(1, 2, 3)
	for i := range 40 {
		w.propose(w.leader(), fmt.Sprint(i))
	}
	for id := range w.disks {
		w.stop(id)
	}
	for id := range w.disks {
		w.start(id)
	}
	w.wantWeights(1, 2, 3)
	// A node with several votes loses its disk and comes back in another seat.
	w.stop(2)
	w.disks[2] = &disk{}
	w.start(2)
	w.ticks(60)
	w.wantWeights(1, 2, 3)
	if got := len(w.list(2)); got != 40 {
		t.Errorf("the node with the new disk has %d commands, want 40", got)
	}
}

func TestNodeWithoutVotes(t *testing.T) {
	w := newNet(t, 3, withVotes(1, 1, NoVotes))
	w.wantWeights(1, 1, 0)
	w.propose(3, "a")
	if s := w.cores[3].Status(); s.Role != Learner || !s.Quorate || s.Votes.Expected != 2 {
		t.Errorf("node without votes: %+v", s)
	}
	w.stop(1)
	w.wantSides()
	w.start(1)
	w.wantSides(1, 2, 3)
	w.ticks(20)
	w.wantWeights(1, 1, 0)
}

func TestVotesFollowTheConfiguration(t *testing.T) {
	w := newNet(t, 3, nil)
	w.wantWeights(1, 1, 1)
	for _, want := range [][]int{{4, 1, 1}, {1, 1, 5}, {15, 15, 15}, {1, 1, 1}, {NoVotes, 1, 1}, {2, 2, 2}} {
		peers := w.peers()
		for i := range peers {
			peers[i].Votes = want[i]
		}
		for _, c := range w.cores {
			c.SetPeers(peers)
		}
		w.wantWeights(max(want[0], 0), want[1], want[2])
	}
}

func tieBreaker(how string) func(*Config) {
	return func(c *Config) { c.Policy.TieBreaker = how }
}

func TestAutoTieBreaker(t *testing.T) {
	for _, tc := range []struct {
		how   string
		votes []int
		wins  []crm.NodeID
	}{
		{TieLowest, []int{2, 1, 1, 1}, []crm.NodeID{1, 2}},
		{TieHighest, []int{1, 1, 1, 2}, []crm.NodeID{3, 4}},
		{"3 1", []int{1, 1, 2, 1}, []crm.NodeID{3, 4}},
	} {
		t.Run(tc.how, func(t *testing.T) {
			w := newNet(t, 4, tieBreaker(tc.how))
			w.wantWeights(tc.votes...)
			w.divide(1, 2)
			w.wantSides(tc.wins...)
			w.divide()
			w.wantSides(1, 2, 3, 4)
			w.wantWeights(tc.votes...)
			// The tie-breaker dies: another one becomes it.
			tie := w.cores[1].Status().Votes.TieBreaker
			w.stop(tie)
			w.until("another tie-breaker", 200, func() bool {
				l := w.leader()
				return l != 0 && w.cores[l].Status().Votes.TieBreaker != tie
			})
			w.start(tie)
			w.wantWeights(tc.votes...)
		})
	}
}

func TestAutoTieBreakerIsNobodyWithOddVotes(t *testing.T) {
	w := newNet(t, 3, tieBreaker(TieLowest))
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(30)
	w.wantWeights(1, 1, 1)
}

// TestAutoTieBreakerOfTwo: the tie-breaker goes on at once, without another incarnation,
// and the other one waits. A proof that the tie-breaker is off is not enough for the
// other one: the tie-breaker needed nobody to acknowledge more.
func TestAutoTieBreakerOfTwo(t *testing.T) {
	w := newNet(t, 2, func(c *Config) {
		c.Policy = Policy{FencingEnabled: true, NoQuorumPolicy: "stop", TieBreaker: TieLowest, WaitForAll: true}
	})
	w.wantWeights(2, 1)
	w.divide(1)
	w.wantSides(1)
	w.propose(1, "after the cut")
	if s := w.cores[1].Status(); s.Incarnation != 1 {
		t.Errorf("tie-breaker: %+v", s)
	}
	w.stop(1)
	w.cores[2].Alive(1, false)
	w.cores[2].Confirm(1, "fenced by ipmi")
	w.cycle(2)
	w.ticks(60)
	s := w.cores[2].Status()
	if s.Quorate || !strings.Contains(s.QuorumReason, "may have newer data") {
		t.Errorf("the other one, with a proof: %+v", s)
	}
	w.divide()
	w.start(1)
	w.wantSides(1, 2)
	if got := w.list(2); !slices.Equal(got, []string{"after the cut"}) {
		t.Errorf("node 2 has %v", got)
	}
}

func TestLastManStanding(t *testing.T) {
	for _, tie := range []string{"", TieLowest} {
		t.Run("tie-breaker "+tie, func(t *testing.T) {
			w := newNet(t, 5, func(c *Config) {
				c.Policy = Policy{LastManStandingTicks: 60, WaitForAll: true, TieBreaker: tie}
			})
			w.wantWeights(1, 1, 1, 1, 1)
			for left := 4; left >= 2; left-- {
				w.stop(crm.NodeID(left + 1))
				w.until(fmt.Sprint(left, " voters"), 300, func() bool {
					l := w.leader()
					return l != 0 && len(w.cores[l].voterSeats()) == left
				})
				w.propose(1, fmt.Sprint("with ", left))
			}
			w.stop(2)
			w.ticks(200)
			if got, want := w.quorate(1), tie != ""; got != want {
				t.Errorf("the last of five: quorate %v, want %v: %s", got, want, w.cores[1].Status().QuorumReason)
			}
			for id := crm.NodeID(2); id <= 5; id++ {
				w.start(id)
			}
			w.wantSides(1, 2, 3, 4, 5)
			w.wantWeights(1, 1, 1, 1, 1)
		})
	}
}

// TestLastManStandingKeepsAMajority: who is cut off with a minority shrinks nothing.
func TestLastManStandingKeepsAMajority(t *testing.T) {
	w := newNet(t, 5, func(c *Config) { c.Policy = Policy{LastManStandingTicks: 40} })
	w.wantWeights(1, 1, 1, 1, 1)
	w.divide(1, 2)
	w.ticks(300)
	w.wantSides(3, 4, 5)
	if got := len(w.cores[1].voterSeats()); got != 5 {
		t.Errorf("the minority counts %d voters, want 5", got)
	}
}

// TestWaitForAllAfterAPowerFailure: a majority that has not seen the rest since it started
// is not quorate, until all are there, or an operator says that the rest is off.
func TestWaitForAllAfterAPowerFailure(t *testing.T) {
	for _, word := range []bool{false, true} {
		w := newNet(t, 3, func(c *Config) { c.Policy.WaitForAll = true })
		w.wantSides(1, 2, 3)
		for id := range w.disks {
			w.stop(id)
		}
		w.start(1)
		w.start(2)
		w.ticks(200)
		w.wantSides()
		if got := w.cores[1].Status(); !strings.HasPrefix(got.QuorumReason, "node n3 was not seen since this node started (wait_for_all)") {
			t.Errorf("reason %q", got.QuorumReason)
		}
		if word {
			w.cores[1].Confirm(3, OperatorProof+" root")
			w.wantSides(1, 2)
			continue
		}
		w.start(3)
		w.wantSides(1, 2, 3)
		// One that comes back to a cluster that was whole need not see all of it.
		w.stop(3)
		w.stop(1)
		w.start(1)
		w.wantSides(1, 2)
	}
}

// TestProofIsNotEnoughForWhomTheOthersCouldDoWithout: of three, two are confirmed off by a
// device. They may have acknowledged more before.
func TestProofIsNotEnoughForWhomTheOthersCouldDoWithout(t *testing.T) {
	w := newNet(t, 3, nil)
	w.wantSides(1, 2, 3)
	w.ticks(5)
	w.divide(3)
	w.propose(w.leader()%2+1, "seen by two")
	w.ticks(50)
	w.stop(1)
	w.stop(2)
	c := w.cores[3]
	for _, proof := range []string{"fenced", OperatorProof + " root"} {
		c.Confirm(1, proof)
		c.Confirm(2, proof)
		w.cycle(3)
		w.ticks(5)
		if got, want := c.Status().Quorate, proof != "fenced"; got != want {
			t.Errorf("proof %q: quorate %v, want %v: %s", proof, got, want, c.Status().QuorumReason)
		}
	}
}
