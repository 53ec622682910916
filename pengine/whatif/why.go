package whatif

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// why says why something becomes of a resource. What stays stopped is asked about in the
// end, everything else in the transition that first had something to do with it.
func (r *Rehearsal) why(id crm.ResourceID, e Effect) string {
	last := r.asked[len(r.asked)-1]
	if e.Outage.ForGood {
		if why := r.whole(id); why != "" {
			return why
		}
		return r.reasons(last, id)
	}
	for _, round := range r.asked {
		for _, c := range round.Output().Result.Changes {
			if c.Resource == nil || c.Resource.XMLID != id || e.Verb == Restart && (c.Verb == "Stop" || c.Verb == "Start") {
				continue
			}
			return r.reasons(round, id)
		}
	}
	return ""
}

// whole is what stops a resource because of the cluster as a whole; "" when that is not it.
func (r *Rehearsal) whole(id crm.ResourceID) string {
	c := r.last.State
	rsc := find(id, c)
	switch {
	case rsc == nil || rsc.Removed:
		return "it is no longer configured"
	case !c.Quorate && c.Options.NoQuorum != state.QuorumIgnore:
		return "no quorum (no-quorum-policy=" + c.Options.NoQuorum.String() + ")"
	case c.Options.FencingEnabled && !c.HaveFencing:
		return "fencing is on and no fence device is configured: nothing is recovered"
	}
	return ""
}

// reasons are the sentences that explain has for a resource. That a lost node is not there
// goes without saying.
func (r *Rehearsal) reasons(k *explain.Case, id crm.ResourceID) string {
	a, err := k.Resource(string(id), explain.Ask{Brief: true, NoTrip: true})
	if err != nil {
		return ""
	}
	var out []string
	for _, f := range a.Why {
		gone := f.Cause.Kind == sched.CauseNodeOffline.String() && slices.Contains(r.lost, crm.NodeName(f.Cause.Node))
		if !gone && !slices.Contains(out, f.Text) {
			out = append(out, f.Text)
		}
	}
	return strings.Join(out, "; ")
}
