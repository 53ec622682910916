package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Case is a cluster about which questions are asked.
type Case struct {
	c   *state.Cluster
	out pengine.Output
	res *sched.Result

	actions map[*state.Resource][]*sched.Action // by what they act upon
	tried   map[string]map[string]outcome       // what-ifs by name, so that none is computed twice
}

// Of schedules a cluster and keeps every reason.
func Of(c *state.Cluster) *Case { return schedule(c, true) }

func schedule(c *state.Cluster, reasons bool) *Case {
	out := pengine.ScheduleState(c, pengine.Input{Explain: reasons})
	k := &Case{c: c, out: out, res: out.Result, actions: map[*state.Resource][]*sched.Action{}, tried: map[string]map[string]outcome{}}
	for _, a := range out.Result.Actions {
		if r := a.Resource(); r != nil {
			k.actions[r] = append(k.actions[r], a)
		}
	}
	return k
}

// Output is what the scheduler decided.
func (k *Case) Output() pengine.Output { return k.out }

// find gives the resource that an id means: "web:1" is an instance, the id of a cloned
// primitive or group is the clone. Nil: there is none.
func (k *Case) find(id string) *state.Resource {
	for _, r := range k.c.All {
		if string(r.ID) == id && (r.Unique || r.Parent == nil || strings.Contains(id, ":")) {
			return r
		}
	}
	for _, r := range k.c.All {
		if string(r.XMLID) == id {
			if top := r.Top(); top.Variant == state.Clone && top.AnonymousClone() || r.ID != r.XMLID {
				return top
			}
			return r
		}
	}
	return nil
}

// Ask selects what an answer holds beside the reasons.
type Ask struct {
	Node   string // only about this node; "": in general
	Brief  bool   // reasons only: no scores, losses and changes
	NoTrip bool   // nothing that needs another run of the scheduler
}

// Resource answers about one resource. It fails when there is no such resource or node.
func (k *Case) Resource(id string, ask Ask) (*Answer, error) {
	r := k.find(id)
	if r == nil {
		return nil, fmt.Errorf("resource %s does not exist", id)
	}
	var node *state.Node
	if ask.Node != "" {
		if node = k.c.Node(crm.NodeName(ask.Node)); node == nil {
			return nil, fmt.Errorf("node %s does not exist", ask.Node)
		}
	}
	a := &Answer{Resource: string(r.PrintableID()), Variant: r.Variant.String(), Places: []Place{}, Planned: []Place{}}
	if strings.Contains(id, ":") {
		a.Resource = string(r.ID)
	}
	a.Places, a.Planned = k.placesNow(r), k.placesThen(r)
	a.Headline = k.headline(r)
	a.Why = k.why(r, 0)
	if len(r.Children) > 0 {
		a.Parts = k.parts(r)
	}
	if node != nil {
		a.Node = node.Label()
		a.Others = []Other{k.on(r, node)}
	} else {
		a.Others = k.others(r)
	}
	if ask.Brief {
		return a, nil
	}
	a.Scores = k.scores(r)
	if node == nil && !ask.NoTrip {
		a.Lost = k.lost(r)
	}
	if !ask.NoTrip {
		a.Changes, a.Tried = k.changes(r, node)
	}
	return a, nil
}

// IDs lists the top-level resources, in the order in which displays show them.
func (k *Case) IDs() []string {
	var out []string
	for _, r := range k.c.Resources {
		out = append(out, string(r.PrintableID()))
	}
	return out
}

// primitives lists what really runs of a resource: itself, or all primitives below it
// (of a bundle: its containers and what is in them).
func primitives(r *state.Resource) []*state.Resource {
	if r.Variant == state.Primitive {
		return []*state.Resource{r}
	}
	var out []*state.Resource
	for _, c := range r.Children {
		out = append(out, primitives(c)...)
	}
	if r.BundleData != nil {
		out = out[:0]
		for _, rep := range r.BundleData.Replicas {
			if out = append(out, rep.Container); rep.Child != nil {
				out = append(out, primitives(rep.Child)...)
			}
		}
	}
	return out
}

func (k *Case) placesNow(r *state.Resource) []Place {
	out := []Place{}
	for _, p := range k.counted(r) {
		for _, n := range p.RunningOn {
			out = addPlace(out, Place{n.Label(), roleWord(k.inner(p), k.res.Situation(k.inner(p)).Role)})
		}
	}
	return sortPlaces(out)
}

func (k *Case) placesThen(r *state.Resource) []Place {
	out := []Place{}
	for _, p := range k.counted(r) {
		if s := k.res.Situation(p); !s.Managed {
			for _, n := range s.Active {
				out = addPlace(out, Place{n.Label(), roleWord(k.inner(p), k.res.Situation(k.inner(p)).Role)})
			}
			continue
		}
		if n, role := k.placed(p); n != nil {
			if in := k.inner(p); in != p {
				_, role = k.placed(in)
			}
			out = addPlace(out, Place{n.Label(), roleWord(k.inner(p), role)})
		}
	}
	return sortPlaces(out)
}

// counted lists the primitives whose places are the places of r: of a bundle, its
// containers.
func (k *Case) counted(r *state.Resource) []*state.Resource {
	if r.BundleData == nil {
		return primitives(r)
	}
	var out []*state.Resource
	for _, rep := range r.BundleData.Replicas {
		out = append(out, rep.Container)
	}
	return out
}

// inner is what runs in a bundle's container, whose role counts; else p itself.
func (k *Case) inner(p *state.Resource) *state.Resource {
	if p.ReplicaContainer && p.Replica != nil && p.Replica.Child != nil {
		if list := primitives(p.Replica.Child); len(list) > 0 {
			return list[0]
		}
	}
	return p
}

// placed is where a primitive will be once the transition is through, and in which role;
// nil when nowhere. What cannot be started counts as nowhere, what cannot be stopped or
// is not managed as where it is.
func (k *Case) placed(p *state.Resource) (*state.Node, crm.Role) {
	s := k.res.Situation(p)
	var current *state.Node
	if len(s.Active) > 0 {
		current = s.Active[0]
	}
	if !s.Managed {
		return current, s.Role
	}
	if stop := k.required(p, "stop", current); stop != nil && !stop.Is(sched.Runnable) {
		return current, s.Role
	}
	if len(s.Assigned) == 0 || s.Next == crm.RoleStopped {
		return nil, crm.RoleStopped
	}
	n := s.Assigned[0]
	if start := k.action(p, "start", n); start != nil && !start.Is(sched.Runnable) {
		return nil, crm.RoleStopped
	}
	role := s.Next
	if promote := k.required(p, "promote", n); role == crm.RolePromoted && promote != nil && !promote.Is(sched.Runnable) {
		role = crm.RoleUnpromoted
	}
	return n, role
}

// action finds an action of a primitive on a node (nil: anywhere).
func (k *Case) action(p *state.Resource, task string, n *state.Node) *sched.Action {
	for _, a := range k.actions[p] {
		if a.Task == task && (n == nil || a.Node() == n) {
			return a
		}
	}
	return nil
}

func (k *Case) required(p *state.Resource, task string, n *state.Node) *sched.Action {
	for _, a := range k.actions[p] {
		if a.Task == task && (n == nil || a.Node() == n) && !a.Is(sched.Optional) {
			return a
		}
	}
	return nil
}

// roleWord names the role of an instance that runs.
func roleWord(p *state.Resource, r crm.Role) string {
	switch {
	case r == crm.RolePromoted:
		return r.String()
	case p.Top().Promotable:
		return crm.RoleUnpromoted.String()
	}
	return crm.RoleStarted.String()
}

func addPlace(list []Place, p Place) []Place {
	for i := range list {
		if list[i].Node == p.Node {
			if p.Role == crm.RolePromoted.String() {
				list[i].Role = p.Role
			}
			return list
		}
	}
	return append(list, p)
}

func sortPlaces(list []Place) []Place {
	slices.SortStableFunc(list, func(a, b Place) int { return strings.Compare(a.Node, b.Node) })
	return list
}

// where puts places into words: "n1", "n1 (promoted) and n2".
func where(list []Place) string {
	var words []string
	for _, p := range list {
		if p.Role == crm.RolePromoted.String() {
			words = append(words, p.Node+" (promoted)")
		} else {
			words = append(words, p.Node)
		}
	}
	return join(words)
}

// headline says where a resource is and what becomes of it.
func (k *Case) headline(r *state.Resource) string {
	id := string(r.PrintableID())
	if r.Variant == state.Primitive && r.Unique {
		id = string(r.ID)
	}
	now, then := k.placesNow(r), k.placesThen(r)
	s := id + " is stopped"
	if was := k.wasOn(r); was != "" && len(now) == 0 {
		s += " (it was on " + was + ", which is offline)"
	}
	if len(now) > 0 {
		s = id + " runs on " + where(now)
		if down := k.downNodes(r); down != "" {
			s = id + " is thought to run on " + where(now) + " (" + down + ")"
		}
	}
	return s + k.outlook(r, now, then) + "."
}

// wasOn names a node that is offline and whose last word on r is that it runs there; ""
// when there is none.
func (k *Case) wasOn(r *state.Resource) string {
	list := primitives(r)
	if len(list) == 0 || r.Variant == state.Clone || r.Variant == state.Bundle {
		return ""
	}
	p := list[0]
	for _, n := range k.c.Nodes {
		if n.Online || n.IsRemote() {
			continue
		}
		for st := range k.c.Root.Child("status").All("node_state") {
			if st.ID() == n.ID && lastUp(st.Child("lrm").Child("lrm_resources").ChildWith("lrm_resource", "id", string(p.XMLID))) {
				return n.Label()
			}
		}
	}
	return ""
}

// lastUp reports whether the newest operation of a history brought the resource up.
func lastUp(history *cib.Element) bool {
	newest, up := -1, false
	for op := range history.All("lrm_rsc_op") {
		call, err := strconv.Atoi(op.Get("call-id"))
		if err != nil || call < newest {
			continue
		}
		switch op.Get("operation") {
		case "start", "promote", "demote", "migrate_from":
			newest, up = call, op.Get("rc-code") == "0"
		case "stop", "migrate_to":
			newest, up = call, false
		}
	}
	return up
}

// downNodes names the nodes among those where r runs that are not in order.
func (k *Case) downNodes(r *state.Resource) string {
	var list []string
	for _, p := range primitives(r) {
		for _, n := range p.RunningOn {
			c, bad := k.res.NodeTrouble(n)
			if !bad || c.Kind != sched.CauseNodeOffline && c.Kind != sched.CauseNodeUnclean {
				continue
			}
			word := n.Label() + " is offline"
			if c.Kind == sched.CauseNodeUnclean {
				word = n.Label() + " is lost"
			}
			if !slices.Contains(list, word) {
				list = append(list, word)
			}
		}
	}
	return join(list)
}

// outlook says what becomes of it.
func (k *Case) outlook(r *state.Resource, now, then []Place) string {
	if !slices.Equal(now, then) {
		switch {
		case len(now) == 0:
			return " and starts on " + where(then)
		case len(then) == 0:
			return " and stops"
		case len(now) == 1 && len(then) == 1 && now[0].Node == then[0].Node:
			return " and becomes " + strings.ToLower(then[0].Role) + " there"
		case len(now) == 1 && len(then) == 1:
			return " and moves to " + where(then)
		}
		return " and will run on " + where(then)
	}
	switch verbs := k.verbs(r); {
	case len(now) > 0 && k.stuck(r) != nil:
		return ", but must not stay there and cannot be stopped"
	case slices.Contains(verbs, "Restart"), slices.Contains(verbs, "Recover"):
		return " and is restarted"
	case slices.Contains(verbs, "Re-promote"):
		return " and is demoted and promoted again"
	case slices.Contains(verbs, "Reload"):
		return " and is reloaded"
	}
	return ""
}

// verbs lists what the summary of the transition says of r.
func (k *Case) verbs(r *state.Resource) []string {
	var out []string
	parts := primitives(r)
	for _, c := range k.res.Changes {
		if c.Resource != nil && slices.Contains(parts, c.Resource) {
			out = append(out, c.Verb)
		}
	}
	return out
}

// stuck finds a stop that is required and cannot be done.
func (k *Case) stuck(r *state.Resource) *sched.Action {
	for _, p := range primitives(r) {
		if s := k.res.Situation(p); !s.Managed {
			continue
		}
		if stop := k.required(p, "stop", nil); stop != nil && !stop.Is(sched.Runnable) {
			return stop
		}
	}
	return nil
}
