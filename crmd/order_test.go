package crmd

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// TestOrdersForAFormerLifeAreRefused: an order that waited for its node must not be carried
// out by a controller that was started since, unless it has joined (then the DC knows it).
func TestOrdersForAFormerLifeAreRefused(t *testing.T) {
	w := formed(t, 3, 1)
	m := w.nodes[2]
	order := Order{Kind: RunOrder, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Key: "1:1:0:old", Op: crm.OpKey{Resource: "vip", Name: "start"}}
	if err := m.c.accept(order); err != nil {
		t.Fatalf("a member refuses an order of its DC: %v", err)
	}
	w.boot(2, true)
	w.pass(time.Second)
	if err := m.c.accept(order); err == nil || !strings.Contains(err.Error(), "before its controller was restarted") {
		t.Errorf("a new controller takes an order for the old one: error %v", err)
	}
	m.put(MemberSeen{ID: 1, Alive: true})
	m.put(ViewChanged{View{Leader: 1, Stamp: crm.Stamp{Incarnation: 1, Term: w.term + 1}, Quorate: true, Reason: "test"}})
	w.pass(time.Second)
	if !m.c.join.done {
		t.Fatal("n2 did not join")
	}
	if err := m.c.accept(order); err == nil || !strings.Contains(err.Error(), "newest authority") {
		t.Errorf("an order of a DC that agreement has left behind is taken: error %v", err)
	}
}

// TestALostNodesOrdersAreGivenUp: a call that waits for a node must not find its next life.
func TestALostNodesOrdersAreGivenUp(t *testing.T) {
	w := formed(t, 3, 1)
	c := w.nodes[1].c
	for _, in := range []MemberSeen{{ID: 2}, {ID: 3, Alive: true, Anew: true}} {
		found := false
		for _, e := range c.Step(w.now, in) {
			if h, ok := e.(HangUp); ok && h.To == in.ID {
				found = true
			}
		}
		if !found {
			t.Errorf("%+v: calls to the node are not given up", in)
		}
	}
}

// TestOrdersOfATermOfOfficeEndWithIt: a DC that lost its quorum leads again under the same
// stamp, and no node would refuse what it ordered before: a start meant for a node that was
// fenced since, and came back.
func TestOrdersOfATermOfOfficeEndWithIt(t *testing.T) {
	w := formed(t, 3, 1)
	c := w.nodes[1].c
	given := map[crm.NodeID]bool{}
	for _, e := range c.Step(w.now, ViewChanged{View{Leader: 1, Stamp: c.duty.stamp, Reason: "test"}}) {
		if h, ok := e.(HangUp); ok {
			given[h.To] = true
		}
	}
	if !given[2] || !given[3] || given[1] {
		t.Errorf("calls that are given up: %v, want those to 2 and 3", given)
	}
}

// TestEveryTermOfOfficeHasKeysOfItsOwn: a DC that lost its quorum and found it again leads
// under the same stamp. A key that was used before would be answered with an old result: a
// node counted as fenced that was not.
func TestEveryTermOfOfficeHasKeysOfItsOwn(t *testing.T) {
	w := formed(t, 3, 1)
	c := w.nodes[1].c
	first, stamp := c.duty.uuid, c.duty.stamp
	view := View{Leader: 1, Leading: true, Stamp: stamp, Quorate: true, Reason: "test"}
	lost := view
	lost.Leading, lost.Quorate = false, false
	c.Step(w.now, ViewChanged{lost})
	c.Step(w.now, ViewChanged{view})
	if c.duty == nil || c.duty.stamp != stamp {
		t.Fatal("n1 does not lead again under its stamp")
	}
	if c.duty.uuid == first {
		t.Error("two terms of office share their keys")
	}
}

// TestRefusalForAnEarlierTermOfOffice: a node that leads again under the stamp it had, before
// it has decided anything, hears that an order of its first term was refused.
func TestRefusalForAnEarlierTermOfOffice(t *testing.T) {
	c := New(Config{Self: Peer{1, "n1"}, Peers: []Peer{{1, "n1"}, {2, "n2"}}, Seed: "seed"})
	stamp := crm.Stamp{Incarnation: 1, Term: 2}
	c.duty = &duty{stamp: stamp, uuid: "new"}
	c.effects = nil
	c.ordersAnswered(OrdersAnswered{To: 2, Orders: []Order{{Kind: RunOrder, Stamp: stamp, Key: "3:0:0:old", Action: 3}}, Answers: []Answer{{Err: "refused", Refused: true}}})
	if len(c.effects) > 0 {
		t.Errorf("effects %v, want none", c.effects)
	}
}
