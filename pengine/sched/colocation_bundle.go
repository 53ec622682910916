package sched

import "github.com/tactus-ha/tactus/crm"

// collectWithBundle: a bundle's colocations concern it and its containers, and once
// promotion is being decided, the clone inside and its instances.
func (p *plan) collectWithBundle(r, orig *resource, list *[]*colocation, withThis bool) {
	add := func() {
		if withThis {
			addWithThis(list, r.withThis)
		} else {
			addThisWith(list, r.thisWith)
		}
	}
	if orig == r || orig.isReplicaContainer() {
		add()
		return
	}
	inside := r.bundled
	if inside == nil || !inside.Promotable || orig.top() != inside {
		return
	}
	if orig == inside {
		if orig.is(fPromotionConstrained) {
			add()
		}
	} else if !orig.is(fUnassigned) {
		add()
	}
}

// hostOf is where a bundle node's container goes; other nodes are their own host.
func hostOf(n *node) *node {
	if n.isBundleNode() {
		return n.remote.launcher.nodeOf(assignedNodes)
	}
	return n
}

// compatibleContainer finds the container of a bundle that goes with d.
func (p *plan) compatibleContainer(d, bundle *resource) *resource {
	if n := hostOf(d.nodeOf(assignedNodes)); n != nil {
		return p.containerOn(bundle, n)
	}
	for _, each := range p.rank(d.allowed, nil) {
		if n := hostOf(each.n); n != nil {
			if c := p.containerOn(bundle, n); c != nil {
				return c
			}
		}
	}
	return nil
}

func (p *plan) containerOn(bundle *resource, n *node) *resource {
	for _, rep := range bundle.replicas {
		if p.instanceMatches(rep.container, n, roleUnknown, false, "") {
			return rep.container
		}
	}
	return nil
}

// colocateWithBundle places d with a bundle: with its containers.
func (p *plan) colocateWithBundle(d, r *resource, c *colocation) crm.Score {
	if r.is(fUnassigned) {
		return 0
	}
	if c.dependent.isClone() || c.dependent.isBundle() {
		if container := p.compatibleContainer(d, r); container != nil {
			return p.applyColocationScore(d, container, c, true)
		}
		if c.score >= infinity {
			p.notice(string(d.ID) + " cannot run because there is no compatible instance of " + string(r.ID) + " to colocate with")
			p.place(d, nil, 0, true, true)
		}
		return 0
	}
	var delta crm.Score
	var hosts []ranked
	for _, rep := range r.replicas {
		if c.score < infinity {
			delta = delta.Add(p.applyColocationScore(d, rep.container, c, false))
			continue
		}
		n := rep.container.nodeOf(assignedNodes)
		if n == nil || blockedAny(rep.container) {
			continue
		}
		if c.primaryRole >= rolePromoted && (rep.child == nil || rep.child.next < rolePromoted) {
			continue
		}
		hosts = append(hosts, ranked{n, rep.container.assignedScore})
	}
	if c.score >= infinity {
		p.intersectNodes(d, c, hosts, false)
	}
	return delta
}
