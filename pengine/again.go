package pengine

import (
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Decision is what a Scheduler decided. It equals, byte for byte, what Schedule would have
// decided from the same input.
type Decision struct {
	Graph     *graph.Graph // nil when Input.Stop said that it is not wanted any more
	Findings  []Finding
	RecheckAt time.Time // when the same CIB means something else; zero: never
	Changes   []string  // what becomes of resources and nodes, a line each
	Scores    []string  // when Input.ShowScores asks for them

	// Whole says why everything was decided anew; "" when only Parties of the
	// cluster's independent parties of resources were, and the rest was kept.
	Whole   string
	Parties int
}

// Scheduler decides again and again about one cluster. What a change of the CIB cannot
// concern is kept from the decision before; the decision is the same as one about all.
// The zero value is ready. It may be used by one goroutine at a time.
//
// Kept is what no constraint ties to a resource with a new result, or with a new attribute
// that it reads. Everything is decided anew when the configuration, quorum, the DC, or the
// state of a node changed; when something is to be done to a node (fencing, shutdown); when
// a resource goes elsewhere, which may matter to all that come after it; and always where
// capacities, remote or guest nodes, bundles, unfencing, shutdown locks, removed resources
// or rules with dates are at work.
type Scheduler struct {
	last *past
}

// past is the decision before.
type past struct {
	in Input
	fit
	moves []sched.Move // of all parties, in order
}

// Next decides what to do about the state of a cluster.
func (s *Scheduler) Next(in Input) Decision {
	why := "it is the first decision"
	if s.last != nil {
		last := s.last
		s.last = nil // nothing is kept of a decision that crashes
		d, reason := last.again(in)
		if reason == "" {
			s.last = last
			return d
		}
		why = reason
	}
	d, next := begin(in)
	s.last = next
	d.Whole = why
	return d
}

// begin decides about everything and, if that is possible, keeps the pieces.
func begin(in Input) (Decision, *past) {
	c := state.Read(in.CIB, in.Now, state.ReadOptions{Sanitized: in.Sanitized, Local: in.Local, Trace: true})
	r := sched.Run(c, sched.Options{ShowScores: in.ShowScores, ShowUtilization: in.ShowUtilization, Explain: in.Explain, Trace: true, Stop: in.Stop})
	if r == nil {
		return Decision{}, nil
	}
	r.Graph.TransitionID = max(in.TransitionID, 1)
	d := Decision{Graph: r.Graph, Findings: append(append([]Finding(nil), c.Findings...), r.Findings...), RecheckAt: r.RecheckAt,
		Scores: r.Scores()}
	for _, change := range r.Changes {
		d.Changes = append(d.Changes, change.String())
	}
	if in.Explain || in.ShowUtilization || unsplittable(c) {
		return d, nil
	}
	f := newFrame(in.CIB.Root(), c)
	if f == nil {
		return d, nil
	}
	split, why := f.split(c, r, &view{})
	if why != "" {
		return d, nil
	}
	p := &past{in: in, fit: fit{frame: f, common: split.common, head: *r.Graph, pieces: make([]*piece, len(f.members))}}
	for i := range p.pieces {
		p.pieces[i] = &piece{}
	}
	p.head.Synapses = nil
	p.reorder(split.pieces)
	p.moves = r.Trace().Moves
	if !p.acts() {
		return d, nil
	}
	return d, p
}

// unsplittable reports whether something is at work that ties all resources together.
func unsplittable(c *state.Cluster) bool {
	o := &c.Options
	return c.HaveRemotes || c.UnfencingInUse || o.ShutdownLock || o.PlacementStrategy != "" && !strings.EqualFold(o.PlacementStrategy, "default")
}

// newFrame gathers what stays the same; nil when the cluster cannot be divided.
func newFrame(root *cib.Element, c *state.Cluster) *frame {
	f := &frame{parties: divide(root.Child("configuration")), position: map[*cib.Element]int{}, indexOf: map[*cib.Element]int{},
		nodes: nodesOf(c), haveFencing: c.HaveFencing}
	if f.why != "" {
		return nil
	}
	index := map[*cib.Element]int{}
	for i, e := range f.config.Child("resources").Children {
		index[e] = i
	}
	for i, r := range c.Resources {
		k, configured := index[r.Orig]
		if !configured {
			return nil
		}
		f.position[r.Orig] = i
		f.positionOf = append(f.positionOf, f.resource[k])
	}
	of := map[*cib.Element]int{}
	for i, e := range f.config.Child("constraints").Children {
		of[e] = f.constraint[i]
	}
	for i := range c.Constraints {
		e := c.Constraints[i].XML()
		f.indexOf[e] = i
		f.constrained = append(f.constrained, of[e])
	}
	if !f.findHistories(root.Child("status"), c) {
		return nil
	}
	return f
}

// findHistories notes whom every history belongs to; it reports whether all are somebody's.
func (f *frame) findHistories(status *cib.Element, c *state.Cluster) bool {
	f.histories = make([][]int32, len(status.Children))
	first := map[*cib.Element]int{}
	for i, e := range status.Children {
		if e.Name != "node_state" {
			continue
		}
		list := e.Child("lrm").Child("lrm_resources")
		if list == nil {
			continue
		}
		for k, h := range list.Children {
			party, ok := f.owner(h.ID())
			if !ok || h.Name != "lrm_resource" {
				return false
			}
			if k == 0 {
				first[h] = i
				f.histories[i] = make([]int32, 0, len(list.Children))
			}
			f.histories[i] = append(f.histories[i], int32(party))
		}
	}
	for _, n := range c.Nodes {
		at := none
		if len(n.History) > 0 {
			i, ok := first[n.History[0].XML]
			if !ok || len(n.History) != len(f.histories[i]) {
				return false
			}
			at = i
		}
		f.stateOf = append(f.stateOf, at)
	}
	return true
}

// again decides about what changed only. reason says why that is not enough.
func (p *past) again(in Input) (d Decision, reason string) {
	switch {
	case in.Sanitized != p.in.Sanitized || in.Local != p.in.Local || in.ShowScores != p.in.ShowScores || in.Explain || in.ShowUtilization:
		return d, "other results are wanted"
	case in.Now.Before(p.in.Now) || in.Now.Location() != p.in.Now.Location():
		return d, "the clock went back"
	}
	c := p.compare(p.in.CIB.Root(), in.CIB.Root())
	if c.why != "" {
		return d, c.why
	}
	for i, each := range p.pieces {
		if each.timely || !each.recheck.IsZero() && !each.recheck.After(in.Now) {
			c.dirty[i] = true
		}
	}
	if reason := p.part(in, c); reason != "" {
		return d, reason
	}
	p.in = in
	d = p.decision()
	d.Parties = len(c.dirty)
	d.Graph.TransitionID = max(in.TransitionID, 1)
	return d, ""
}

// part decides about the parties that changed and takes their pieces into p.
func (p *past) part(in Input, ch *changes) (reason string) {
	if len(ch.dirty) == 0 {
		return ""
	}
	size := 0
	for party := range ch.dirty {
		size += len(p.members[party])
	}
	if size > len(p.resource)/2+1 {
		return "most of the resources are concerned"
	}
	for _, g := range ch.grown {
		p.histories[g.state] = append(p.histories[g.state], g.parties...)
	}
	small, v := p.excerpt(in.CIB.Root(), ch.dirty)
	c := state.ReadRoot(small, in.Now, state.ReadOptions{Sanitized: in.Sanitized, Local: in.Local, Trace: true, HaveFencing: p.haveFencing})
	if unsplittable(c) || !slices.Equal(nodesOf(c), p.nodes) {
		return "the state of a node changed"
	}
	for _, r := range c.Resources {
		at, known := p.position[r.Orig]
		if !known {
			return "there are removed resources"
		}
		v.resources = append(v.resources, at)
	}
	for i := range c.Constraints {
		v.constraints = append(v.constraints, p.indexOf[c.Constraints[i].XML()])
	}
	others := &sched.Background{Positions: v.resources}
	var own []sched.Move
	for _, m := range p.moves {
		if ch.dirty[p.positionOf[m.Position]] {
			own = append(own, m)
		} else {
			others.Moves = append(others.Moves, m)
		}
	}
	r := sched.Run(c, sched.Options{ShowScores: in.ShowScores, Trace: true, Background: others})
	split, why := p.split(c, r, v)
	if why != "" {
		return why
	}
	if !slices.Equal(split.common.general(), p.common.general()) {
		return "there are other remarks on the cluster as a whole"
	}
	var now []sched.Move
	for _, m := range r.Trace().Moves {
		m.Position = v.resources[m.Position]
		now = append(now, m)
	}
	if !slices.Equal(now, own) {
		return "a resource goes elsewhere"
	}
	for party := range ch.dirty {
		if split.pieces[party] == nil {
			split.pieces[party] = &piece{}
		}
	}
	p.reorder(split.pieces)
	if !p.acts() {
		return "there is nothing that the cluster may act on"
	}
	return ""
}

// acts reports whether there is any resource that the cluster may act on.
func (p *past) acts() bool {
	return slices.ContainsFunc(p.pieces, func(each *piece) bool { return each.managed })
}

// excerpt makes the document of some parties only.
func (f *frame) excerpt(root *cib.Element, parties map[int]bool) (*cib.Element, *view) {
	v := &view{histories: make([][]int32, len(f.histories))}
	wanted := make([]bool, len(f.members))
	for party := range parties {
		wanted[party] = true
	}
	var resources, constraints []*cib.Element
	for i, e := range f.config.Child("resources").Children {
		if party := f.resource[i]; party == none || parties[party] {
			resources = append(resources, e)
			v.elements = append(v.elements, i)
		}
	}
	for i, e := range f.config.Child("constraints").Children {
		if parties[f.constraint[i]] {
			constraints = append(constraints, e)
		}
	}
	conf := replaced(f.config, "resources", resources)
	conf = replaced(conf, "constraints", constraints)
	status := root.Child("status")
	states := slices.Clone(status.Children)
	for i, e := range states {
		lrm := e.Child("lrm")
		list := lrm.Child("lrm_resources")
		if e.Name != "node_state" || list == nil {
			continue
		}
		var kept []*cib.Element
		for k, party := range f.histories[i] {
			if wanted[party] {
				kept = append(kept, list.Children[k])
				v.histories[i] = append(v.histories[i], int32(k))
			}
		}
		lrm = replaced(lrm, "lrm_resources", kept)
		children := slices.Clone(e.Children)
		children[slices.IndexFunc(children, func(c *cib.Element) bool { return c.Name == "lrm" })] = lrm
		states[i] = e.WithChildren(children...)
	}
	out := slices.Clone(root.Children)
	for i, e := range out {
		switch e.Name {
		case "configuration":
			out[i] = conf
		case "status":
			out[i] = status.WithChildren(states...)
		}
	}
	return root.WithChildren(out...), v
}

// replaced gives a copy of e in which the first child of that name has other children.
func replaced(e *cib.Element, name string, children []*cib.Element) *cib.Element {
	all := slices.Clone(e.Children)
	i := slices.IndexFunc(all, func(c *cib.Element) bool { return c.Name == name })
	all[i] = all[i].WithChildren(children...)
	return e.WithChildren(all...)
}
