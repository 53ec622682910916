package tools

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/ocf"
	"github.com/tactus-ha/tactus/pengine/state"
)

func (c *crmResource) dirs() exec.Dirs {
	return exec.DirsFor(c.env.Getenv("TACTUS_ROOT"), c.env.Getenv)
}

func (c *crmResource) listStandards(context.Context) int {
	classes := exec.Classes()
	for _, class := range []string{"ocf", "lsb", "service", "systemd", "heartbeat", "stonith"} { // as the original orders them
		if slices.Contains(classes, class) {
			c.printf("%s\n", class)
		}
	}
	return c.finish(ExitOK)
}

func (c *crmResource) listProviders(context.Context) int {
	providers := exec.Providers(c.dirs(), c.argument)
	for _, p := range providers {
		c.printf("%s\n", p)
	}
	if len(providers) == 0 {
		return c.noSuch("No OCF providers found for %s", c.argument)
	}
	return c.finish(ExitOK)
}

func (c *crmResource) listAgents(context.Context) int {
	class, provider, _ := strings.Cut(c.argument, ":")
	agents := exec.List(c.dirs(), class, provider)
	for _, a := range agents {
		c.printf("%s\n", a)
	}
	if len(agents) == 0 {
		if provider != "" {
			return c.twoLines(ExitError, "No agents found for standard '%s' and provider '%s'", class, provider)
		}
		return c.twoLines(ExitError, "No agents found for standard '%s'", class)
	}
	return c.finish(ExitOK)
}

func (c *crmResource) showMetadata(ctx context.Context) int {
	class, provider, kind, ok := agentName(c.argument)
	if !ok {
		return c.noSuch("'%s' is not a valid agent specification", c.argument)
	}
	text, err := exec.MetadataOf(ctx, c.dirs(), lrmd.Agent{Class: class, Provider: provider, Type: kind})
	if err != nil || text == "" {
		return c.noSuch("Metadata query for %s failed: %s", c.argument, errorText(ExitNoSuch))
	}
	c.printf("%s\n", strings.TrimRight(text, "\n"))
	return c.finish(ExitOK)
}

// forced runs the agent of the resource on this node, without asking the cluster.
func (c *crmResource) forced(ctx context.Context) int {
	r := instances(c.cluster, c.rsc, c.resource)[0]
	for r.Variant == state.Clone && len(r.Children) > 0 {
		r = r.Children[0]
	}
	if r.Variant != state.Primitive {
		return c.usage("%s is a %s: its agents can only be run one by one, with -r of a primitive", c.resource, r.Variant)
	}
	action := strings.TrimPrefix(c.command, "force-")
	if clone := cloneOf(r); clone != nil && (action == "start" || action == "promote" || action == "demote") && !c.force && len(places(clone)) > 0 {
		c.complain("%s: It is not safe to %s %s here: the cluster claims it is already active", c.tool, action, c.resource)
		c.complain("Try setting target-role=Stopped first or specifying the force option")
		return c.oneLine(ExitUnsafe)
	}
	if action == "check" {
		action = "monitor"
	}
	params := r.Params(c.cluster.Node(nodeNameOf(c.node)))
	agent := lrmd.Agent{Class: r.Class, Provider: r.Provider, Type: r.Type}
	out := c.runAgent(ctx, agent, action, string(r.XMLID), params)
	c.printf("Operation %s for %s (%s) returned %d (%s", c.command, c.resource, agentText(agent), int(out.RC), out.RC)
	if out.ExitReason != "" {
		c.printf(": %s", out.ExitReason)
	}
	c.printf(")\n")
	if out.Output != "" {
		c.printf("%s\n", strings.TrimRight(out.Output, "\n"))
	}
	if out.RC != crm.OK {
		return c.oneLine(int(out.RC))
	}
	return c.finish(ExitOK)
}

func agentText(a lrmd.Agent) string {
	if a.Provider != "" {
		return a.Class + ":" + a.Provider + ":" + a.Type
	}
	return a.Class + ":" + a.Type
}

func (c *crmResource) runAgent(ctx context.Context, agent lrmd.Agent, action, resource string, params map[string]string) lrmd.Outcome {
	timeout := c.timeout
	if timeout <= 0 {
		timeout = 20 * time.Second
	}
	all := maps.Clone(params)
	if all == nil {
		all = map[string]string{}
	}
	host, _ := os.Hostname()
	all["CRM_meta_timeout"] = "20000"
	all["CRM_meta_on_node"] = host
	all["crm_feature_set"] = "3.16.1"
	runner := &exec.Runner{Dirs: c.dirs(), Env: ocf.Daemon(os.Environ(), "none", "")}
	return runner.Run(ctx, lrmd.Order{Op: crm.OpKey{Resource: crm.ResourceID(resource), Name: action}, Agent: agent, Timeout: timeout, Params: all})
}

// validate runs the agent's validate-all on the parameters given, or on a resource's.
func (c *crmResource) validate(ctx context.Context) int {
	agent := lrmd.Agent{Class: c.class, Provider: c.provider, Type: c.agent}
	params, id := c.params, "test"
	if c.resource != "" {
		if err := c.load(ctx); err != nil {
			return c.fail(err)
		}
		r := findResource(c.cluster, c.resource)
		if r == nil {
			return c.noSuch("Resource '%s' not found", c.resource)
		}
		agent, params, id = lrmd.Agent{Class: r.Class, Provider: r.Provider, Type: r.Type}, r.Params(nil), c.resource
	}
	if agent.Class == "" || agent.Type == "" {
		return c.usage("--validate needs --resource, or --class and --agent")
	}
	if !slices.Contains(exec.List(c.dirs(), agent.Class, agent.Provider), agent.Type) {
		return c.noSuch("%s is not installed", agentText(agent))
	}
	out := c.runAgent(ctx, agent, "validate-all", id, params)
	c.printf("Operation validate (%s) returned %d (%s", agentText(agent), int(out.RC), out.RC)
	if out.ExitReason != "" {
		c.printf(": %s", out.ExitReason)
	}
	c.printf(")\n")
	if out.RC != crm.OK {
		return c.oneLine(int(out.RC))
	}
	return c.finish(ExitOK)
}
