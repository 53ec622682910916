package tools

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

const crmStandbyHelp = `crm_standby - manage a node's standby status

Usage: crm_standby COMMAND [OPTION...]

A node in standby runs no resources.

Commands:
  -G, --query                Is the node in standby?
  -v, --update=VALUE         on or off
  -D, --delete               Let the node run resources again

Options:
  -N, --node=NODE            The node (default: this one)
  -l, --lifetime=LIFETIME    reboot or forever (default)
  -q, --quiet                Only the value
  -V, --verbose              accepted
  -h, --help                 This text
  -$, --version              Version

Exit codes: those of crm_attribute.
`

const crmMasterHelp = `crm_master - query and update a resource's promotion score

Usage: crm_master COMMAND [OPTION...]      (for agents; see crm_attribute --promotion)

Commands:
  -G, --query                Print the score
  -v, --update=VALUE         Set the score
  -D, --delete               Delete the score

Options:
  -r, --resource=ID          The resource (default: OCF_RESOURCE_INSTANCE)
  -N, --node=NODE            The node (default: this one)
  -l, --lifetime=LIFETIME    reboot (default) or forever
  -q, --quiet                Only the value
  -V, --verbose              accepted
  -h, --help                 This text
  -$, --version              Version

Exit codes: those of crm_attribute.
`

const crmFailcountHelp = `crm_failcount - manage the counters of a resource's failures

Usage: crm_failcount COMMAND -r RESOURCE [OPTION...]

Commands:
  -G, --query                Print how often the resource has failed
  -D, --delete               Forget the failures (see also crm_resource --cleanup)

Options:
  -r, --resource=ID          The resource
  -n, --operation=NAME       Only failures of this operation
  -I, --interval=TIME        ... with this interval
  -N, --node=NODE            On this node (default: this one)
  -q, --quiet                Only the value
  -V, --verbose              accepted
  -h, --help                 This text
  -$, --version              Version

Exit codes: 0 done; 64 wrong use; 102 the cluster is not running; 105 no such node.
`

// wrapperOptions are what crm_standby and crm_master share.
var wrapperOptions = []option{
	{'G', "query", noValue, ""}, {'v', "update", value, ""}, {'D', "delete", noValue, ""}, {'N', "node", value, "node-uname"}, {'U', "node", value, ""},
	{'l', "lifetime", value, ""}, {'r', "resource", value, ""}, {'q', "quiet", noValue, ""}, {'Q', "quiet", noValue, ""}, {'n', "operation", value, ""}, {'I', "interval", value, ""},
}

// wrapped reads the options of a wrapper into an attribute request.
func wrapped(env Env, tool, help string, args []string) (a *attribute, resource string, code int, done bool) {
	r, options, _, code, done := start(env, tool, help, wrapperOptions, args)
	a = &attribute{result: r, st: env.Store()}
	for _, g := range options {
		if g.name == "resource" {
			resource = g.value
		} else {
			a.option(g)
		}
	}
	return a, resource, code, done
}

func runCrmStandby(ctx context.Context, env Env, args []string) int {
	a, _, code, done := wrapped(env, "crm_standby", crmStandbyHelp, args)
	if done {
		return code
	}
	a.name = "standby"
	if a.lifetime == "" {
		a.lifetime = "forever"
	}
	if a.value != nil || a.remove || a.lifetime == "reboot" {
		return a.run(ctx)
	}
	// A query: the lasting attribute, else the passing one, else "off".
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	a.section = cib.TagNodes
	if err := a.findNode(ctx); err != nil {
		return a.nodeError(err)
	}
	s, err := a.st.CIB(ctx)
	if err != nil {
		return a.fail(err)
	}
	if list, err := a.found(s); err == nil && len(list) > 0 {
		return a.show(s)
	}
	off := "off"
	a.section, a.missing = cib.TagStatus, &off
	return a.show(s)
}

func runCrmMaster(ctx context.Context, env Env, args []string) int {
	a, resource, code, done := wrapped(env, "crm_attribute", crmMasterHelp, args)
	if done {
		return code
	}
	a.promotion, a.name = true, resource
	return a.run(ctx)
}

func runCrmFailcount(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crm_failcount", crmFailcountHelp, wrapperOptions, args)
	if done {
		return code
	}
	f := failcount{result: r}
	for _, g := range options {
		switch g.name {
		case "query", "delete":
			f.command = g.name
		case "update":
			if f.command = "delete"; g.value != "0" {
				return r.usage("--update can only set a failcount to 0: use crm_resource --fail to make it rise")
			}
		case "resource":
			f.resource = g.value
		case "operation":
			f.operation = g.value
		case "interval":
			d, err := parseTime(g.value)
			if err != nil {
				return r.usage("%v", err)
			}
			f.interval = d
		case "node":
			f.node = g.value
		case "quiet":
			r.quiet = true
		}
	}
	if f.command == "" {
		return r.usage("Must specify a command: --query or --delete")
	}
	if f.resource == "" {
		return r.usage("Must specify a resource id with -r")
	}
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	return f.run(ctx)
}

type failcount struct {
	*result
	command, resource, operation, node string
	interval                           time.Duration
}

func (f *failcount) run(ctx context.Context) int {
	st := f.env.Store()
	if f.node == "" {
		name, err := localNode(ctx, f.env, st)
		if err != nil {
			return f.fail(err)
		}
		f.node = name
	}
	if f.command == "delete" && st.Live() {
		req := api.Cleanup{Resource: crm.ResourceID(f.resource), Node: crm.NodeName(f.node), Operation: f.operation, Interval: f.interval}
		var reply api.CleanupReply
		if err := st.API().Post(ctx, "/v1/cleanup", url.Values{}, req, &reply); err != nil {
			return f.fail(err)
		}
		for _, x := range reply.Cleaned {
			f.printf("Cleaned up %s on %s\n", x.Resource, x.Node)
		}
		return f.finish(ExitOK)
	}
	s, err := st.CIB(ctx)
	if err != nil {
		return f.fail(err)
	}
	id, ok := nodeID(s, f.node)
	if !ok {
		f.complain("crm_attribute: Could not map name=%s to a UUID", f.node)
		return f.finish(ExitNoSuch)
	}
	sum := crm.Score(0)
	var ops []api.CIBOp
	transient := s.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, id).Child(cib.TagTransient)
	for _, p := range pairs(transient, cib.TagInstanceAttrs, "", "", "") {
		name := p.nv.Get(cib.AttrName)
		if f.counts(name, "fail-count-") {
			if n, err := crm.ParseScore(p.nv.Get(cib.AttrValue)); err == nil {
				sum = sum.Add(n)
			}
		}
		if f.counts(name, "fail-count-") || f.counts(name, "last-failure-") {
			a := attribute{section: cib.TagStatus, nodeID: id}
			ops = append(ops, api.CIBOp{Kind: "delete", XPath: a.xpath(p)})
		}
	}
	if f.command == "delete" {
		if len(ops) > 0 {
			if _, err := st.Change(ctx, api.CIBRequest{Ops: ops}); err != nil {
				return f.fail(err)
			}
		}
		f.printf("Cleaned up %s on %s\n", f.resource, f.node)
		return f.finish(ExitOK)
	}
	f.show(sum)
	return f.finish(ExitOK)
}

func (f *failcount) show(sum crm.Score) {
	if f.quiet {
		f.printf("%s\n", sum)
		return
	}
	f.printf("scope=status  name=fail-count-%s value=%s\n", f.resource, sum)
}

// counts reports whether an attribute is one of the resource's: PREFIX + RESOURCE, of old,
// or PREFIX + RESOURCE#OPERATION_MS, of any instance of the resource.
func (f *failcount) counts(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return false
	}
	rsc, op, hasOp := strings.Cut(rest, "#")
	if base, _, _ := strings.Cut(rsc, ":"); rsc != f.resource && base != f.resource {
		return false
	}
	if f.operation == "" {
		return true
	}
	return hasOp && op == f.operation+"_"+strconv.FormatInt(f.interval.Milliseconds(), 10)
}
