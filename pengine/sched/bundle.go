package sched

// remoteNesting reports whether r is the connection into a bundle's container, which
// may itself run on a remote node.
func (r *resource) remoteNesting() bool { return r.NestingAllowed }

func (p *plan) createBundleActions(r *resource) {
	for _, rep := range r.replicas {
		if rep.ip != nil {
			p.create(rep.ip)
		}
		p.create(rep.container)
		if rep.remote != nil {
			p.create(rep.remote)
		}
	}
	p.createInstanceActions(r, containers(r))
	in := r.bundled
	if in == nil {
		return
	}
	p.create(in)
	if !in.Promotable {
		return
	}
	p.pseudo(r, taskPromote, true, true)
	p.pseudo(r, taskPromoted, true, true).Priority = infinity
	p.pseudo(r, taskDemote, true, true)
	p.pseudo(r, taskDemoted, true, true).Priority = infinity
}

func (p *plan) implicitBundle(r *resource) {
	for _, rep := range r.replicas {
		p.implicitReplica(r, rep)
	}
	in := r.bundled
	if in == nil {
		return
	}
	p.order(r, taskStart, in, taskStart, relThenImpliesFirstGraphed)
	p.order(in, taskRunning, r, taskRunning, relFirstImpliesThenGraphed)
	p.order(r, taskStop, in, taskStop, relThenImpliesFirstGraphed)
	p.order(in, taskStopped, r, taskStopped, relFirstImpliesThenGraphed)
	p.implicit(in)
	if !in.Promotable {
		return
	}
	p.orderPromotableRestart(r)
	p.order(r, taskDemote, in, taskDemote, relThenImpliesFirstGraphed)
	p.order(in, taskDemoted, r, taskDemoted, relFirstImpliesThenGraphed)
	p.order(r, taskPromote, in, taskPromote, relThenImpliesFirstGraphed)
	p.order(in, taskPromoted, r, taskPromoted, relFirstImpliesThenGraphed)
}

func (p *plan) implicitReplica(r *resource, rep *replica) {
	c := rep.container
	p.implicit(c)
	p.orderStarts(r, c, relUnrunnableFirstBlocks|relThenImpliesFirstGraphed)
	if rep.child != nil {
		p.orderStops(r, rep.child, relThenImpliesFirstGraphed)
	}
	p.orderStops(r, c, relThenImpliesFirstGraphed)
	p.order(c, taskStart, r, taskRunning, relFirstImpliesThenGraphed)
	p.order(c, taskStop, r, taskStopped, relFirstImpliesThenGraphed)
	if rep.ip != nil {
		p.implicit(rep.ip)
		p.orderStarts(rep.ip, c, relUnrunnableFirstBlocks|relGuestAllowed)
		p.orderStops(c, rep.ip, relThenImpliesFirst|relGuestAllowed)
		p.newColocation(colocation{id: "#ip-with-container", score: infinity, dependent: rep.ip, primary: c, influence: true})
	}
	if rep.remote != nil {
		p.implicit(rep.remote)
	}
}

func (p *plan) applyBundleLocation(r *resource, l *location, zero bool) {
	p.addLocationScores(r, l, zero)
	for _, rep := range r.replicas {
		p.applyLocation(rep.container, l, zero)
		if rep.ip != nil {
			p.applyLocation(rep.ip, l, zero)
		}
	}
	if in := r.bundled; in != nil && (l.role == roleUnpromoted || l.role == rolePromoted) {
		p.applyLocation(in, l, zero)
		in.located = append(in.located, l)
	}
}

func (p *plan) probeBundle(r *resource, n *node) bool {
	any := false
	for _, rep := range r.replicas {
		if rep.ip != nil {
			any = p.probe(rep.ip, n) || any
		}
		if rep.child != nil && rep.node == n {
			any = p.probe(rep.child, n) || any
		}
		if p.probe(rep.container, n) {
			any = true
			p.orderOthersAfterProbe(r, rep)
		}
		if rep.remote == nil || !p.probe(rep.remote, n) {
			continue
		}
		if a := rep.remote.firstByKey(rep.remote.key(taskMonitor), n); a != nil {
			any = true
			p.orderEnds(taskOf(rep.container, taskStart), actionEnd(a), relNestedRemoteProbe)
		}
	}
	return any
}

// orderOthersAfterProbe: while it is not known whether a container runs on a node, no
// other of the bundle may start there.
func (p *plan) orderOthersAfterProbe(r *resource, probed *replica) {
	if r.BundleData.PerHost != 1 {
		return
	}
	for _, rep := range r.replicas {
		if rep != probed {
			p.order(probed.container, taskMonitor, rep.container, taskStart, relOrdered|relIfOnSameNode)
		}
	}
}

// bundleFlags: promotion and demotion happen inside, the rest to the containers.
func (p *plan) bundleFlags(a *Action, n *node) Flag {
	if in := a.rsc.bundled; in != nil {
		switch memberTask(in, a.Task) {
		case "", taskNotify, taskNotified, taskPromote, taskPromoted, taskDemote, taskDemoted:
			return p.collectiveFlags(a, in.children, n)
		}
	}
	return p.collectiveFlags(a, containers(a.rsc), n)
}

// needsAddress reports whether r connects to whatever host its container runs on.
func (p *plan) needsAddress(r *resource) bool {
	return r != nil && r.NeedsRemoteName()
}

// hostAddress is the host of the container that connection r leads into; "" when it is
// not known, or r needs none.
func (p *plan) hostAddress(r *resource) string {
	if !p.needsAddress(r) || r.Replica == nil {
		return ""
	}
	c := p.wrap(r.Replica.Container)
	n := c.assigned
	if n == nil {
		n = p.current(c)
	}
	if n == nil {
		return ""
	}
	return string(n.Name)
}
