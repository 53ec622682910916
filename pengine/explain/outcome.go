package explain

import (
	"slices"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// whatIf schedules the cluster again with another CIB, or at another time, and gives what
// becomes of every resource, by id; with the name of a lost node, also why what runs nowhere does not.
// Equal names are computed once; only outcomes are kept.
func (k *Case) whatIf(name string, root *cib.Element, now time.Time, lost string) map[string]outcome {
	if t := k.tried[name]; t != nil {
		return t
	}
	t := schedule(state.ReadRoot(root, now, state.ReadOptions{Sanitized: k.c.Sanitized}), lost != "")
	all := t.outcomes(lost)
	k.tried[name] = all
	return all
}

// outcomes gives what becomes of every resource, by the ids that answers use.
func (k *Case) outcomes(lost string) map[string]outcome {
	all := make(map[string]outcome, len(k.c.All))
	for _, r := range k.c.All {
		o := k.outcome(r)
		if o.running == 0 && lost != "" && (r.Parent == nil || r.Parent.Variant == state.Group) {
			o.why = k.nowhere(r, lost)
		}
		all[string(r.ID)] = o
		if r.Parent == nil {
			all[string(r.PrintableID())] = o
		}
	}
	return all
}

// nowhere says why r runs nowhere: what forbids each node but the lost one.
func (k *Case) nowhere(r *state.Resource, lost string) []string {
	var words []string
	for _, f := range k.why(r, maxDepth-1) {
		aboutLost := f.Cause.Node == lost && (f.Cause.Kind == sched.CauseNodeOffline.String() || f.Cause.Kind == sched.CauseNodeUnclean.String())
		if f.Cause.Kind != sched.CauseNoNode.String() && !aboutLost && len(words) < 4 {
			words = append(words, f.Text)
		}
	}
	return words
}

// outcome is what becomes of one resource.
type outcome struct {
	places   []Place
	running  int // primitives that will run
	promoted int
	stuck    bool     // something of it must be done and cannot
	handsOff bool     // something of it is unmanaged or blocked
	why      []string // of what runs nowhere
	possible []bool   // by node: it could run there
}

func (k *Case) outcome(r *state.Resource) outcome {
	var o outcome
	o.places = k.placesThen(r)
	o.stuck = k.stuck(r) != nil
	o.possible = k.possible(r)
	for _, p := range primitives(r) {
		s := k.res.Situation(p)
		o.handsOff = o.handsOff || !s.Managed
		if n, role := k.placed(p); n != nil {
			o.running++
			if role == crm.RolePromoted {
				o.promoted++
			}
		}
	}
	return o
}

func (o outcome) on(node string) bool {
	return slices.ContainsFunc(o.places, func(p Place) bool { return p.Node == node })
}

// betterThan reports whether an outcome is one that a change is worth telling for: more
// runs, or what was stuck is no longer. With a node: it is there, and was not.
func (o outcome) betterThan(before outcome, node string) bool {
	if node != "" {
		return o.on(node) && !before.on(node)
	}
	return o.running > before.running || before.handsOff && !o.handsOff ||
		o.running == before.running && (o.promoted > before.promoted || before.stuck && !o.stuck)
}

// possible tells, for each node, whether some part of r could run there.
func (k *Case) possible(r *state.Resource) []bool {
	out := make([]bool, len(k.c.Nodes))
	for i, n := range k.c.Nodes {
		if _, bad := k.res.NodeTrouble(n); bad {
			continue
		}
		for _, p := range primitives(r) {
			if score, ok := k.res.Score(p, n); ok && score >= 0 {
				out[i] = true
			} else if r.Variant == state.Group {
				out[i] = false
				break // a member that cannot keeps the others away
			}
		}
	}
	return out
}

// effect puts into words what a change does to a resource.
func effect(id string, before, after outcome) string {
	switch {
	case after.running > before.running && before.running == 0:
		return id + " starts on " + where(after.places)
	case after.running > before.running:
		return "more of " + id + " runs: it will be on " + where(after.places)
	case after.running < before.running && after.running == 0:
		return id + " stops"
	case !slices.Equal(after.places, before.places) && len(after.places) == 1 && len(before.places) == 1 && after.places[0].Node != before.places[0].Node:
		return id + " moves to " + where(after.places)
	case !slices.Equal(after.places, before.places):
		return id + " will be on " + where(after.places)
	case before.handsOff && !after.handsOff:
		return "the cluster takes care of " + id + " again"
	}
	return id + " is recovered on " + where(after.places)
}
