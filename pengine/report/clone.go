package report

import (
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

func cloneHeading(r *state.Resource, o *Options) string {
	var attrs []string
	for _, a := range []struct {
		name string
		is   bool
	}{{"promotable", r.Promotable}, {"unique", r.Unique}, {"disabled", r.IsDisabled()}} {
		if a.is {
			attrs = append(attrs, a.name)
		}
	}
	attrs = append(attrs, unmanaged(r)...)
	heading := "Clone Set: " + string(r.ID) + " [" + r.CloneData.Child.ID() + "]"
	if len(attrs) > 0 {
		heading += " (" + strings.Join(attrs, ", ") + ")"
	}
	return heading + description(r, o)
}

// instances is how the instances of a clone are shown: in full, or by node in lists.
type instances struct {
	promoted, started []*state.Node
	stopped           map[string]string // what is stopped -> in words
}

func clone(w *Writer, c *state.Cluster, r *state.Resource, o *Options) bool {
	if o.Filtered(r, true) {
		return false
	}
	l := list{w: w}
	heading := cloneHeading(r, o)
	everything := o.WantID(r.PrintableID()) || strings.Contains(string(r.ID), ":") && o.WantID(r.ID)
	in := instances{stopped: map[string]string{}}
	for _, child := range r.Children {
		if o.Elsewhere(child) || o.Filtered(child, everything) {
			continue
		}
		if in.full(r, child, o) {
			l.header(heading)
			Resource(w, c, child, o.everything())
		}
	}
	if o.CloneDetail {
		l.end()
		return true
	}
	byName := func(a, b *state.Node) int { return state.CompareNames(string(a.Name), string(b.Name)) }
	slices.SortStableFunc(in.promoted, byName)
	slices.SortStableFunc(in.started, byName)
	shown := 0
	line := func(label string, nodes []*state.Node) {
		var names []string
		for _, n := range nodes {
			if o.WantNode(n.Name) {
				names = append(names, string(n.Name))
			}
		}
		shown += len(names)
		if len(names) > 0 {
			l.header(heading)
			w.Item(label + ": [ " + strings.Join(names, " ") + " ]")
		}
	}
	line("Promoted", in.promoted)
	line(startedLabel(r), in.started)
	if o.Inactive {
		if !r.Unique && r.CloneData.Max > shown {
			in.stopped = stoppedNodes(c, r, o)
		}
		if len(in.stopped) > 0 {
			l.header(heading)
			stoppedLines(w, in.stopped)
		} else if shown == 0 {
			l.header(heading)
		}
	}
	return l.end()
}

// full sorts an instance into the lists, or reports that it needs lines of its own.
func (in *instances) full(r, child *state.Resource, o *Options) bool {
	full, some := o.CloneDetail, child.Active(false)
	switch {
	case r.Unique:
		return full || some || !r.Removed
	case o.Pending && child.PendingOp != "" && child.PendingOp != "probe":
		return true
	case !some:
		if !child.Removed && !o.CloneDetail && o.Inactive {
			in.stopped[string(child.ID)] = "Stopped"
		}
		return full
	case anyPart(child, func(r *state.Resource) bool { return r.Removed || r.Failed }),
		anyPart(child, func(r *state.Resource) bool { return !r.Managed }),
		!child.Active(true):
		return true
	}
	at := onlyNode(child)
	if at == nil || !at.Online && at.Unclean {
		return true
	}
	if child.CurrentRole() > crm.RoleUnpromoted {
		in.promoted = append(in.promoted, at)
	} else {
		in.started = append(in.started, at)
	}
	return full
}

func anyPart(r *state.Resource, is func(*state.Resource) bool) bool {
	return is(r) || slices.ContainsFunc(r.Children, func(c *state.Resource) bool { return anyPart(c, is) })
}

// onlyNode is the node of all parts; nil when they are on several, or none.
func onlyNode(r *state.Resource) *state.Node {
	var at []*state.Node
	var collect func(*state.Resource)
	collect = func(r *state.Resource) {
		if len(r.Children) == 0 {
			for _, n := range r.RunningOn {
				if !slices.Contains(at, n) {
					at = append(at, n)
				}
			}
		}
		for _, c := range r.Children {
			collect(c)
		}
	}
	collect(r)
	if len(at) == 1 {
		return at[0]
	}
	return nil
}

// configuredRole is target-role of the clone, or else of its first instance.
func configuredRole(r *state.Resource) crm.Role {
	text, ok := r.Meta["target-role"]
	if !ok && len(r.Children) > 0 {
		text = r.Children[0].Meta["target-role"]
	}
	role, _ := crm.ParseRole(text)
	return role
}

func startedLabel(r *state.Resource) string {
	switch {
	case !r.Promotable:
		return "Started"
	case configuredRole(r) == crm.RoleUnpromoted:
		return "Unpromoted (target-role)"
	}
	return "Unpromoted"
}

// stoppedNodes says of every node where the clone could run but does not, why.
func stoppedNodes(c *state.Cluster, r *state.Resource, o *Options) map[string]string {
	var nodes []*state.Node
	for _, a := range r.Allowed {
		nodes = append(nodes, a.Node)
	}
	if len(nodes) == 0 {
		nodes = r.ProbedOn
	}
	stopped := map[string]string{}
	for _, n := range nodes {
		if slices.Contains(r.RunningOn, n) || !o.WantNode(n.Name) {
			continue
		}
		text := "Stopped"
		if configuredRole(r) == crm.RoleStopped {
			text = "Stopped (disabled)"
		}
		if op := failedProbe(c, r, n.Name); op != nil {
			text = "Stopped (" + o.exit(op.RC) + ")"
		}
		stopped[string(n.Name)] = text
	}
	return stopped
}

func stoppedLines(w *Writer, stopped map[string]string) {
	names := map[string][]string{}
	for _, name := range sortedKeys(stopped, state.CompareNames) {
		names[stopped[name]] = append(names[stopped[name]], name)
	}
	for _, text := range sortedKeys(names, strings.Compare) {
		w.Item(text + ": [ " + strings.Join(names[text], " ") + " ]")
	}
}
