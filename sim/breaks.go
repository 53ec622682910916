package sim

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// Break is a known mistake, made on purpose to show that the checks notice it. The engines
// know nothing of it: it is made in what surrounds them here. Only tests plant one.
type Break uint8

// The mistakes.
const (
	Sound            Break = iota
	ActUnconfirmed         // what a fenced node ran is started before its fencing is confirmed
	TimeoutIsSuccess       // a fence device that gives no answer counts as one that did it
	AckBeforeSync          // disks say "saved" before it is so: a crash loses the last write
	ForgetGroup            // a restart forgets the last incarnation
	ConfuseGroups          // both halves of a split write the same history
	ForgetRequests         // a new DC forgets the open requests for fencing
	SkipYield              // a node whose history gives way does not stop what it runs
	NoProof                // one of two nodes goes on alone without a proof that the other one is off
	WallClock              // silence is measured by the wall clock
	NoPolicy               // a node without a quorum goes on as if it had one
	DeadWatchdog           // watchdogs reset nobody
	IdleLease              // crmd gives its executor no lease
	EagerPromote           // an instance is promoted before the one elsewhere is demoted
	LeadingWitness         // a witness that leads hands over to nobody
	LatePolicy             // a node that is cut off begins late to apply its policy, and yet before the others start anything
)

// broken reports whether the mistake is planted.
func (s *Site) broken(b Break) bool { return s.plan.Break == b }

// hasty is the graph of a DC that does not wait for fencing.
func hasty(g *graph.Graph) *graph.Graph {
	fencing := map[int]bool{}
	for i := range g.Synapses {
		if g.Synapses[i].Action.Operation == "stonith" {
			fencing[g.Synapses[i].Action.ID] = true
		}
	}
	loose := *g
	loose.Synapses = nil
	for _, s := range g.Synapses {
		var inputs []int
		for _, id := range s.Inputs {
			if !fencing[id] {
				inputs = append(inputs, id)
			}
		}
		s.Inputs = inputs
		loose.Synapses = append(loose.Synapses, s)
	}
	return &loose
}

// eager is the graph of a DC that promotes at once.
func eager(g *graph.Graph) *graph.Graph {
	loose := *g
	loose.Synapses = nil
	for _, s := range g.Synapses {
		if s.Action.Operation == "promote" && s.Action.Kind == graph.ResourceOp {
			s.Inputs = nil
		}
		loose.Synapses = append(loose.Synapses, s)
	}
	return &loose
}

// forgetRequests is what a forgetful new DC does to the record.
func (p *controller) forgetRequests() {
	p.commits.put(crmd.Commit{Tag: "forget#0", Ops: []cib.Op{{Kind: cib.DeleteAll, XPath: "//fence_event[@status='pending']", Force: true}}})
}

// forgetGroup forgets the group that the disk was in last, not its log.
func (d *Disk) forgetGroup() {
	if d.saved.Identity.Group.Incarnation > 1 {
		d.saved.Identity.Group.Incarnation--
		d.saved.Identity.Seen = d.saved.Identity.Group.Incarnation
	}
}

// reading is the machine's clock as the mistakes let it be read.
func (h *Host) reading() time.Time {
	t := h.clock.At(h.s.w.Now)
	if h.s.broken(WallClock) {
		return t.Round(0)
	}
	return t
}
