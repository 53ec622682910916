package state

import (
	"slices"

	"github.com/tactus-ha/tactus/crm"
)

// addRunning notes that a resource is active on a node, and what follows from it.
func (r *reader) addRunning(rsc *Resource, n *Node, failed bool) {
	if slices.Contains(rsc.RunningOn, n) {
		return
	}
	rsc.RunningOn = append(rsc.RunningOn, n)
	if rsc.Variant == Primitive {
		n.Running = append(n.Running, rsc)
		addPriority(rsc, n, failed)
		if n.Maintenance {
			rsc.Managed, rsc.Maintenance = false, true
		}
	}
	if !rsc.Managed {
		r.locate(rsc, n, crm.Infinity, "not_managed_default")
		for p := rsc.Parent; p != nil; p = p.Parent {
			p.RunningOn = append(p.RunningOn, n)
		}
		return
	}
	if rsc.Variant == Primitive && rsc.activeCount() > 1 {
		r.multiplyActive(rsc)
	}
	if rsc.Parent != nil {
		r.addRunning(rsc.Parent, n, false)
	}
}

func (r *reader) multiplyActive(rsc *Resource) {
	switch rsc.MultiplyActive {
	case MultiplyStop:
		r.banEverywhere(rsc, "multiple-active=stop_only")
	case MultiplyBlock:
		rsc.Managed, rsc.Blocked = false, true
		p := rsc.Parent
		if p != nil && (p.Variant == Group || p.Variant == Bundle) && p.MultiplyActive == MultiplyBlock {
			for _, c := range p.Children {
				c.Managed, c.Blocked = false, true
			}
		}
	}
}

// activeCount counts the nodes on which the resource is active: all of them when it needs
// fencing, else only those that are up and clean.
func (r *Resource) activeCount() int {
	if r.NeedsFencing {
		return len(r.RunningOn)
	}
	n := 0
	for _, node := range r.RunningOn {
		if node.Online && !node.Unclean {
			n++
		}
	}
	return n
}

// CurrentNode is the node that counts as the resource's present one: the source of a
// migration under way, else for resources that need no fencing the first node that is up
// and clean, else the first. Nil: not active.
func (r *Resource) CurrentNode() *Node {
	if r.Variant == Bundle {
		return r.currentBundleNode()
	}
	n, _, _ := r.ActiveNodes()
	return n
}

// ActiveNodes gives the current node, how many nodes the resource is active on, and how
// many of these are up and clean.
func (r *Resource) ActiveNodes() (current *Node, all, clean int) {
	for _, n := range r.RunningOn {
		happy := n.Online && !n.Unclean
		all++
		if happy {
			clean++
		}
		switch {
		case r.PartialSource != nil:
			if n == r.PartialSource {
				current = n
			}
		case !r.NeedsFencing:
			if happy && (current == nil || !current.Online || current.Unclean) {
				current = n
			}
		}
		if current == nil {
			current = n
		}
	}
	return current, all, clean
}

// currentBundleNode prefers nodes of containers over nodes of connections.
func (r *Resource) currentBundleNode() *Node {
	var containers, remotes []*Node
	for _, rep := range r.BundleData.Replicas {
		if rep.Container.Active(false) {
			containers = append(containers, rep.Container.RunningOn...)
		}
		if rep.Remote != nil && rep.Remote.Active(false) {
			remotes = append(remotes, rep.Remote.RunningOn...)
		}
	}
	if nodes := slices.Concat(containers, remotes); len(nodes) > 0 {
		return nodes[0]
	}
	return nil
}

// Active reports whether the resource is active anywhere that counts; for groups, clones
// and bundles, whether any part is, or every part when all is asked.
func (r *Resource) Active(all bool) bool {
	switch r.Variant {
	case Primitive:
		for _, n := range r.RunningOn {
			if n.Unclean || n.Online || !r.Managed {
				return true
			}
		}
		return false
	case Bundle:
		return r.bundleActive(all)
	}
	every, any := true, false
	for _, c := range r.Children {
		if c.Active(all) {
			any = true
			if r.Variant == Clone && !all {
				return true
			}
		} else {
			every = false
			if r.Variant == Clone && all {
				return false
			}
		}
	}
	if r.Variant == Clone {
		return all
	}
	return any && (every || !all)
}

func (r *Resource) bundleActive(all bool) bool {
	for _, rep := range r.BundleData.Replicas {
		for _, part := range []*Resource{rep.IP, rep.Child, rep.Container, rep.Remote} {
			if part == nil {
				continue
			}
			if active := part.Active(all); active && !all {
				return true
			} else if !active && all {
				return false
			}
		}
	}
	return all
}

// CurrentRole is what the resource does now; of several parts, the highest.
func (r *Resource) CurrentRole() crm.Role {
	if r.Variant == Primitive {
		return r.Role
	}
	role := crm.RoleUnknown
	for _, c := range r.Children {
		role = max(role, c.CurrentRole())
	}
	return role
}

func addPriority(rsc *Resource, n *Node, failed bool) {
	if rsc.Priority == 0 || failed {
		return
	}
	p := rsc.Priority
	if rsc.Role == crm.RolePromoted {
		p++
	}
	n.Priority += p
	if n.Remote != nil && n.Remote.Launcher != nil {
		for _, host := range n.Remote.Launcher.RunningOn {
			host.Priority += p
		}
	}
}

// fence notes that a node must be fenced, in the way that its kind needs.
func (r *reader) fence(n *Node, reason string, priorityDelay bool) {
	switch {
	case n.guest():
		by := n.Remote.Launcher
		if !by.Failed && by.Managed {
			n.RemoteReset = true
			by.Failed, by.StopIfFailed = true, true
			r.finding("warning", "Guest node "+n.Label()+" will be fenced (by recovering its guest resource "+string(by.ID)+"): "+reason)
		}
	case n.Kind != ClusterNode && n.Remote != nil && n.Remote.RemovedLaunched && n.Remote.Launcher == nil:
		n.Remote.Failed, n.Remote.StopIfFailed = true, true
	case n.Kind != ClusterNode:
		if n.Remote == nil || n.Remote.Managed {
			if !n.RemoteReset {
				r.fenceFinding(n, "Remote", reason)
			}
			n.RemoteReset = true
		}
		n.Unclean = true
		r.effect(Effect{Kind: FenceNode, Node: n, Reason: reason})
	case !n.Unclean:
		r.fenceFinding(n, "Cluster", reason)
		n.Unclean = true
		r.effect(Effect{Kind: FenceNode, Node: n, Reason: reason, PriorityDelay: priorityDelay})
	}
}

func (r *reader) fenceFinding(n *Node, kind, reason string) {
	what := "is unclean"
	if r.c.CanFence(n) {
		what = "will be fenced"
	}
	r.finding("warning", kind+" node "+n.Label()+" "+what+": "+reason)
}

// CanFence reports whether the cluster is able, and allowed, to fence the node.
func (c *Cluster) CanFence(n *Node) bool { return c.canFence(n, len(c.Nodes)) }

// canFence follows guests to their hosts; depth ends the search where a guest is said to
// run on itself.
func (c *Cluster) canFence(n *Node, depth int) bool {
	switch {
	case n != nil && n.guest():
		for _, host := range n.Remote.Launcher.RunningOn {
			if !host.Online && (depth == 0 || !c.canFence(host, depth-1)) {
				return false
			}
		}
		return true
	case !c.Options.FencingEnabled, !c.HaveFencing:
		return false
	case c.Quorate, c.Options.NoQuorum == QuorumIgnore:
		return true
	case n == nil || !n.Online:
		return false
	}
	if n.Kind != ClusterNode && !c.Options.FenceRemoteNoQuorum && n.Remote != nil {
		for _, a := range n.Remote.Allowed {
			if !a.Node.Online {
				return false
			}
		}
	}
	return true
}
