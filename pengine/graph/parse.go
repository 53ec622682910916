package graph

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// FromElement reads a transition_graph. It refuses what is none, and actions without a
// number; what it does not know it leaves out.
func FromElement(root *cib.Element) (*Graph, error) {
	if root == nil || root.Name != "transition_graph" {
		return nil, fmt.Errorf("transition graph: the document is not a <transition_graph>")
	}
	g := &Graph{
		ClusterDelayText: root.Get("cluster-delay"), FencingTimeoutText: root.Get("fencing-timeout"),
		BatchLimitText: root.Get("batch-limit"), MigrationLimitText: root.Get("migration-limit"),
		FailedStopOffset: root.Get("failed-stop-offset"), FailedStartOffset: root.Get("failed-start-offset"),
		MigrationLimit: -1,
	}
	g.TransitionID, _ = strconv.Atoi(root.Get("transition_id"))
	g.ClusterDelay, g.FencingTimeout = duration(g.ClusterDelayText), duration(g.FencingTimeoutText)
	g.BatchLimit, _ = strconv.Atoi(g.BatchLimitText)
	if n, err := strconv.Atoi(g.MigrationLimitText); err == nil {
		g.MigrationLimit = n
	}
	if s, err := strconv.ParseInt(root.Get("recheck-by"), 10, 64); err == nil && s > 0 {
		g.RecheckBy = time.Unix(s, 0)
	}
	for e := range root.All("synapse") {
		s, err := synapseFrom(e)
		if err != nil {
			return nil, err
		}
		g.Synapses = append(g.Synapses, s)
	}
	if len(g.Synapses) > 0 {
		g.FeatureSet = g.Synapses[0].Action.Attributes["crm_feature_set"]
	}
	return g, nil
}

// duration reads a time with a unit, seconds without; nonsense is zero.
func duration(text string) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(n) * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

func synapseFrom(e *cib.Element) (Synapse, error) {
	s := Synapse{}
	s.ID, _ = strconv.Atoi(e.ID())
	s.Priority, _ = strconv.Atoi(e.Get("priority"))
	set := e.Child("action_set")
	if set == nil || len(set.Children) == 0 {
		return s, fmt.Errorf("transition graph: synapse %q has no action", e.ID())
	}
	var err error
	if s.Action, err = actionFrom(set.Children[0]); err != nil {
		return s, err
	}
	for t := range e.Child("inputs").All("trigger") {
		for _, c := range t.Children {
			in, err := actionFrom(c)
			if err != nil {
				return s, err
			}
			s.Inputs, s.Triggers = append(s.Inputs, in.ID), append(s.Triggers, in)
		}
	}
	return s, nil
}

func actionFrom(e *cib.Element) (Action, error) {
	a := Action{Operation: e.Get("operation"), Key: e.Get("operation_key"), InternalKey: e.Get("internal_operation_key"),
		Node: crm.NodeName(e.Get("on_node")), NodeUUID: e.Get("on_node_uuid"), RouterNode: crm.NodeName(e.Get("router_node")),
		Mode: e.Get("mode")}
	kind := slices.Index(kindNames[:], e.Name)
	if kind < 0 {
		return a, fmt.Errorf("transition graph: unknown kind of action <%s>", e.Name)
	}
	a.Kind = Kind(kind)
	id, err := strconv.Atoi(e.ID())
	if err != nil {
		return a, fmt.Errorf("transition graph: %s %q has no number", e.Name, a.Key)
	}
	a.ID = id
	a.ShutdownLock, _ = strconv.ParseInt(e.Get("shutdown-lock"), 10, 64)
	for _, c := range e.Children {
		switch c.Name {
		case "primitive":
			a.Resource = resourceFrom(c)
		case "attributes":
			a.Attributes = map[string]string{}
			for _, at := range c.Attrs {
				a.Attributes[at.Name] = at.Value
			}
			for param := range c.All("param") {
				a.Attributes[param.Get("name")] = param.Get("value")
			}
		case "downed":
			for n := range c.All("node") {
				a.Downed = append(a.Downed, n.ID())
			}
		case "maintenance":
			for n := range c.All("node") {
				a.Maintenance = append(a.Maintenance, Maintenance{n.ID(), n.Get("node_in_maintenance") == "1"})
			}
		}
	}
	return a, nil
}
