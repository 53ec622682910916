package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// skipMark marks, while scores are merged, a node that an "only positive" merge ruled
// out. It is outside of the range of scores.
const skipMark = -100 * infinity

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

// readColocation turns a configured colocation into the scheduler's own.
func (p *plan) readColocation(c *state.Colocation) {
	score := crm.Score(0)
	if c.Score != "" {
		var err error
		if score, err = crm.ParseScore(c.Score); err != nil {
			p.confErr("Ignoring colocation " + c.ID + " because '" + c.Score + "' is not a valid score")
			return
		}
	}
	sets, ok := p.colocationSets(c)
	if !ok {
		return
	}
	if len(sets) == 0 {
		p.readSimpleColocation(c, score)
		return
	}
	for i := range sets {
		p.colocateSet(c, &sets[i], score)
		if i > 0 {
			p.colocateSets(c, &sets[i-1], &sets[i], score)
		}
	}
}

// colocationSets gives the sets of a colocation, templates and tags replaced. One
// between two resources has none.
func (p *plan) colocationSets(c *state.Colocation) ([]state.ResourceSet, bool) {
	if len(c.Sets) > 0 {
		return p.expandSets(c.ID, c.Sets), true
	}
	d, dRefs, ok1 := p.resourceOrRefs(c.Resource)
	r, rRefs, ok2 := p.resourceOrRefs(c.With)
	switch {
	case !ok1:
		p.confErr("Ignoring constraint '" + c.ID + "' because '" + c.Resource + "' is not a valid resource or tag")
		return nil, false
	case !ok2:
		p.confErr("Ignoring constraint '" + c.ID + "' because '" + c.With + "' is not a valid resource or tag")
		return nil, false
	case d != nil && r != nil:
		return nil, true
	case d == nil && r == nil:
		p.confErr("Ignoring constraint '" + c.ID + "' because two templates or tags cannot be colocated")
		return nil, false
	}
	ds, rs := singleSet(c.Resource), singleSet(c.With)
	if d == nil {
		ds = refSet(c.Resource, dRefs)
	} else {
		rs = refSet(c.With, rRefs)
	}
	ds.Role, rs.Role = c.Role, c.WithRole
	return []state.ResourceSet{ds, rs}, true
}

func (p *plan) readSimpleColocation(c *state.Colocation, score crm.Score) {
	d, r := p.find(c.Resource), p.find(c.With)
	for _, side := range []struct {
		r  *resource
		id string
	}{{d, c.Resource}, {r, c.With}} {
		if side.r == nil {
			p.confErr("Ignoring constraint '" + c.ID + "' because resource '" + side.id + "' does not exist")
			return
		}
	}
	p.colocate(c, c.ID, d, r, c.Role, c.WithRole, score, c.NodeAttribute, d)
}

// colocate records one configured colocation. influential is the resource whose
// "critical" decides the default of influence.
func (p *plan) colocate(c *state.Colocation, id string, d, r *resource, dRole, rRole string, score crm.Score, attr string, influential *resource) {
	role1, ok1 := p.constraintRole(id, dRole)
	role2, ok2 := p.constraintRole(id, rRole)
	if !ok1 || !ok2 {
		return
	}
	if d == r {
		p.confErr("Ignoring colocation '" + id + "' because '" + string(d.ID) + "' cannot be colocated with itself")
		return
	}
	p.newColocation(colocation{id: id, dependent: d, primary: r, dependentRole: role1, primaryRole: role2,
		attr: attr, score: score, explicit: true, influence: p.influence(c, influential)})
}

func (p *plan) influence(c *state.Colocation, r *resource) bool {
	if c.Influence != "" {
		if v, ok := parseBool(c.Influence); ok {
			return v
		}
		p.confErr("Constraint '" + c.ID + "' has invalid value for influence (using default)")
	}
	return r.Critical
}

// members finds the resources of a set; the first that does not exist ends the list.
func (p *plan) members(set *state.ResourceSet) []*resource {
	var out []*resource
	for _, id := range set.Members {
		r := p.find(id)
		if r == nil {
			p.confErr("Ignoring " + id + " and later resources in set " + set.ID + ": No such resource")
			break
		}
		out = append(out, r)
	}
	return out
}

// colocateSet colocates the members of a set with each other.
func (p *plan) colocateSet(c *state.Colocation, set *state.ResourceSet, score crm.Score) {
	if set.Score != "" {
		var err error
		if score, err = crm.ParseScore(set.Score); err != nil {
			p.confErr("Ignoring colocation '" + c.ID + "' for set '" + set.ID + "' because '" + set.Score + "' is not a valid score")
			return
		}
	}
	if score == 0 || set.Sequential != "" && !isTrue(set.Sequential) {
		return
	}
	withPrevious := set.Ordering == "" || strings.EqualFold(set.Ordering, "group")
	members := p.members(set)
	for i, m := range members {
		switch {
		case score < 0: // each away from all before it
			for _, other := range members[:i] {
				p.colocate(c, set.ID, m, other, set.Role, set.Role, score, "", m)
			}
		case i == 0:
		case withPrevious:
			p.colocate(c, set.ID, m, members[i-1], set.Role, set.Role, score, "", m)
		default:
			p.colocate(c, set.ID, members[i-1], m, set.Role, set.Role, score, "", m)
		}
	}
}

// colocateSets colocates a set with the next: sequential sets by the first of the one
// and the last of the other, others by every member.
func (p *plan) colocateSets(c *state.Colocation, a, b *state.ResourceSet, score crm.Score) {
	if score == 0 {
		return
	}
	as, bs := p.members(a), p.members(b)
	if sequential(a) && len(as) > 1 {
		as = as[:1]
	}
	if sequential(b) && len(bs) > 1 {
		bs = bs[len(bs)-1:]
	}
	for _, d := range as {
		for _, r := range bs {
			p.colocate(c, c.ID, d, r, a.Role, b.Role, score, "", d)
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
// host's.
func (p *plan) colocationAttr(n *node, attr string, r *resource) string {
	target := ""
	if r != nil {
		if n.isBundleNode() && r.isBundled() && r.top() == r.topWithBundle().bundled {
			target = "host"
		} else {
			target = r.Meta["container-attribute-target"]
		}
	}
	return p.nodeAttr(n, attr, target, true)
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
			work.Add(n, -c.score, c.id)
		case strings.EqualFold(p.colocationAttr(n, c.attr, d), value):
			if c.score < infinity {
				work.Add(n, c.score, c.id)
			}
		case c.score >= infinity:
			work.ban(n, c.id)
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
	dv := p.colocationAttr(d.assigned, c.attr, d)
	rv, has := "", r.assigned != nil
	if has {
		rv = p.colocationAttr(r.assigned, c.attr, r)
	}
	if !has || !strings.EqualFold(dv, rv) {
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
			d.allowed.ban(n, c.id)
		} else if merge {
			d.allowed.Add(n, list[i].score, c.id)
		}
	}
}

// addDependentScores lets the primary of c like what its dependent likes.
func (p *plan) addDependentScores(c *colocation, primary *resource) {
	if !p.hasInfluence(c, nil) {
		return
	}
	flags := selectActive
	if primary.isClone() {
		flags |= selectNonnegative
	}
	p.addColocatedScores(c.dependent, primary, &primary.allowed, c, c.factor(), flags)
}

// addColocatedScores merges into a table the scores of source, times factor, and of
// what is colocated with source in turn. A nil table starts as a copy of source's own.
func (p *plan) addColocatedScores(source, target *resource, table **Scores, c *colocation, factor float32, flags int) {
	if source.isGroup() {
		p.addGroupColocatedScores(source, target, table, c, factor, flags)
		return
	}
	if source.is(fUpdatingNodes) {
		return // a loop
	}
	source.set(fUpdatingNodes)
	defer source.clear(fUpdatingNodes)
	var work *Scores
	if *table == nil {
		work, target = source.allowed.clone(), source
	} else {
		work = (*table).clone()
		p.mergeScores(work, source, target, c, factor, flags&selectNonnegative != 0)
	}
	if p.anyUsable(work) {
		var list []*colocation
		if flags&selectThisWith != 0 {
			list = p.thisWithColocations(source)
		} else {
			list = p.withThisColocations(source)
		}
		flags |= selectActive
		for _, each := range list {
			other := each.dependent
			if flags&selectThisWith != 0 {
				other = each.primary
			} else if !p.hasInfluence(each, nil) {
				continue
			}
			next := factor * float32(each.score) / float32(infinity)
			p.addColocatedScores(other, target, &work, each, next, flags)
		}
	} else if flags&selectActive != 0 {
		return
	}
	if flags&selectNonnegative != 0 {
		for i := range work.slots {
			if s := &work.slots[i]; s.allowed && s.score == skipMark {
				s.score = 1
			}
		}
	}
	*table = work
}

// mergeScores adds to each node of work the best score that source has on any node with
// the same attribute value, times factor.
func (p *plan) mergeScores(work *Scores, source, target *resource, c *colocation, factor float32, onlyPositive bool) {
	best := p.bestByValue(c, source)
	for _, n := range p.byIndex {
		s := work.at(n)
		if s == nil {
			continue
		}
		score, ok := best[strings.ToLower(p.colocationAttr(n, c.attr, target))]
		if !ok {
			score = -infinity
		}
		if factor < 0 && score < 0 {
			if c.primary.Stickiness >= -score || !p.hasInfluence(c, nil) || !p.allowedOnOne(c.dependent) {
				continue
			}
		}
		if s.score == skipMark {
			continue
		}
		delta := roundScore(factor, score)
		sum := s.score.Add(delta)
		if onlyPositive && sum < 0 && s.score >= 0 {
			if s.score > 0 {
				s.score = skipMark
			}
			continue
		}
		work.Add(n, delta, c.id)
	}
}

// roundScore multiplies in single precision, rounds half away from zero, and never
// makes nothing of something.
func roundScore(factor float32, score crm.Score) crm.Score {
	f := factor * float32(score)
	delta := crm.Score(0)
	if f < 0 {
		delta = crm.Score(int(float64(f) - 0.5))
	} else {
		delta = crm.Score(int(float64(f) + 0.5))
	}
	if delta == 0 && score != 0 {
		if factor > 0 {
			return 1
		} else if factor < 0 {
			return -1
		}
	}
	return delta
}

// bestByValue finds, for each value of the colocation's attribute (in lower case), the
// best score of r on an available node that has it.
func (p *plan) bestByValue(c *colocation, r *resource) map[string]crm.Score {
	table := r.allowed
	if r == c.dependent && c.explicit && r.parent.isGroup() && r != r.parent.children[0] {
		// A later member has no location scores of its own: use the group's.
		r.allowed = table.clone()
		for i := len(p.locations) - 1; i >= 0; i-- {
			if l := p.locations[i]; l.rsc == r.parent {
				p.applyLocation(r, l, false)
			}
		}
		defer func() { r.allowed = table }()
	}
	best := map[string]crm.Score{}
	for _, n := range p.byIndex {
		s := r.allowed.at(n)
		if s == nil || !n.available() || s.score <= -infinity {
			continue
		}
		v := strings.ToLower(p.colocationAttr(n, c.attr, r))
		if have, ok := best[v]; !ok || s.score > have {
			best[v] = s.score
		}
	}
	return best
}

func (p *plan) allowedOnOne(r *resource) bool {
	count := 0
	for i := range r.allowed.slots {
		if s := &r.allowed.slots[i]; s.allowed && s.score >= 0 {
			count++
		}
	}
	return count == 1
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
		p.blockTask(c.dependent, task, a.rsc)
	}
}

func (p *plan) blockTask(r *resource, task string, cause *resource) {
	for i := len(r.actions) - 1; i >= 0; i-- {
		a := r.actions[i]
		if a.Is(Runnable) && a.Task == task {
			a.clear(Runnable)
			a.explain("colocation with "+string(cause.ID), false)
			p.blockDependents(a)
			p.updateForOrderings(a)
		}
	}
	for _, c := range r.children {
		p.blockTask(c, task, cause)
	}
}
