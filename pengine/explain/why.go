package explain

import (
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// maxDepth bounds how far findings follow other resources.
const maxDepth = 3

// maxFindings bounds how many causes are told of one thing.
const maxFindings = 6

// maxOthers bounds how many nodes are told of one by one.
const maxOthers = 12

// why says why a resource is where it is, or what will be done about it.
func (k *Case) why(r *state.Resource, depth int) []Finding { return k.whyTo(r, r, depth) }

// whyTo is why, told in an answer about another resource.
func (k *Case) whyTo(r, asked *state.Resource, depth int) []Finding {
	p := k.speaker(r)
	if p == nil {
		return nil
	}
	if f, ok := k.everywhere(r); ok {
		return f
	}
	return k.findings(asked, k.named(r, p, k.causesOf(p), depth), nil, depth)
}

// named notes whose causes these are, when that is not clear: one member's of several, or
// another resource's than the one that is talked about.
func (k *Case) named(r, p *state.Resource, causes []sched.Cause, depth int) []sched.Cause {
	if r.Variant == state.Group && len(r.Children) > 1 || r.Variant == state.Bundle || depth > 0 {
		for i := range causes {
			if causes[i].Of == nil {
				causes[i].Of = p
			}
		}
	}
	return causes
}

// findings tells causes about a primitive, each once. That it has a place is told only
// when nothing else is.
func (k *Case) findings(p *state.Resource, causes []sched.Cause, n *state.Node, depth int) []Finding {
	about := aboutResource(p, n)
	var out []Finding
	for i, c := range causes {
		if c.Kind == sched.CausePlacement && len(causes) > 1 || len(out) >= maxFindings {
			continue
		}
		if n == nil {
			about.node = c.Node
		}
		f := Finding{Text: k.say(c, about), Cause: causeJSON(c)}
		if !slices.ContainsFunc(out, func(o Finding) bool { return o.Text == f.Text }) {
			if i+1 == len(causes) || causes[i+1].Of == nil || causes[i+1].Of == c.Of {
				f.Because = k.behind(p, c, about.node, depth)
			} // else the causes that follow are those behind it
			out = append(out, f)
		}
	}
	return out
}

// everywhere tells of a clone all of whose instances are where they can be.
func (k *Case) everywhere(r *state.Resource) ([]Finding, bool) {
	if r.Variant != state.Clone || !k.complete(r, k.outcome(r)) {
		return nil, false
	}
	for _, v := range k.verbs(r) {
		if v != "Start" && v != "Promote" {
			return nil, false
		}
	}
	d := r.CloneData
	out := []Finding{{Text: fmt.Sprintf("each node that can run an instance has one, or gets one (clone-max %d, at most %d on a node)", d.Max, d.NodeMax),
		Cause: Cause{Kind: sched.CauseCloneMax.String(), Resource: string(r.PrintableID()), Limit: d.Max}}}
	for _, p := range primitives(r) {
		n, role := k.placed(p)
		if n == nil || role != crm.RolePromoted {
			continue
		}
		for _, c := range k.promotion(p, n) {
			out = append(out, Finding{Text: k.say(c, aboutResource(r, n)), Cause: causeJSON(c)})
		}
	}
	return out, true
}

// promotion says why an instance is promoted where it is.
func (k *Case) promotion(p *state.Resource, n *state.Node) []sched.Cause {
	if a := k.required(p, "promote", n); a != nil {
		return k.res.ActionCauses(a)
	}
	return k.res.PromotionCauses(p)
}

// speaker is the primitive whose reasons are those of the whole: the first that does not
// run as it should, else the first that changes, else the first.
func (k *Case) speaker(r *state.Resource) *state.Resource {
	list := primitives(r)
	if len(list) == 0 {
		return nil
	}
	for _, wanted := range []func(*state.Resource) bool{
		func(p *state.Resource) bool {
			n, _ := k.placed(p)
			return n == nil && (r.Variant != state.Clone || k.allDown(list))
		},
		func(p *state.Resource) bool { return k.changing(p) != nil },
		func(p *state.Resource) bool {
			n, role := k.placed(p)
			return n != nil && role == crm.RolePromoted
		},
		func(p *state.Resource) bool { n, _ := k.placed(p); return n != nil },
	} {
		if i := slices.IndexFunc(list, wanted); i >= 0 {
			return list[i]
		}
	}
	return list[0]
}

func (k *Case) allDown(list []*state.Resource) bool {
	return !slices.ContainsFunc(list, func(p *state.Resource) bool { n, _ := k.placed(p); return n != nil })
}

// changing finds the action that says most about what happens to a primitive; nil when
// nothing does.
func (k *Case) changing(p *state.Resource) *sched.Action {
	for _, task := range []string{"stop", "start", "demote", "promote", "migrate_to", "migrate_from", "reload-agent"} {
		if a := k.required(p, task, nil); a != nil {
			return a
		}
	}
	return nil
}

// causesOf gives the causes of what happens to a primitive, else of its place.
func (k *Case) causesOf(p *state.Resource) []sched.Cause {
	s := k.res.Situation(p)
	if a := k.changing(p); a != nil {
		list := k.res.ActionCauses(a)
		if start := k.action(p, "start", nil); start != nil && start != a && !start.Is(sched.Runnable) && len(s.Assigned) > 0 {
			list = append(k.res.ActionCauses(start), list...)
		}
		return list
	}
	if len(s.Assigned) > 0 && len(s.Active) == 0 {
		if start := k.action(p, "start", s.Assigned[0]); start != nil && !start.Is(sched.Runnable) {
			return k.res.ActionCauses(start)
		}
	}
	return k.res.PlaceCauses(p)
}

// behind follows a cause to the other resource when that is why: it runs nowhere, cannot
// be on the node in question, or waits itself.
func (k *Case) behind(p *state.Resource, c sched.Cause, n *state.Node, depth int) []Finding {
	if depth >= maxDepth || c.Resource == nil || c.Resource == p {
		return nil
	}
	other := k.orSpeaker(c.Resource)
	switch c.Kind {
	case sched.CauseColocation, sched.CauseMember:
		switch {
		case c.Dependent && n != nil && c.Score <= -crm.Infinity && c.Limit > 0:
			return k.of(other, k.findings(other, k.ownReasons(other, p, n), n, maxDepth))
		case !c.Dependent && len(c.Names) == 0:
			return k.whyTo(c.Resource, p, depth+1)
		}
	case sched.CauseContainer:
		if where, _ := k.placed(other); where == nil {
			return k.whyTo(c.Resource, p, depth+1)
		}
	case sched.CauseOrder, sched.CauseNeeds, sched.CauseMemberStep:
		if where, _ := k.placed(other); where == nil {
			return k.whyTo(c.Resource, p, depth+1)
		}
	}
	return nil
}

// ownReasons is what forbids a node to a resource, but for being with p.
func (k *Case) ownReasons(r, p *state.Resource, n *state.Node) []sched.Cause {
	list := k.res.Forbidden(r, n)
	mine := slices.DeleteFunc(slices.Clone(list), func(c sched.Cause) bool {
		return c.Resource != nil && (c.Kind == sched.CauseMember || c.Kind == sched.CauseColocation) && slices.Contains(primitives(c.Resource), k.orSpeaker(p))
	})
	if len(mine) == 0 {
		return list
	}
	return mine
}

// of names the resource that findings are about.
func (k *Case) of(p *state.Resource, list []Finding) []Finding {
	for i := range list {
		list[i].Text = string(p.PrintableID()) + ": " + list[i].Text
		list[i].Cause.Of = string(p.PrintableID())
	}
	return list
}

func (k *Case) orSpeaker(r *state.Resource) *state.Resource {
	if p := k.speaker(r); p != nil {
		return p
	}
	return r
}

// parts says of each member or instance where it is; the reasons are added for those that
// differ from the rest.
func (k *Case) parts(r *state.Resource) []Part {
	var out []Part
	for _, c := range r.Children {
		if r.Variant == state.Clone && len(k.placesNow(c)) == 0 && len(k.placesThen(c)) == 0 {
			continue // an instance too many is told of by node
		}
		part := Part{Resource: string(c.ID), Headline: k.headline(c)}
		if verbs := k.verbs(c); len(k.placesThen(c)) == 0 || len(verbs) > 0 && !slices.Contains(verbs, "Start") {
			part.Why = k.why(c, 0)
		}
		out = append(out, part)
	}
	return out
}

// others says of each node where r will not be why not; for big clusters only of the
// nodes that could run it, and of those that run it now.
func (k *Case) others(r *state.Resource) []Other {
	var out []Other
	many := len(k.c.Nodes) > maxOthers
	for _, n := range k.c.Nodes {
		if k.willBeOn(r, n) || k.hidden(r, n) {
			continue
		}
		o := k.on(r, n)
		if many && o.Forbidden && !slices.ContainsFunc(r.RunningOn, func(x *state.Node) bool { return x == n }) {
			continue
		}
		if len(out) < maxOthers {
			out = append(out, o)
		}
	}
	return out
}

// hidden reports whether a node is of no interest for r: a remote or guest node that
// nothing connects with it.
func (k *Case) hidden(r *state.Resource, n *state.Node) bool {
	if !n.IsRemote() {
		return false
	}
	p := k.speaker(r)
	if p == nil {
		return true
	}
	list := k.res.Forbidden(p, n)
	return len(list) > 0 && (list[0].Kind == sched.CauseNotAllowed || list[0].Kind == sched.CauseRemoteNode || list[0].Kind == sched.CauseContainer)
}

func (k *Case) willBeOn(r *state.Resource, n *state.Node) bool {
	return slices.ContainsFunc(k.placesThen(r), func(p Place) bool { return p.Node == n.Label() })
}

// on says why r is (or will be) on a node, or why not.
func (k *Case) on(r *state.Resource, n *state.Node) Other {
	p := k.judged(r, n)
	o := Other{Node: n.Label()}
	if p == nil {
		return o
	}
	var causes []sched.Cause
	switch assigned := k.res.AssignedTo(p); {
	case k.willBeOn(r, n):
		causes = k.res.PlaceCauses(p)
	case assigned == n:
		if start := k.action(p, "start", n); start != nil && !start.Is(sched.Runnable) {
			causes = k.res.ActionCauses(start)
		}
	default:
		causes = k.notThere(p, assigned, n)
		o.Forbidden = len(k.res.Forbidden(p, n)) > 0
	}
	o.Why = k.findings(r, k.named(r, p, causes, 0), n, maxDepth-1)
	return o
}

// judged is the primitive to judge a node by: the one that is, or will be, there; else
// the one that could be.
func (k *Case) judged(r *state.Resource, n *state.Node) *state.Resource {
	list := primitives(r)
	for _, p := range list {
		if k.res.AssignedTo(p) == n {
			return p
		}
	}
	if r.Variant == state.Clone {
		for _, p := range list {
			if k.res.AssignedTo(p) == nil && slices.Contains(p.RunningOn, n) {
				return p
			}
		}
		for _, p := range list {
			if k.res.AssignedTo(p) == nil {
				return p
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// notThere says why a primitive is not placed on n.
func (k *Case) notThere(p *state.Resource, assigned, n *state.Node) []sched.Cause {
	if s := k.res.Situation(p); !s.Managed || k.c.Options.StopAll {
		return k.res.PlaceCauses(p)
	}
	if list := k.res.Forbidden(p, n); len(list) > 0 {
		return list
	}
	if assigned == nil {
		return k.res.PlaceCauses(p)
	}
	return k.res.Decisive(p, assigned, n)
}
