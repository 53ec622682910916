package tools

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/report"
	"github.com/tactus-ha/tactus/pengine/state"
)

func (c *crmResource) list(context.Context) int {
	if c.xml {
		list := cib.New("resources")
		for _, r := range c.cluster.Resources {
			list.Children = append(list.Children, resourceXML(r))
		}
		c.add(list)
		return c.finish(ExitOK)
	}
	var lines strings.Builder
	w := report.NewWriter(&lines)
	w.Begin("Full List of Resources")
	shown := false
	for _, r := range c.cluster.Resources {
		shown = report.Resource(w, c.cluster, r, &report.Options{Inactive: true}) || shown
	}
	if !shown {
		w.Item("No resources")
	}
	w.End()
	c.printf("%s", c.withoutNodes(lines.String()))
	return c.finish(ExitOK)
}

// withoutNodes cuts the node off the line of every primitive: this list has none, unlike
// the one of crm_mon.
func (c *crmResource) withoutNodes(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		head, tail, ok := strings.Cut(line, "):\t ")
		if !ok {
			continue
		}
		for _, n := range c.cluster.Nodes {
			if cut, found := strings.CutSuffix(tail, " "+string(n.Name)+"\n"); found {
				lines[i] = head + "):\t " + cut + "\n"
			} else if role, more, found := strings.Cut(tail, " "+string(n.Name)+" ("); found {
				lines[i] = head + "):\t " + role + " (" + more
			}
		}
	}
	return strings.Join(lines, "")
}

// resourceXML is a resource as --output-as=xml shows it.
func resourceXML(r *state.Resource) *cib.Element {
	yes := strconv.FormatBool
	switch r.Variant {
	case state.Group:
		e := cib.New("group", "id", string(r.ID), "number_resources", strconv.Itoa(len(r.Children)), "managed", yes(r.Managed), "disabled", yes(r.IsDisabled()))
		return withParts(e, r)
	case state.Clone:
		e := cib.New("clone", "id", string(r.XMLID), "multi_state", yes(r.Promotable), "unique", yes(r.Unique), "managed", yes(r.Managed), "disabled", yes(r.IsDisabled()), "failed", yes(r.Failed), "failure_ignored", yes(r.FailureIgnored))
		return withParts(e, r)
	case state.Bundle:
		return withParts(cib.New("bundle", "id", string(r.ID), "managed", yes(r.Managed), "failed", yes(r.Failed)), r)
	}
	e := cib.New("resource", "id", string(r.PrintableID()), "resource_agent", report.Agent(r), "role", roleIn(r).String())
	if t := r.Meta["target-role"]; t != "" {
		e = e.With("target_role", t)
	}
	e.Attrs = append(e.Attrs, cib.Attr{Name: "active", Value: yes(r.Active(true))}, cib.Attr{Name: "orphaned", Value: yes(r.Removed)},
		cib.Attr{Name: "blocked", Value: yes(r.Blocked)}, cib.Attr{Name: "managed", Value: yes(r.Managed)}, cib.Attr{Name: "failed", Value: yes(r.Failed)},
		cib.Attr{Name: "failure_ignored", Value: yes(r.FailureIgnored)}, cib.Attr{Name: "nodes_running_on", Value: strconv.Itoa(len(r.RunningOn))})
	for _, n := range r.RunningOn {
		e = e.Plus(cib.New("node", "name", string(n.Name), "id", n.ID, "cached", yes(n.Online)))
	}
	return e
}

// roleIn is the role to show: what is merely started in a promotable clone is unpromoted.
func roleIn(r *state.Resource) crm.Role {
	role := r.CurrentRole()
	if role == crm.RoleStarted && r.Top().Promotable {
		return crm.RoleUnpromoted
	}
	return role
}

func withParts(e *cib.Element, r *state.Resource) *cib.Element {
	for _, part := range r.Children {
		e = e.Plus(resourceXML(part))
	}
	return e
}

func (c *crmResource) listRaw(context.Context) int {
	found := false
	var walk func(r *state.Resource)
	walk = func(r *state.Resource) {
		if r.Variant == state.Primitive {
			found = true
			c.printf("%s\n", r.ID)
		}
		for _, part := range r.Children {
			walk(part)
		}
	}
	for _, r := range c.cluster.Resources {
		walk(r)
	}
	if !found {
		c.printf("NO resources configured\n")
		return c.finish(ExitNoSuch)
	}
	return c.finish(ExitOK)
}

func (c *crmResource) listOperations(context.Context) int {
	list := cib.New("operations")
	for _, n := range c.cluster.Nodes {
		if c.node != "" && !strings.EqualFold(string(n.Name), c.node) {
			continue
		}
		for _, h := range n.History {
			if h.Resource == nil || (c.command == "list-operations" && h.Resource.Removed) {
				continue
			}
			if c.resource != "" && h.Entry != c.resource && string(h.Resource.XMLID) != c.resource {
				continue
			}
			for _, op := range h.Ops {
				c.printf("%s\n", operationLine(h, op))
				list.Children = append(list.Children, cib.New("operation", "op", op.Key, "node", string(n.Name), "call", strconv.Itoa(op.CallID), "rc", strconv.Itoa(int(op.RC)), "status", op.Status.String()))
			}
		}
	}
	c.add(list)
	return c.finish(ExitOK)
}

// operationLine is one line of -O: scripts take it apart.
func operationLine(h *state.History, op *state.Op) string {
	var b strings.Builder
	agent := h.Class
	if h.Provider != "" {
		agent += ":" + h.Provider
	}
	role := h.Resource.CurrentRole()
	if top := h.Resource.Top(); top.Promotable {
		role = top.CurrentRole()
	}
	fmt.Fprintf(&b, "%s\t(%s:%s):\t %s: %s (node=%s, call=%d, rc=%d", h.Entry, agent, h.Type, role, op.Key, op.Node.Name, op.CallID, int(op.RC))
	if !op.LastChange.IsZero() {
		fmt.Fprintf(&b, ", last-rc-change='%s'", op.LastChange.Local().Format("Mon Jan _2 15:04:05 2006"))
		if t := op.XML.Get("exec-time"); t != "" {
			fmt.Fprintf(&b, ", exec=%sms", t)
		}
	}
	fmt.Fprintf(&b, "): %s", op.Status)
	return b.String()
}

func (c *crmResource) locate(context.Context) int {
	nodes := cib.New("nodes", "resource", c.resource)
	var where []place
	for _, r := range instances(c.cluster, c.rsc, c.resource) {
		where = append(where, places(r)...)
	}
	// The promoted instance comes last: readers take the first for "a" place.
	sort.SliceStable(where, func(i, j int) bool { return !where[i].promoted && where[j].promoted })
	for _, p := range where {
		e := &cib.Element{Name: "node", Text: string(p.node.Name)}
		suffix := ""
		if p.promoted {
			e, suffix = e.With("state", "promoted"), " Promoted"
		}
		nodes = nodes.Plus(e)
		if c.quiet {
			c.printf("%s\n", p.node.Name)
		} else {
			c.printf("resource %s is running on: %s%s\n", c.resource, p.node.Name, suffix)
		}
	}
	c.add(nodes)
	if len(where) == 0 && !c.xml {
		c.complain("resource %s is NOT running", c.resource)
	}
	return c.finish(ExitOK)
}

func (c *crmResource) queryXML(context.Context) int {
	e := c.rsc.XML
	if c.command == "query-xml-raw" {
		e = c.rsc.Orig
	}
	if !c.xml {
		w := report.NewWriter(&c.text)
		w.Plain = true
		report.Resource(w, c.cluster, c.rsc, &report.Options{Inactive: true})
		c.printf("Resource XML:\n%s", e.XML())
	}
	c.add(&cib.Element{Name: "xml", Text: string(e.XML())})
	return c.finish(ExitOK)
}

func (c *crmResource) constraints(context.Context) int {
	w := report.NewWriter(&c.text)
	c.locations(w, string(c.rsc.XMLID))
	recursive := c.recursive || c.command == "stack"
	c.colocated(w, string(c.rsc.XMLID), true, recursive, map[string]bool{})
	c.colocated(w, string(c.rsc.XMLID), false, recursive, map[string]bool{})
	return c.finish(ExitOK)
}

func (c *crmResource) locations(w *report.Writer, id string) {
	var lines []string
	for _, k := range c.cluster.Constraints {
		l := k.Location
		if l == nil || l.Resource != id {
			continue
		}
		if l.Node != "" {
			lines = append(lines, fmt.Sprintf("Node %s (score=%s, id=%s, rsc=%s)", l.Node, l.Score, l.ID, id))
		}
		for _, rule := range l.Rules {
			lines = append(lines, fmt.Sprintf("Rule %s (score=%s, id=%s, rsc=%s)", rule.ID(), rule.Get(cib.AttrScore), l.ID, id))
		}
	}
	if len(lines) == 0 {
		return
	}
	w.Begin("Locations")
	for _, line := range slices.Backward(lines) { // the last first, as the original
		w.Item(line)
	}
	w.End()
}

// colocated lists what a resource has to be with (dependents false), or what has to be
// with it.
func (c *crmResource) colocated(w *report.Writer, id string, primaries, recursive bool, seen map[string]bool) {
	opened := false
	seen[id] = true
	for _, k := range c.cluster.Constraints {
		l := k.Colocation
		if l == nil {
			continue
		}
		mine, other, heading := l.Resource, l.With, fmt.Sprintf("Resources %s is colocated with", id)
		if !primaries {
			mine, other, heading = l.With, l.Resource, fmt.Sprintf("Resources colocated with %s", id)
		}
		if mine != id {
			continue
		}
		if !opened {
			w.Begin(heading)
			opened = true
		}
		w.Itemf("%s (score=%s, id=%s)", other, l.Score, l.ID)
		if !primaries || recursive {
			w.Begin("")
			c.locations(w, other)
			if recursive && !seen[other] {
				c.colocated(w, other, primaries, recursive, seen)
			}
			w.End()
		}
	}
	if opened {
		w.End()
	}
}
