package sched

import (
	"github.com/tactus-ha/tactus/crm"
)

// probeMode is what a location constraint says about looking for a resource on a node.
type probeMode uint8

const (
	probeAlways probeMode = iota
	probeNever
	probeExclusive
)

// slot is what a table knows of one node.
type slot struct {
	allowed bool // the table has the node at all
	probe   probeMode
	count   int // instances assigned there
	score   crm.Score
}

// Scores is a table of nodes with scores: where a resource may run, and how much it
// likes to. Add and its kin are the only writers, so that each contribution is on record.
type Scores struct {
	slots []slot // by node index
	trail []mark
	keep  bool

	ordered  bool    // inserted is kept; see tie.go
	inserted []*node // in order
}

// Contribution is one change of a score and its cause.
type Contribution struct {
	Node   crm.NodeName
	Delta  crm.Score // what was added; for a ban -INFINITY
	Result crm.Score
	Reason string // the id of the constraint, else the kind of the cause
	Cause  Cause
}

// mark is a contribution as it is recorded.
type mark struct {
	node          *node
	delta, result crm.Score
	by            by
}

// Trail lists what made the scores what they are, oldest first. It is kept only when
// Options.Explain asks for it.
func (s *Scores) Trail() []Contribution {
	out := make([]Contribution, len(s.trail))
	for i, m := range s.trail {
		c := m.by.cause()
		c.Score = m.delta
		reason := c.ID
		if reason == "" {
			reason = c.Kind.String()
		}
		out[i] = Contribution{m.node.Name, m.delta, m.result, reason, c}
	}
	return out
}

func (p *plan) newScores() *Scores {
	return &Scores{slots: make([]slot, len(p.byIndex)), keep: p.opts.Explain, ordered: !p.defaultPlacement()}
}

// clone copies the table.
func (s *Scores) clone() *Scores {
	if s == nil {
		return nil
	}
	c := &Scores{slots: append([]slot(nil), s.slots...), keep: s.keep}
	c.trail = s.trail[:len(s.trail):len(s.trail)]
	if c.ordered = s.ordered; c.ordered {
		c.inserted = tableOrder(s.inserted) // a copy is filled by walking the original
	}
	return c
}

// has reports whether the table has the node.
func (s *Scores) has(n *node) bool { return s != nil && n != nil && s.slots[n.idx].allowed }

// at returns the slot of a node that the table has, or nil.
func (s *Scores) at(n *node) *slot {
	if !s.has(n) {
		return nil
	}
	return &s.slots[n.idx]
}

// get returns the score on n, -INFINITY when the table lacks it.
func (s *Scores) get(n *node) crm.Score {
	if !s.has(n) {
		return -infinity
	}
	return s.slots[n.idx].score
}

// Add adds a score for a node that the table has.
func (s *Scores) Add(n *node, delta crm.Score, why by) {
	sl := &s.slots[n.idx]
	sl.score = sl.score.Add(delta)
	s.record(n, delta, why)
}

// set replaces the score of a node that the table has.
func (s *Scores) set(n *node, score crm.Score, why by) {
	s.slots[n.idx].score = score
	s.record(n, score, why)
}

// ban makes a node impossible.
func (s *Scores) ban(n *node, why by) { s.set(n, -infinity, why) }

// admit puts a node into the table with a first score and the node's own probe mode.
func (s *Scores) admit(n *node, score crm.Score, why by) {
	s.slots[n.idx] = slot{allowed: true, score: score, probe: probeMode(n.Probe)}
	if s.ordered {
		s.inserted = append(s.inserted, n)
	}
	s.record(n, score, why)
}

// remove takes a node out of the table.
func (s *Scores) remove(n *node) { s.slots[n.idx] = slot{} }

func (s *Scores) record(n *node, delta crm.Score, why by) {
	if s.keep {
		s.trail = append(s.trail, mark{n, delta, s.slots[n.idx].score, why})
	}
}

// usable reports whether n can run resources and the table does not ban it.
func (s *Scores) usable(n *node) bool {
	return n.available() && s.has(n) && s.slots[n.idx].score >= 0
}

// anyUsable reports whether the table leaves any node to run on.
func (p *plan) anyUsable(s *Scores) bool {
	if s == nil {
		return false
	}
	for _, n := range p.byIndex {
		if s.usable(n) {
			return true
		}
	}
	return false
}

// allowedNodes lists the nodes of a table in order of creation.
func (p *plan) allowedNodes(s *Scores) []*node {
	var out []*node
	for _, n := range p.byIndex {
		if s.has(n) {
			out = append(out, n)
		}
	}
	return out
}

// addLocation adds a score to r and everything below it: on one node, or on all when n
// is nil. A ban from all nodes also undoes an assignment.
func (p *plan) addLocation(r *resource, n *node, score crm.Score, why by) {
	if n != nil {
		p.addLocationOn(r, n, score, why)
		return
	}
	for _, each := range p.nodes {
		p.addLocationOn(r, each, score, why)
	}
	if score == -infinity && r.assigned != nil {
		r.assigned = nil
	}
}

func (p *plan) addLocationOn(r *resource, n *node, score crm.Score, why by) {
	for _, c := range r.children {
		p.addLocationOn(c, n, score, why)
	}
	if !r.allowed.has(n) {
		r.allowed.admit(n, n.Score, CauseNodeScore)
	}
	r.allowed.Add(n, score, why)
}

// showScores writes what crm_simulate -s prints for r and everything below it.
func (p *plan) showScores(r *resource, step string, table *Scores) {
	if !p.opts.ShowScores || r.Removed || table == nil {
		return
	}
	for _, n := range p.nodes {
		if table.has(n) {
			p.remarks = append(p.remarks, Remark{Kind: RemarkScore, Step: step, Resource: string(r.ID), Node: string(n.Name),
				Score: table.slots[n.idx].score})
		}
	}
	for _, c := range r.children {
		p.showScores(c, step, c.allowed)
	}
}
