package sched

import (
	"strconv"

	"github.com/tactus-ha/tactus/pengine/state"
)

// orderKind is how binding a configured ordering is.
type orderKind uint8

const (
	kindMandatory orderKind = iota
	kindOptional
	kindSerialize
)

// symmetry tells which of its two directions an ordering is.
type symmetry uint8

const (
	asymmetric symmetry = iota
	symmetric
	symmetricInverse
)

func (p *plan) orderKindOf(id, kind, score string) orderKind {
	switch kind {
	case "Mandatory":
		return kindMandatory
	case "Optional":
		return kindOptional
	case "Serialize":
		return kindSerialize
	case "":
		if score != "" {
			if s, _ := p.c.ParseScore(score); s == 0 {
				return kindOptional
			}
		}
		return kindMandatory
	}
	p.confErr("Resetting 'kind' for constraint " + id + " to 'Mandatory' because '" + kind + "' is not valid")
	return kindMandatory
}

// symmetryOf decides whether the opposite actions are ordered the other way round.
func (p *plan) symmetryOf(id string, kind orderKind, own, parent string) symmetry {
	v, ok := parseBool(own)
	if !ok && parent != "" {
		v, ok = isTrue(parent), true
	}
	switch {
	case ok && v && kind == kindSerialize:
		p.warn("Ignoring symmetrical for '" + id + "' because not valid with kind of 'Serialize'")
		return asymmetric
	case ok && v, !ok && kind != kindSerialize:
		return symmetric
	}
	return asymmetric
}

// orderFlags gives the rules for an ordering after the action first.
func orderFlags(kind orderKind, first string, s symmetry) Relation {
	switch kind {
	case kindOptional:
		return relOrdered
	case kindSerialize:
		return relSerialize
	}
	switch s {
	case asymmetric:
		return relOrdered | relAsymmetric
	case symmetricInverse:
		return relOrdered | relThenImpliesFirst
	}
	if isUp(first) {
		return relOrdered | relFirstImpliesThen | relUnrunnableFirstBlocks
	}
	return relOrdered | relFirstImpliesThen
}

// readOrder turns a configured ordering into the scheduler's own.
func (p *plan) readOrder(c *state.Order) {
	if p.opts.Explain {
		p.orderID = c.ID
		defer func() { p.orderID = "" }()
	}
	kind := p.orderKindOf(c.ID, c.Kind, c.Score)
	sym := p.symmetryOf(c.ID, kind, c.Symmetrical, "")
	sets, ok := p.orderSets(c)
	if !ok {
		return
	}
	if len(sets) == 0 {
		p.readSimpleOrder(c, kind, sym)
		return
	}
	for i := range sets {
		if !p.orderSet(c, &sets[i], kind) {
			return
		}
		if i == 0 {
			continue
		}
		if !p.orderSetPair(c.ID, &sets[i-1], &sets[i], kind, sym) {
			return
		}
		if sym == symmetric && !p.orderSetPair(c.ID, &sets[i], &sets[i-1], kind, symmetricInverse) {
			return
		}
	}
}

// orderSets gives the sets of an ordering, templates and tags replaced. One between two
// resources has none.
func (p *plan) orderSets(c *state.Order) ([]state.ResourceSet, bool) {
	if len(c.Sets) > 0 {
		return p.expandSets(c.ID, c.Sets), true
	}
	if c.First == "" || c.Then == "" {
		return nil, true
	}
	first, firstRefs, ok1 := p.resourceOrRefs(c.First)
	then, thenRefs, ok2 := p.resourceOrRefs(c.Then)
	if !ok1 || !ok2 {
		id := c.First
		if ok1 {
			id = c.Then
		}
		p.confErr("Ignoring constraint '" + c.ID + "' because '" + id + "' is not a valid resource or tag")
		return nil, false
	}
	if first != nil && then != nil {
		return nil, true
	}
	a, b := singleSet(c.First), singleSet(c.Then)
	if first == nil {
		a = refSet(c.First, firstRefs)
	}
	if then == nil {
		b = refSet(c.Then, thenRefs)
	}
	a.Action, b.Action = c.FirstAction, c.ThenAction
	return []state.ResourceSet{a, b}, true
}

func (p *plan) orderingResource(c *state.Order, attr, id string) *resource {
	if id == "" {
		p.confErr("Ignoring constraint '" + c.ID + "' without " + attr)
		return nil
	}
	r := p.find(id)
	if r == nil {
		p.confErr("Ignoring constraint '" + c.ID + "' because resource '" + id + "' does not exist")
	}
	return r
}

func (p *plan) readSimpleOrder(c *state.Order, kind orderKind, sym symmetry) {
	first := p.orderingResource(c, "first", c.First)
	if first == nil {
		return
	}
	then := p.orderingResource(c, "then", c.Then)
	if then == nil {
		return
	}
	firstTask, thenTask := c.FirstAction, c.ThenAction
	if firstTask == "" {
		firstTask = taskStart
	}
	if thenTask == "" {
		thenTask = firstTask
	}
	flags := orderFlags(kind, firstTask, sym)
	if need := minimumInstances(first, c.RequireAll); need > 0 {
		p.orderCloneMin(c.ID, first, firstTask, then, thenTask, flags, need)
	} else {
		p.order(first, firstTask, then, thenTask, flags)
	}
	if sym != symmetric {
		return
	}
	invFirst, ok1 := inverse[firstTask]
	invThen, ok2 := inverse[thenTask]
	if !ok1 || !ok2 {
		p.warn("Cannot invert constraint '" + c.ID + "' (please specify inverse manually)")
		return
	}
	p.order(then, invThen, first, invFirst, orderFlags(kind, invFirst, symmetricInverse))
}

// minimumInstances is how many instances of a clone are enough to go on; 0: all.
func minimumInstances(r *resource, requireAll string) int {
	if !r.isClone() {
		return 0
	}
	if v, ok := r.Meta["clone-min"]; ok {
		n, _ := strconv.Atoi(v)
		return max(n, 0)
	}
	if v, ok := parseBool(requireAll); requireAll != "" && (!ok || !v) {
		return 1
	}
	return 0
}

// orderCloneMin puts a milestone between: enough instances are up.
func (p *plan) orderCloneMin(id string, first *resource, firstTask string, then *resource, thenTask string, flags Relation, need int) {
	met := p.milestone(taskCloneMin + ":" + id)
	met.requiredBefore = need
	for _, c := range first.children {
		p.orderEnds(taskOf(c, firstTask), actionEnd(met), relMinRunnable|relFirstImpliesThenGraphed)
	}
	p.orderEnds(actionEnd(met), taskOf(then, thenTask), flags|relUnrunnableFirstBlocks)
}

// orderMembers finds the resources of a set; ok is false when one does not exist.
func (p *plan) orderMembers(id string, set *state.ResourceSet) (out []*resource, ok bool) {
	for _, name := range set.Members {
		r := p.find(name)
		if r == nil {
			p.confErr(id + ": No resource found for " + name)
			return nil, false
		}
		out = append(out, r)
	}
	return out, true
}

// orderSet orders the members of a set.
func (p *plan) orderSet(c *state.Order, set *state.ResourceSet, parent orderKind) bool {
	task := set.Action
	if task == "" {
		task = taskStart
	}
	kind := parent
	if set.Kind != "" {
		kind = p.orderKindOf(set.ID, set.Kind, set.Score)
	}
	symKind := parent
	if set.Kind != "" || set.Score != "" {
		symKind = p.orderKindOf(set.ID, set.Kind, set.Score)
	}
	sym := p.symmetryOf(set.ID, symKind, "", c.Symmetrical)
	flags := orderFlags(kind, task, sym)
	members, ok := p.orderMembers(set.ID, set)
	if !ok {
		return false
	}
	if len(members) == 1 {
		return true
	}
	seq := sequential(set)
	for i, m := range members {
		if kind == kindSerialize {
			for _, later := range members[i+1:] {
				p.order(m, task, later, task, flags)
			}
		} else if seq && i > 0 {
			p.order(members[i-1], task, m, task, flags)
		}
	}
	if sym == asymmetric {
		return true
	}
	inv, known := inverse[task]
	if !known {
		p.warn("Unknown action '" + task + "' specified in order constraint")
		return true
	}
	flags = orderFlags(kind, inv, symmetricInverse)
	for i := 1; seq && i < len(members); i++ {
		p.order(members[i], inv, members[i-1], inv, flags)
	}
	return true
}

// orderSetPair orders one set before another. Of sequential sets only the ends that
// face each other matter.
func (p *plan) orderSetPair(id string, a, b *state.ResourceSet, kind orderKind, sym symmetry) bool {
	aTask, bTask := a.Action, b.Action
	if aTask == "" {
		aTask = taskStart
	}
	if bTask == "" {
		bTask = taskStart
	}
	if sym == symmetricInverse {
		aTask, bTask = inverse[aTask], inverse[bTask]
		if aTask == "" || bTask == "" {
			return true
		}
	}
	requireAll := true
	if v, ok := parseBool(a.RequireAll); ok && aTask != taskStop && aTask != taskDemote {
		requireAll = v
	}
	flags := orderFlags(kind, aTask, sym)
	as, ok1 := p.orderMembers(id, a)
	bs, ok2 := p.orderMembers(id, b)
	if !ok1 || !ok2 || len(as) == 0 || len(bs) == 0 {
		return ok1 && ok2
	}
	if !requireAll {
		any := p.milestone(taskOneOrMore + ":" + a.ID)
		any.requiredBefore = 1
		for _, r := range as {
			p.orderEnds(taskOf(r, aTask), actionEnd(any), relMinRunnable|relFirstImpliesThenGraphed)
		}
		for _, r := range bs {
			p.orderEnds(actionEnd(any), taskOf(r, bTask), flags|relUnrunnableFirstBlocks)
		}
		return true
	}
	// Source: upstream takes a set for sequential here only if it says so explicitly.
	if isTrue(a.Sequential) {
		if sym == symmetricInverse {
			as = as[:1]
		} else {
			as = as[len(as)-1:]
		}
	}
	if isTrue(b.Sequential) {
		if sym == symmetricInverse {
			bs = bs[len(bs)-1:]
		} else {
			bs = bs[:1]
		}
	}
	for _, first := range as {
		for _, then := range bs {
			p.order(first, aTask, then, bTask, flags)
		}
	}
	return true
}
