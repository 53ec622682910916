package pengine

import (
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// key says when, in a run about everything, something is made: keys sort as time goes.
type key struct {
	at  uint64
	off uint32
}

func (k key) compare(o key) int {
	switch {
	case k.at < o.at:
		return -1
	case k.at > o.at:
		return 1
	case k.off < o.off:
		return -1
	case k.off > o.off:
		return 1
	}
	return 0
}

// keyOf packs a place. The stage is that of the place, then, for an ordering that is
// applied, the one that recorded it.
func keyOf(stage, recorded, a, b, off int) key {
	const bits = 27
	return key{uint64(stage)<<59 | uint64(recorded)<<54 | uint64(a+1)<<bits | uint64(b+1), uint32(off)}
}

// unit is a number of actions that were made in one place.
type unit struct {
	key
	n     int // how many
	first int // the number of the first among the party's actions, from 1
	start int // its number among all, as of the last fit
}

// keyed is a product with its place in time.
type keyed[T any] struct {
	key
	v T
}

// piece is what a run decided for one party.
type piece struct {
	units    []unit
	actions  int
	read     []keyed[Finding] // by the facts
	findings []keyed[Finding]
	scores   []keyed[string]
	synapses []keyed[graph.Synapse] // key: by position of the resource; action numbers are the party's
	rest     []graph.Synapse        // what no resource brought in
	changes  []keyed[string]
	moves    []sched.Move
	recheck  time.Time // the earliest at which it means something else; zero: never
	managed  bool      // the cluster may act on some of it
	timely   bool      // it may mean something else at any time
}

// general lists the remarks that were made outside of the loops over resources, nodes,
// constraints and histories: they are the same in every run, or not all is understood.
func (p *piece) general() []string {
	var out []string
	for _, list := range [][]keyed[Finding]{p.read, p.findings} {
		for _, f := range list {
			if f.at>>27&(1<<27-1) == 0 { // no A: see keyOf
				out = append(out, f.v.Level+": "+f.v.Msg)
			}
		}
	}
	for _, l := range p.scores {
		out = append(out, l.v)
	}
	return out
}

func (p *piece) again(at time.Time) {
	if p.recheck.IsZero() || at.Before(p.recheck) {
		p.recheck = at
	}
}

// frame is what all runs have in common while neither configuration nor nodes change.
type frame struct {
	*parties
	position    map[*cib.Element]int // of a resource, among the cluster's
	positionOf  []int                // by position: the party
	indexOf     map[*cib.Element]int // of a constraint, among those the facts list
	constrained []int                // by that index: the party
	stateOf     []int                // by position of a node: index of its state in the status section
	histories   [][]int32            // by index of the state: the parties of its histories
	nodes       []nodeFacts
	haveFencing bool
}

// nodeFacts are what is the same for all resources of a node.
type nodeFacts struct {
	id    string
	name  crm.NodeName
	kind  state.NodeKind
	score crm.Score
	probe state.ProbeMode
	flags [13]bool
}

// view says how the places of a run about some resources are those of a run about all;
// the zero view is that of the latter.
type view struct {
	resources   []int     // by position
	elements    []int     // by index in the resources section
	constraints []int     // by index
	histories   [][]int32 // by index of the node's state
}

func through(list []int, i int) int {
	if list == nil || i < 0 {
		return i
	}
	return list[i]
}

func (f *frame) throughHistory(v *view, node, i int) int {
	if v.histories == nil {
		return i
	}
	return int(v.histories[f.stateOf[node]][i])
}

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
