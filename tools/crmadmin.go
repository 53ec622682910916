package tools

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/state"
)

const crmadminHelp = `crmadmin - query the controller

Usage: crmadmin COMMAND [OPTION...]

Commands:
  -S, --status=NODE          The state of the node's controller (S_IDLE, S_NOT_DC ...)
  -D, --dc_lookup            The name of the node that coordinates the cluster
  -N, --nodes[=TYPE]         The names of all nodes: all, cluster, guest, remote
  -P, --pacemakerd           The state of this node's daemons

Options:
  -t, --timeout=TIME         Give up after this time (a number without unit: milliseconds)
  -B, --bash-export          With --nodes: lines "export NAME=ID"
  -q, --quiet                Only the essential
  -i, --ipc-name=NAME        accepted
      --output-as=FORMAT     text or xml
  -V, --verbose              accepted
  -h, --help                 This text
  -$, --version              Version

Exit codes: 0 done; 64 wrong use; 102 the cluster is not running; 105 no such node;
113 there is no coordinator; 124 timeout.
`

var crmadminOptions = []option{
	{'S', "status", value, ""}, {'D', "dc_lookup", noValue, "dc-lookup"}, {'N', "nodes", optional, ""}, {'P', "pacemakerd", noValue, ""},
	{'t', "timeout", value, ""}, {'B', "bash-export", noValue, ""}, {'q', "quiet", noValue, ""}, {'i', "ipc-name", value, ""},
}

func runCrmadmin(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "crmadmin", crmadminHelp, crmadminOptions, args)
	if done {
		return code
	}
	command, arg, export, limit := "", "", false, api.DefaultTimeout
	for _, g := range options {
		switch g.name {
		case "timeout":
			text := g.value
			if strings.Trim(text, "0123456789") == "" {
				text += "ms"
			}
			d, err := parseTime(text)
			if err != nil {
				return r.usage("%v", err)
			}
			limit = max(d, 100*time.Millisecond)
		case "bash-export":
			export = true
		case "quiet":
			r.quiet = true
		case "ipc-name":
		default:
			command, arg = g.name, g.value
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	switch command {
	case "":
		return r.usage("Must specify a command option")
	case "nodes":
		return r.nodeNames(ctx, arg, export)
	}
	s, err := env.LiveStore().API().Status(ctx)
	if err != nil {
		return r.notRunning(err)
	}
	switch command {
	case "dc_lookup":
		return r.dc(s)
	case "pacemakerd":
		if r.quiet {
			r.printf("running\n")
		} else {
			r.printf("Status of pacemakerd: 'Pacemaker is running'\n")
		}
		r.add(cib.New("pacemakerd", "sys_from", "pacemakerd", "state", "running"))
		return r.finish(ExitOK)
	}
	return r.controllerState(ctx, s, arg)
}

func (r *result) dc(s api.Status) int {
	if s.DC == "" {
		r.printf("Designated Controller is: not yet elected\n")
		return r.finish(ExitOK)
	}
	if r.quiet {
		r.printf("%s\n", s.DC)
	} else {
		r.printf("Designated Controller is: %s\n", s.DC)
	}
	r.add(cib.New("dc", "node_name", string(s.DC)))
	return r.finish(ExitOK)
}

// controllerState prints a node's state. This node knows its own; of another that has
// joined it knows whether that is the DC.
func (r *result) controllerState(ctx context.Context, s api.Status, node string) int {
	state := ""
	if strings.EqualFold(string(s.Node), node) {
		state = s.State
	} else if i := slices.IndexFunc(s.Members, func(m api.MemberStatus) bool { return strings.EqualFold(string(m.Name), node) }); i < 0 {
		r.complain("%s: no node is called %s", r.tool, node)
		return r.finish(ExitNoSuch)
	} else if m := s.Members[i]; !m.Alive {
		r.complain("%s: no reply received from controller on %s: the node is down", r.tool, node)
		return r.finish(ExitTimeout)
	} else if m.Name == s.DC {
		state = "S_IDLE"
		if s.Transition.Pending > 0 {
			state = "S_TRANSITION_ENGINE"
		}
	} else if m.Joined {
		state = "S_NOT_DC"
	} else {
		state = "S_PENDING"
	}
	if r.quiet {
		r.printf("%s\n", state)
	} else {
		r.printf("Controller on %s in state %s: ok\n", node, state)
	}
	r.add(cib.New("crmd", "node_name", node, "state", state, "result", "ok"))
	return r.finish(ExitOK)
}

func (r *result) nodeNames(ctx context.Context, kinds string, export bool) int {
	s, err := r.env.Store().CIB(ctx)
	if err != nil {
		return r.notRunning(err)
	}
	names := map[state.NodeKind]string{state.ClusterNode: "cluster", state.GuestNode: "guest", state.RemoteNode: "remote"}
	list := cib.New("nodes")
	for _, n := range state.Read(s, r.env.Now(), state.ReadOptions{}).Nodes {
		kind := names[n.Kind]
		if kinds != "" && kinds != "all" && !slices.Contains(strings.Split(kinds, ","), kind) {
			continue
		}
		switch {
		case export:
			r.printf("export %s=%s\n", n.Name, n.ID)
		case r.quiet:
			r.printf("%s\n", n.Name)
		default:
			r.printf("%s node: %s (%s)\n", kind, n.Name, n.ID)
		}
		list = list.Plus(cib.New("node", "type", kind, "name", string(n.Name), "id", n.ID))
	}
	if len(list.Children) == 0 && !export {
		r.printf("No nodes configured\n")
	}
	r.add(list)
	return r.finish(ExitOK)
}
