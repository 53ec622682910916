package sched

import "slices"

// containers lists a bundle's containers.
func containers(r *resource) []*resource {
	var out []*resource
	for _, rep := range r.replicas {
		out = append(out, rep.container)
	}
	return out
}

// bundleNodes lists where a bundle's containers run.
func bundleNodes(r *resource) []*node {
	var out []*node
	for _, rep := range r.replicas {
		for _, n := range rep.container.active {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// maxReentry bounds how often the placement of a bundle may be begun while it is going
// on: colocations of its containers may lead back to it.
const maxReentry = 50

// assignBundle places the containers, then what goes with each, then what runs inside.
func (p *plan) assignBundle(r *resource, prefer *node, stopIfFail bool) *node {
	if p.reentries >= maxReentry {
		return nil
	}
	p.reentries++
	defer func() { p.reentries-- }()
	r.set(fAssigning)
	p.showScores(r, "pcmk__bundle_assign", r.allowed)
	list := containers(r)
	mergeSort(list, p.compareInstances)
	p.assignInstances(r, list, len(r.replicas), r.BundleData.PerHost)
	for _, rep := range r.replicas {
		p.assignReplica(rep, prefer, stopIfFail)
	}
	if in := r.bundled; in != nil {
		for _, n := range p.byIndex {
			if !in.allowed.has(n) {
				continue
			}
			if slices.ContainsFunc(r.replicas, func(rep *replica) bool { return rep.node == n }) {
				in.allowed.set(n, 0, inside{r})
			} else {
				in.allowed.ban(n, inside{r})
			}
		}
		p.assign(in, prefer, stopIfFail)
	}
	r.clear(fAssigning | fUnassigned)
	return nil
}

func (p *plan) assignReplica(rep *replica, prefer *node, stopIfFail bool) {
	if rep.ip != nil {
		p.assign(rep.ip, prefer, stopIfFail)
	}
	if rep.remote != nil {
		if host := rep.container.assigned; host.isRemote() && host.remote != nil {
			p.newColocation(colocation{id: "#replica-remote-with-host-remote", score: infinity,
				dependent: rep.remote, primary: host.remote, influence: true})
		}
		p.assign(rep.remote, prefer, stopIfFail)
	}
	if rep.child == nil {
		return
	}
	for _, n := range p.byIndex {
		if !rep.child.allowed.has(n) {
			continue
		}
		if n != rep.node {
			rep.child.allowed.ban(n, inside{rep.container})
		} else if p.overThreshold(rep.child, n) == nil {
			rep.child.allowed.set(n, infinity, inside{rep.container})
		}
	}
	rep.child.parent.set(fAssigning)
	p.assign(rep.child, rep.node, stopIfFail)
	rep.child.parent.clear(fAssigning)
}
