package pengine

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// splitter takes a run's products apart.
type splitter struct {
	f      *frame
	v      *view
	c      *state.Cluster
	r      *sched.Result
	pieces map[int]*piece
	common piece // what concerns no party
	why    string

	units    []state.Unit // of effects, and how far they were looked at
	recorded []recorded   // of orderings
	lastKey  key
	numbers  []int // by action: its number within the party
	ofAction []int // by action: the party
	nodeAt   map[*state.Node]int
}

// recorded is where orderings were recorded.
type recorded struct {
	from, to    int
	stage, a, b int
	party       int
}

// split takes a run apart. why says what forbids to use its parts alone; "" when nothing.
func (f *frame) split(c *state.Cluster, r *sched.Result, v *view) (*splitter, string) {
	s := &splitter{f: f, v: v, c: c, r: r, pieces: map[int]*piece{}, units: c.Units(), nodeAt: map[*state.Node]int{}}
	for i, n := range c.Nodes {
		s.nodeAt[n] = i
	}
	s.numbers, s.ofAction = make([]int, len(r.Actions)), make([]int, len(r.Actions))
	s.facts()
	for _, u := range r.Trace().Units {
		if s.why == "" {
			s.unit(&u)
		}
	}
	if s.why == "" {
		s.rest()
	}
	return s, s.why
}

func (s *splitter) piece(party int) *piece {
	if party == none {
		return &s.common
	}
	p := s.pieces[party]
	if p == nil {
		p = &piece{}
		s.pieces[party] = p
	}
	return p
}

func (s *splitter) fail(why string) {
	if s.why == "" {
		s.why = why
	}
}

// facts takes apart what reading found.
func (s *splitter) facts() {
	for _, u := range s.units {
		if u.FromFinding == u.ToFinding {
			continue
		}
		party, k := s.factPlace(u.Place)
		p := s.piece(party)
		for _, f := range s.c.Findings[u.FromFinding:u.ToFinding] {
			p.read = append(p.read, keyed[Finding]{k, f})
		}
	}
	for _, r := range s.c.Trace().Rechecks {
		party, _ := s.factPlace(r.Place)
		if party == none {
			s.fail("the cluster as a whole waits for a time")
		}
		s.piece(party).again(r.At)
	}
}

func (s *splitter) factPlace(at state.Place) (party int, k key) {
	switch at.Phase {
	case state.PhaseResources:
		i := through(s.v.elements, at.A)
		if i >= len(s.f.resource) {
			s.fail("there are guest nodes")
			return none, k
		}
		return s.f.resource[i], keyOf(1, 0, i, none, 0)
	case state.PhaseHistories:
		node := s.nodeAt[s.c.Trace().Nodes[at.A]]
		i := s.f.throughHistory(s.v, node, at.B)
		return int(s.f.histories[s.f.stateOf[node]][i]), keyOf(3, 0, at.A, i, 0)
	case state.PhaseCluster:
		return none, keyOf(2*at.A, 0, none, none, 0)
	}
	s.fail("an operation's configuration is remarkable")
	return none, keyOf(5, 0, none, none, 0)
}

// place finds the party that a unit belongs to, and its place in a run about all.
func (s *splitter) place(at sched.Place) (party int, k key) {
	a, b := at.A, at.B
	if a < 0 {
		return none, keyOf(at.Stage, 0, none, none, 0)
	}
	switch at.Stage {
	case sched.StageEffects:
		return s.effectPlace(a)
	case sched.StageConstraints:
		a = through(s.v.constraints, a)
		return s.f.constrained[a], keyOf(at.Stage, 0, a, none, 0)
	case sched.StageLocks, sched.StageImplicit, sched.StagePlacement, sched.StageActions, sched.StageGraph:
		a = through(s.v.resources, a)
		return s.f.positionOf[a], keyOf(at.Stage, 0, a, none, 0)
	case sched.StageFailures, sched.StageProbes:
		b = through(s.v.resources, b)
		return s.f.positionOf[b], keyOf(at.Stage, 0, a, b, 0)
	case sched.StageDefinitions:
		b = s.f.throughHistory(s.v, a, b)
		return int(s.f.histories[s.f.stateOf[a]][b]), keyOf(at.Stage, 0, a, b, 0)
	case sched.StageOrderings:
		i, _ := slices.BinarySearchFunc(s.recorded, a, func(r recorded, a int) int {
			switch {
			case r.to <= a:
				return -1
			case r.from > a:
				return 1
			}
			return 0
		})
		r := s.recorded[i]
		return r.party, keyOf(at.Stage, r.stage, r.a, r.b, a-r.from)
	}
	return none, keyOf(at.Stage, 0, none, none, 0)
}

func (s *splitter) effectPlace(i int) (party int, k key) {
	for len(s.units) > 0 && s.units[0].ToEffect <= i {
		s.units = s.units[1:]
	}
	u := s.units[0]
	if u.Phase != state.PhaseHistories {
		return none, keyOf(sched.StageEffects, 0, none, none, 0)
	}
	party, _ = s.factPlace(u.Place)
	node := s.nodeAt[s.c.Trace().Nodes[u.A]]
	return party, keyOf(sched.StageEffects, 0, u.A, s.f.throughHistory(s.v, node, u.B), i-u.FromEffect)
}

// unit files what one place gave.
func (s *splitter) unit(u *sched.Unit) {
	if u.Stage == sched.StageRest {
		for i := u.From.Synapses; i < u.To.Synapses; i++ {
			syn := s.r.Graph.Synapses[i]
			party := s.ofAction[syn.Action.ID-1]
			s.piece(party).rest = append(s.piece(party).rest, s.number(syn, party))
		}
		return
	}
	party, k := s.place(u.Place)
	p := s.piece(party)
	if party == none && (u.To.Actions > u.From.Actions || u.To.Moves > u.From.Moves || u.To.Orderings > u.From.Orderings || u.To.Synapses > u.From.Synapses) {
		s.fail("there is something to do that concerns all")
		return
	}
	if u.To.Orderings > u.From.Orderings {
		if u.Stage == sched.StageOrderings || k.off != 0 {
			s.fail("orderings were made too late")
		}
		a, b := s.whole(u.Place)
		s.recorded = append(s.recorded, recorded{u.From.Orderings, u.To.Orderings, u.Stage, a, b, party})
	}
	if party != none && k.compare(s.lastKey) <= 0 {
		s.fail("decisions were made in an unknown order")
	}
	if party != none {
		s.lastKey = k
	}
	s.actions(u, party, k)
	for _, f := range s.r.Findings[u.From.Findings:u.To.Findings] {
		p.findings = append(p.findings, keyed[Finding]{k, f})
	}
	for _, m := range s.r.Remarks[u.From.Remarks:u.To.Remarks] {
		if m.Kind == sched.RemarkScore || m.Kind == sched.RemarkPromotionScore {
			p.scores = append(p.scores, keyed[string]{k, m.String()})
		}
	}
	if u.To.Moves > u.From.Moves && u.Stage != sched.StagePlacement {
		s.fail("a place was changed after placement")
	}
	for _, m := range s.r.Trace().Moves[u.From.Moves:u.To.Moves] {
		m.Position = through(s.v.resources, m.Position)
		p.moves = append(p.moves, m)
	}
	for i := u.From.Synapses; i < u.To.Synapses; i++ {
		p.synapses = append(p.synapses, keyed[graph.Synapse]{k, s.number(s.r.Graph.Synapses[i], party)})
	}
}

// whole gives the two numbers of a place as a run about all counts them.
func (s *splitter) whole(at sched.Place) (a, b int) {
	_, k := s.place(at)
	const mask = 1<<27 - 1
	return int(k.at>>27&mask) - 1, int(k.at&mask) - 1
}

// actions files the actions of a unit and counts them within the party.
func (s *splitter) actions(u *sched.Unit, party int, k key) {
	n := u.To.Actions - u.From.Actions
	if n == 0 {
		return
	}
	p := s.piece(party)
	p.units = append(p.units, unit{key: k, n: n, first: p.actions + 1})
	for i := u.From.Actions; i < u.To.Actions; i++ {
		p.actions++
		s.numbers[i], s.ofAction[i] = p.actions, party
		if s.r.Actions[i].Resource() == nil && u.Stage != sched.StageConstraints {
			s.fail("something is done to a node")
		}
	}
}

// number gives a synapse with the party's numbers.
func (s *splitter) number(syn graph.Synapse, party int) graph.Synapse {
	local := func(id int) int {
		if s.ofAction[id-1] != party {
			s.fail("actions of unrelated resources wait for each other")
		}
		return s.numbers[id-1]
	}
	syn.Action.ID = local(syn.Action.ID)
	syn.Inputs = slices.Clone(syn.Inputs)
	for i, id := range syn.Inputs {
		syn.Inputs[i] = local(id)
	}
	syn.Triggers = slices.Clone(syn.Triggers)
	for i := range syn.Triggers {
		syn.Triggers[i].ID = local(syn.Triggers[i].ID)
	}
	return syn
}

// rest files changes, times, and what of the resources forbids to use parts alone.
func (s *splitter) rest() {
	for _, r := range s.r.Trace().Rechecks {
		if r.Stage == sched.StageGraph {
			continue
		}
		if r.Stage != sched.StageConstraints && r.Stage != sched.StageLocks {
			s.fail("the cluster as a whole waits for a time")
			return
		}
		party, _ := s.place(r.Place)
		s.piece(party).again(r.At)
	}
	for _, c := range s.r.Changes {
		if c.Resource == nil {
			s.fail("something is done to a node")
			return
		}
		at := s.f.position[c.Resource.Top().Orig]
		party := s.f.positionOf[at]
		s.piece(party).changes = append(s.piece(party).changes, keyed[string]{keyOf(0, 0, at, none, 0), c.String()})
	}
	for _, r := range s.c.All {
		switch {
		case r.Launcher != nil, len(r.Launched) > 0, r.RemoteConnection:
			s.fail("there are remote or guest nodes")
			return
		}
		top := r.Top()
		at, known := s.f.position[top.Orig]
		if !known {
			s.fail("there are removed resources")
			return
		}
		p := s.piece(s.f.positionOf[at])
		p.managed = p.managed || s.r.Manages(r)
	}
	s.timely()
}

// timely marks the parties with failures: they may expire at any time.
func (s *splitter) timely() {
	mark := func(name string) {
		if party, ok := s.f.owner(name); ok {
			if p := s.pieces[party]; p != nil {
				p.timely = true
			}
		}
	}
	for _, n := range s.c.Nodes {
		for name := range n.Attrs { // in any order: marks do not depend on it
			if rsc, ok := failureOf(name); ok {
				mark(rsc)
			}
		}
		for _, h := range n.History {
			if h.Resource == nil || h.Resource.FailureTimeout == 0 {
				continue
			}
			if slices.ContainsFunc(h.Ops, func(o *state.Op) bool { return o.RC != o.ExpectedRC }) {
				mark(h.Entry)
			}
		}
	}
}

// failureOf is the resource whose failures a node attribute counts.
func failureOf(attr string) (string, bool) {
	rest, ok := strings.CutPrefix(attr, "fail-count-")
	if !ok {
		if rest, ok = strings.CutPrefix(attr, "last-failure-"); !ok {
			return "", false
		}
	}
	rsc, _, _ := strings.Cut(rest, "#")
	return rsc, true
}

// nodesOf lists what is the same for all resources.
func nodesOf(c *state.Cluster) []nodeFacts {
	var out []nodeFacts
	for _, n := range c.Nodes {
		out = append(out, nodeFacts{n.ID, n.Name, n.Kind, n.Score, n.Probe, [...]bool{n.Online, n.Unclean, n.Pending, n.Shutdown,
			n.Standby, n.FailedStandby, n.Maintenance, n.Seen, n.ExpectedUp, n.ProbesAllowed, n.RemoteReset, n.RemoteFenced, n.Unpacked}})
	}
	return out
}
