package sched

import (
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// canInterleave reports whether each instance of the dependent can go with one of the
// primary.
func (p *plan) canInterleave(c *colocation) bool {
	if c.dependent.Variant <= state.Group || !isTrue(c.dependent.Meta["interleave"]) {
		return false
	}
	if maxPerNode(c.dependent) != maxPerNode(c.primary) {
		p.confErr("Cannot interleave " + string(c.dependent.ID) + " and " + string(c.primary.ID) +
			" because they do not support the same number of instances per node")
		return false
	}
	return true
}

// maxPerNode is how many instances of r one node may have.
func maxPerNode(r *resource) int {
	switch r.Variant {
	case state.Clone:
		return r.CloneData.NodeMax
	case state.Bundle:
		return r.BundleData.PerHost
	}
	return 1
}

// colocateWithClone places d with a clone: with its promoted instances, with the
// instance that goes with it, or anywhere where there is one.
func (p *plan) colocateWithClone(d, r *resource, c *colocation) crm.Score {
	if r.is(fUnassigned) {
		return 0
	}
	if r.Promotable && c.primaryRole != roleUnknown {
		if d.is(fUnassigned) {
			p.colocateWithPromoted(d, r, c)
			return 0
		}
		if c.dependentRole == rolePromoted {
			return p.colocatePromotion(d, r, c)
		}
	}
	if p.canInterleave(c) {
		if i := p.compatibleInstance(d, r, roleUnknown, false, ""); i != nil {
			return p.applyColocationScore(d, i, c, true)
		}
		if c.score >= infinity {
			p.notice(string(d.ID) + " cannot run because it cannot interleave with any instance of " + string(r.ID))
			p.place(d, nil, 0, true, true)
		}
		return 0
	}
	if c.score >= infinity {
		var list []ranked
		for _, i := range r.children {
			if n := i.nodeOf(assignedNodes); n != nil && !blockedAny(i) {
				list = append(list, ranked{n, i.assignedScoreOf()})
			}
		}
		p.intersectNodes(d, c, list, false)
		return 0
	}
	var delta crm.Score
	for _, i := range r.children {
		delta = delta.Add(p.applyColocationScore(d, i, c, false))
	}
	return delta
}

// colocateWithPromoted places d where instances of the primary have the wanted role.
func (p *plan) colocateWithPromoted(d, r *resource, c *colocation) {
	var list []ranked
	for _, i := range r.children {
		n := i.nodeOf(assignedNodes)
		if n == nil || i.roleOf(false) != c.primaryRole {
			continue
		}
		list = append([]ranked{{n, i.assignedScoreOf()}}, list...)
		if c.score >= infinity {
			continue
		}
		value := p.colocationAttr(n, c.attr, r)
		for _, each := range p.byIndex {
			if d.allowed.has(each) && strings.EqualFold(value, p.colocationAttr(each, c.attr, d)) {
				d.allowed.Add(each, c.score, c)
			}
		}
	}
	if c.score >= infinity && (c.dependentRole != rolePromoted || c.primaryRole != rolePromoted) {
		p.intersectNodes(d, c, list, true)
	}
}

// colocatePromotion lets d be promoted where the primary is.
func (p *plan) colocatePromotion(d, r *resource, c *colocation) crm.Score {
	if p.compatibleInstance(d, r, c.primaryRole, false, c.attr) != nil {
		d.priority = d.priority.Add(c.score)
		return c.score
	}
	if c.score >= infinity {
		d.priority = -infinity
		return -infinity
	}
	return 0
}
