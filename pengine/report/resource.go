package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Resource writes one resource with all that it consists of; it reports whether it
// wrote anything.
func Resource(w *Writer, c *state.Cluster, r *state.Resource, o *Options) bool {
	switch r.Variant {
	case state.Group:
		return group(w, c, r, o)
	case state.Clone:
		return clone(w, c, r, o)
	case state.Bundle:
		return bundle(w, c, r, o)
	}
	if o.Filtered(r, true) {
		return false
	}
	n := r.CurrentNode()
	if n == nil {
		n = r.PendingNode
	}
	return primitive(w, c, r, string(r.PrintableID()), n, o)
}

func primitive(w *Writer, c *state.Cluster, r *state.Resource, name string, n *state.Node, o *Options) bool {
	if internal(r) && !o.Implicit {
		return false
	}
	w.Item(Describe(c, r, name, n, o, true))
	return true
}

func internal(r *state.Resource) bool { return isTrue(r.Meta["internal"]) }

func isTrue(s string) bool {
	return slices.Contains([]string{"true", "on", "yes", "y", "1"}, strings.ToLower(s))
}

// displayRole is the role as shown: an instance of a promotable clone that is started is
// unpromoted.
func displayRole(r *state.Resource) crm.Role {
	if r.Role == crm.RoleStarted && r.Top().Promotable {
		return crm.RoleUnpromoted
	}
	return r.Role
}

var pendingStates = map[string]string{"start": "Starting", "stop": "Stopping", "migrate_to": "Migrating",
	"migrate_from": "Migrating", "promote": "Promoting", "demote": "Demoting"}

// RoleText is the role, or what is being done about it when that is wanted.
func RoleText(r *state.Resource, pending bool) string {
	if s := pendingStates[r.PendingOp]; pending && s != "" {
		return s
	}
	return displayRole(r).String()
}

// Agent is the agent's name in three parts.
func Agent(r *state.Resource) string {
	or := func(s string) string {
		if s == "" {
			return "unknown"
		}
		return s
	}
	if r.Provider != "" && strings.EqualFold(r.Class, "ocf") {
		return r.Class + ":" + r.Provider + ":" + or(r.Type)
	}
	return or(r.Class) + ":" + or(r.Type)
}

// Describe is the line about a primitive on a node (nil: nowhere).
func Describe(c *state.Cluster, r *state.Resource, name string, n *state.Node, o *Options, nodes bool) string {
	if n == nil && r.LockNode != nil {
		n = r.LockNode
	}
	several := len(r.RunningOn) > 1
	if o.rscOnly || several {
		n = nil
	}
	var b strings.Builder
	b.WriteString(name + "\t(" + Agent(r) + "):\t")
	words(&b, c, r, n, o)
	if f := flags(r, n, o); len(f) > 0 {
		b.WriteString(" (" + strings.Join(f, ", ") + ")")
	}
	if d := r.XML.Get("description"); d != "" && (o.rscOnly || o.Description || several) {
		b.WriteString(" (" + d + ")")
	}
	if nodes && !o.rscOnly && several {
		b.WriteString(" [")
		for _, n := range r.RunningOn {
			b.WriteString(" " + string(n.Name))
		}
		b.WriteString(" ]")
	}
	return b.String()
}

func words(b *strings.Builder, c *state.Cluster, r *state.Resource, n *state.Node, o *Options) {
	role := displayRole(r)
	if r.Removed {
		b.WriteString(" ORPHANED")
	}
	if r.Failed {
		b.WriteString(" FAILED")
		if role > crm.RoleUnpromoted {
			b.WriteString(" " + role.String())
		}
	} else {
		b.WriteString(" " + RoleText(r, o.Pending))
	}
	name := crm.NodeName("")
	if n != nil {
		b.WriteString(" " + n.Label())
		name = n.Name
	}
	if role == crm.RoleStopped {
		if op := failedProbe(c, r, name); op != nil {
			b.WriteString(" (" + o.exit(op.RC) + ") ")
		}
	}
}

// failedProbe finds the probe that says why a resource cannot run on a node ("": any).
func failedProbe(c *state.Cluster, r *state.Resource, node crm.NodeName) *state.Op {
	top := r.Top()
	id := string(r.ID)
	if top.Variant == state.Clone {
		id = string(top.CloneData.Child.ID())
	}
	for _, op := range c.Failed {
		on := op.XML.Get("on_node")
		if !op.MaskedProbe() || on == "" || node != "" && !strings.EqualFold(on, string(node)) {
			continue
		}
		if key, err := crm.ParseOpKey(op.Key); err == nil && string(key.Resource) == id {
			return op
		}
	}
	return nil
}

func flags(r *state.Resource, n *state.Node, o *Options) (f []string) {
	if n != nil && !n.Online && n.Unclean {
		f = append(f, "UNCLEAN")
	}
	if n != nil && n == r.LockNode {
		f = append(f, "LOCKED")
	}
	if o.Pending && r.PendingOp == "monitor" {
		f = append(f, "Monitoring")
	}
	target := r.Meta["target-role"]
	switch role, _ := crm.ParseRole(target); {
	case role == crm.RoleStopped:
		f = append(f, "disabled")
	case role == crm.RoleUnpromoted && r.Top().Promotable:
		f = append(f, "target-role:"+target)
	}
	switch {
	case r.Blocked:
		f = append(f, "blocked")
	case r.Maintenance:
		f = append(f, "maintenance")
	case !r.Managed:
		f = append(f, "unmanaged")
	}
	if r.FailureIgnored {
		f = append(f, "failure ignored")
	}
	return f
}

// ResourceList writes the resource list; it reports whether it showed any resource.
func ResourceList(w *Writer, c *state.Cluster, o *Options, summary, spacer bool) bool {
	if o.ByNode && !o.Inactive {
		return false
	}
	l := list{w: w, spacer: spacer}
	heading := "Active Resources"
	if o.ByNode {
		heading = "Inactive Resources"
	} else if o.Inactive {
		heading = "Full List of Resources"
	}
	shown := false
	if o.Brief && !o.ByNode {
		l.header(heading)
		shown = brief(w, filterList(c.Resources, o), o)
	}
	for _, r := range c.Resources {
		if !Listed(r, o) {
			continue
		}
		l.header(heading)
		if Resource(w, c, r, o) {
			shown = true
		}
	}
	if summary && !shown {
		l.header(heading)
		switch {
		case o.ByNode:
			w.Item("No inactive resources")
		case o.Inactive:
			w.Item("No resources")
		default:
			w.Item("No active resources")
		}
	}
	l.end()
	return shown
}

// Listed reports whether the resource list has a place for the resource.
func Listed(r *state.Resource, o *Options) bool {
	all, any := r.Active(true), r.Active(false)
	switch {
	case r.Removed && !all:
		return false
	case o.ByNode:
		return !all
	case o.Brief && r.Variant == state.Primitive:
		return false
	case !any:
		return o.Inactive
	}
	return o.runsOnWanted(r)
}

func filterList(rs []*state.Resource, o *Options) (out []*state.Resource) {
	for _, r := range rs {
		if o.WantID(r.PrintableID()) || r.Parent != nil && o.WantID(r.Parent.PrintableID()) {
			out = append(out, r)
		}
	}
	return out
}

// brief writes how many resources of each agent run where.
func brief(w *Writer, rs []*state.Resource, o *Options) (wrote bool) {
	total := map[string]int{}
	active := map[string]map[string]int{} // agent -> node -> number
	nodes := map[string]bool{}
	for _, r := range rs {
		if r.Variant != state.Primitive {
			continue
		}
		a := Agent(r)
		total[a]++
		for _, n := range r.RunningOn {
			if !n.Unclean && !n.Online && r.Managed {
				continue
			}
			if active[a] == nil {
				active[a] = map[string]int{}
			}
			active[a][string(n.Name)]++
			nodes[string(n.Name)] = true
		}
	}
	for _, a := range sortedKeys(total, strings.Compare) {
		sum := 0
		for _, n := range sortedKeys(nodes, state.CompareNames) {
			count := active[a][n]
			if count == 0 {
				continue
			}
			sum += count
			if o.rscOnly {
				n = ""
			}
			if o.Inactive {
				w.Itemf("%d/%d\t(%s):\tActive %s", count, total[a], a, n)
			} else {
				w.Itemf("%d\t(%s):\tActive %s", count, a, n)
			}
			wrote = true
		}
		if o.Inactive && sum == 0 {
			w.Itemf("%d/%d\t(%s):\tActive", 0, total[a], a)
			wrote = true
		}
	}
	return wrote
}

func sortedKeys[V any](m map[string]V, compare func(a, b string) int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func description(r *state.Resource, o *Options) string {
	if d := r.XML.Get("description"); d != "" && (o.rscOnly || o.Description) {
		return " (" + d + ")"
	}
	return ""
}

func group(w *Writer, c *state.Cluster, r *state.Resource, o *Options) bool {
	if o.Filtered(r, true) {
		return false
	}
	inactive := 0
	if !r.Active(true) && r.Active(false) {
		for _, m := range r.Children {
			if !m.Active(true) {
				inactive++
			}
		}
	}
	l := list{w: w}
	heading := groupHeading(r, inactive, o)
	if o.Brief {
		if rs := filterList(r.Children, o); len(rs) > 0 {
			l.header(heading)
			inner := *o
			inner.Inactive = true
			brief(w, rs, &inner)
		}
		return l.end()
	}
	passes := o.WantID(r.PrintableID()) || strings.Contains(string(r.ID), ":") && o.WantID(r.ID)
	for _, m := range r.Children {
		if SkipMember(m, passes, o) {
			continue
		}
		l.header(heading)
		Resource(w, c, m, o)
	}
	return l.end()
}

func groupHeading(r *state.Resource, inactive int, o *Options) string {
	var attrs []string
	if inactive > 0 && !o.Inactive {
		attrs = append(attrs, fmt.Sprintf("%d member%s inactive", inactive, plural(inactive)))
	}
	if r.IsDisabled() {
		attrs = append(attrs, "disabled")
	}
	attrs = append(attrs, unmanaged(r)...)
	heading := "Resource Group: " + string(r.ID)
	if len(attrs) > 0 {
		heading += " (" + strings.Join(attrs, ", ") + ")"
	}
	return heading + description(r, o)
}

func unmanaged(r *state.Resource) []string {
	switch {
	case r.Maintenance:
		return []string{"maintenance"}
	case !r.Managed:
		return []string{"unmanaged"}
	}
	return nil
}

// SkipMember reports whether a group does not show a member.
func SkipMember(m *state.Resource, parentPasses bool, o *Options) bool {
	filtered, show := o.Filtered(m, false), m.Active(false) || o.Inactive
	switch {
	case !o.star() && !filtered:
		return false
	case !filtered && show:
		return false
	case parentPasses && show:
		return false
	}
	return true
}
