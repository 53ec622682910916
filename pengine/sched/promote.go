package sched

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// addPromotionScores lets instances of a promotable clone like nodes where an agent
// gave them a promotion score.
func (p *plan) addPromotionScores(r *resource) {
	if r.is(fPromotionAdded) {
		return
	}
	r.set(fPromotionAdded)
	for _, i := range r.children {
		for _, n := range p.byIndex {
			if !i.allowed.has(n) || !n.available() {
				continue
			}
			score, _ := p.promotionScore(i, n)
			if score > 0 {
				i.allowed.Add(n, score, CausePromotion)
			}
			i.priority = max(i.priority, score)
		}
	}
}

// stripInstance takes the instance number from a name.
func stripInstance(id string) string {
	i := strings.LastIndexByte(id, ':')
	if i < 0 || i == len(id)-1 {
		return id
	}
	for _, c := range id[i+1:] {
		if c < '0' || c > '9' {
			return id
		}
	}
	return id[:i]
}

// promotionScore is what the agent of r (all of it, for a group) recorded for a node.
// given tells whether there was anything.
func (p *plan) promotionScore(r *resource, n *node) (score crm.Score, given bool) {
	if len(r.children) > 0 {
		for _, c := range r.children {
			s, g := p.promotionScore(c, n)
			score, given = score+s, given || g
		}
		return score, given
	}
	if !p.promotionApplies(r, n) {
		return 0, false
	}
	name := string(r.ID)
	if r.histID != "" {
		name = string(r.histID)
	}
	value, ok := p.promotionAttr(r, n, name)
	if !ok && !r.Unique {
		if plain := stripInstance(string(r.ID)); plain != string(r.ID) {
			value, ok = p.promotionAttr(r, n, plain)
		}
	}
	if !ok {
		return 0, false
	}
	score, err := p.c.ParseScore(value)
	if err != nil {
		p.warn("Using 0 as promotion score for " + string(r.ID) + " on " + n.name() + " because '" + value + "' is not a valid score")
		return 0, true
	}
	return score, true
}

func (p *plan) promotionAttr(r *resource, n *node, name string) (string, bool) {
	v := p.nodeAttr(n, "master-"+name, r.Meta["container-attribute-target"], !r.is(fUnassigned))
	return v, v != ""
}

// promotionApplies reports whether a node's promotion score means this instance.
func (p *plan) promotionApplies(r *resource, n *node) bool {
	if !r.Unique {
		id, top := stripInstance(string(r.ID)), r.top()
		active := findInstance(top, id, func(i *resource) bool { return i.activeOn(n) })
		if active == r {
			return allowedHere(r, n)
		}
		if active == nil && findInstance(top, id, func(i *resource) bool { return i.probed[n.idx] }) != nil {
			return allowedHere(r, n)
		}
	}
	if len(r.active) == 0 && !slices.Contains(r.probed, true) {
		return allowedHere(r, n)
	}
	return (r.probed[n.idx] || r.activeOn(n)) && allowedHere(r, n)
}

func allowedHere(r *resource, n *node) bool {
	s := r.allowed.at(n)
	return s != nil && s.score >= 0
}

// findInstance finds, in each instance of a clone, the resource that id means, and
// returns the first that satisfies ok.
func findInstance(clone *resource, id string, ok func(*resource) bool) *resource {
	for _, c := range clone.children {
		if m := matchInstance(c, id, ok); m != nil {
			return m
		}
	}
	return nil
}

func matchInstance(r *resource, id string, ok func(*resource) bool) *resource {
	if (id == string(r.ID) || id == string(r.XMLID)) && ok(r) {
		return r
	}
	for _, c := range r.children {
		if m := matchInstance(c, id, ok); m != nil {
			return m
		}
	}
	return nil
}

// setInstanceRoles chooses who is promoted.
func (p *plan) setInstanceRoles(r *resource) {
	for i := range r.allowed.slots {
		r.allowed.slots[i].count = 0 // counts promoted instances from here on
	}
	for _, i := range r.children {
		p.setInstancePriority(i, r)
	}
	p.sortPromotable(r)
	promoted := 0
	for _, i := range r.children {
		p.setInstanceRole(i, &promoted)
	}
}

func setUnpromotedNow(r *resource) {
	if r.role == roleStarted {
		r.role = roleUnpromoted
	}
	for _, c := range r.children {
		setUnpromotedNow(c)
	}
}

// setInstancePriority works out how much an instance deserves promotion.
func (p *plan) setInstancePriority(i, clone *resource) {
	if i.roleOf(true) == roleStarted {
		setUnpromotedNow(i)
	}
	nodes := i.nodesOf(assignedNodes)
	if len(nodes) > 1 {
		p.confErr("Cannot promote non-colocated child " + string(i.ID))
	}
	chosen := i.nodeOf(assignedNodes)
	if chosen == nil {
		return
	}
	next := i.roleOf(false)
	switch next {
	case roleStarted, roleUnknown:
		score, given := p.promotionScore(i, chosen)
		if !given {
			score = -1
		}
		i.priority = score
	case roleUnpromoted, roleStopped:
		i.priority = -infinity
	}
	p.addPromotedLocations(i, i.located, chosen)
	p.addPromotedLocations(i, clone.located, chosen)
	for _, c := range p.thisWithColocations(i) {
		p.applyColocationScore(i, c.primary, c, true)
	}
	i.promotionPriority = i.priority
	if next == rolePromoted {
		i.promotionPriority = infinity
	}
}

// addPromotedLocations adds locations for the promoted role on the chosen node.
func (p *plan) addPromotedLocations(i *resource, list []*location, chosen *node) {
	for k := len(list) - 1; k >= 0; k-- {
		if list[k].role != rolePromoted {
			continue
		}
		for j := len(list[k].nodes) - 1; j >= 0; j-- {
			if s := list[k].nodes[j]; s.node == chosen {
				i.priority = i.priority.Add(s.score)
				break
			}
		}
	}
}

// sortPromotable orders instances by what they, and all that depends on their
// promotion, like.
func (p *plan) sortPromotable(r *resource) {
	if r.is(fPromotionConstrained) {
		return
	}
	r.set(fPromotionConstrained | fUpdatingNodes)
	for _, i := range r.children {
		if n := i.nodeOf(assignedNodes); i.promotionPriority >= 0 && r.allowed.has(n) {
			r.allowed.Add(n, i.promotionPriority, CausePromotion)
		}
	}
	for _, c := range p.withThisColocations(r) {
		if c.primaryRole == rolePromoted && p.hasInfluence(c, nil) {
			p.addColocatedScores(c.dependent, r, &r.allowed, c, c.factor(), selectActive|selectNonnegative)
		}
	}
	p.requirePromotionTickets(r)
	for _, i := range r.children {
		n := i.nodeOf(assignedNodes)
		switch {
		case !i.is(fManaged) && i.next == rolePromoted:
			i.promotionPriority = infinity
		case n == nil:
			i.promotionPriority = -infinity
		case i.promotionPriority >= 0 && r.allowed.has(n):
			i.promotionPriority = r.allowed.get(n)
		}
	}
	r.children = slices.Clone(r.children)
	mergeSort(r.children, p.comparePromotable)
	r.clear(fUpdatingNodes)
}

func (p *plan) comparePromotable(a, b *resource) int {
	if a.promotionPriority != b.promotionPriority {
		return descending(a.promotionPriority, b.promotionPriority)
	}
	if ar, br := a.roleOf(true), b.roleOf(true); ar != br {
		return descending(int(ar), int(br))
	}
	return p.compareInstances(a, b)
}

// setInstanceRole promotes an instance if it may be and there are not enough yet.
func (p *plan) setInstanceRole(i *resource, promoted *int) {
	clone := i.top()
	if p.opts.ShowScores {
		m := Remark{Kind: RemarkPromotionScore, Resource: string(i.ID), Score: crm.Score(i.promotionPriority)}
		if n := i.nodeOf(assignedNodes); n != nil {
			m.Node = n.name()
		}
		p.remarks = append(p.remarks, m)
	}
	var chosen *slot
	if i.promotionPriority >= 0 && (*promoted < clone.CloneData.PromotedMax || !clone.is(fManaged)) {
		chosen = p.promotionSlot(i)
	}
	if chosen == nil || i.role < rolePromoted && p.frozen() {
		setNextUnpromoted(i)
		return
	}
	chosen.count++
	setNextPromoted(i)
	*promoted++
}

func setNextUnpromoted(r *resource) {
	if len(r.nodesOf(assignedNodes)) == 0 {
		r.setNext(roleStopped)
	} else {
		r.setNext(roleUnpromoted)
	}
	for _, c := range r.children {
		setNextUnpromoted(c)
	}
}

func setNextPromoted(r *resource) {
	if r.next == roleUnknown {
		r.setNext(rolePromoted)
	}
	for _, c := range r.children {
		setNextPromoted(c)
	}
}

// promotionSlot is where an instance would be promoted; nil when it cannot be.
func (p *plan) promotionSlot(r *resource) *slot {
	for _, c := range r.children {
		if p.promotionSlot(c) == nil {
			return nil
		}
	}
	n := r.nodeOf(assignedNodes)
	switch {
	case n == nil:
		return nil
	case !r.is(fManaged):
		if r.roleOf(true) != rolePromoted {
			return nil
		}
	case r.priority < 0, !n.available(), n.isGuest() && n.remote.launcher.nodeOf(assignedNodes) == nil:
		return nil
	}
	clone := r.top()
	s := clone.allowed.at(n)
	if s == nil || s.count >= clone.CloneData.PromotedNodeMax && r.is(fManaged) {
		return nil
	}
	return s
}

// createPromotableActions makes the milestones of promotion and demotion.
func (p *plan) createPromotableActions(r *resource) {
	promoting, demoting := false, false
	for _, i := range r.children {
		p.create(i)
		roleChanges(i, &promoting, &demoting)
	}
	p.createPromotionMilestones(r, promoting, demoting)
	for _, i := range r.children {
		i.priority = r.priority // it was used for promotion until now
	}
}

func roleChanges(r *resource, promoting, demoting *bool) {
	for _, c := range r.children {
		roleChanges(c, promoting, demoting)
	}
	if len(r.children) > 0 {
		return
	}
	for _, a := range r.actions {
		if !a.Is(Optional) {
			*promoting = *promoting || a.Task == taskPromote
			*demoting = *demoting || a.Task == taskDemote
		}
	}
}

func (p *plan) createPromotionMilestones(r *resource, promoting, demoting bool) {
	promote := p.pseudo(r, taskPromote, !promoting, true)
	promoted := p.pseudo(r, taskPromoted, !promoting, true)
	promoted.Priority = infinity
	if r.onPromote == nil {
		r.onPromote = p.createNotices(r, taskPromote, promote, promoted)
	}
	demote := p.pseudo(r, taskDemote, !demoting, true)
	demoted := p.pseudo(r, taskDemoted, !demoting, true)
	demoted.Priority = infinity
	if r.onDemote != nil {
		return
	}
	r.onDemote = p.createNotices(r, taskDemote, demote, demoted)
	if r.onPromote == nil || r.onDemote == nil || r.onStop == nil || r.onStart == nil {
		return
	}
	relate(r.onStop.postDone, r.onPromote.pre, relOrdered)
	relate(r.onStart.postDone, r.onPromote.pre, relOrdered)
	relate(r.onDemote.postDone, r.onPromote.pre, relOrdered)
	relate(r.onDemote.postDone, r.onStart.pre, relOrdered)
	relate(r.onDemote.postDone, r.onStop.pre, relOrdered)
}
