package sched

import (
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/pengine/state"
)

// canFence reports whether n could be fenced now: fencing is on, there is a device, and
// there is quorum or need for none.
func (p *plan) canFence(n *node) bool { return p.canFenceFrom(n, 0) }

// canFenceFrom is canFence, so many guests deep: by a strange history a guest may be the
// host of its own launcher, and nobody can fence that.
func (p *plan) canFenceFrom(n *node, depth int) bool {
	if n.isGuest() {
		for _, h := range n.remote.launcher.active {
			if !h.online && (depth > len(p.byIndex) || !p.canFenceFrom(h, depth+1)) {
				return false
			}
		}
		return true
	}
	o := &p.c.Options
	switch {
	case !o.FencingEnabled, !p.c.HaveFencing:
		return false
	case p.c.Quorate, o.NoQuorum == state.QuorumIgnore:
		return true
	case n == nil, !n.online:
		return false
	case n.isRemote() && !o.FenceRemoteNoQuorum && n.remote != nil:
		for _, h := range p.byIndex {
			if n.remote.allowed.has(h) && !h.online {
				return false
			}
		}
	}
	return true // it is in our membership
}

// fenceNode decides that n cannot be trusted any more.
func (p *plan) fenceNode(n *node, reason string, priorityDelay bool) {
	switch {
	case n.isGuest():
		// A guest is fenced by recovering what it runs in.
		l := n.remote.launcher
		if !l.is(fFailed) && l.is(fManaged) {
			p.warn("Guest node " + n.name() + " will be fenced (by recovering its guest resource " + string(l.ID) + "): " + reason)
			n.remoteReset = true
			l.set(fFailed | fStopIfFailed)
		}
	case p.danglingGuest(n):
		n.remote.set(fFailed | fStopIfFailed)
	case n.isPlainRemote():
		if n.remote != nil && !n.remote.is(fManaged) {
			p.notice("Not fencing remote node " + n.name() + " (otherwise would because " + reason + "): connection is unmanaged")
		} else if !n.remoteReset {
			n.remoteReset = true
			p.warn("Remote node " + n.name() + " will be fenced: " + reason)
		}
		n.unclean = true
		p.fenceAction(n, "", true, reason, false)
	case !n.unclean:
		p.warn("Cluster node " + n.name() + " will be fenced: " + reason)
		n.unclean = true
		p.fenceAction(n, "", true, reason, priorityDelay)
	}
}

// danglingGuest reports whether n is a guest whose launcher is no longer configured.
func (p *plan) danglingGuest(n *node) bool {
	return n.isRemote() && n.remote != nil && n.remote.launcher == nil && n.remote.RemovedLaunched
}

// fenceAction finds or makes the fencing of n. op is on, off or reboot; "" means what
// is configured.
func (p *plan) fenceAction(n *node, op string, optional bool, reason string, priorityDelay bool) *Action {
	if op == "" {
		op = p.c.Options.FenceAction
	}
	key := taskFence + "-" + string(n.Name) + "-" + op
	var a *Action
	if list := p.singletons[key]; len(list) > 0 {
		a = list[0]
	} else {
		a = p.action(nil, key, taskFence, n, true)
		a.setMeta("on_node", string(n.Name))
		a.setMeta("on_node_uuid", n.ID)
		a.setMeta("stonith_action", op)
		if p.c.UnfencingInUse && p.deviceDigests(a, n) {
			optional = false
		}
	}
	if p.c.Options.PriorityFencingDelay > 0 && (priorityDelay || a.meta["priority-fencing-delay"] != "") {
		a.setMeta("priority-fencing-delay", strconv.FormatInt(int64(p.priorityDelay(n)/time.Second), 10))
	}
	if !optional && p.canFence(n) {
		a.clear(Optional)
		a.explain(reason, false)
	} else if reason != "" {
		a.explain(reason, false)
	}
	return a
}

// deviceDigests notes on a fencing action the parameters of all unfencing devices. It
// reports whether some changed since the node was unfenced.
func (p *plan) deviceDigests(a *Action, n *node) (changed bool) {
	all, secure := "", ""
	for _, d := range unfencingDevices(p.resources, nil) {
		agent := d.Meta["type"]
		dg := p.unfencingDigest(d, agent, n)
		if dg.changed {
			changed = true
			p.note("notice: Unfencing node " + n.name() + " because the definition of " + string(d.ID) + " changed")
		}
		all += string(d.ID) + ":" + agent + ":" + dg.all + ","
		secure += string(d.ID) + ":" + agent + ":" + dg.secure + ","
	}
	a.putMeta("digests-all", all)
	a.putMeta("digests-secure", secure)
	return changed
}

// unfencingDevices lists the fencing devices that unfence, the last found first.
func unfencingDevices(list, found []*resource) []*resource {
	for _, r := range list {
		if len(r.children) > 0 {
			found = unfencingDevices(r.children, found)
		} else if r.FenceDevice && (r.NeedsUnfencing || r.Meta["provides"] == "unfencing") {
			found = append([]*resource{r}, found...)
		}
	}
	return found
}

// priorityDelay is how long to wait before fencing n, so that the side with the more
// important resources survives; zero when it does not matter.
func (p *plan) priorityDelay(n *node) time.Duration {
	if n.kind != state.ClusterNode || n.online {
		return 0
	}
	members, online, top, lowest := 0, 0, 0, 0
	for _, m := range p.nodes {
		if m.kind != state.ClusterNode {
			continue
		}
		if members++; members == 1 {
			top, lowest = m.Priority, m.Priority
		}
		if m.online {
			online++
		}
		top, lowest = max(top, m.Priority), min(lowest, m.Priority)
	}
	if online > members/2 || lowest == top || n.Priority < top {
		return 0
	}
	return p.c.Options.PriorityFencingDelay
}

// fenceAndShutDown fences what must be fenced and lets nodes go that want to; the DC
// goes last.
func (p *plan) fenceAndShutDown() {
	managed := p.anyManaged(p.resources)
	if !managed {
		p.notice("No fencing will be done until there are resources to manage")
	}
	var dcDown *Action
	var fencings, shutdowns []*Action
	lost := false
	for _, n := range p.nodes {
		if n.isGuest() {
			if n.remoteReset && managed && p.canFence(n) {
				p.fenceGuest(n)
			}
			continue
		}
		isDC := p.c.DC == n.Node
		fenced := false
		switch {
		case managed && n.unclean && p.canFence(n):
			fenced = true
			a := p.fenceAction(n, "", false, "node is unclean", false)
			p.warn("Scheduling node " + n.name() + " for fencing")
			p.orderVsFencing(a)
			if isDC {
				dcDown = a
				break
			}
			if !p.c.Options.ConcurrentFencing && len(fencings) > 0 {
				relate(fencings[len(fencings)-1], a, relOrdered)
			}
			fencings = append(fencings, a)
		case !n.isRemote() && n.online && n.shutdown:
			a := p.shutDown(n)
			if isDC {
				dcDown = a
			} else {
				shutdowns = append(shutdowns, a)
			}
		}
		if !fenced && n.unclean {
			lost = true
			p.warn("Node " + n.name() + " is unclean but cannot be fenced")
		}
	}
	p.remarkIntegrity(lost)
	p.orderDCDown(dcDown, fencings, shutdowns)
}

func (p *plan) remarkIntegrity(lost bool) {
	switch {
	case !lost:
	case !p.c.Options.FencingEnabled:
		p.warn("Resource functionality and data integrity cannot be guaranteed (configure, enable, and test fencing to correct this)")
	case !p.c.Quorate:
		p.notice("Unclean nodes will not be fenced until quorum is attained or no-quorum-policy is set to ignore")
	}
}

func (p *plan) orderDCDown(dc *Action, fencings, shutdowns []*Action) {
	if dc == nil {
		return
	}
	if dc.Task == taskShutdown {
		for i := len(shutdowns) - 1; i >= 0; i-- {
			relate(shutdowns[i], dc, relOrdered)
		}
	}
	if !p.c.Options.ConcurrentFencing && len(fencings) > 0 {
		fencings = fencings[len(fencings)-1:]
	}
	for i := len(fencings) - 1; i >= 0; i-- {
		relate(fencings[i], dc, relOrdered)
	}
}

func (p *plan) anyManaged(list []*resource) bool {
	for _, r := range list {
		if r.is(fManaged) || p.anyManaged(r.children) {
			return true
		}
	}
	return false
}

// fenceGuest makes the milestone that stands for the fencing of a guest node: done when
// what it runs in has stopped.
func (p *plan) fenceGuest(n *node) {
	l := n.remote.launcher
	op := taskFenceOff
	stop := l.firstAction(taskStop, nil)
	if l.firstAction(taskStart, nil) != nil {
		op = taskFenceReboot
	}
	a := p.fenceAction(n, op, false, "guest is unclean", false)
	a.set(Pseudo | Runnable)
	switch {
	case stop != nil && stop.Is(Pseudo) && stop.node != nil:
		relate(p.fenceAction(stop.node, "", false, "", false), a, relUnrunnableFirstBlocks|relFirstImpliesThen)
	case stop != nil:
		relate(stop, a, relUnrunnableFirstBlocks|relFirstImpliesThen)
	default:
		relate(n.remote.firstAction(taskStop, nil), a, relOrdered)
	}
	p.orderVsFencing(a)
}

// orderVsFencing ties the actions of all resources to a fencing: starts wait for it,
// stops on the fenced node are done by it.
func (p *plan) orderVsFencing(fencing *Action) {
	for _, r := range p.resources {
		p.orderResourceVsFencing(r, fencing)
	}
}

func (p *plan) orderResourceVsFencing(r *resource, fencing *Action) {
	if len(r.children) > 0 {
		for _, c := range r.children {
			p.orderResourceVsFencing(c, fencing)
		}
		return
	}
	if !r.is(fManaged) {
		return
	}
	for i := len(r.actions) - 1; i >= 0; i-- {
		a := r.actions[i]
		switch a.needs {
		case needsFencing:
			relate(fencing, a, relOrdered)
		case needsQuorum:
			if a.Task == taskStart && r.allowed.has(fencing.node) && !knownOn(r, fencing.node) {
				relate(fencing, a, relOrdered|relUnrunnableFirstBlocks)
			}
		}
	}
	p.orderDownVsFencing(r, fencing)
}

// knownOn reports whether it is known what r does on n.
func knownOn(r *resource, n *node) bool {
	return r.probed[n.idx] || r.isPrimitive() && r.parent.isAnonClone() && r.parent.probed[n.idx]
}

func (p *plan) orderDownVsFencing(r *resource, fencing *Action) {
	target := fencing.node
	implied := r.NeedsFencing || target.isGuest()
	var parentStop *Action
	stops := r.actionsByKey(r.key(taskStop), target)
	if len(stops) > 0 && implied {
		parentStop = r.top().firstAction(taskStop, nil)
	}
	for _, a := range stops {
		a.set(Pseudo | Runnable) // it would never complete
		if implied {
			if !r.isBundled() {
				relate(fencing, a, relGuestAllowed)
			}
			relate(fencing, parentStop, relGuestAllowed)
		}
		if r.Notify {
			p.noticeFencing(a, r, fencing)
		}
	}
	for _, a := range r.actionsByKey(r.key(taskDemote), target) {
		if a.node.online && !a.node.unclean && !r.is(fFailed) {
			continue
		}
		a.set(Pseudo | Runnable)
		if !r.isBundled() && implied {
			relate(fencing, a, relGuestAllowed|relOrdered)
		}
	}
}

// orderVsUnfencing lets an action wait until its node is unfenced, and demands that it
// is when it never was.
func (p *plan) orderVsUnfencing(r *resource, n *node, a *Action, flags Relation) {
	if (!r.FenceDevice || !p.c.UnfencingInUse) && !r.NeedsUnfencing {
		return
	}
	relate(p.fenceAction(n, taskFenceOn, true, "", false), a, flags)
	if !p.unfenced(n) {
		p.triggerUnfencing(nil, n, "required by "+string(r.ID)+" "+a.Task)
	}
}

func (p *plan) unfenced(n *node) bool {
	v, ok := n.Attrs["#node-unfenced"]
	return ok && v != "0"
}

// orderRestartVsUnfence: what runs on a node is stopped before it is unfenced, and
// started after.
func (p *plan) orderRestartVsUnfence(r *resource, n *node) {
	unfence := actionEnd(p.fenceAction(n, taskFenceOn, true, "", false))
	p.orderEnds(taskOf(r, taskStop), unfence, relOrdered|relIfOnSameNode)
	p.orderEnds(unfence, taskOf(r, taskStart), relFirstImpliesSameNodeThen|relIfOnSameNode)
}

// triggerUnfencing demands that a node be unfenced; without a usable node, every node
// where the device r may run. r, when given, must be a fencing device.
func (p *plan) triggerUnfencing(r *resource, n *node, reason string) {
	if !p.c.UnfencingInUse || r != nil && !r.FenceDevice {
		return
	}
	healthy := func(n *node) bool { return n != nil && n.online && !n.unclean && !n.shutdown }
	if healthy(n) {
		p.fenceAction(n, taskFenceOn, false, reason, false)
		return
	}
	if r == nil {
		return
	}
	for _, each := range p.byIndex {
		if r.allowed.has(each) && healthy(each) {
			p.fenceAction(each, taskFenceOn, false, reason, false)
		}
	}
}
