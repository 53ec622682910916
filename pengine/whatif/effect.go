package whatif

import (
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Verb is what becomes of a resource.
type Verb string

// The verbs. The last three are for resources with several instances.
const (
	Start   Verb = "start"   // it was active nowhere
	Stop    Verb = "stop"    // it stays stopped
	Move    Verb = "move"    // stopped here, started there
	Migrate Verb = "migrate" // moved while it runs
	Restart Verb = "restart" // stopped and started where it is
	Reload  Verb = "reload"  // told to read its parameters again
	Promote Verb = "promote" // promoted or demoted: see From and To
	Demote  Verb = "demote"
	Grow    Verb = "grow"   // active on more nodes
	Shrink  Verb = "shrink" // active on fewer nodes
	Spread  Verb = "spread" // both
)

// Effect is what becomes of one resource, all instances of it together. Resources of which
// nothing becomes are not told.
type Effect struct {
	Resource crm.ResourceID `json:"resource"`
	In       crm.ResourceID `json:"in,omitempty"` // the group, clone or bundle around it
	Verb     Verb           `json:"verb"`
	From     []Place        `json:"from,omitempty"`
	To       []Place        `json:"to,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Outage   Outage         `json:"outage"`
	Anyway   bool           `json:"anyway,omitempty"` // it would happen without the change too
	Blocked  bool           `json:"blocked,omitempty"`
}

// Outage is how long a resource, or a group, is not there. It is zero for what was not
// active in the beginning.
type Outage struct {
	Length      time.Duration `json:"-"`
	Unpromoted  time.Duration `json:"-"` // without a promoted instance, where there was one
	Seconds     float64       `json:"seconds"`
	BareSeconds float64       `json:"unpromoted_seconds,omitempty"` // Unpromoted
	ForGood     bool          `json:"for_good,omitempty"`           // it does not come back
	BareForGood bool          `json:"unpromoted_for_good,omitempty"`
}

// Any reports whether there is an outage at all.
func (o Outage) Any() bool { return o.Length > 0 || o.Unpromoted > 0 || o.ForGood || o.BareForGood }

// Group is the outage of a group: the time in which not all of its members were there.
type Group struct {
	ID      crm.ResourceID   `json:"id"`
	Members []crm.ResourceID `json:"members"`
	Outage  Outage           `json:"outage"`
}

// Answer is what a rehearsal shows.
type Answer struct {
	Effects   []Effect      `json:"effects"`
	Groups    []Group       `json:"groups,omitempty"`
	Fenced    []FencedNode  `json:"fenced,omitempty"`
	Estimates []Estimate    `json:"estimates,omitempty"` // of the operations that count
	Length    time.Duration `json:"-"`
	Seconds   float64       `json:"seconds"` // until everything is done
	Findings  []string      `json:"findings,omitempty"`
	Unsettled bool          `json:"unsettled,omitempty"` // it goes on and on: what is told is not the end
}

// FencedNode is a node that is fenced on the way, and why.
type FencedNode struct {
	Node   crm.NodeName `json:"node"`
	Reason string       `json:"reason,omitempty"`
}

// Severity says how much of an effect on what runs there is.
type Severity int

// The severities, each worse than the one before.
const (
	Harmless    Severity = iota // nothing that runs is stopped
	Interrupted                 // something is stopped or demoted, and comes back
	Lost                        // something that ran is not there afterwards
)

// Severity is the worst effect.
func (a *Answer) Severity() Severity {
	worst := Harmless
	for _, e := range a.Effects {
		switch {
		case e.Outage.ForGood || e.Outage.BareForGood:
			worst = Lost
		case e.Outage.Any():
			worst = max(worst, Interrupted)
		}
	}
	return worst
}

// Answer lets the cluster settle and tells what became of it.
func (r *Rehearsal) Answer() Answer {
	r.Settle()
	end := r.read()
	a := Answer{Estimates: r.estimates, Length: r.clock, Seconds: seconds(r.clock), Unsettled: r.unsettled}
	for _, id := range primitives(r.first, end) {
		if e, ok := r.effect(end, id); ok {
			a.Effects = append(a.Effects, e)
		}
	}
	for _, n := range r.fenced {
		a.Fenced = append(a.Fenced, FencedNode{n, r.fencingReason(n)})
	}
	a.Groups = r.groups(a.Effects)
	for _, f := range r.last.Findings {
		if f.Level == "error" || f.Level == "warning" {
			if !slices.Contains(a.Findings, f.Msg) {
				a.Findings = append(a.Findings, f.Msg)
			}
		}
	}
	return a
}

func (r *Rehearsal) fencingReason(n crm.NodeName) string {
	for _, c := range r.changes {
		if c.Resource == nil && c.From != nil && c.From.Name == n {
			return c.Reason
		}
	}
	return ""
}

// primitives lists the configured ids of all primitives, those of the beginning first.
func primitives(clusters ...*state.Cluster) []crm.ResourceID {
	var out []crm.ResourceID
	seen := map[crm.ResourceID]bool{}
	for _, c := range clusters {
		for _, r := range c.All {
			if r.Variant == state.Primitive && !seen[r.XMLID] {
				seen[r.XMLID] = true
				out = append(out, r.XMLID)
			}
		}
	}
	return out
}

// find gives the first instance of a configured resource.
func find(id crm.ResourceID, clusters ...*state.Cluster) *state.Resource {
	for _, c := range clusters {
		for _, r := range c.All {
			if r.XMLID == id && r.Variant == state.Primitive {
				return r
			}
		}
	}
	return nil
}

func (r *Rehearsal) effect(end *state.Cluster, id crm.ResourceID) (Effect, bool) {
	rsc := find(id, end, r.first)
	promotable := false
	for up := rsc; up != nil; up = up.Parent {
		promotable = promotable || up.Promotable
	}
	spots := r.spots(id)
	e := Effect{Resource: id, From: places(r.line.first, spots, promotable), To: places(r.line.now, spots, promotable)}
	if top := rsc.TopWithBundle(); top != rsc {
		e.In = top.XMLID
	}
	if e.Verb = r.verb(id, e.From, e.To); e.Verb == "" {
		return e, false
	}
	e.Outage = r.outage([]crm.ResourceID{id})
	e.Blocked = r.blocked(id)
	e.Reason = r.why(id, e)
	return e, true
}

// spots are the places that a resource ever had, in the order of the nodes.
func (r *Rehearsal) spots(id crm.ResourceID) []spot {
	var out []spot
	for _, m := range []map[spot]presence{r.line.first, r.line.now} {
		for _, s := range sortedSpots(m) {
			if s.resource == id && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b spot) int { return r.rank(a.node) - r.rank(b.node) })
	return out
}

func (r *Rehearsal) rank(name crm.NodeName) int {
	return slices.IndexFunc(r.last.State.Nodes, func(n *state.Node) bool { return n.Name == name })
}

func (r *Rehearsal) verb(id crm.ResourceID, from, to []Place) Verb {
	did := r.did[id]
	ran := func(ops ...string) bool {
		return slices.ContainsFunc(ops, func(op string) bool { return slices.Contains(did, op) })
	}
	switch {
	case len(from) == 0 && len(to) == 0:
		return ""
	case len(from) == 0:
		return Start
	case len(to) == 0:
		return Stop
	case slices.Equal(from, to):
		switch {
		case ran("stop", "start"):
			return Restart
		case ran("reload", "reload-agent"):
			return Reload
		case ran("demote", "promote"):
			return Promote
		}
		return ""
	case sameNodes(from, to):
		if promotedCount(to) < promotedCount(from) {
			return Demote
		}
		return Promote
	case len(from) == 1 && len(to) == 1 && ran("migrate_from"):
		return Migrate
	case len(from) == 1 && len(to) == 1:
		return Move
	case len(beyond(to, from)) == 0:
		return Shrink
	case len(beyond(from, to)) == 0:
		return Grow
	}
	return Spread
}

// beyond lists the places whose nodes the other list does not have.
func beyond(list, other []Place) []Place {
	var out []Place
	for _, p := range list {
		if !slices.ContainsFunc(other, func(o Place) bool { return o.Node == p.Node }) {
			out = append(out, p)
		}
	}
	return out
}

func sameNodes(a, b []Place) bool {
	return slices.EqualFunc(a, b, func(x, y Place) bool { return x.Node == y.Node })
}

func promotedCount(list []Place) int {
	n := 0
	for _, p := range list {
		if p.Role == crm.RolePromoted.String() {
			n++
		}
	}
	return n
}

func (r *Rehearsal) outage(ids []crm.ResourceID) Outage {
	down, bare := r.line.gaps(ids, r.clock)
	return Outage{Length: down.length, Unpromoted: bare.length, Seconds: seconds(down.length), BareSeconds: seconds(bare.length),
		ForGood: down.forGood, BareForGood: bare.forGood}
}

// seconds rounds to milliseconds.
func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}

// blocked reports whether something that should be done with a resource cannot be.
func (r *Rehearsal) blocked(id crm.ResourceID) bool {
	return slices.ContainsFunc(r.changes, func(c sched.Change) bool { return c.Resource != nil && c.Resource.XMLID == id && c.Blocked })
}

// groups tells the outage of every group with more than one member of which something becomes.
func (r *Rehearsal) groups(effects []Effect) []Group {
	var out []Group
	for _, top := range r.first.All {
		if top.Variant != state.Group || slices.ContainsFunc(out, func(g Group) bool { return g.ID == top.XMLID }) {
			continue
		}
		g := Group{ID: top.XMLID}
		touched := false
		for _, child := range top.Children {
			g.Members = append(g.Members, child.XMLID)
			touched = touched || slices.ContainsFunc(effects, func(e Effect) bool { return e.Resource == child.XMLID })
		}
		if g.Outage = r.outage(g.Members); touched && len(g.Members) > 1 && g.Outage.Any() {
			out = append(out, g)
		}
	}
	return out
}

// MarkAnyway marks the effects that come without the change too; without is the answer of
// a rehearsal of the CIB as it is.
func (a *Answer) MarkAnyway(without Answer) {
	for i := range a.Effects {
		e := &a.Effects[i]
		e.Anyway = slices.ContainsFunc(without.Effects, func(w Effect) bool {
			return w.Resource == e.Resource && w.Verb == e.Verb && slices.Equal(w.To, e.To)
		})
	}
}
