package sched

// linkState is how a remote node can be reached.
type linkState uint8

const (
	linkUnknown linkState = iota
	linkAlive
	linkResting // its host is gone, but it may be reached from another
	linkFailed
	linkStopped
)

// connectionAssigned lets a remote node be counted on when its connection has a place.
func (p *plan) connectionAssigned(r *resource) {
	for _, n := range p.byIndex {
		if n.remote != r {
			continue
		}
		if r.assigned != nil && r.next != roleStopped {
			n.online = true
			if !n.seen {
				n.unclean = false // no need to fence what will be connected
			}
		} else {
			n.shutdown = true
		}
	}
}

func (p *plan) linkState(n *node) linkState {
	r := n.remote
	host := p.current(r)
	switch {
	case r.next == roleStopped || r.assigned == nil:
		if host != nil && host.unclean {
			return linkFailed
		}
		if !r.is(fFailed) {
			return linkStopped
		}
		if r.next == roleStopped && r.ReconnectInterval > 0 && n.RemoteFenced && !shutdownRequested(n) {
			return linkUnknown
		}
		return linkFailed
	case host == nil:
		return linkUnknown
	case host.unclean, !host.online:
		return linkResting
	case len(r.active) > 1 && r.partialSource != nil && r.partialDest != nil:
		return linkResting
	}
	return linkAlive
}

func shutdownRequested(n *node) bool {
	v, ok := n.Attrs["shutdown"]
	return ok && v != "0"
}

// failedRemote reports whether n is a remote node that cannot be reached any more.
func (p *plan) failedRemote(n *node) bool {
	return n.isPlainRemote() && n.remote != nil && p.linkState(n) == linkFailed
}

// makesGuest reports whether r is what guest node n runs in.
func makesGuest(r *resource, n *node) bool {
	return r != nil && len(r.launched) > 0 && n != nil && n.remote != nil && n.remote.launcher == r
}

// orderRemoteActions ties what is done on remote nodes to their connections.
func (p *plan) orderRemoteActions() {
	if !p.c.HaveRemotes {
		return
	}
	for i := len(p.actions) - 1; i >= 0; i-- {
		a := p.actions[i]
		if a.rsc == nil {
			continue
		}
		if a.rsc.RemoteConnection && a.Task == taskClearFail {
			p.orderEnds(end{rsc: a.rsc, action: a}, taskOf(a.rsc, taskStart), relOrdered)
			continue
		}
		if a.node == nil || !a.node.isRemote() || a.Is(Pseudo) || a.node.remote == nil {
			continue
		}
		link := a.node.remote
		if a.Task == taskStart {
			for k := len(a.rsc.actions) - 1; k >= 0; k-- {
				if other := a.rsc.actions[k]; other.node != a.node && other.Task == taskStop {
					p.orderEnds(taskOf(link, taskStart), actionEnd(other), relOrdered)
				}
			}
		}
		if link.launcher != nil {
			p.orderOnGuest(a)
		} else {
			p.orderOnRemote(a)
		}
	}
}

func (p *plan) afterStart(r *resource, a *Action, extra Relation) {
	p.orderEnds(taskOf(r, taskStart), actionEnd(a), relGuestAllowed|relUnrunnableFirstBlocks|extra)
}

func (p *plan) beforeStop(a *Action, r *resource, extra Relation) {
	p.orderEnds(actionEnd(a), taskOf(r, taskStop), relGuestAllowed|extra)
}

// remoteTask is the task that counts for orderings on remote nodes; migrations count as
// stops, and tasks that nobody knows read "".
func remoteTask(a *Action) string {
	switch {
	case a.Task == taskMigrateTo || a.Task == taskMigrateFrom:
		return taskStop
	case !known[a.Task]:
		return ""
	}
	return a.Task
}

func (p *plan) orderOnRemote(a *Action) {
	link, st := a.node.remote, p.linkState(a.node)
	switch remoteTask(a) {
	case taskStart, taskPromote:
		extra := relNone
		if st == linkFailed {
			extra = relFirstImpliesThen
		}
		p.afterStart(link, a, extra)
	case taskStop:
		switch {
		case st == linkAlive:
			p.beforeStop(a, link, relThenImpliesFirst)
		case st == linkFailed:
			p.fenceNode(a.node, "resources are active but connection is unrecoverable", false)
		case link.next == roleStopped:
			p.beforeStop(a, link, relThenImpliesFirst)
		default:
			p.afterStart(link, a, relNone)
		}
	case taskDemote:
		if st == linkResting || st == linkUnknown {
			p.afterStart(link, a, relNone)
		}
	default:
		if a.recurring() {
			p.afterStart(link, a, relFirstImpliesThen)
			return
		}
		host := p.current(link)
		if a.Task == taskMonitor && st == linkFailed {
			p.fenceNode(a.node, "resources are in unknown state and connection is unrecoverable", false)
		}
		if host != nil && st == linkStopped {
			p.beforeStop(a, link, relUnrunnableFirstBlocks)
		} else {
			p.afterStart(link, a, relNone)
		}
	}
}

func (p *plan) orderOnGuest(a *Action) {
	link := a.node.remote
	l := link.launcher
	if l.is(fFailed) {
		p.fenceNode(a.node, "container failed", false)
	}
	switch remoteTask(a) {
	case taskStart, taskPromote:
		p.afterStart(l, a, relFirstImpliesThen)
		p.afterStart(link, a, relNone)
	case taskStop, taskDemote:
		if !l.is(fFailed) {
			p.beforeStop(a, link, relNone)
		}
	default:
		if !a.recurring() {
			p.afterStart(link, a, relNone)
		} else if known[a.Task] {
			p.afterStart(link, a, relFirstImpliesThen)
		}
	}
}

// routerOf is the cluster node through which an action on a remote node is done: where
// the connection is, or will be.
func (p *plan) routerOf(a *Action) *node {
	if a.Task == taskFence || !a.node.isRemote() || a.node.remote == nil {
		return nil
	}
	link := a.node.remote
	began, ended := p.current(link), link.assigned
	switch {
	case began == nil:
		return ended
	case ended == nil, began == ended:
		return began
	}
	task := a.Task
	if task == taskNotify {
		task = a.meta["notify_operation"]
	}
	partial := link.launcher == nil && link.partialDest != nil
	switch task {
	case taskCancel, taskStop, taskDemote, taskMigrateFrom, taskMigrateTo:
		if !partial {
			return began
		}
	}
	return ended
}
