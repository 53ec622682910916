package shell

import (
	"context"
	"fmt"
	"net/url"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/shell/draft"
)

func nodeLevel() *Level {
	one := completeNodes
	return &Level{Name: "node", Short: "nodes and their attributes", Commands: []*Command{
		{Name: "status", Args: "[NODE]", Short: "the nodes as XML", Max: 1, Complete: one, Run: runNodeStatus},
		{Name: "show", Aliases: []string{"list"}, Args: "[NODE]", Short: "the nodes and their attributes", Max: 1, Complete: one, Run: runNodeShow},
		{Name: "standby", Changes: true, Args: "[NODE] [reboot|forever]", Short: "let a node run nothing", Max: 2, Complete: then(one, "reboot", "forever"), Run: runStandby},
		{Name: "online", Changes: true, Args: "[NODE]", Short: "end standby", Max: 1, Complete: one, Run: runOnline},
		{Name: "maintenance", Changes: true, Args: "[NODE]", Short: "leave what a node runs alone", Max: 1, Complete: one, Run: nodeAttribute("maintenance", "true")},
		{Name: "ready", Changes: true, Args: "[NODE]", Short: "end maintenance", Max: 1, Complete: one, Run: nodeAttribute("maintenance", "false")},
		{Name: "fence", Changes: true, Args: "NODE [off|reboot|on]", Short: "fence a node: switch its power off, or off and on", Min: 1, Max: 2, Complete: then(one, "off", "reboot", "on"), Run: runFence,
			Long: "Without an action it does what the cluster would do (property stonith-action). What the node runs is started elsewhere once it is off. It waits until that is done; how it was done: crm fencing history."},
		{Name: "clearstate", Changes: true, Args: "NODE", Short: "vouch that a node is off, so that the cluster goes on without it", Min: 1, Max: 1, Complete: one, Run: runClearState,
			Long: "Only for a node that is certainly off: what it ran is started elsewhere at once."},
		{Name: "delete", Changes: true, Args: "NODE", Short: "remove a node that is gone for good", Min: 1, Max: 1, Complete: one, Run: runNodeDelete},
		{Name: "attribute", Changes: true, Args: "NODE show|delete NAME | NODE set NAME VALUE", Short: "attributes of a node", Min: 3, Max: 4, Complete: nodePairCompletion, Run: nodePairs("instance_attributes")},
		{Name: "utilization", Changes: true, Args: "NODE show|delete NAME | NODE set NAME VALUE", Short: "utilization attributes of a node", Min: 3, Max: 4, Complete: nodePairCompletion, Run: nodePairs("utilization")},
		{Name: "status-attr", Changes: true, Args: "NODE show|delete NAME | NODE set NAME VALUE", Short: "transient attributes: gone when the node restarts", Min: 3, Max: 4, Complete: nodePairCompletion, Run: runStatusAttribute},
		{Name: "server", Args: "[NODE ...]", Short: "names of the nodes", Max: -1, Complete: one, Run: runServer},
	}}
}

func runNodeStatus(ctx context.Context, s *Session, args []string) error {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	nodes := snap.Root().Child("configuration").Child("nodes")
	if len(args) == 1 {
		n := nodeElement(snap.Root(), args[0])
		if n == nil {
			return fmt.Errorf("node %s does not exist", args[0])
		}
		nodes = n
	}
	s.printf("%s", nodes.XML())
	return nil
}

// runNodeShow prints NAME(ID): TYPE and the attributes below.
func runNodeShow(ctx context.Context, s *Session, args []string) error {
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	found := false
	for n := range c.Root.Child("configuration").Child("nodes").All("node") {
		name := n.Get("uname")
		if len(args) == 1 && name != args[0] {
			continue
		}
		found = true
		head := name
		if n.ID() != name {
			head += "(" + n.ID() + ")"
		}
		typ := n.Get("type")
		if typ == "" || typ == "normal" {
			typ = "member"
		}
		offline := ""
		if known := c.Node(crm.NodeName(name)); known != nil && !known.Online {
			offline = "(offline)"
		}
		s.printf("%s: %s%s\n", head, typ, offline)
		for _, set := range n.Children {
			for nv := range set.All("nvpair") {
				s.printf("\t%s=%s\n", nv.Get("name"), nv.Get("value"))
			}
		}
	}
	if len(args) == 1 && !found {
		return fmt.Errorf("node %s does not exist", args[0])
	}
	return nil
}

func runServer(ctx context.Context, s *Session, args []string) error {
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	for _, name := range draft.New(snap.Root()).Nodes() {
		if len(args) == 0 || contains(args, name) {
			s.printf("%s\n", name)
		}
	}
	return nil
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

func runStandby(ctx context.Context, s *Session, args []string) error {
	lifetime := "forever"
	if n := len(args); n > 0 && (args[n-1] == "reboot" || args[n-1] == "forever") {
		lifetime, args = args[n-1], args[:n-1]
	}
	if len(args) > 1 {
		return fmt.Errorf("standby: %q: use reboot or forever", args[1])
	}
	node, err := s.nodeArgument(ctx, args)
	if err != nil {
		return err
	}
	if lifetime == "reboot" {
		on := "on"
		return s.transient(ctx, node, "standby", &on)
	}
	return s.setNode(ctx, node, "standby", "on")
}

// runOnline ends standby, also the one that a failed operation (on-fail=standby) made.
func runOnline(ctx context.Context, s *Session, args []string) error {
	node, err := s.nodeArgument(ctx, args)
	if err != nil {
		return err
	}
	if s.store.Live() {
		if err := s.transient(ctx, node, "standby", nil); err != nil {
			return err
		}
	}
	return s.setNode(ctx, node, "standby", "off")
}

func nodeAttribute(name, value string) func(context.Context, *Session, []string) error {
	return func(ctx context.Context, s *Session, args []string) error {
		node, err := s.nodeArgument(ctx, args)
		if err != nil {
			return err
		}
		return s.setNode(ctx, node, name, value)
	}
}

func (s *Session) setNode(ctx context.Context, node, name, value string) error {
	return s.change(ctx, func(d *draft.Draft) error {
		d.SetPair(nodeElement(d.Root(), node), "instance_attributes", name, &value)
		return nil
	})
}

func (s *Session) transient(ctx context.Context, node, name string, value *string) error {
	if err := s.live(); err != nil {
		return err
	}
	return s.store.API().Post(ctx, "/v1/attributes", nil, api.AttributeUpdate{Node: crm.NodeName(node), Name: name, Value: value}, nil)
}

func nodePairs(set string) func(context.Context, *Session, []string) error {
	return func(ctx context.Context, s *Session, args []string) error {
		find := func(d *draft.Draft) (draft.Object, error) {
			e := nodeElement(d.Root(), args[0])
			if e == nil {
				return draft.Object{}, fmt.Errorf("node %s does not exist", args[0])
			}
			return draft.Object{Verb: "node", ID: args[0], Element: e}, nil
		}
		return s.pairs(ctx, find, set, args)
	}
}

func runStatusAttribute(ctx context.Context, s *Session, args []string) error {
	node, verb, name := args[0], args[1], args[2]
	switch {
	case verb == "set" && len(args) == 4:
		return s.transient(ctx, node, name, &args[3])
	case verb == "delete" && len(args) == 3:
		return s.transient(ctx, node, name, nil)
	case verb != "show" || len(args) != 3:
		return fmt.Errorf("usage: status-attr %s set NAME VALUE, or status-attr %s show|delete NAME", node, node)
	}
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	for ns := range snap.Root().Child("status").All("node_state") {
		if ns.Get("uname") != node {
			continue
		}
		if v, ok := draft.Pair(ns.Child("transient_attributes"), "instance_attributes", name); ok {
			s.printf("scope=status  name=%s value=%s\n", name, v)
			return nil
		}
	}
	return fmt.Errorf("%s: %s is not set", node, name)
}

func runClearState(ctx context.Context, s *Session, args []string) error {
	if err := s.live(); err != nil {
		return err
	}
	if !s.options.Force && s.rehearsal == nil {
		if s.ask == nil {
			return fmt.Errorf("clearstate %s: say with -F that %s is certainly off: what it ran is started elsewhere at once", args[0], args[0])
		}
		if !s.ask("Is " + args[0] + " certainly off? What it ran is started elsewhere at once.") {
			return nil
		}
	}
	return s.store.API().Post(ctx, "/v1/confirm-off", url.Values{"node": {args[0]}}, struct{}{}, nil)
}

func runNodeDelete(ctx context.Context, s *Session, args []string) error {
	node := args[0]
	c, err := s.facts(ctx)
	if err != nil {
		return err
	}
	known := c.Node(crm.NodeName(node))
	switch {
	case known == nil:
		return fmt.Errorf("node %s does not exist", node)
	case known.Online && !s.options.Force:
		return fmt.Errorf("node %s is online: stop the cluster on it first", node)
	}
	if s.store.Live() {
		return s.store.API().Post(ctx, "/v1/forget", url.Values{"node": {node}}, struct{}{}, nil)
	}
	snap, err := s.store.CIB(ctx)
	if err != nil {
		return err
	}
	ops := []api.CIBOp{{Kind: string(cib.Delete), Scope: "nodes", XML: string(cib.New("node", "uname", node).XML())}}
	if snap.Root().Child("status").ChildWith("node_state", "uname", node) != nil {
		ops = append(ops, api.CIBOp{Kind: string(cib.Delete), Scope: "status", XML: string(cib.New("node_state", "uname", node).XML())})
	}
	_, err = s.store.Change(ctx, api.CIBRequest{Ops: ops})
	return err
}
