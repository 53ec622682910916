package tools

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

func nodeNameOf(s string) crm.NodeName { return crm.NodeName(s) }

// findResource finds a resource by id: a configured one, or an instance ("web:1"). For a
// cloned primitive or group it is the first instance.
func findResource(c *state.Cluster, id string) *state.Resource {
	for _, r := range c.All {
		if string(r.ID) == id && r.Parent == nil {
			return r
		}
	}
	for _, r := range c.All {
		if string(r.ID) == id || (string(r.XMLID) == id && !r.Removed) {
			return r
		}
	}
	return nil
}

// instances lists what a user means by a resource: itself, or every instance when it is
// the primitive or group inside a clone and no instance number was given.
func instances(c *state.Cluster, r *state.Resource, id string) []*state.Resource {
	if strings.Contains(id, ":") || r.Parent == nil {
		return []*state.Resource{r}
	}
	var list []*state.Resource
	for _, x := range c.All {
		if x.XMLID == r.XMLID {
			list = append(list, x)
		}
	}
	return list
}

// place is a node on which something runs, and whether it is promoted there.
type place struct {
	node     *state.Node
	promoted bool
}

// places lists where a resource runs, each node once.
func places(r *state.Resource) []place {
	var list []place
	add := func(p place) {
		i := slices.IndexFunc(list, func(x place) bool { return x.node == p.node })
		if i < 0 {
			list = append(list, p)
		} else {
			list[i].promoted = list[i].promoted || p.promoted
		}
	}
	if len(r.Children) == 0 {
		for _, n := range r.RunningOn {
			add(place{n, r.Role == crm.RolePromoted})
		}
	}
	for _, c := range r.Children {
		for _, p := range places(c) {
			add(p)
		}
		if r.Variant == state.Group && len(list) > 0 {
			break // a group is where its first member runs
		}
	}
	return list
}

// cloneOf gives the clone that a primitive or group is an instance of, else nil.
func cloneOf(r *state.Resource) *state.Resource {
	for p := r.Parent; p != nil; p = p.Parent {
		if p.Variant == state.Clone {
			return p
		}
	}
	return nil
}
