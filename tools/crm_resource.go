package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/state"
	"github.com/tactus-ha/tactus/tools/store"
)

const crmResourceHelp = `crm_resource - perform tasks related to cluster resources

Usage: crm_resource COMMAND [OPTION...]

Queries:
  -L, --list                        All resources with their status
  -l, --list-raw                    The ids of all primitive resources
  -O, --list-operations             Recorded operations (with -r, -N: only those)
  -o, --list-all-operations         The same, removed resources included
  -W, --locate                      Where the resource (-r) runs
  -q, --query-xml                   The resource's configuration, templates expanded
  -w, --query-xml-raw               The resource's configuration as written
  -g, --get-parameter=NAME          A parameter (with -m: meta-attribute, -z: utilization)
  -a, --constraints                 Location and colocation constraints of the resource
  -A, --stack                       The same, following colocations (--recursive)
  -Y, --why                         Why resources run or do not (-r, -N narrow it), and what would change that
      --list-standards              Classes of agents
      --list-ocf-providers          Providers of OCF agents
      --list-agents=CLASS[:PROVIDER]
      --list-ocf-alternatives=TYPE  Providers that have the agent
      --show-metadata=CLASS[:PROVIDER]:TYPE

Commands:
  -p, --set-parameter=NAME          Set a parameter (with -v; -m, -z as above)
  -d, --delete-parameter=NAME       Delete a parameter
  -C, --cleanup                     Forget failures and look again (-r, -N, -n, -I narrow it)
  -R, --refresh                     Forget the whole history and look again (-r, -N)
  -M, --move                        Move away from where it runs, or to the node -N: writes
                                    the constraint cli-prefer-R, or cli-ban-R-on-N
  -B, --ban                         Keep it off the node -N, or off the one it runs on
  -U, --clear                       Remove what --move and --ban wrote (with -e: what has
                                    expired)
  -u, --lifetime=DURATION           How long --move and --ban last (ISO 8601: PT1H)
      --promoted, --master          --move, --ban, --clear for the promoted role only
  -D, --delete                      Delete the resource (with -t TYPE)
  -F, --fail                        Pretend that it failed (on node -N)
      --restart                     Stop it and start it again, and wait
      --wait                        Wait until the cluster has nothing more to do
      --force-start, --force-stop, --force-check, --force-promote, --force-demote
                                    Run the agent here and now, past the cluster
      --validate                    Run the agent's validate-all (with -r, or --class,
                                    --provider, --agent and --option=NAME=VALUE)

Options:
  -r, --resource=ID                 The resource
  -N, --node=NAME                   The node
  -v, --parameter-value=VALUE       The value for -p
  -m, --meta                        Meta-attribute instead of parameter
  -z, --utilization                 Utilization attribute instead of parameter
  -s, --set-name=ID, -i, --nvpair=ID
                                    XML ids of attribute set and pair (with -p, -d)
  -t, --resource-type=ELEMENT       primitive, group, ... (with -D)
  -n, --operation=NAME              Only failures of this operation (with -C)
  -I, --interval=TIME               ... with this interval
  -T, --timeout=TIME                Give up after this time (--wait, --restart, --force-*)
      --recursive                   Follow colocations
  -e, --expired                     With --clear: only constraints that have expired
  -f, --force                       Do it although something speaks against it
  -Q, --quiet                       Say less
      --output-as=FORMAT            text or xml
      --output-to=FILE              Write there
  -V, --verbose                     accepted
  -h, --help                        This text
  -$, --version                     Version

Exit codes: 0 done; 1 no agents found; 64 wrong use; 102 the cluster is not running;
105 no such resource or node; 108 it is there already; 109 several match; 124 timeout;
with --force-*: what the agent exited with.

Examples:
  crm_resource --resource web --move --node server2
  crm_resource -M -r web -N server2
  crm_resource --resource web --clear
  crm_resource --resource web --meta --set-parameter target-role --parameter-value Stopped
`

var crmResourceOptions = []option{
	{'L', "list", noValue, ""}, {'l', "list-raw", noValue, "list-cts"}, {'O', "list-operations", noValue, ""}, {'o', "list-all-operations", noValue, ""},
	{0, "list-standards", noValue, ""}, {0, "list-ocf-providers", noValue, ""}, {0, "list-agents", value, ""}, {0, "list-ocf-alternatives", value, ""}, {0, "show-metadata", value, ""},
	{'q', "query-xml", noValue, ""}, {'w', "query-xml-raw", noValue, ""}, {'g', "get-parameter", value, ""}, {'W', "locate", noValue, ""},
	{'a', "constraints", noValue, ""}, {'A', "stack", noValue, ""}, {'Y', "why", noValue, ""},
	{0, "validate", optionalBound, ""}, {'C', "cleanup", noValue, ""}, {'R', "refresh", noValue, "reprobe"}, {'p', "set-parameter", value, ""}, {'d', "delete-parameter", value, ""},
	{'M', "move", noValue, "migrate"}, {'B', "ban", noValue, ""}, {'U', "clear", noValue, "un-move"}, {'e', "expired", noValue, ""}, {'u', "lifetime", value, ""},
	{0, "promoted", noValue, "master"}, {'D', "delete", noValue, ""}, {'F', "fail", noValue, ""}, {0, "restart", noValue, ""}, {0, "wait", noValue, ""},
	{0, "force-demote", noValue, ""}, {0, "force-stop", noValue, ""}, {0, "force-start", noValue, ""}, {0, "force-promote", noValue, ""}, {0, "force-check", optionalBound, ""},
	{'N', "node", value, "host-uname"}, {'H', "node", value, ""}, {0, "recursive", noValue, ""}, {'t', "resource-type", value, ""}, {'v', "parameter-value", value, "property-value"},
	{'m', "meta", noValue, ""}, {'z', "utilization", noValue, ""}, {'n', "operation", value, ""}, {'I', "interval", value, ""},
	{0, "class", value, ""}, {0, "agent", value, ""}, {0, "provider", value, ""}, {0, "option", value, ""},
	{'s', "set-name", value, ""}, {'i', "nvpair", value, "id"}, {'T', "timeout", value, ""}, {'f', "force", noValue, ""}, {'Q', "quiet", noValue, ""}, {'r', "resource", value, ""},
}

// crmResource is one run of the tool.
type crmResource struct {
	*result
	st       store.Store
	command  string
	argument string // of the command

	resource, node, kind, value, set, nvpair, lifetime, operation string
	class, provider, agent                                        string
	params                                                        map[string]string
	interval, timeout                                             time.Duration
	meta, utilization, promoted, expired, force, recursive        bool
	hasValue                                                      bool

	snap    *cib.Snapshot
	cluster *state.Cluster
	rsc     *state.Resource
}

func runCrmResource(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crm_resource", crmResourceHelp, crmResourceOptions, args)
	if done {
		return code
	}
	c := &crmResource{result: r, st: env.Store(), command: "list", params: map[string]string{}}
	for _, g := range options {
		if err := c.option(g); err != nil {
			return r.usage("%v", err)
		}
	}
	limit := api.DefaultTimeout
	if c.command == "wait" || c.command == "restart" {
		limit = time.Hour
	}
	if c.timeout > 0 {
		limit = c.timeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return c.run(ctx)
}

// option takes one option in.
func (c *crmResource) option(g given) (err error) {
	switch g.name {
	case "resource":
		c.resource = g.value
	case "node":
		c.node = g.value
	case "parameter-value":
		c.value, c.hasValue = g.value, true
	case "meta":
		c.meta = true
	case "utilization":
		c.utilization = true
	case "set-name":
		c.set = g.value
	case "nvpair":
		c.nvpair = g.value
	case "resource-type":
		c.kind = g.value
	case "operation":
		c.operation = g.value
	case "interval":
		c.interval, err = parseTime(g.value)
	case "timeout":
		c.timeout, err = parseTime(g.value)
	case "lifetime":
		c.lifetime = g.value
	case "promoted":
		c.promoted = true
	case "expired":
		c.expired = true
	case "recursive":
		c.recursive = true
	case "force":
		c.force = true
	case "quiet":
		c.quiet = true
	case "class":
		c.class = g.value
	case "provider":
		c.provider = g.value
	case "agent":
		c.agent = g.value
	case "option":
		name, v, ok := strings.Cut(g.value, "=")
		if !ok || name == "" {
			return fmt.Errorf("--option %q: want NAME=VALUE", g.value)
		}
		c.params[name] = v
	default:
		c.command, c.argument = g.name, g.value
	}
	return err
}

// resourceCommand is one command of the table below.
type resourceCommand struct {
	name          string
	needsResource bool
	live          bool // needs the running cluster
	blind         bool // needs no CIB
	run           func(c *crmResource, ctx context.Context) int
}

func resourceCommands() []resourceCommand {
	return []resourceCommand{
		{"list", false, false, false, (*crmResource).list}, {"list-raw", false, false, false, (*crmResource).listRaw},
		{"list-operations", false, false, false, (*crmResource).listOperations}, {"list-all-operations", false, false, false, (*crmResource).listOperations},
		{"locate", true, false, false, (*crmResource).locate}, {"why", false, false, false, (*crmResource).why},
		{"query-xml", true, false, false, (*crmResource).queryXML}, {"query-xml-raw", true, false, false, (*crmResource).queryXML},
		{"constraints", true, false, false, (*crmResource).constraints}, {"stack", true, false, false, (*crmResource).constraints},
		{"get-parameter", true, false, false, (*crmResource).getParameter}, {"set-parameter", true, false, false, (*crmResource).setParameter},
		{"delete-parameter", true, false, false, (*crmResource).deleteParameter},
		{"move", true, false, false, (*crmResource).move}, {"ban", true, false, false, (*crmResource).ban}, {"clear", true, false, false, (*crmResource).clear},
		{"delete", true, false, false, (*crmResource).delete},
		{"cleanup", false, false, false, (*crmResource).cleanup}, {"refresh", false, false, false, (*crmResource).cleanup},
		{"fail", true, true, false, (*crmResource).pretendFailure}, {"restart", true, true, false, (*crmResource).restart}, {"wait", false, true, true, (*crmResource).wait},
		{"force-start", true, false, false, (*crmResource).forced}, {"force-stop", true, false, false, (*crmResource).forced}, {"force-check", true, false, false, (*crmResource).forced},
		{"force-promote", true, false, false, (*crmResource).forced}, {"force-demote", true, false, false, (*crmResource).forced},
		{"validate", false, false, true, (*crmResource).validate},
		{"list-standards", false, false, true, (*crmResource).listStandards}, {"list-ocf-providers", false, false, true, (*crmResource).listProviders},
		{"list-ocf-alternatives", false, false, true, (*crmResource).listProviders}, {"list-agents", false, false, true, (*crmResource).listAgents},
		{"show-metadata", false, false, true, (*crmResource).showMetadata},
	}
}

func (c *crmResource) run(ctx context.Context) int {
	var cmd resourceCommand
	for _, x := range resourceCommands() {
		if x.name == c.command {
			cmd = x
		}
	}
	if cmd.run == nil {
		return c.usage("--%s: not supported", c.command)
	}
	if cmd.needsResource && c.resource == "" {
		return c.usage("Must supply a resource id with -r")
	}
	if cmd.live && !c.st.Live() {
		c.complain("%s: Error connecting to the controller: there is none for a CIB in a file", c.tool)
		c.complain("Error performing operation: %s", exitText(ExitDisconnect))
		return c.finish(ExitDisconnect)
	}
	if !cmd.blind {
		if err := c.load(ctx); err != nil {
			return c.fail(err)
		}
		if code := c.findNode(); code != ExitOK {
			return code
		}
		if c.resource != "" {
			if c.rsc = findResource(c.cluster, c.resource); c.rsc == nil {
				return c.noSuch("Resource '%s' not found", c.resource)
			}
		}
	}
	return cmd.run(c, ctx)
}

// load reads the CIB and what it says.
func (c *crmResource) load(ctx context.Context) error {
	snap, err := c.st.CIB(ctx)
	if err != nil {
		return err
	}
	c.snap, c.cluster = snap, state.Read(snap, c.env.Now(), state.ReadOptions{})
	return nil
}

func (c *crmResource) findNode() int {
	if c.node == "" || c.cluster.Node(nodeNameOf(c.node)) != nil {
		return ExitOK
	}
	return c.noSuch("Node '%s' not found", c.node)
}

// noSuch ends with 105, in two lines as scripts know them.
func (c *crmResource) noSuch(format string, args ...any) int {
	return c.twoLines(ExitNoSuch, format, args...)
}

func (c *crmResource) twoLines(code int, format string, args ...any) int {
	c.complain("%s: "+format, append([]any{c.tool}, args...)...)
	c.complain("Error performing operation: %s", exitText(code))
	return c.finish(code)
}

// oneLine ends with a code and its text in one line, as scripts know it.
func (c *crmResource) oneLine(code int) int {
	c.complain("%s: Error performing operation: %s", c.tool, exitText(code))
	return c.finish(code)
}
