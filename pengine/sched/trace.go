package sched

import (
	"time"

	"github.com/tactus-ha/tactus/pengine/state"
)

// A trace remembers which part of the configuration or of the histories each product of a
// run comes from, so that a later run about some resources only can be fitted in.

// Place is a point in the loops of a stage. What A and B count depends on the stage: see
// the constants. -1 means that the work concerns the cluster as a whole.
type Place struct {
	Stage int // index into the table of stages; StageGraph and StageRest come after
	A, B  int
}

// The stages whose places have a meaning for others, by their position in the table. A
// test compares the numbers with the names.
const (
	StageEffects     = 0  // A: index of the effect
	StageConstraints = 2  // A: index of the constraint
	StageLocks       = 3  // A: position of the resource
	StageFailures    = 6  // A: position of the node, B: of the resource
	StageImplicit    = 7  // A: position of the resource
	StageDefinitions = 8  // A: position of the node, B: index of the history there
	StagePlacement   = 9  // A: position of the resource
	StageProbes      = 11 // A: position of the node, B: of the resource
	StageActions     = 13 // A: position of the resource
	StageOrderings   = 16 // A: index of the ordering
	StageGraph       = 17 // A: position of the resource
	StageRest        = 18 // actions that no resource brought into the graph
)

// Counts is how much of each product there is.
type Counts struct{ Actions, Orderings, Findings, Remarks, Moves, Synapses int }

// Unit is what one place gave: the products from From up to, but not including, To.
type Unit struct {
	Place
	From, To Counts
}

// Move is a change of the number of resources that a node was assigned.
type Move struct {
	Position int // of the resource whose turn it was; -1: outside of placement
	Node     int // index
	By       int // +1 or -1
}

// Recheck is a time at which the same CIB means something else, and for whom.
type Recheck struct {
	Place
	At time.Time
}

// Trace is where the products of a run came from.
type Trace struct {
	Units    []Unit // in order of time
	Moves    []Move
	Rechecks []Recheck // those of StageGraph are what the facts said

	place Place
	base  Counts
}

// Background is what is known of resources that a run leaves out.
type Background struct {
	Positions []int  // of this run's resources among all
	Moves     []Move // of the others, in order
}

func (p *plan) counts() Counts {
	c := Counts{len(p.actions), len(p.orderings), len(p.findings), len(p.remarks), len(p.trace.Moves), 0}
	if p.graph != nil {
		c.Synapses = len(p.graph.Synapses)
	}
	return c
}

// enter notes that a stage begins.
func (p *plan) enter(stage int) {
	if p.trace != nil {
		p.moveTo(Place{stage, -1, -1})
	}
}

// at notes the place in the loops of the stage that is going on.
func (p *plan) at(a, b int) {
	if p.trace != nil {
		p.moveTo(Place{p.trace.place.Stage, a, b})
	}
}

func (p *plan) moveTo(place Place) {
	t := p.trace
	if now := p.counts(); now != t.base {
		t.Units = append(t.Units, Unit{t.place, t.base, now})
		t.base = now
	}
	t.place = place
}

// moved notes that a node got one resource more, or less.
func (p *plan) moved(n *node, by int) {
	n.assigned += by
	if p.trace == nil {
		return
	}
	at := -1
	if p.trace.place.Stage == StagePlacement {
		at = p.trace.place.A
	}
	p.trace.Moves = append(p.trace.Moves, Move{at, n.idx, by})
}

// others lets the resources that this run leaves out take their places, up to the one at
// position i of this run; beyond the last, all of them.
func (p *plan) others(i int) {
	b := p.opts.Background
	if b == nil {
		return
	}
	for len(b.Moves) > 0 && (i >= len(b.Positions) || b.Moves[0].Position < b.Positions[i]) {
		m := b.Moves[0]
		b.Moves = b.Moves[1:]
		p.byIndex[m.Node].assigned += m.By
	}
}

// Trace tells, for a run with Options.Trace, where its products came from.
func (r *Result) Trace() *Trace { return r.plan.trace }

// Manages reports whether the cluster may act on a resource, as the run found.
func (r *Result) Manages(rsc *state.Resource) bool { return r.plan.all[rsc.Index].is(fManaged) }
