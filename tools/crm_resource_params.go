package tools

import (
	"context"
	"fmt"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/schemas"
)

// setKind is the kind of attribute sets that -m and -z choose.
func (c *crmResource) setKind() string {
	switch {
	case c.meta:
		return cib.TagMetaAttrs
	case c.utilization:
		return cib.TagUtilization
	}
	return cib.TagInstanceAttrs
}

func (c *crmResource) getParameter(context.Context) int {
	var v string
	var ok bool
	switch name := c.parameter(); {
	case c.meta:
		v, ok = c.rsc.Meta[name]
	case c.utilization:
		v, ok = c.rsc.Utilization[name]
	default:
		v, ok = c.rsc.Params(c.cluster.Node(nodeNameOf(c.node)))[name]
	}
	if !ok {
		c.complain("Attribute '%s' not found for '%s'", c.argument, c.resource)
		return c.finish(ExitOK)
	}
	c.printf("%s\n", v)
	c.add(&cib.Element{Name: "item", Attrs: []cib.Attr{{Name: "name", Value: c.argument}}, Text: v})
	return c.finish(ExitOK)
}

// parameter is the name to set, get or delete, old spellings of meta-attributes made new.
func (c *crmResource) parameter() string {
	if !c.meta {
		return c.argument
	}
	std := schemas.StandardName(c.argument)
	if std != c.argument {
		fmt.Fprintf(c.env.Stderr, "crm_resource: warning: %s is an old spelling of %s\n", c.argument, std)
	}
	return std
}

// owner decides whose attribute is meant: a clone's meta-attribute rather than that of
// what it is made of, unless the latter has it already.
func (c *crmResource) owner(name, act string) *state.Resource {
	if c.force {
		return c.rsc
	}
	if p := c.rsc.Parent; p != nil && p.Variant == state.Clone && c.meta && len(c.matching(c.rsc, name)) == 0 {
		if !c.quiet {
			c.printf("Performing %s of '%s' on '%s', the parent of '%s'\n", act, name, p.XMLID, c.resource)
		}
		return p
	}
	if c.rsc.Parent == nil && c.rsc.Variant == state.Clone && len(c.rsc.Children) > 0 && len(c.matching(c.rsc, name)) == 0 {
		if child := c.rsc.Children[0]; child.Variant == state.Primitive && len(c.matching(child, name)) > 0 {
			if !c.quiet {
				c.printf("A value for '%s' already exists in child '%s', performing %s on that instead of '%s'\n", name, child.XMLID, act, c.resource)
			}
			return child
		}
	}
	return c.rsc
}

// matching lists the attributes of that name in a resource's own configuration.
func (c *crmResource) matching(r *state.Resource, name string) []pair {
	return pairs(c.snap.ByID(string(r.XMLID)), c.setKind(), name, c.set, c.nvpair)
}

// ambiguousPairs ends when several attributes match.
func (c *crmResource) ambiguousPairs(list []pair, name string) int {
	c.complain("Multiple attributes match name=%s", name)
	for _, p := range list {
		c.complain("  Value: %s \t(set=%s, id=%s)", p.nv.Get(cib.AttrValue), p.set.ID(), p.nv.ID())
	}
	return c.oneLine(ExitMultiple)
}

func (c *crmResource) setParameter(ctx context.Context) int {
	if !c.hasValue {
		return c.usage("You need to supply a value with the -v option")
	}
	name := c.parameter()
	r := c.owner(name, "update")
	list := c.matching(r, name)
	if len(list) > 1 {
		return c.ambiguousPairs(list, name)
	}
	var op api.CIBOp
	var said string
	id := string(r.XMLID)
	if len(list) == 1 {
		nv := cib.New(cib.TagNvpair, cib.AttrID, list[0].nv.ID(), cib.AttrName, name, cib.AttrValue, c.value)
		op = api.CIBOp{Kind: "modify", Scope: cib.TagResources, XML: string(nv.AppendCompact(nil))}
		said = fmt.Sprintf("Set '%s' option: id=%s", id, list[0].nv.ID())
		if c.set != "" {
			said += " set=" + c.set
		}
	} else {
		setID := c.set
		if setID == "" {
			setID = id + "-" + c.setKind()
		}
		set := newPair(c.snap, c.setKind(), setID, c.nvpair, name, c.value)
		around := cib.New(c.snap.ByID(id).Name, cib.AttrID, id)
		op = api.CIBOp{Kind: "modify", Scope: cib.TagResources, AllowCreate: true, XML: string(nest(set, around).AppendCompact(nil))}
		said = fmt.Sprintf("Set '%s' option: id=%s set=%s", id, set.Children[0].ID(), setID)
	}
	if _, err := c.st.Change(ctx, api.CIBRequest{Ops: []api.CIBOp{op}}); err != nil {
		return c.fail(err)
	}
	if !c.quiet {
		c.printf("%s name=%s value=%s\n", said, name, c.value)
	}
	return c.finish(ExitOK)
}

func (c *crmResource) deleteParameter(ctx context.Context) int {
	name := c.parameter()
	r := c.owner(name, "delete")
	list := c.matching(r, name)
	switch len(list) {
	case 0:
		return c.finish(ExitOK)
	case 1:
	default:
		return c.ambiguousPairs(list, name)
	}
	op := api.CIBOp{Kind: "delete", Scope: cib.TagResources, XML: string(cib.New(cib.TagNvpair, cib.AttrID, list[0].nv.ID()).AppendCompact(nil))}
	if _, err := c.st.Change(ctx, api.CIBRequest{Ops: []api.CIBOp{op}}); err != nil {
		return c.fail(err)
	}
	if !c.quiet {
		c.printf("Deleted '%s' option: id=%s name=%s\n", r.XMLID, list[0].nv.ID(), name)
	}
	return c.finish(ExitOK)
}

// delete removes a resource from the configuration.
func (c *crmResource) delete(ctx context.Context) int {
	if c.kind == "" {
		return c.usage("You need to specify a resource type with -t")
	}
	xml := string(cib.New(c.kind, cib.AttrID, c.resource).AppendCompact(nil))
	if _, err := c.st.Change(ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: "delete", Scope: cib.TagResources, XML: xml}}}); err != nil {
		return c.fail(err)
	}
	return c.finish(ExitOK)
}
