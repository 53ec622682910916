package consensus

import (
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// TestAnOldMessageIsNoMeeting: the survivor fenced its peer and went on alone. What it said
// before that reaches the restarted peer late, and the fence device says now that the
// survivor is off. The message shows that the survivor lived once, not that it has not gone on
// alone since: that takes a word from it that answers to this start.
func TestAnOldMessageIsNoMeeting(t *testing.T) {
	for _, tc := range []struct {
		name   string
		policy Policy
	}{
		{"fenced", Policy{FencingEnabled: true, NoQuorumPolicy: "stop", WaitForAll: true, TwoNode: true}},
		{"unprotected", Policy{NoQuorumPolicy: "ignore", WaitForAll: true, TwoNode: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := pair(t, func(cfg *Config) { cfg.Policy = tc.policy })
			w.stop(2)
			late := w.said(1)
			w.divide(1)
			w.cores[1].Alive(2, false)
			w.cores[1].Confirm(2, "fenced")
			w.until("alone", 100, func() bool { return w.cores[1].Status().Role == Alone })
			w.propose(1, "alone")

			w.start(2)
			c := w.cores[2]
			for _, m := range late {
				c.Receive(m)
				w.cycle(2)
			}
			c.Alive(1, false)
			c.Confirm(1, "fenced")
			w.cycle(2)
			w.ticks(200)
			if s := c.Status(); s.Quorate || !s.Votes.WaitForAll {
				t.Errorf("after a message older than its start the node goes on: %+v", s)
			}
			w.divide()
			w.until("two voters", 300, w.voters(2))
		})
	}
}

// said collects what a node tells the other one while that is down.
func (w *net) said(id crm.NodeID) (late []Message) {
	for range 30 {
		w.cores[id].Tick()
		w.cycle(id)
		late, w.mail = append(late, w.mail...), nil
	}
	if len(late) == 0 {
		w.t.Fatal("the node said nothing")
	}
	return late
}

// TestWhoStartsIsNotDead: a node waits for its peer, which membership calls dead. The peer
// boots, and they meet: that it was dead a moment ago is no reason to go on without it.
func TestWhoStartsIsNotDead(t *testing.T) {
	w := pair(t, func(cfg *Config) {
		cfg.Policy = Policy{NoQuorumPolicy: "ignore", WaitForAll: true, TwoNode: true}
	})
	w.stop(1)
	w.stop(2)
	w.start(2)
	w.ticks(10)
	w.cores[2].Alive(1, false)
	w.cycle(2)
	w.start(1)
	w.until("two voters", 300, w.voters(2))
	for id, c := range w.cores {
		if got := c.Status().Incarnation; got != 1 {
			t.Errorf("node %d is in incarnation %d, want 1: nobody had to go on alone", id, got)
		}
	}
}
