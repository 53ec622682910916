package sched

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// canRunInstance reports whether a node can take one more instance.
func canRunInstance(r *resource, n *node, maxPerNode int) bool {
	if r.Removed || !n.available() {
		return false
	}
	s := topAllowed(r, n)
	return s != nil && s.score >= 0 && s.count < maxPerNode
}

// banFull bans an instance (and its members) from nodes that cannot take it.
func (p *plan) banFull(r *resource, maxPerNode int) {
	for _, n := range p.byIndex {
		if !r.allowed.has(n) || canRunInstance(r, n, maxPerNode) {
			continue
		}
		r.allowed.ban(n, CauseInstanceLimit)
		for _, c := range r.children {
			if c.allowed.has(n) {
				c.allowed.ban(n, CauseInstanceLimit)
			}
		}
	}
}

// instanceNumber is the number at the end of an instance's name ("web:1", "httpd-bundle-podman-0").
func instanceNumber(r *resource) int {
	id := string(r.ID)
	i := strings.LastIndexByte(id, ':')
	if i < 0 {
		i = strings.LastIndexByte(id, '-')
	}
	n, _ := strconv.Atoi(id[i+1:])
	return n
}

func compareInstanceNumbers(a, b *resource) int { return instanceNumber(a) - instanceNumber(b) }

// compareInstances orders first the instance that should be placed first.
func (p *plan) compareInstances(a, b *resource) int {
	an, aActive, _ := p.activeNode(a)
	bn, bActive, _ := p.activeNode(b)
	if aActive > 0 && bActive > 0 && aActive != bActive {
		return descending(bActive, aActive) // active on fewer nodes
	}
	an, aCan := allowedThere(a, an)
	bn, bCan := allowedThere(b, bn)
	if aCan != bCan {
		return firstIf(aCan)
	}
	if a.priority != b.priority {
		return descending(a.priority, b.priority)
	}
	if c, done := preferNonNil(an != nil, bn != nil); done {
		return c
	}
	if an.available() != bn.available() {
		return firstIf(an.available())
	}
	as, bs := topAllowed(a, an), topAllowed(b, bn)
	if c, done := preferNonNil(as != nil, bs != nil); done {
		return c
	}
	if as.count != bs.count {
		return descending(bs.count, as.count)
	}
	if af, bf := didFail(a), didFail(b); af != bf {
		return firstIf(bf)
	}
	if c := p.compareByColocation(a, b); c != 0 {
		return c
	}
	return compareInstanceNumbers(a, b)
}

func firstIf(first bool) int {
	if first {
		return -1
	}
	return 1
}

// preferNonNil orders what is there first; done is false when both are.
func preferNonNil(a, b bool) (c int, done bool) {
	switch {
	case !a && !b:
		return 0, true
	case !a:
		return 1, true
	case !b:
		return -1, true
	}
	return 0, false
}

// allowedThere reports whether r may run where it is; if not, the node is forgotten.
func allowedThere(r *resource, n *node) (*node, bool) {
	if n != nil {
		if s := r.allowed.at(n); s == nil || s.score < 0 {
			return nil, false
		}
	}
	return n, true
}

func didFail(r *resource) bool {
	if r.is(fFailed) {
		return true
	}
	for _, c := range r.children {
		if didFail(c) {
			return true
		}
	}
	return false
}

// compareByColocation orders first the instance whose colocations like where it is.
func (p *plan) compareByColocation(a, b *resource) int {
	an, bn := p.current(a), p.current(b)
	as, bs := p.currentWithColocations(a, an), p.currentWithColocations(b, bn)
	return descending(as.get(an), bs.get(bn))
}

func (p *plan) currentWithColocations(r *resource, n *node) *Scores {
	table := p.newScores()
	table.admit(n, n.Score, CauseNodeScore)
	for _, c := range p.thisWithColocations(r) {
		p.addColocatedScores(c.primary, r, &table, c, c.factor(), 0)
	}
	for _, c := range p.withThisColocations(r) {
		if p.hasInfluence(c, r) {
			p.addColocatedScores(c.dependent, r, &table, c, c.factor(), selectNonnegative)
		}
	}
	return table
}

func countOnParent(r *resource, n *node) {
	if s := topAllowed(r, n); s != nil {
		s.count++
	}
}

// assignInstance places one instance where there is room.
func (p *plan) assignInstance(r *resource, prefer *node, maxPerNode int) *node {
	if r.is(fAssigning) {
		return nil
	}
	p.banFull(r, maxPerNode)
	n := p.assign(r, prefer, prefer == nil) // an early attempt may be taken back
	countOnParent(r, n)
	return n
}

// saveScores copies the tables of r and all below it.
func saveScores(r *resource, into map[*resource]*Scores) map[*resource]*Scores {
	if into == nil {
		into = map[*resource]*Scores{}
	}
	into[r] = r.allowed.clone()
	for _, c := range r.children {
		saveScores(c, into)
	}
	return into
}

func restoreScores(r *resource, from map[*resource]*Scores) {
	r.allowed = from[r].clone()
	for _, c := range r.children {
		restoreScores(c, from)
	}
}

// assignEarly tries to keep an instance where it is. If it would rather be elsewhere,
// one instance is reserved for that node and it tries again.
func (p *plan) assignEarly(r *resource, current *node, maxPerNode, available int) bool {
	if !r.allowed.usable(current) {
		return false
	}
	saved := saveScores(r, nil)
	parent := r.parent
	parentTable := parent.allowed
	parent.allowed = parentTable.clone()
	var chosen *node
	for reserved := 0; reserved < available; {
		chosen = p.assignInstance(r, current, maxPerNode)
		if chosen == current && chosen != nil {
			break
		}
		restoreScores(r, saved)
		if chosen == nil {
			r.set(fUnassigned)
			break
		}
		reserved++
		p.unassign(r)
		chosen = nil
	}
	parent.allowed = parentTable
	if chosen == nil {
		return false
	}
	countOnParent(r, chosen)
	return true
}

// preferredNode is where an instance is and could well stay; nil when nowhere.
func (p *plan) preferredNode(r *resource, optimal int) *node {
	if len(r.active) == 0 || !r.is(fUnassigned) || r.is(fFailed) {
		return nil
	}
	n := p.current(r)
	if !n.available() || n.Score < 0 {
		return nil
	}
	if s := topAllowed(r, n); s != nil && s.count >= optimal {
		return nil
	}
	return n
}

// assignInstances places up to maxTotal instances: first those that can stay, then the
// others; what is too many goes nowhere.
func (p *plan) assignInstances(r *resource, instances []*resource, maxTotal, maxPerNode int) {
	nodes := 0
	for _, n := range p.byIndex {
		if s := r.allowed.at(n); s != nil {
			s.count = 0
			if n.available() {
				nodes++
			}
		}
	}
	optimal := 1
	if nodes > 0 {
		optimal = max(1, maxTotal/nodes)
	}
	assigned := 0
	for _, i := range instances {
		if assigned >= maxTotal {
			break
		}
		if !i.is(fUnassigned) {
			continue
		}
		if n := p.preferredNode(i, optimal); n != nil && p.assignEarly(i, n, maxPerNode, maxTotal-assigned) {
			assigned++
		}
	}
	for _, i := range instances {
		switch {
		case !i.is(fUnassigned):
		case assigned >= maxTotal:
			p.addLocation(i, nil, -infinity, CauseCloneMax)
		case p.assignInstance(i, nil, maxPerNode) != nil:
			assigned++
		}
	}
}

// instances lists what a collective resource consists of: a bundle's containers, a
// clone's instances.
func instances(r *resource) []*resource {
	if r.isBundle() {
		return containers(r)
	}
	return r.children
}

// blockedAll reports whether everything below r is blocked (any of it, for any).
func blockedAny(r *resource) bool {
	if r.is(fBlocked) {
		return true
	}
	for _, c := range r.children {
		if blockedAny(c) {
			return true
		}
	}
	return false
}

// instanceMatches reports whether an instance is (or will be) on a node in a role.
func (p *plan) instanceMatches(r *resource, n *node, role crm.Role, current bool, attr string) bool {
	if role != roleUnknown && role != r.roleOf(current) || blockedAny(r) {
		return false
	}
	w := assignedNodes
	if current {
		w = currentNodes
	}
	there := r.nodeOf(w)
	if there == nil {
		return false
	}
	if attr != "" {
		return strings.EqualFold(p.colocationAttr(there, attr, r), p.colocationAttr(n, attr, r))
	}
	return there == n
}

// compatibleInstance finds the instance of r that goes with match: on its node if it
// has one, else on the best node that it may have.
func (p *plan) compatibleInstance(match, r *resource, role crm.Role, current bool, attr string) *resource {
	w := assignedNodes
	if current {
		w = currentNodes
	}
	if n := match.nodeOf(w); n != nil {
		return p.instanceOn(r, n, role, current, attr)
	}
	for _, each := range p.rank(match.allowed, nil) {
		if i := p.instanceOn(r, each.n, role, current, attr); i != nil {
			return i
		}
	}
	return nil
}

func (p *plan) instanceOn(r *resource, n *node, role crm.Role, current bool, attr string) *resource {
	for _, i := range instances(r) {
		if p.instanceMatches(i, n, role, current, attr) {
			return i
		}
	}
	return nil
}

// summary is what the actions of instances amount to.
type summary struct{ starting, stopping, restarting, active bool }

func (s *summary) add(r *resource) {
	if len(r.children) > 0 && !r.isPrimitive() {
		for _, c := range r.children {
			s.add(c)
		}
		return
	}
	if !r.isPrimitive() {
		return
	}
	starting, stopping := false, false
	for _, a := range r.actions {
		if a.Is(Optional) {
			continue
		}
		starting = starting || a.Task == taskStart && a.Is(Runnable)
		stopping = stopping || a.Task == taskStop && a.Any(Pseudo|Runnable)
	}
	s.active = s.active || len(r.active) > 0
	s.starting = s.starting || starting
	s.stopping = s.stopping || stopping
	s.restarting = s.restarting || starting && stopping
}

// createInstanceActions makes the instances' actions and the milestones of the whole.
func (p *plan) createInstanceActions(r *resource, list []*resource) {
	var s summary
	for _, i := range list {
		p.create(i)
		s.add(i)
	}
	start := p.pseudo(r, taskStart, !s.starting, true)
	started := p.pseudo(r, taskRunning, !s.starting, false)
	started.Priority = infinity
	if s.active || s.starting {
		started.set(Runnable)
	}
	stop := p.pseudo(r, taskStop, !s.stopping, true)
	stopped := p.pseudo(r, taskStopped, !s.stopping, true)
	stopped.Priority = infinity
	if !s.restarting {
		stop.set(Migratable)
	}
	if r.isClone() {
		p.createStartStopNotices(r, start, started, stop, stopped)
	}
}
