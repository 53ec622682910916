package sim

import (
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// witness is the machine that votes and runs nothing; 0: there is none.
func (s *Site) witness() crm.NodeID {
	if s.plan.Witness {
		return crm.NodeID(s.plan.Nodes)
	}
	return 0
}

func (h *Host) isWitness() bool { return h.id == h.s.witness() }

// workers are the nodes that controllers know (crmd/daemon has the same).
func (s *Site) workers() (peers []crmd.Peer) {
	for _, p := range s.peers {
		if p.ID != s.witness() {
			peers = append(peers, crmd.Peer{ID: p.ID, Name: p.Name})
		}
	}
	return peers
}

// witnessStep is all that the controller's inputs mean to a witness (crmd/daemon has the same).
func (p *controller) witnessStep(in crmd.Input) {
	if x, ok := in.(crmd.ShutdownWanted); ok {
		p.leave(crmd.Leave{Reason: x.Reason})
	}
}

// onlyVotes checks that nobody takes a witness for a node: it is not fenced, and the CIB
// knows no state of it.
func (c *checks) onlyVotes(snap *cib.Snapshot) {
	if w := c.s.witness(); w != 0 && snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, c.s.hostOf(w).peer().UUID()) != nil {
		c.s.fail("witness", "the CIB has a state of the witness %s, which is no node", c.s.hostOf(w).name)
	}
}

// notTheWitness is the same for fencing.
func (c *checks) notTheWitness(h, by *Host) {
	if h.isWitness() {
		c.s.fail("witness", "%s fences the witness %s, which runs nothing", by.name, h.name)
	}
}
