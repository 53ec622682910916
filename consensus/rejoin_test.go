package consensus

import (
	"slices"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// TestLeaderDiesWhileItsPeerReturns: of two nodes, one went on alone, and dies at every
// message in turn while the other one returns. Where nothing need be safe, one that shows
// itself as a full member (a quorum, and not learning) goes on: it may run services.
func TestLeaderDiesWhileItsPeerReturns(t *testing.T) {
	for _, tc := range []struct {
		name  string
		dead  crm.NodeID
		empty bool
	}{{"node 2 returns", 2, false}, {"node 1 returns", 1, false}, {"node 2 returns with an empty disk", 2, true}} {
		t.Run(tc.name, func(t *testing.T) {
			members, learners := 0, 0
			for steps := 1; ; steps++ {
				w := newNet(t, 2, func(c *Config) { c.Policy = Policy{NoQuorumPolicy: "ignore", WaitForAll: true, TwoNode: true} })
				done := w.returnOf(tc.dead, tc.empty, steps)
				c := w.cores[tc.dead]
				s := c.Status()
				member := s.Quorate && s.Leader != 0 && s.Role != Learner
				had := slices.Clone(w.list(tc.dead))
				w.stop(3 - tc.dead)
				w.mail = nil
				c.Alive(3-tc.dead, false)
				w.cycle(tc.dead)
				w.ticks(100)
				after := c.Status()
				switch {
				case member:
					members++
					if !after.Quorate || after.Role != Alone {
						t.Errorf("leader dies after message %d: the other one was a full member (%+v, with %v) and is %+v", steps, s, had, after)
					}
				case s.Role == Learner:
					learners++
				}
				if done {
					break
				}
			}
			if members == 0 || learners == 0 {
				t.Errorf("a full member %d times and a learner %d times when the leader died: want both", members, learners)
			}
		})
	}
}

// returnOf lets a node die and return while the other one goes on, and ends at the given
// message after its return. It reports whether both were voters for some time then.
func (w *net) returnOf(dead crm.NodeID, empty bool, steps int) (done bool) {
	w.until("leader", 20, func() bool { return w.leader() != 0 })
	w.ticks(10)
	w.propose(dead, "a")
	w.stop(dead)
	w.cores[3-dead].Alive(dead, false)
	w.cycle(3 - dead)
	w.ticks(5)
	w.propose(3-dead, "b")
	if empty {
		w.disks[dead] = &disk{}
	}
	w.start(dead)
	w.cores[dead].Alive(3-dead, true)
	w.cores[3-dead].Alive(dead, true)
	settled := 0
	for {
		for id := crm.NodeID(1); id <= 2; id++ {
			w.cores[id].Tick()
			w.cycle(id)
		}
		for len(w.mail) > 0 {
			w.deliverOne()
			if steps--; steps == 0 {
				return settled > 3
			}
		}
		if w.voters(2)() {
			settled++
		}
	}
}
