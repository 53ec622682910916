package report

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Options says what to show and how much.
type Options struct {
	Inactive     bool // resources that run nowhere too
	Pending      bool // operations in flight
	ByNode       bool // resources grouped by node
	Brief        bool // numbers of resources by agent
	FailedDetail bool // failed operations with every field
	CloneDetail  bool // every instance of a clone
	Implicit     bool // the parts that bundles consist of
	Description  bool
	NodeIDs      bool
	FeatureSets  bool
	Timing       bool // of operations
	Modern       bool // results in the words of Pacemaker 3 ("Not installed"), not 2 ("not installed")
	rscOnly      bool // below a node: without its name

	Nodes     []string // only these; nil or "*": all
	Resources []string // only these; nil or "*": all
}

// WantNode reports whether a node is among the chosen ones.
func (o *Options) WantNode(name crm.NodeName) bool {
	return len(o.Nodes) == 0 || slices.ContainsFunc(o.Nodes, func(n string) bool {
		return n == "*" || strings.EqualFold(n, string(name))
	})
}

// WantID reports whether a resource is among the chosen ones.
func (o *Options) WantID(id crm.ResourceID) bool {
	return len(o.Resources) == 0 || slices.ContainsFunc(o.Resources, func(r string) bool { return r == "*" || r == string(id) })
}

// star reports whether all resources are wanted.
func (o *Options) star() bool {
	return len(o.Resources) == 0 || len(o.Resources) == 1 && o.Resources[0] == "*"
}

// everything returns the options without a choice of resources.
func (o *Options) everything() *Options {
	c := *o
	c.Resources = nil
	return &c
}

// Filtered reports whether a resource is left out by the choice of resources.
func (o *Options) Filtered(r *state.Resource, parents bool) bool {
	switch r.Variant {
	case state.Primitive:
		if o.WantID(r.PrintableID()) || o.WantID(r.ID) {
			return false
		}
		return !parents || r.Parent == nil || o.Filtered(r.TopWithBundle(), false)
	case state.Bundle:
		return o.bundleFiltered(r)
	}
	if r.Variant == state.Group && parents && o.WantID(r.Top().PrintableID()) {
		return false
	}
	if o.WantID(r.PrintableID()) || strings.Contains(string(r.ID), ":") && o.WantID(r.ID) {
		return false
	}
	if r.Variant == state.Clone && r.CloneData.Child != nil && o.WantID(crm.ResourceID(r.CloneData.Child.ID())) {
		return false
	}
	for _, c := range r.Children {
		if !o.Filtered(c, false) {
			return false
		}
	}
	return true
}

func (o *Options) bundleFiltered(r *state.Resource) bool {
	if o.WantID(r.ID) {
		return false
	}
	for _, rep := range r.BundleData.Replicas {
		for _, part := range []*state.Resource{rep.IP, rep.Child, rep.Container, rep.Remote} {
			if part != nil && !o.Filtered(part, false) {
				return false
			}
		}
	}
	return true
}

// Elsewhere reports whether a resource is active, but on none of the chosen nodes.
func (o *Options) Elsewhere(r *state.Resource) bool { return r.Active(false) && !o.runsOnWanted(r) }

func (o *Options) runsOnWanted(r *state.Resource) bool {
	return slices.ContainsFunc(r.RunningOn, func(n *state.Node) bool { return o.WantNode(n.Name) })
}

// exit says what an agent's result means.
func (o *Options) exit(rc crm.ExitCode) string {
	if o.Modern {
		return ExitText(rc)
	}
	return rc.String()
}

// status says how an operation ended.
func (o *Options) status(s crm.ExecStatus) string {
	names := [...]string{"Pending", "Done", "Cancelled", "Timed out", "Unsupported", "Error", "Hard error", "Fatal error", "Not installed",
		"Internal communication failure", "Cannot execute now", "No fence device", "CIB secrets unavailable"}
	switch {
	case !o.Modern:
		return s.String()
	case s == crm.ExecPending:
		return names[0]
	case s >= 0 && int(s)+1 < len(names):
		return names[s+1]
	}
	return "Unrecognized status (bug?)"
}
