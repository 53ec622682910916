package state

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// findForHistory finds whom a history belongs to; nil when nothing configured matches.
func (r *reader) findForHistory(n *Node, id string) *Resource {
	rsc := r.find(id)
	var top *Resource
	switch {
	case rsc == nil:
		if zero := r.find(baseName(id) + ":0"); zero != nil && !zero.Unique {
			rsc, top = zero, zero.Top()
		}
	case rsc.Variant > Primitive:
		return nil
	default:
		top = rsc.Top()
	}
	if top != nil && top.AnonymousClone() {
		if top.Bundled() {
			rsc = replicaOn(top.Parent, n)
		} else {
			rsc = r.anonymousInstance(n, top, baseName(id))
		}
	}
	if rsc != nil && id != string(rsc.ID) && id != string(rsc.HistoryID) {
		rsc.HistoryID = crm.ResourceID(id)
		if prior := r.byHistory[id]; prior == nil || string(prior.HistoryID) != id {
			r.byHistory[id] = rsc
		}
	}
	return rsc
}

func replicaOn(bundle *Resource, n *Node) *Resource {
	for _, rep := range bundle.BundleData.Replicas {
		if rep.Node == n {
			return rep.Child
		}
	}
	return nil
}

// member finds the resource of that configured id in a clone instance.
func (r *Resource) member(id string) *Resource {
	if id == string(r.ID) || id == string(r.XMLID) {
		return r
	}
	for _, c := range r.Children {
		if m := c.member(id); m != nil {
			return m
		}
	}
	return nil
}

// places lists where an instance is active or about to be.
func (r *Resource) places() []*Node {
	if len(r.Children) > 0 {
		var all []*Node
		for _, c := range r.Children {
			for _, n := range c.places() {
				if !slices.Contains(all, n) {
					all = append(all, n)
				}
			}
		}
		return all
	}
	if r.PendingNode != nil && !slices.Contains(r.RunningOn, r.PendingNode) {
		return append(slices.Clone(r.RunningOn), r.PendingNode)
	}
	return r.RunningOn
}

// anonymousInstance picks the instance of an anonymous clone that a history on a node
// belongs to: one known to be there, else an idle one, else a new one that counts as
// removed.
func (r *reader) anonymousInstance(n *Node, clone *Resource, id string) *Resource {
	var found, idle *Resource
	skipIdle := false
	for _, child := range clone.Children {
		at := child.places()
		if len(at) > 0 {
			if at[0] != n {
				continue
			}
			if found = child.member(id); found != nil {
				if len(found.RunningOn) == 0 {
					break
				}
				skipIdle, found = true, nil
			}
			continue
		}
		if skipIdle || idle != nil || child.Blocked {
			continue
		}
		if idle = child.member(id); idle != nil && idle.PendingNode != nil && idle.PendingNode != n {
			idle = nil
		}
	}
	if found == nil && !skipIdle {
		found = idle
	}
	// An instance that needs no fencing does not take a number on a node that is not clean.
	if found != nil && !found.NeedsFencing && (!n.Online || n.Unclean) && !n.guest() && clone.CloneData.Max != len(r.c.Nodes) {
		found = nil
	}
	if found == nil {
		if top := r.instance(clone); top != nil {
			found = top.member(id)
		}
	}
	return found
}

// removed makes a resource for a history that no configuration accounts for.
func (r *reader) removed(e *cib.Element, n *Node) *Resource {
	fake := cib.New("primitive")
	fake.Attrs = slices.Clone(e.Attrs)
	rsc := r.resource(fake, nil, "")
	if rsc == nil {
		return nil
	}
	if isRemoteConnection(fake) {
		node := r.c.Node(crm.NodeName(rsc.ID))
		if node == nil {
			node = r.newNode(string(rsc.ID), string(rsc.ID), "remote", 0)
		}
		r.linkRemote(rsc)
		node.Shutdown = true
	}
	if _, ok := e.Lookup("container"); ok {
		rsc.RemovedLaunched = true
	}
	rsc.Removed = true
	r.c.Resources = append(r.c.Resources, rsc)
	if !r.c.Options.StopRemoved {
		rsc.Managed = false
	} else {
		r.locate(rsc, nil, -crm.Infinity, "__removed_do_not_run__")
	}
	return rsc
}

// lastChange is the time of a result, for messages.
func lastChange(op *Op) string {
	if op.LastChange.IsZero() {
		return "unknown_time"
	}
	return strings.TrimSpace(op.LastChange.UTC().Format("2006-01-02 15:04:05Z"))
}
