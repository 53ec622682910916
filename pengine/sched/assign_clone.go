package sched

import "slices"

func (p *plan) assignClone(r *resource, prefer *node, stopIfFail bool) *node {
	if !r.is(fUnassigned) || r.is(fAssigning) {
		return nil
	}
	r.set(fAssigning)
	if r.Promotable {
		p.addPromotionScores(r)
	}
	for _, c := range p.thisWithColocations(r) {
		p.assign(c.primary, prefer, stopIfFail)
	}
	for _, c := range p.withThisColocations(r) {
		p.addDependentScores(c, r)
	}
	p.showScores(r, "pcmk__clone_assign", r.allowed)
	r.children = slices.Clone(r.children)
	mergeSort(r.children, p.compareInstances)
	p.assignInstances(r, r.children, r.CloneData.Max, r.CloneData.NodeMax)
	if r.Promotable {
		p.setInstanceRoles(r)
	}
	r.clear(fUnassigned | fAssigning)
	return nil
}
