package consensus

import (
	"slices"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// judge makes node 1 the witness: the one that would lead first, were it none.
func judge(cfg *Config) {
	for i := range cfg.Peers {
		cfg.Peers[i].Witness = cfg.Peers[i].ID == 1
	}
}

// TestWitnessDoesNotLead: it hands over, whoever began, and is the last to campaign.
func TestWitnessDoesNotLead(t *testing.T) {
	w := newNet(t, 3, judge)
	w.until("a node leads", 60, func() bool { l := w.leader(); return l == 2 || l == 3 })
	for range 3 {
		old := w.leader()
		w.stop(old)
		w.cores[5-old].Alive(old, false)
		w.cores[1].Alive(old, false)
		w.cycle(5 - old)
		w.cycle(1)
		w.deliver()
		w.until("the other node leads", 60, func() bool { return w.leader() == 5-old })
		w.start(old)
		w.ticks(30)
	}
}

// TestWitnessKeepsWhatWasAcknowledged: only the witness has what the dead leader
// acknowledged. It leads until the other node has that, too.
func TestWitnessKeepsWhatWasAcknowledged(t *testing.T) {
	w := newNet(t, 3, judge)
	w.until("a node leads", 60, func() bool { l := w.leader(); return l == 2 || l == 3 })
	w.ticks(10)
	lead := w.leader()
	other := 5 - lead
	w.divide(other)
	w.propose(lead, "acknowledged")
	w.ticks(3)
	w.stop(lead)
	w.divide()
	w.until("the other node leads", 300, func() bool { return w.leader() == other })
	if got := w.list(other); !slices.Equal(got, []string{"acknowledged"}) {
		t.Errorf("node %d has %v", other, got)
	}
}

// TestWitnessAloneLeadsNobody: without the nodes a witness is no quorum.
func TestWitnessAloneLeadsNobody(t *testing.T) {
	w := newNet(t, 3, judge)
	w.until("a node leads", 60, func() bool { l := w.leader(); return l == 2 || l == 3 })
	for _, id := range []crm.NodeID{2, 3} {
		w.stop(id)
	}
	w.ticks(100)
	w.wantSides()
}
