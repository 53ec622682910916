package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// lifetimeLayout is how Pacemaker writes times into constraints.
const lifetimeLayout = "2006-01-02 15:04:05Z"

// active lists where the resource runs, and which of them is promoted when exactly one is.
func (c *crmResource) active() (all []place, promoted *state.Node) {
	n := 0
	for _, r := range instances(c.cluster, c.rsc, c.resource) {
		for _, p := range places(r) {
			all = append(all, p)
			if p.promoted {
				promoted = p.node
				n++
			}
		}
	}
	if n != 1 {
		promoted = nil
	}
	return all, promoted
}

// current is the node that moving away means: where it runs when that is one node, else
// where it is promoted. Nil: there is no such node.
func (c *crmResource) current() (node *state.Node, count int) {
	all, promoted := c.active()
	switch {
	case len(all) == 1 && !c.promoted:
		return all[0].node, 1
	case promoted != nil:
		return promoted, len(all)
	}
	return nil, len(all)
}

// ends reads --lifetime: when the constraint stops to count; zero: never.
func (c *crmResource) ends() (time.Time, error) {
	if c.lifetime == "" {
		return time.Time{}, nil
	}
	end, err := addISODuration(c.env.Now().UTC(), c.lifetime)
	if err != nil {
		return end, err
	}
	if !c.quiet {
		c.printf("Migration will take effect until: %s\n", end.Format(lifetimeLayout))
	}
	return end, nil
}

func (c *crmResource) move(ctx context.Context) int {
	if c.node == "" {
		return c.ban(ctx)
	}
	here, _ := c.current()
	dest := c.cluster.Node(nodeNameOf(c.node))
	if here == dest && !c.force {
		return c.oneLine(ExitExists)
	}
	end, err := c.ends()
	if err != nil {
		return c.usage("%v", err)
	}
	id := string(c.rsc.XMLID)
	name := string(dest.Name)
	ops := []api.CIBOp{deleteConstraint(cleanID("cli-ban-" + id + "-on-" + name))}
	ops = append(ops, c.write(c.location("cli-prefer-"+id, "cli-prefer-%s-"+id, name, crm.Infinity, end))...)
	if c.force && here != nil && here != dest {
		ops = append(ops, c.banOps(string(here.Name), end)...)
	}
	return c.change(ctx, ops)
}

func (c *crmResource) ban(ctx context.Context) int {
	node := c.node
	if node == "" {
		here, n := c.current()
		if here == nil {
			c.complain("%s: Resource '%s' not moved: active in %d locations.", c.tool, c.resource, n)
			c.complain("To prevent '%s' from running on a specific location, specify a node.", c.resource)
			return c.finish(ExitUsage)
		}
		node = string(here.Name)
	} else {
		node = string(c.cluster.Node(nodeNameOf(node)).Name)
	}
	end, err := c.ends()
	if err != nil {
		return c.usage("%v", err)
	}
	return c.change(ctx, c.banOps(node, end))
}

// banOps writes the constraint that keeps the resource off a node, and says so.
func (c *crmResource) banOps(node string, end time.Time) []api.CIBOp {
	rsc := string(c.rsc.XMLID)
	id := cleanID("cli-ban-" + rsc + "-on-" + node)
	if !c.quiet {
		c.printf("WARNING: Creating rsc_location constraint '%s' with a score of -INFINITY for resource %s on %s.\n", id, rsc, node)
		c.printf("\tThis will prevent %s from %s on %s until the constraint is removed using the clear option or by editing the CIB with an appropriate tool\n", rsc, c.verb(), node)
		c.printf("\tThis will be the case even if %s is the last node in the cluster\n", node)
	}
	return c.write(c.location(id, "cli-ban-%s-"+rsc+"-on-"+node, node, -crm.Infinity, end))
}

func (c *crmResource) verb() string {
	if c.promoted {
		return "being promoted"
	}
	return "running"
}

// location makes the constraint. parts is the pattern of the ids inside it.
func (c *crmResource) location(id, parts, node string, score crm.Score, end time.Time) *cib.Element {
	role := "Started"
	if c.promoted {
		role = "Promoted"
	}
	e := cib.New(cib.TagRscLocation, cib.AttrID, cleanID(id), cib.AttrRsc, string(c.rsc.XMLID), cib.AttrRole, role)
	if end.IsZero() {
		return e.With(cib.AttrNode, node).With(cib.AttrScore, score.String())
	}
	part := func(what string) string { return cleanID(fmt.Sprintf(parts, what)) }
	return e.Plus(cib.New(cib.TagRule, cib.AttrID, part("rule"), cib.AttrScore, score.String(), "boolean-op", "and").Plus(
		cib.New(cib.TagExpression, cib.AttrID, part("expr"), "attribute", "#uname", "operation", "eq", "value", node, "type", "string"),
		cib.New(cib.TagDateExpr, cib.AttrID, part("lifetime-end"), "operation", "lt", "end", end.Format(lifetimeLayout))))
}

func deleteConstraint(id string) api.CIBOp {
	return api.CIBOp{Kind: "delete", Scope: cib.TagConstraints, XML: string(cib.New(cib.TagRscLocation, cib.AttrID, id).AppendCompact(nil))}
}

// write puts a constraint into the CIB. One of that id that is there is changed, or, when
// the one has a rule and the other none, replaced.
func (c *crmResource) write(e *cib.Element) []api.CIBOp {
	ops := []api.CIBOp{{Kind: "modify", Scope: cib.TagConstraints, AllowCreate: true, XML: string(e.AppendCompact(nil))}}
	if old := c.snap.ByID(e.ID()); old != nil && (old.Child(cib.TagRule) == nil) != (e.Child(cib.TagRule) == nil) {
		ops = append([]api.CIBOp{deleteConstraint(e.ID())}, ops...)
	}
	return ops
}

func (c *crmResource) change(ctx context.Context, ops []api.CIBOp) int {
	if _, err := c.st.Change(ctx, api.CIBRequest{Ops: ops}); err != nil {
		return c.fail(err)
	}
	return c.finish(ExitOK)
}

// clear removes what move and ban have written.
func (c *crmResource) clear(ctx context.Context) int {
	rsc := string(c.rsc.XMLID)
	var bans, prefers []string
	for e := range c.snap.Section(cib.TagConstraints).All(cib.TagRscLocation) {
		if e.Get(cib.AttrRsc) != rsc || (c.promoted && e.Get(cib.AttrRole) != "Promoted" && e.Get(cib.AttrRole) != "Master") {
			continue
		}
		if c.expired && !hasExpired(e, c.env.Now()) {
			continue
		}
		mine := c.node == "" || strings.EqualFold(targetOf(e), c.node)
		switch {
		case strings.HasPrefix(e.ID(), cleanID("cli-ban-"+rsc+"-on-")) && mine:
			bans = append(bans, e.ID())
		case e.ID() == cleanID("cli-prefer-"+rsc) && (mine || c.force):
			prefers = append(prefers, e.ID())
		}
	}
	var ops []api.CIBOp
	for _, id := range append(bans, prefers...) {
		ops = append(ops, deleteConstraint(id))
		if !c.quiet {
			c.printf("Removing constraint: %s\n", id)
		}
	}
	if len(ops) == 0 {
		return c.finish(ExitOK)
	}
	return c.change(ctx, ops)
}

// targetOf is the node of a constraint that move or ban wrote.
func targetOf(e *cib.Element) string {
	if n := e.Get(cib.AttrNode); n != "" {
		return n
	}
	return e.Child(cib.TagRule).ChildWith(cib.TagExpression, "attribute", "#uname").Get(cib.AttrValue)
}

// hasExpired reports whether the constraint had an end and that has passed.
func hasExpired(e *cib.Element, now time.Time) bool {
	d := e.Child(cib.TagRule).ChildWith(cib.TagDateExpr, "operation", "lt")
	end, err := time.Parse(lifetimeLayout, d.Get("end"))
	if err != nil {
		end, err = time.Parse("2006-01-02 15:04:05 -07:00", d.Get("end"))
	}
	return err == nil && end.Before(now)
}
