package pengine

import (
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
