package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// How colocations are followed when scores are merged.
const (
	selectThisWith    = 1 << iota // follow what the resource is colocated with, not what is with it
	selectNonnegative             // a positive score must not become negative
	selectActive                  // leave the scores alone when no node is left
)

// colocation is a constraint that places the dependent relative to the primary.
type colocation struct {
	id                         string
	dependent, primary         *resource
	dependentRole, primaryRole crm.Role
	attr                       string // node attribute that must agree; "#uname" by default
	score                      crm.Score
	explicit                   bool // configured, not implied
	influence                  bool // the dependent's likings count for the primary
}

func (c *colocation) mandatory() bool { return c.score >= infinity || c.score <= -infinity }

// factor is the share of the dependent's scores that counts, in single precision as
// upstream computes it.
func (c *colocation) factor() float32 { return float32(c.score) / float32(infinity) }

// newColocation records a colocation with both resources, sorted by importance.
func (p *plan) newColocation(c colocation) {
	if c.score == 0 {
		return
	}
	if c.attr == "" {
		c.attr = "#uname"
	}
	n := &c
	n.dependent.thisWith = insertColocation(n.dependent.thisWith, n, false)
	n.primary.withThis = insertColocation(n.primary.withThis, n, true)
	if n.score <= -infinity {
		p.orderAnticolocated(n.dependent, n.dependentRole, n.primary, n.primaryRole)
		p.orderAnticolocated(n.primary, n.primaryRole, n.dependent, n.dependentRole)
	}
}

// insertColocation puts c before the first that is less important.
func insertColocation(list []*colocation, c *colocation, byDependent bool) []*colocation {
	i := 0
	for i < len(list) && compareColocations(c, list[i], byDependent) > 0 {
		i++
	}
	return slices.Insert(list[:len(list):len(list)], i, c)
}

// compareColocations orders the more important first: higher priority, then clones
// before the rest, promotable ones before others, then by name.
func compareColocations(a, b *colocation, byDependent bool) int {
	ar, br := a.primary, b.primary
	if byDependent {
		ar, br = a.dependent, b.dependent
	}
	switch {
	case ar.priority != br.priority:
		return descending(ar.priority, br.priority)
	case ar.Variant != br.Variant:
		return descending(int(ar.Variant), int(br.Variant))
	case ar.isClone() && ar.Promotable != br.Promotable:
		return firstIf(ar.Promotable)
	}
	return strings.Compare(string(ar.ID), string(br.ID))
}

// orderAnticolocated lets the one leave before the other comes, on the same node.
func (p *plan) orderAnticolocated(first *resource, firstRole crm.Role, then *resource, thenRole crm.Role) {
	firstTasks, thenTasks := []string{taskStop}, []string{taskStart}
	switch firstRole {
	case rolePromoted:
		firstTasks = []string{taskDemote}
	case roleUnpromoted:
		firstTasks = []string{taskStop, taskPromote}
	}
	switch thenRole {
	case rolePromoted:
		thenTasks = []string{taskPromote}
	case roleUnpromoted:
		thenTasks = []string{taskStart, taskDemote}
	}
	for _, f := range firstTasks {
		for _, t := range thenTasks {
			p.order(first, f, then, t, relIfRequiredOnSameNode)
		}
	}
}

// hasInfluence reports whether the dependent's likings count for the primary (or for r,
// when given): not for a guest's payload that can be anywhere, always for what does not
// run yet.
func (p *plan) hasInfluence(c *colocation, r *resource) bool {
	if r == nil {
		r = c.primary
	}
	if c.dependent.remoteNesting() && !r.is(fFailed) && len(r.active) == 1 {
		return false
	}
	return c.influence || len(r.active) == 0
}

// affects says what a colocation decides at the moment.
type affects uint8

const (
	affectsNothing affects = iota
	affectsLocation
	affectsRole
)

// roleResource is whose role counts: what runs inside a container, for containers.
func roleResource(r *resource) *resource {
	if r.isReplicaContainer() && r.replica.child != nil {
		return r.replica.child
	}
	return r
}

func (p *plan) affects(c *colocation, d, r *resource, preview bool) affects {
	if !preview && r.is(fUnassigned) {
		return affectsNothing
	}
	dr, rr := roleResource(d), roleResource(r)
	if c.dependentRole >= roleUnpromoted && dr.parent != nil && dr.parent.Promotable && !dr.is(fUnassigned) {
		return affectsRole
	}
	if !preview && !d.is(fUnassigned) {
		return affectsNothing
	}
	if c.dependentRole != roleUnknown && c.dependentRole != dr.next ||
		c.primaryRole != roleUnknown && c.primaryRole != rr.next {
		return affectsNothing
	}
	return affectsLocation
}

// colocationAttr reads a node attribute for a colocation; a bundle's contents see their
// host's. An attribute without a value is not the same as none: values begin with "=".
func (p *plan) colocationAttr(n *node, attr string, r *resource) string {
	target := ""
	if r != nil {
		if n.isBundleNode() && r.isBundled() && r.top() == r.topWithBundle().bundled {
			target = "host"
		} else {
			target = r.Meta["container-attribute-target"]
		}
	}
	if value, ok := p.lookupNodeAttr(n, attr, target, true); ok {
		return "=" + value
	}
	return ""
}

// colocationKey is colocationAttr in lower case: what nodes of the same value have in
// common.
func (p *plan) colocationKey(n *node, attr string, r *resource) string {
	if attr != "#uname" || n.isGuest() {
		return strings.ToLower(p.colocationAttr(n, attr, r))
	}
	if n.unameKey == "" {
		n.unameKey = strings.ToLower(p.colocationAttr(n, attr, r))
	}
	return n.unameKey
}

// applyColocationScore merges a colocation into the dependent: into its node scores, or
// its priority for promotion. It returns what the priority gained.
func (p *plan) applyColocationScore(d, r *resource, c *colocation, forDependent bool) crm.Score {
	if forDependent && d.isGroup() {
		return p.colocateGroupWith(d, r, c)
	}
	switch r.Variant {
	case state.Group:
		return p.colocateWithGroup(d, r, c)
	case state.Clone:
		return p.colocateWithClone(d, r, c)
	case state.Bundle:
		return p.colocateWithBundle(d, r, c)
	}
	switch p.affects(c, d, r, false) {
	case affectsRole:
		return p.colocateRole(d, r, c)
	case affectsLocation:
		p.colocateNodes(d, r, c)
	}
	return 0
}

// colocateNodes merges the primary's place into the dependent's node scores.
func (p *plan) colocateNodes(d, r *resource, c *colocation) {
	value := ""
	if r.assigned != nil {
		value = p.colocationAttr(r.assigned, c.attr, r)
	} else if c.score < 0 {
		return // away from what runs nowhere
	}
	work := d.allowed.clone()
	for _, n := range p.byIndex {
		if !work.has(n) {
			continue
		}
		switch {
		case r.assigned == nil:
			work.Add(n, -c.score, c)
		case strings.EqualFold(p.colocationAttr(n, c.attr, d), value):
			if c.score < infinity {
				work.Add(n, c.score, c)
			}
		case c.score >= infinity:
			work.ban(n, c)
		}
	}
	if c.mandatory() || p.anyUsable(work) {
		d.allowed = work
	}
}

// colocateRole merges the primary's place into the dependent's priority for promotion.
func (p *plan) colocateRole(d, r *resource, c *colocation) crm.Score {
	if d.assigned == nil {
		return 0
	}
	if r.assigned != nil && c.primaryRole != roleUnknown && c.primaryRole != roleResource(r).next {
		return 0
	}
	delta := c.score
	// A node that lacks the attribute matches a primary without a node, as upstream has it.
	if !strings.EqualFold(p.colocationAttr(d.assigned, c.attr, d), p.colocationAttr(r.assigned, c.attr, r)) {
		if c.score != infinity || c.dependentRole != rolePromoted {
			return 0
		}
		delta = -delta
	} else if c.dependentRole == roleUnpromoted {
		delta = -delta
	}
	d.priority = d.priority.Add(delta)
	return delta
}

// intersectNodes bans the dependent from nodes that are not listed. With merge, the
// listed scores are added.
func (p *plan) intersectNodes(d *resource, c *colocation, list []ranked, merge bool) {
	for _, n := range p.byIndex {
		if !d.allowed.has(n) {
			continue
		}
		i := slices.IndexFunc(list, func(r ranked) bool { return r.n == n })
		if i < 0 {
			d.allowed.ban(n, c)
		} else if merge {
			d.allowed.Add(n, list[i].score, c)
		}
	}
}

// colocatedResources lists r and all that must be on the same node.
func (p *plan) colocatedResources(r, orig *resource, list []*resource) []*resource {
	if orig == nil {
		orig = r
	}
	if r.isGroup() {
		switch {
		case r.GroupData.Colocated, r.parent.isClone():
			list = append(list, r)
			for _, m := range r.children {
				list = p.colocatedResources(m, orig, list)
			}
			return list
		case len(r.children) == 0:
			return list
		}
	}
	if slices.Contains(list, r) {
		return list
	}
	list = append(list, r)
	for _, c := range p.thisWithColocations(r) {
		if c.primary != orig && c.score == infinity && p.affects(c, r, c.primary, true) == affectsLocation {
			list = p.colocatedResources(c.primary, orig, list)
		}
	}
	for _, c := range p.withThisColocations(r) {
		if c.dependent == orig || r.isClone() && !c.dependent.isClone() {
			continue
		}
		if c.score == infinity && p.affects(c, c.dependent, r, true) == affectsLocation {
			list = p.colocatedResources(c.dependent, orig, list)
		}
	}
	return list
}

// blockDependents makes impossible what depends on a start or promotion that cannot
// happen.
func (p *plan) blockDependents(a *Action) {
	if a.Is(Runnable) || a.rsc == nil || a.Task != taskStart && a.Task != taskPromote {
		return
	}
	r := a.rsc.top()
	if r.parent != nil {
		r = r.parent // a bundle
	}
	for _, c := range r.children {
		if ca := c.firstAction(a.Task, nil); ca == nil || ca.Is(Runnable) {
			return // one at least gets there
		}
	}
	for _, c := range p.withThisColocations(r) {
		if c.score < infinity || a.Task != taskStart && c.primaryRole != rolePromoted {
			continue
		}
		task := taskStart
		if c.dependentRole == rolePromoted {
			task = taskPromote
		}
		p.blockTask(c.dependent, task, a)
	}
}

func (p *plan) blockTask(r *resource, task string, cause *Action) {
	for i := len(r.actions) - 1; i >= 0; i-- {
		a := r.actions[i]
		if a.Is(Runnable) && a.Task == task {
			a.clear(Runnable)
			a.preventBy(cause)
			a.explain("colocation with "+string(cause.rsc.ID), false)
			p.blockDependents(a)
			p.updateForOrderings(a)
		}
	}
	for _, c := range r.children {
		p.blockTask(c, task, cause)
	}
}
