package state

import "time"

// Phase is a part of reading whose findings and effects can be told apart.
type Phase uint8

// The phases.
const (
	PhaseCluster   Phase = iota // what concerns all. A: 0 before resources, 1 before histories, 2 after
	PhaseResources              // A: index of the element in the resources section
	PhaseHistories              // A: index of the node in Trace.Nodes, B: index in Node.History
	PhaseLater                  // after Read: parameters that are evaluated on demand
)

// Place is a point in the course of reading.
type Place struct {
	Phase Phase
	A, B  int
}

// Unit is what one place gave: findings and effects from the first numbers up to, but not
// including, the second.
type Unit struct {
	Place
	FromFinding, ToFinding int
	FromEffect, ToEffect   int
}

// Recheck is a time at which the same CIB means something else, and for whom.
type Recheck struct {
	Place
	At time.Time
}

// Trace is where findings and effects came from, for a Cluster read with
// ReadOptions.Trace. Only what is at a place is listed: see Units.
type Trace struct {
	Rechecks []Recheck
	Nodes    []*Node // in the order in which their histories were read

	units             []Unit
	place             Place
	findings, effects int // at the beginning of the place
}

// Trace tells where findings and effects came from; nil unless ReadOptions.Trace asked
// for it.
func (c *Cluster) Trace() *Trace { return c.r.trace }

// Units lists what places gave, in order; those that gave nothing are left out.
func (c *Cluster) Units() []Unit {
	c.r.at(c.r.trace.place.Phase, c.r.trace.place.A, c.r.trace.place.B)
	return c.r.trace.units
}

// at notes how far reading has come.
func (r *reader) at(phase Phase, a, b int) {
	t := r.trace
	if t == nil {
		return
	}
	findings, effects := len(r.c.Findings), len(r.c.Effects)
	if findings != t.findings || effects != t.effects {
		t.units = append(t.units, Unit{t.place, t.findings, findings, t.effects, effects})
		t.findings, t.effects = findings, effects
	}
	t.place = Place{phase, a, b}
}

func (r *reader) atHistory(n *Node) {
	if r.trace != nil {
		r.at(PhaseHistories, len(r.trace.Nodes)-1, len(n.History))
	}
}
