package pengine

import (
	"slices"
	"sort"
	"time"

	"github.com/tactus-ha/tactus/pengine/graph"
)

// reference is a unit in the order of a run about all.
type reference struct {
	key
	n     int32
	party int32
	unit  int32
}

// fit puts the pieces of all parties together as one run would have made them.
type fit struct {
	*frame
	common piece // findings and scores that concern no party
	head   graph.Graph
	pieces []*piece // by party
	order  []reference
}

// reorder takes the units of some parties into the order anew.
func (f *fit) reorder(fresh map[int]*piece) {
	var add []reference
	for party, p := range fresh { // in any order: the result is sorted
		f.pieces[party] = p
		for i := range p.units {
			add = append(add, reference{p.units[i].key, int32(p.units[i].n), int32(party), int32(i)})
		}
	}
	slices.SortFunc(add, func(a, b reference) int { return a.key.compare(b.key) })
	if f.order == nil {
		f.order = add
		return
	}
	out := make([]reference, 0, len(f.order)+len(add))
	for _, r := range f.order {
		if _, replaced := fresh[int(r.party)]; replaced {
			continue
		}
		for len(add) > 0 && add[0].key.compare(r.key) < 0 {
			out, add = append(out, add[0]), add[1:]
		}
		out = append(out, r)
	}
	f.order = append(out, add...)
}

// number gives every action its number among all.
func (f *fit) number() {
	next := 1
	for _, r := range f.order {
		f.pieces[r.party].units[r.unit].start = next
		next += int(r.n)
	}
}

// global turns a party's number of an action into that among all.
func (p *piece) global(local int) int {
	i := sort.Search(len(p.units), func(i int) bool { return p.units[i].first > local }) - 1
	u := &p.units[i]
	return u.start + local - u.first
}

// decision puts everything together.
func (f *fit) decision() Decision {
	f.number()
	d := Decision{RecheckAt: f.common.recheck}
	for _, p := range f.pieces {
		if at := p.recheck; !at.IsZero() && (d.RecheckAt.IsZero() || at.Before(d.RecheckAt)) {
			d.RecheckAt = at
		}
	}
	d.Graph = f.graph(d.RecheckAt)
	d.Findings = append(gather(f, func(p *piece) []keyed[Finding] { return p.read }), gather(f, func(p *piece) []keyed[Finding] { return p.findings })...)
	d.Scores = gather(f, func(p *piece) []keyed[string] { return p.scores })
	d.Changes = gather(f, func(p *piece) []keyed[string] { return p.changes })
	return d
}

// gather collects one kind of product of all parties, in order.
func gather[T any](f *fit, of func(*piece) []keyed[T]) []T {
	all := slices.Clone(of(&f.common))
	for _, p := range f.pieces {
		all = append(all, of(p)...)
	}
	slices.SortStableFunc(all, func(a, b keyed[T]) int { return a.key.compare(b.key) })
	var out []T
	for _, k := range all {
		out = append(out, k.v)
	}
	return out
}

// graph puts the graph together: by resources, then what no resource brought in, the
// newest first.
func (f *fit) graph(recheck time.Time) *graph.Graph {
	g := f.head
	g.RecheckBy = recheck
	type placed struct {
		key
		p   *piece
		syn *graph.Synapse
	}
	var all, rest []placed
	for _, p := range f.pieces {
		for i := range p.synapses {
			all = append(all, placed{p.synapses[i].key, p, &p.synapses[i].v})
		}
		for i := range p.rest {
			rest = append(rest, placed{key{}, p, &p.rest[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.key.compare(b.key) })
	slices.SortFunc(rest, func(a, b placed) int { return b.p.global(b.syn.Action.ID) - a.p.global(a.syn.Action.ID) })
	g.Synapses = nil
	if len(all)+len(rest) > 0 {
		g.Synapses = make([]graph.Synapse, 0, len(all)+len(rest))
	}
	for _, s := range append(all, rest...) {
		g.Synapses = append(g.Synapses, s.p.renumbered(s.syn, len(g.Synapses)))
	}
	return &g
}

// renumbered gives a synapse with the numbers that its actions have among all.
func (p *piece) renumbered(s *graph.Synapse, id int) graph.Synapse {
	out := *s
	out.ID = id
	out.Action.ID = p.global(s.Action.ID)
	if len(s.Inputs) > 0 {
		out.Inputs = make([]int, len(s.Inputs))
		for i, in := range s.Inputs {
			out.Inputs[i] = p.global(in)
		}
	}
	if len(s.Triggers) > 0 {
		out.Triggers = slices.Clone(s.Triggers)
		for i := range out.Triggers {
			out.Triggers[i].ID = p.global(s.Triggers[i].ID)
		}
	}
	return out
}
