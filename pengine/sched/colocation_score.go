package sched

import (
	"github.com/tactus-ha/tactus/crm"
)

// skipMark marks, while scores are merged, a node that an "only positive" merge ruled
// out. It is outside of the range of scores.
const skipMark = -100 * infinity

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
				work.record(p.byIndex[i], 0, c.orNode())
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
		score, ok := best[p.colocationKey(n, c.attr, target)]
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
		work.Add(n, delta, c)
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
	best := make(map[string]crm.Score, len(p.byIndex))
	for _, n := range p.byIndex {
		s := r.allowed.at(n)
		if s == nil || !n.available() || s.score <= -infinity {
			continue
		}
		v := p.colocationKey(n, c.attr, r)
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
