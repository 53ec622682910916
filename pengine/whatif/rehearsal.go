package whatif

import (
	"cmp"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/simulate"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Options say what a CIB does not.
type Options struct {
	Now       time.Time // what rules and timeouts are measured against, and results are stamped with
	Sanitized bool      // the CIB comes from a file: see pengine.Input

	// Detection is how long the others need to notice that a node is gone. Fencing is how
	// long it took to fence a node; where nothing is known: AssumedFencing.
	Detection time.Duration
	Fencing   map[crm.NodeName]time.Duration

	// CanFence tells whether some fence device of a CIB can fence a node; if none can, an
	// operator has to confirm that it is off. nil: every device can fence every node.
	CanFence func(root *cib.Element, node crm.NodeName) bool

	Votes Votes // zero: one vote for every configured cluster node

	// Decision is added for every transition, Overhead for every action that is not a
	// milestone: what the cluster itself needs.
	Decision, Overhead time.Duration
}

// What Tactus itself needs, as measured on two slow cores.
const (
	DefaultDecision = 20 * time.Millisecond
	DefaultOverhead = 15 * time.Millisecond
)

// maxRounds bounds how many transitions a rehearsal tries until nothing is left to do.
const maxRounds = 12

// Rehearsal is a cluster on paper.
type Rehearsal struct {
	opts    Options
	first   *state.Cluster // in the beginning
	root    *cib.Element   // now
	times   *Times
	clock   time.Duration
	line    *timeline
	lost    []crm.NodeName // nodes that are gone without having been told
	settled bool
	outcome
}

// outcome is what settling collects.
type outcome struct {
	did       map[crm.ResourceID][]string // operations carried out, by configured id
	changes   []sched.Change              // of all transitions
	estimates []Estimate
	fenced    []crm.NodeName
	asked     []*explain.Case // the rounds, each with its reasons
	last      pengine.Output  // of the last round: nothing, or nothing more, to do
	unsettled bool            // it did not come to rest
}

// Begin starts a rehearsal with the CIB as it is. The CIB is never changed.
func Begin(root *cib.Element, opts Options) *Rehearsal {
	r := &Rehearsal{opts: opts, root: root, outcome: outcome{did: map[crm.ResourceID][]string{}}}
	r.first = r.read()
	r.times = RecordedTimes(root.Child("status"))
	r.line = newTimeline(r.first)
	return r
}

// Root is the CIB as it is now.
func (r *Rehearsal) Root() *cib.Element { return r.root }

// Change makes the CIB another one.
func (r *Rehearsal) Change(root *cib.Element) { r.root, r.settled = root, false }

func (r *Rehearsal) read() *state.Cluster {
	return state.ReadRoot(r.root, r.opts.Now, state.ReadOptions{Sanitized: r.opts.Sanitized})
}

// Settle lets the cluster do what it now has to, until nothing is left.
func (r *Rehearsal) Settle() {
	if r.settled {
		return
	}
	seen := map[string]bool{}
	for round := 0; ; round++ {
		c := r.read()
		reasons := explain.Of(c)
		r.last = reasons.Output()
		r.asked = append(r.asked, reasons)
		fingerprint := worth(r.last.Graph)
		if fingerprint == "" || seen[fingerprint] {
			break
		}
		if r.unsettled = round == maxRounds; r.unsettled {
			break
		}
		seen[fingerprint] = true
		r.changes = append(r.changes, r.last.Result.Changes...)
		r.clock += r.opts.Decision
		r.observe(c, r.last.Graph)
		r.root = simulate.Execute(c, r.last.Graph, nil, r.opts.Now).Root
		r.line.correct(r.clock, presences(r.read(), r.lost))
	}
	r.settled = true
}

// Wait lets time pass.
func (r *Rehearsal) Wait(d time.Duration) { r.clock += d }

// worth tells a graph by the actions that change something; "" when there are none. What
// the simulator cannot carry out, such as forgetting histories, would come again for ever.
func worth(g *graph.Graph) string {
	key := ""
	for i := range g.Synapses {
		a := &g.Synapses[i].Action
		switch {
		case a.Kind == graph.PseudoEvent:
		case a.Operation == "stonith", a.Kind == graph.ResourceOp && a.Operation != "delete" && a.Operation != "cancel" && a.Operation != "notify":
			key += a.Key + "@" + string(a.Node) + " "
		}
	}
	return key
}

// observe enters into the timeline what a graph does, and lets the time pass that it takes.
func (r *Rehearsal) observe(c *state.Cluster, g *graph.Graph) {
	lengths := map[int]time.Duration{}
	done := finished(g, func(a *graph.Action) time.Duration {
		l := r.length(c, a)
		lengths[a.ID] = l
		return l
	})
	order := make([]*graph.Action, 0, len(g.Synapses))
	for i := range g.Synapses {
		order = append(order, &g.Synapses[i].Action)
	}
	slices.SortStableFunc(order, func(a, b *graph.Action) int { return cmp.Compare(done[a.ID], done[b.ID]) })
	end := time.Duration(0)
	var events []event
	for _, a := range order {
		finish := done[a.ID]
		if a.Operation != "monitor" || a.Attributes["CRM_meta_interval"] == "0" || a.Attributes["CRM_meta_interval"] == "" {
			end = max(end, finish) // nobody waits for the first run of a recurring monitor
		}
		if e, ok := r.eventOf(c, a, r.clock+finish-lengths[a.ID], r.clock+finish); ok {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	for _, e := range events {
		if e.spot.resource == "" {
			r.line.vacate(e.at, e.spot.node)
			continue
		}
		r.line.add(e)
	}
	r.clock += end
}

// eventOf tells how an action changes who is active. An event without a resource empties
// its node.
func (r *Rehearsal) eventOf(c *state.Cluster, a *graph.Action, begin, end time.Duration) (event, bool) {
	if a.Operation == "stonith" && a.Attributes["CRM_meta_stonith_action"] != "on" {
		if a.Kind != graph.PseudoEvent { // else a guest: what it runs in is recovered
			r.fenced = append(r.fenced, a.Node)
		}
		return event{at: begin, spot: spot{"", a.Node}}, a.Node != ""
	}
	if a.Kind != graph.ResourceOp {
		return event{}, false
	}
	rsc, _ := resourceOf(c, a)
	r.did[rsc] = append(r.did[rsc], a.Operation)
	at := spot{rsc, a.Node}
	switch a.Operation {
	case "start", "migrate_from":
		return event{end, at, 1, 0}, true
	case "stop":
		return event{begin, at, -1, -1}, true
	case "promote":
		return event{end, at, 0, 1}, true
	case "demote":
		return event{begin, at, 0, -1}, true
	}
	return event{}, false
}

// resourceOf gives the configured id of an action's resource, and its agent.
func resourceOf(c *state.Cluster, a *graph.Action) (id crm.ResourceID, agent string) {
	agent = agentName(a.Resource.Class, a.Resource.Provider, a.Resource.Type)
	for _, name := range []crm.ResourceID{a.Resource.ID, a.Resource.LongID} {
		if name == "" {
			continue
		}
		if rsc := c.Resource(string(name)); rsc != nil {
			return rsc.XMLID, agent
		}
	}
	return crm.ResourceID(baseID(string(a.Resource.ID))), agent
}

// length estimates how long an action takes, and remembers how it came to that.
func (r *Rehearsal) length(c *state.Cluster, a *graph.Action) time.Duration {
	switch {
	case a.Kind == graph.PseudoEvent:
		return 0
	case a.Operation == "stonith":
		e := Estimate{Node: a.Node, Operation: "fencing", Length: r.opts.Fencing[a.Node], Recorded: r.opts.Fencing[a.Node] > 0}
		if !e.Recorded {
			e.Length = AssumedFencing
		}
		e.Seconds = e.Length.Seconds()
		r.remember(e)
		return e.Length + r.opts.Overhead
	case a.Kind != graph.ResourceOp, a.Operation == "delete", a.Operation == "cancel", a.Operation == "notify":
		return r.opts.Overhead
	}
	id, agent := resourceOf(c, a)
	e := r.times.Of(id, agent, a.Operation)
	switch a.Operation {
	case "start", "stop", "promote", "demote", "migrate_to", "migrate_from":
		r.remember(e)
	}
	return e.Length + r.opts.Overhead
}

func (r *Rehearsal) remember(e Estimate) {
	if !slices.Contains(r.estimates, e) {
		r.estimates = append(r.estimates, e)
	}
}

// Unchanged is what the cluster would do without any of the changes.
func (r *Rehearsal) Unchanged() Answer { return Begin(r.first.Root, r.opts).Answer() }

// Next is a rehearsal that goes on from here: what is, is the beginning. Times that were
// recorded stay known.
func (r *Rehearsal) Next() *Rehearsal {
	r.Settle()
	next := Begin(r.root, r.opts)
	next.times = r.times
	return next
}
