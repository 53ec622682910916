package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// maxTries bounds how many changes are tried for one answer, and maxChanges how many of
// those that work are told.
const (
	maxTries   = 16
	maxChanges = 6
	maxScores  = 2 // after so many changes no more changes of scores are tried
)

// candidate is a single change that may alter an answer.
type candidate struct {
	command   string
	condition string // when there is no command
	note      string
	root      *cib.Element // the CIB after it
	at        time.Time    // zero: now
}

// name tells candidates apart.
func (c candidate) name() string { return c.command + "|" + c.condition }

// changes lists the single changes that were tried and found to help: to let more of r
// run; where all runs, to have it elsewhere; with a node, to have it there.
func (k *Case) changes(r *state.Resource, node *state.Node) (list []Change, tried int) {
	before := k.outcome(r)
	wanted := ""
	targets := k.c.Nodes
	switch {
	case node != nil:
		wanted, targets = node.Label(), []*state.Node{node}
	case k.complete(r, before):
		return k.elsewhere(r, before)
	}
	g := &gatherer{k: k, seen: map[string]bool{}, visited: map[*state.Resource]bool{}}
	g.from(r, targets, 0)
	return k.try(r, g.list, node, func(after outcome) bool { return after.betterThan(before, wanted) }, before)
}

// complete reports whether all of r runs that can be expected to.
func (k *Case) complete(r *state.Resource, o outcome) bool {
	if o.stuck || o.handsOff || o.running == 0 {
		return false
	}
	switch r.Variant {
	case state.Clone:
		available := 0
		for _, n := range k.c.Nodes {
			if _, bad := k.res.NodeTrouble(n); !bad && !k.hidden(r, n) {
				available++
			}
		}
		return len(o.places) >= min(r.CloneData.Max, available) && (!r.Promotable || o.promoted > 0 || r.CloneData.PromotedMax == 0)
	case state.Bundle:
		return true
	}
	return o.running == len(primitives(r))
}

// elsewhere lists changes that move what runs: to the best of the other nodes, and to
// each that is forbidden for a reason that can be undone.
func (k *Case) elsewhere(r *state.Resource, before outcome) (out []Change, tried int) {
	nodes := slices.Clone(k.c.Nodes)
	if p := k.speaker(r); p != nil {
		nodes = append(k.res.RunnersUp(p), nodes...) // the best of the others first
	}
	done := map[*state.Node]bool{}
	for _, n := range nodes {
		if done[n] || before.on(n.Label()) || k.hidden(r, n) || len(out) >= maxChanges || n.IsRemote() {
			continue
		}
		done[n] = true
		g := &gatherer{k: k, seen: map[string]bool{}, visited: map[*state.Resource]bool{}, noScores: len(out) >= maxScores}
		g.from(r, []*state.Node{n}, 0)
		if len(g.list) > 4 {
			g.list = g.list[:4]
		}
		list, more := k.try(r, g.list, n, func(after outcome) bool { return after.on(n.Label()) }, before)
		tried += more
		for _, c := range list {
			if !slices.ContainsFunc(out, func(o Change) bool { return o.Command == c.Command && o.Condition == c.Condition }) {
				out = append(out, c)
			}
		}
	}
	return out, tried
}

// try schedules again with each change and keeps those that work, and those that at least
// make the node possible that was asked about; it counts how many it tried.
func (k *Case) try(r *state.Resource, list []candidate, node *state.Node, works func(outcome) bool, before outcome) (out []Change, tried int) {
	at := slices.Index(k.c.Nodes, node)
	for i, c := range list {
		if i >= maxTries || len(out) >= maxChanges {
			break
		}
		tried++
		now := k.c.Now
		if !c.at.IsZero() {
			now = c.at
		}
		after, ok := k.whatIf(c.name(), c.root, now, "")[string(r.ID)]
		change := Change{Command: c.command, Condition: c.condition, Note: c.note}
		switch {
		case ok && works(after):
			change.Effect = effect(string(r.PrintableID()), before, after)
		case ok && at >= 0 && at < len(after.possible) && after.possible[at] && !before.possible[at] && after.running >= before.running:
			change.Effect = fmt.Sprintf("%s could run on %s again; it stays on %s as long as that is as good", r.PrintableID(), node.Label(), where(after.places))
		default:
			continue
		}
		out = append(out, change)
	}
	return out, tried
}

// gatherer collects candidates from causes: of a resource and of what it depends on.
type gatherer struct {
	k       *Case
	list    []candidate
	seen    map[string]bool
	visited map[*state.Resource]bool
	// noScores leaves out changes of scores: one node more to like is no news.
	noScores bool
}

func (g *gatherer) add(c candidate) {
	if c.root == nil || c.root == g.k.c.Root && c.at.IsZero() || g.seen[c.name()] {
		return
	}
	g.seen[c.name()] = true
	g.list = append(g.list, c)
}

// from adds what could be changed about r on the nodes in question.
func (g *gatherer) from(r *state.Resource, targets []*state.Node, depth int) {
	if r == nil || g.visited[r] || depth > maxDepth {
		return
	}
	g.visited[r] = true
	parts := primitives(r)
	if len(parts) > 8 {
		parts = parts[:8]
	}
	for _, p := range parts {
		g.fromPrimitive(p, targets, depth)
	}
}

func (g *gatherer) fromPrimitive(p *state.Resource, targets []*state.Node, depth int) {
	k := g.k
	var causes []sched.Cause
	s := k.res.Situation(p)
	for _, task := range []string{"start", "stop", "promote"} {
		if a := k.action(p, task, nil); a != nil && !a.Is(sched.Runnable) {
			causes = append(causes, k.res.ActionCauses(a)...)
		}
	}
	if !s.Managed || len(s.Assigned) == 0 || s.Blocked {
		causes = append(causes, k.res.PlaceCauses(p)...)
	}
	if len(s.Assigned) == 0 || len(targets) == 1 {
		for _, n := range targets {
			if len(causes) < 40 {
				causes = append(causes, k.res.Forbidden(p, n)...)
			}
		}
	}
	for _, c := range causes {
		g.fromCause(p, c, targets, depth)
	}
	if len(targets) == 1 {
		g.outweigh(p, targets[0])
	}
}

// outweigh adds changes of scores, just enough, that let a node win which is possible but
// does not win.
func (g *gatherer) outweigh(p *state.Resource, n *state.Node) {
	k := g.k
	assigned := k.res.AssignedTo(p)
	if g.noScores || assigned == nil || assigned == n || len(k.res.Forbidden(p, n)) > 0 {
		return
	}
	high, _ := k.res.Score(p, assigned)
	low, _ := k.res.Score(p, n)
	need := int(high-low) + 1
	top := configured(p)
	g.stickiness(p, assigned, need)
	id := g.freeID("prefer-" + top + "-" + n.Label())
	g.add(candidate{command: "crm configure location " + id + " " + top + " " + scoreText(need) + ": " + n.Label(),
		root: withConstraint(k.c.Root, locationOf(id, top, n.Label(), scoreOf(need)))})
}

// freeID is an id that no element has yet.
func (g *gatherer) freeID(id string) string {
	used := func(id string) bool {
		for e := range g.k.c.Root.Walk() {
			if e.ID() == id {
				return true
			}
		}
		return false
	}
	free := id
	for i := 2; used(free); i++ {
		free = id + "-" + strconv.Itoa(i)
	}
	return free
}

// configured is the resource that constraints and commands name: the clone of an
// anonymous instance, the group of a member.
func configured(p *state.Resource) string {
	top := p
	for top.Parent != nil {
		top = top.Parent
	}
	return string(top.XMLID)
}

// own is the id under which a resource itself is configured.
func own(r *state.Resource) string { return string(r.XMLID) }

// stickiness adds a lower stickiness, if what p likes about its place is that.
func (g *gatherer) stickiness(p *state.Resource, assigned *state.Node, need int) {
	sum := 0
	for _, c := range g.k.res.Contributions(p, assigned) {
		if c.Cause.Kind == sched.CauseStickiness {
			sum += int(c.Delta)
		}
	}
	value := int(p.Stickiness)
	if sum <= 0 || value <= 0 || sum < need {
		return
	}
	times := max(1, sum/value)
	lower := value - (need+times-1)/times
	if lower < 0 {
		return
	}
	id := own(p)
	for each := p; each != nil; each = each.Parent {
		if hasMeta(each.Orig, "resource-stickiness") {
			id = own(each)
		}
	}
	g.add(candidate{command: "crm resource meta " + id + " set resource-stickiness " + scoreText(lower),
		root: setMeta(g.k.c.Root, id, "resource-stickiness", scoreText(lower))})
}

// historyNames are the names under which a cleanup of p finds histories: those of all
// instances.
func historyNames(p *state.Resource) []string {
	names := []string{instanceBase(string(p.XMLID))}
	if p.HistoryID != "" {
		names = append(names, instanceBase(string(p.HistoryID)))
	}
	if id := instanceBase(string(p.ID)); !strings.EqualFold(id, names[0]) {
		names = append(names, id)
	}
	return names
}
