package sched

import (
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// PromotionCauses says why an instance is promoted, or why not.
func (r *Result) PromotionCauses(rsc *state.Resource) []Cause {
	w := r.plan.all[rsc.Index]
	if w.next != rolePromoted {
		return r.plan.whyNotPromoted(w)
	}
	return []Cause{r.plan.promotionCause(w)}
}

// promotionCause tells r's promotion score, and the best of those that are not promoted.
func (p *plan) promotionCause(r *resource) Cause {
	i := p.instanceOf(r)
	c := Cause{Kind: CausePromotion, Score: i.promotionPriority, Node: stateNode(r.assigned)}
	if i.parent == nil {
		return c
	}
	var next *resource
	for _, other := range i.parent.children {
		if other == i || other.roleOf(false) == rolePromoted || other.nodeOf(assignedNodes) == nil || other.promotionPriority < 0 {
			continue
		}
		if next == nil || other.promotionPriority > next.promotionPriority {
			next = other
		}
	}
	if next != nil {
		c.Names, c.Limit = []string{next.nodeOf(assignedNodes).Label()}, int(next.promotionPriority)
	}
	return c
}

// whyNotPromoted says why an instance is not (or no longer) promoted.
func (p *plan) whyNotPromoted(r *resource) []Cause {
	i := p.instanceOf(r)
	if role, ok := crm.ParseRole(r.Meta["target-role"]); ok && role <= roleUnpromoted {
		return []Cause{{Kind: CauseTargetRole, ID: r.Meta["target-role"]}}
	}
	if unable := p.whyUnable(r); len(unable) > 0 {
		return unable
	}
	if i.parent != nil {
		for _, t := range i.parent.ticketed {
			if t.role == rolePromoted && t.missing() {
				return []Cause{t.cause()}
			}
		}
		for _, other := range i.parent.children {
			if other != i && other.roleOf(false) == rolePromoted && i.promotionPriority >= 0 {
				return []Cause{{Kind: CauseDeclined, Resource: other.Resource, Node: stateNode(other.nodeOf(assignedNodes)),
					Score: i.promotionPriority, Count: int(other.promotionPriority)}}
			}
		}
	}
	if op := lastFailure(p.c, r.Resource, nil); op != nil && op.Task == taskPromote {
		return []Cause{{Kind: CauseFailed, Op: op, Node: op.Node}}
	}
	return []Cause{{Kind: CausePromotion, Score: i.promotionPriority, Node: stateNode(r.assigned)}}
}

// instanceOf is the instance of a clone that r is, or is a member of.
func (p *plan) instanceOf(r *resource) *resource {
	for r.parent != nil && !r.parent.isClone() {
		r = r.parent
	}
	return r
}
