package tools

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/schemas"
	"github.com/tactus-ha/tactus/tools/store"
)

const crmAttributeHelp = `crm_attribute - query and update cluster options and node attributes

Usage: crm_attribute [OPTION...]

Which attribute:
  -n, --name=NAME              The attribute or option. A query without it shows all
  -P, --pattern=REGEX          All attributes that match
  -p, --promotion[=RESOURCE]   The promotion score of the resource, or of the one in
                               OCF_RESOURCE_INSTANCE; lifetime reboot unless -l is given
  -i, --id=ID                  The attribute with this XML id
  -s, --set-name=ID            In the set with this XML id

Commands:
  -G, --query                  Show the value (this is what happens without a command)
  -v, --update=VALUE           Set the value; "value++" and "value+=N" count
  -D, --delete                 Delete the attribute

Options:
  -t, --type=SECTION           crm_config (default), rsc_defaults, op_defaults, tickets,
                               nodes (with -N), status (with -N)
  -N, --node=NODE              An attribute of this node ("-U" too)
  -l, --lifetime=LIFETIME      reboot: until the node leaves the cluster; forever
  -z, --utilization            A utilization attribute of the node
  -d, --default=VALUE          With -G: the value to show when there is none
  -q, --quiet                  Only the value
      --output-as=FORMAT       text or xml
      --output-to=FILE         Write there
  -V, --verbose                accepted
  -h, --help                   This text
  -$, --version                Version

Exit codes: 0 done; 64 wrong use; 78 invalid; 102 the cluster is not running; 105 no such
attribute or node; 109 several match.

Examples:
  crm_attribute --node myhost --name location --update office
  crm_attribute --type crm_config --name cluster-delay --query --quiet
  crm_attribute --type crm_config -n stonith-enabled -v false
`

var crmAttributeOptions = []option{
	{'n', "name", value, "attr-name"}, {'P', "pattern", value, ""}, {'p', "promotion", optional, ""}, {'i', "id", value, "attr-id"}, {'s', "set-name", value, ""},
	{'G', "query", noValue, "get-value"}, {'v', "update", value, "attr-value"}, {'D', "delete", noValue, "delete-attr"},
	{'t', "type", value, ""}, {'N', "node", value, "node-uname"}, {'U', "node", value, ""}, {'l', "lifetime", value, ""}, {'z', "utilization", noValue, ""},
	{'d', "default", value, ""}, {'q', "quiet", noValue, ""}, {'Q', "quiet", noValue, ""}, {'!', "inhibit-policy-engine", noValue, ""},
}

// attribute is one request about an attribute.
type attribute struct {
	*result
	st store.Store

	name, pattern, id, set, section, node, lifetime string
	value, missing                                  *string // --update, --default
	promotion, utilization, remove, query           bool

	nodeID string // of the CIB; "" for cluster options
}

func runCrmAttribute(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crm_attribute", crmAttributeHelp, crmAttributeOptions, args)
	if done {
		return code
	}
	a := &attribute{result: r, st: env.Store()}
	for _, g := range options {
		a.option(g)
	}
	return a.run(ctx)
}

func (a *attribute) option(g given) {
	switch g.name {
	case "name":
		a.name = g.value
	case "pattern":
		a.pattern = g.value
	case "promotion":
		a.promotion, a.name = true, g.value
	case "id":
		a.id = g.value
	case "set-name":
		a.set = g.value
	case "query":
		a.query = true
	case "update":
		a.value = &g.value
	case "delete":
		a.remove = true
	case "type":
		a.section = g.value
	case "node":
		a.node = g.value
	case "lifetime":
		a.lifetime = g.value
	case "utilization":
		a.utilization = true
	case "default":
		a.missing = &g.value
	case "quiet":
		a.quiet = true
	}
}

func (a *attribute) run(ctx context.Context) int {
	if code := a.settle(); code != ExitOK {
		return code
	}
	if (a.remove || a.value != nil) && a.name == "" && a.id == "" && a.pattern == "" {
		return a.usage("must specify attribute name or pattern to update or delete")
	}
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	if err := a.findNode(ctx); err != nil {
		return a.nodeError(err)
	}
	if a.section == cib.TagStatus && a.st.Live() {
		return a.transient(ctx)
	}
	s, err := a.st.CIB(ctx)
	if err != nil {
		return a.fail(err)
	}
	switch {
	case a.remove:
		return a.delete(ctx, s)
	case a.value != nil:
		return a.update(ctx, s)
	}
	return a.show(s)
}

// settle works out section and name from what was given.
func (a *attribute) settle() int {
	if a.promotion {
		if a.name == "" {
			a.name = a.env.Getenv("OCF_RESOURCE_INSTANCE")
		}
		if a.name == "" {
			return a.usage("-p/--promotion must be called from an OCF resource agent or with a resource ID specified")
		}
		a.name = "master-" + a.name
		if a.lifetime == "" {
			a.lifetime = "reboot"
		}
	}
	lifetime := map[string]string{"": "", "reboot": cib.TagStatus, "forever": cib.TagNodes}
	section, ok := lifetime[a.lifetime]
	if !ok {
		return a.usage("Invalid lifetime '%s': want reboot or forever", a.lifetime)
	}
	if t, isLifetime := lifetime[a.section]; isLifetime && a.section != "" {
		a.section = t // "-t reboot" is an old way to say it
	}
	switch {
	case a.section == "" && a.utilization:
		a.section = cib.TagNodes
	case (a.section == "" || a.section == cib.TagNodes) && section != "":
		a.section = section
	case a.section == "" && a.node != "":
		a.section = cib.TagNodes
	case a.section == "":
		a.section = cib.TagCRMConfig
	case a.section == "transient":
		a.section = cib.TagStatus
	}
	switch a.section {
	case cib.TagCRMConfig, cib.TagRscDefaults, cib.TagOpDefaults, cib.TagTickets:
		if std := schemas.StandardName(a.name); std != a.name && a.section != cib.TagTickets {
			fmt.Fprintf(a.env.Stderr, "crm_attribute: warning: %s is an old spelling of %s\n", a.name, std)
			a.name = std
		}
	case cib.TagNodes, cib.TagStatus:
	default:
		return a.usage("Unknown type '%s': want crm_config, rsc_defaults, op_defaults, tickets, nodes or status", a.section)
	}
	return ExitOK
}

type unknownNode struct{ name string }

func (e *unknownNode) Error() string { return "Could not map name=" + e.name + " to a UUID" }

func (a *attribute) nodeError(err error) int {
	if u, ok := err.(*unknownNode); ok {
		a.complain("%s: %v", a.tool, u)
		return a.finish(ExitNoSuch)
	}
	return a.fail(err)
}

func (a *attribute) findNode(ctx context.Context) (err error) {
	if a.section != cib.TagNodes && a.section != cib.TagStatus {
		return nil
	}
	if a.node == "" {
		if a.node, err = localNode(ctx, a.env, a.st); err != nil {
			return err
		}
	}
	if a.section == cib.TagStatus && a.st.Live() {
		return nil // crmd knows the node
	}
	s, err := a.st.CIB(ctx)
	if err != nil {
		return err
	}
	id, ok := nodeID(s, a.node)
	if !ok {
		return &unknownNode{a.node}
	}
	a.nodeID = id
	return nil
}

// place gives the element that holds the attribute sets (nil when it is not there), the
// kind of the sets, and the id of a new one.
func (a *attribute) place(s *cib.Snapshot) (owner *cib.Element, kind, setID string) {
	kind, setID = cib.TagInstanceAttrs, a.section+"-"+a.nodeID
	switch a.section {
	case cib.TagCRMConfig:
		owner, kind, setID = s.Section(a.section), cib.TagPropertySet, "cib-bootstrap-options"
	case cib.TagRscDefaults, cib.TagOpDefaults:
		owner, kind, setID = s.Section(a.section), cib.TagMetaAttrs, a.section+"-options"
	case cib.TagTickets:
		owner, setID = s.Section(cib.TagStatus).Child(cib.TagTickets), "status-tickets"
	case cib.TagNodes:
		owner = s.Section(cib.TagNodes).ChildWith(cib.TagNode, cib.AttrID, a.nodeID)
		if a.utilization {
			kind, setID = cib.TagUtilization, setID+"-utilization"
		}
	case cib.TagStatus:
		owner = s.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, a.nodeID).Child(cib.TagTransient)
	}
	if a.set != "" {
		setID = a.set
	}
	return owner, kind, setID
}

// found lists the attributes that are meant.
func (a *attribute) found(s *cib.Snapshot) ([]pair, error) {
	owner, kind, _ := a.place(s)
	list := pairs(owner, kind, a.name, a.set, a.id)
	if a.pattern == "" {
		return list, nil
	}
	re, err := regexp.Compile(a.pattern)
	if err != nil {
		return nil, &cib.OpError{ExitCode: ExitUsage, Msg: err.Error()}
	}
	var matching []pair
	for _, p := range list {
		if re.MatchString(p.nv.Get(cib.AttrName)) {
			matching = append(matching, p)
		}
	}
	return matching, nil
}

func (a *attribute) print(name, value string) {
	if a.quiet {
		a.printf("%s\n", value)
	} else {
		id := "" // the blank that stays without it is what scripts know
		if a.id != "" {
			id = "id=" + a.id
		}
		a.printf("scope=%s %s name=%s value=%s\n", a.section, id, name, value)
	}
	a.add(cib.New("attribute", "name", name, "value", value, "scope", a.section))
}

func (a *attribute) show(s *cib.Snapshot) int {
	list, err := a.found(s)
	if err != nil {
		return a.fail(err)
	}
	for _, p := range list {
		a.print(p.nv.Get(cib.AttrName), p.nv.Get(cib.AttrValue))
	}
	return a.shown(len(list))
}

// shown ends a query that found n attributes.
func (a *attribute) shown(n int) int {
	switch {
	case n > 0:
	case a.missing != nil:
		a.print(a.name, *a.missing)
	default:
		return a.fail(notFound(""))
	}
	return a.finish(ExitOK)
}

func (a *attribute) update(ctx context.Context, s *cib.Snapshot) int {
	list, err := a.found(s)
	if err != nil {
		return a.fail(err)
	}
	if len(list) > 1 && a.pattern == "" {
		a.complain("Multiple attributes match name=%s", a.name)
		for _, p := range list {
			a.complain("  Value: %s \t(set=%s, id=%s)", p.nv.Get(cib.AttrValue), p.set.ID(), p.nv.ID())
		}
		a.complain("%s: Error performing operation: %s: choose one with --id", a.tool, exitText(ExitMultiple))
		return a.finish(ExitMultiple)
	}
	var ops []api.CIBOp
	for _, p := range list {
		ops = append(ops, a.modify(p))
	}
	if len(list) == 0 {
		if a.name == "" {
			return a.fail(notFound("nothing matches, and there is no name for a new attribute"))
		}
		ops = append(ops, a.create(s))
	}
	if _, err := a.st.Change(ctx, api.CIBRequest{Ops: ops}); err != nil {
		return a.fail(err)
	}
	return a.finish(ExitOK)
}

// modify changes the value of an attribute that is there. Ids repeat in the status
// section, so there the way down is given too.
func (a *attribute) modify(p pair) api.CIBOp {
	nv := cib.New(cib.TagNvpair, cib.AttrID, p.nv.ID(), cib.AttrName, p.nv.Get(cib.AttrName), cib.AttrValue, *a.value)
	set := cib.New(p.set.Name, cib.AttrID, p.set.ID()).Plus(nv)
	return api.CIBOp{Kind: "modify", Scope: a.scope(), XML: string(a.within(set).AppendCompact(nil))}
}

func (a *attribute) scope() string {
	if a.section == cib.TagTickets {
		return cib.TagStatus
	}
	return a.section
}

// within wraps a set into the elements around it below its section.
func (a *attribute) within(set *cib.Element) *cib.Element {
	switch a.section {
	case cib.TagNodes:
		return nest(set, cib.New(cib.TagNode, cib.AttrID, a.nodeID))
	case cib.TagStatus:
		return nest(set, cib.New(cib.TagTransient, cib.AttrID, a.nodeID), cib.New(cib.TagNodeState, cib.AttrID, a.nodeID))
	case cib.TagTickets:
		return nest(set, cib.New(cib.TagTickets))
	}
	return nest(set, cib.New(a.section))
}

func (a *attribute) create(s *cib.Snapshot) api.CIBOp {
	owner, kind, setID := a.place(s)
	if a.set == "" { // a set that is there already is used
		for set := range owner.All(kind) {
			if _, ref := set.Lookup(cib.AttrIDRef); !ref && set.Child(cib.TagRule) == nil {
				setID = set.ID()
				break
			}
		}
	}
	e := a.within(newPair(s, kind, setID, a.id, a.name, *a.value))
	scope := a.scope()
	if s.Section(scope) == nil { // rsc_defaults and op_defaults come into being with their first set
		scope = cib.TagConfiguration
	}
	return api.CIBOp{Kind: "modify", Scope: scope, AllowCreate: true, XML: string(e.AppendCompact(nil))}
}

func (a *attribute) delete(ctx context.Context, s *cib.Snapshot) int {
	list, err := a.found(s)
	if err != nil {
		return a.fail(err)
	}
	if len(list) == 0 {
		return a.finish(ExitOK)
	}
	var ops []api.CIBOp
	for _, p := range list {
		ops = append(ops, api.CIBOp{Kind: "delete", XPath: a.xpath(p)})
	}
	if _, err := a.st.Change(ctx, api.CIBRequest{Ops: ops}); err != nil {
		return a.fail(err)
	}
	what := "attribute"
	if a.nodeID == "" {
		what = "option"
	}
	for _, p := range list {
		if !a.quiet {
			a.printf("Deleted %s %s: id=%s name=%s\n", a.section, what, p.nv.ID(), p.nv.Get(cib.AttrName))
		}
	}
	return a.finish(ExitOK)
}

func (a *attribute) xpath(p pair) string {
	if a.section == cib.TagStatus {
		return fmt.Sprintf("/cib/status/node_state[@id='%s']/transient_attributes/%s[@id='%s']/nvpair[@id='%s']", a.nodeID, p.set.Name, p.set.ID(), p.nv.ID())
	}
	return fmt.Sprintf("//%s[@id='%s']/nvpair[@id='%s']", p.set.Name, p.set.ID(), p.nv.ID())
}

// transient asks the running cluster about an attribute that lasts until the node leaves.
func (a *attribute) transient(ctx context.Context) int {
	client := a.st.API()
	if a.remove || a.value != nil {
		u := api.AttributeUpdate{Node: crm.NodeName(a.node), Name: a.name, Value: a.value, Set: a.set}
		if a.pattern != "" {
			u.Name, u.Pattern = a.pattern, true
		}
		if a.remove {
			u.Value = nil
		}
		if err := client.Post(ctx, "/v1/attributes", nil, u, nil); err != nil {
			return a.fail(err)
		}
		return a.finish(ExitOK)
	}
	list, err := attributes(ctx, client, a.name, a.node)
	if err != nil {
		return a.fail(err)
	}
	var re *regexp.Regexp
	if a.pattern != "" {
		if re, err = regexp.Compile(a.pattern); err != nil {
			return a.usage("%v", err)
		}
	}
	n := 0
	for _, x := range list {
		if strings.EqualFold(string(x.Node), a.node) && (a.name == "" || x.Name == a.name) && (re == nil || re.MatchString(x.Name)) {
			a.print(x.Name, x.Value)
			n++
		}
	}
	return a.shown(n)
}

// attributes asks the running cluster for transient attributes; "" means all.
func attributes(ctx context.Context, client *api.Client, name, node string) ([]api.Attribute, error) {
	q := url.Values{}
	if name != "" {
		q.Set("name", name)
	}
	if node != "" {
		q.Set("node", node)
	}
	var list []api.Attribute
	err := client.Get(ctx, "/v1/attributes", q, &list)
	return list, err
}

// pause waits, or returns early with the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
