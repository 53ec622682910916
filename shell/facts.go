package shell

import (
	"context"
	"fmt"
	"slices"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// facts reads the present CIB as the policy engine does.
func (s *Session) facts(ctx context.Context) (*state.Cluster, error) {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return nil, err
	}
	return state.Read(snap, s.env.Now(), state.ReadOptions{}), nil
}

// resourceNamed finds a resource, or its first instance, by configured id.
func resourceNamed(c *state.Cluster, id string) *state.Resource {
	for _, r := range c.All {
		if string(r.XMLID) == id && r.Parent == nil || string(r.ID) == id {
			return r
		}
	}
	for _, r := range c.All {
		if string(r.XMLID) == id {
			return r
		}
	}
	return nil
}

// active lists the nodes where a resource, or anything in it, is active, each with the
// highest role it has there.
func active(c *state.Cluster, id string) (nodes []crm.NodeName, roles map[crm.NodeName]crm.Role) {
	roles = map[crm.NodeName]crm.Role{}
	for _, r := range c.All {
		if r.Variant != state.Primitive || !within(r, id) {
			continue
		}
		for _, n := range r.RunningOn {
			if !slices.Contains(nodes, n.Name) {
				nodes = append(nodes, n.Name)
			}
			roles[n.Name] = max(roles[n.Name], r.Role)
		}
	}
	return nodes, roles
}

func within(r *state.Resource, id string) bool {
	for ; r != nil; r = r.Parent {
		if string(r.XMLID) == id || string(r.ID) == id {
			return true
		}
	}
	return false
}

// runningOn lists the nodes where the draft's CIB says that a resource is active.
func (s *Session) runningOn(id string) []crm.NodeName {
	o, ok := s.draft.Find(id)
	if !ok || s.draft.Base().Child("status") == nil || len(s.draft.Base().Child("status").Children) == 0 {
		return nil
	}
	if o.Element.Name != "primitive" {
		return nil // members of containers stay
	}
	nodes, _ := active(state.ReadRoot(s.draft.Base(), s.env.Now(), state.ReadOptions{}), id)
	return nodes
}

// live refuses what only a running cluster can do.
func (s *Session) live() error {
	if !s.store.Live() {
		return errNotLive
	}
	return nil
}

// localNode asks crmd for this node's name.
func (s *Session) localNode(ctx context.Context) (string, error) {
	if err := s.live(); err != nil {
		return "", fmt.Errorf("name a node: %w", err)
	}
	st, err := s.store.API().Status(ctx)
	return string(st.Node), err
}

// nodeArgument takes the node from args, or this node when there is none, and checks
// that the CIB knows it.
func (s *Session) nodeArgument(ctx context.Context, args []string) (string, error) {
	var err error
	name := ""
	if len(args) > 0 {
		name = args[0]
	} else if name, err = s.localNode(ctx); err != nil {
		return "", err
	}
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return "", err
	}
	if nodeElement(snap.Root(), name) == nil {
		return "", fmt.Errorf("node %s does not exist", name)
	}
	return name, nil
}

func nodeElement(root *cib.Element, name string) *cib.Element {
	return root.Child("configuration").Child("nodes").ChildWith("node", "uname", name)
}
