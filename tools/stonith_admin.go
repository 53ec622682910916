package tools

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/tools/store"
)

const stonithAdminHelp = `stonith_admin - fence nodes, and look at fence devices

Usage: stonith_admin COMMAND [OPTION...]

Queries:
  -L, --list-registered       The configured fence devices
  -l, --list=HOST             The devices that can fence the host
  -I, --list-installed        The fence agents that are installed here
  -s, --list-targets=DEVICE   Whom the device says that it can fence
  -M, --metadata              An agent's meta-data (with --agent)
  -Q, --query=DEVICE          Ask the device, from this node, whether it is well
  -H, --history=NODE          The last success on the node ('*': on any node); with --verbose
                              all requests, open ones too; with --quiet only when it was,
                              in seconds; with --cleanup forget what is done (open requests
                              stay); with --broadcast update it from all nodes (it always is)
  -h, --last=NODE             When the node was last fenced (--as-node-id: NODE is its id)
  -K, --validate              Let an agent check parameters (with --agent and --option)

Fencing:
  -F, --fence=HOST            Switch the host off
  -B, --reboot=HOST           Switch it off and on
  -U, --unfence=HOST          Switch it on, or give it back what fencing took away
  -C, --confirm=HOST          Vouch that the host is certainly off: what it ran is started
                              elsewhere at once

Options:
  -a, --agent=AGENT           The agent for --metadata and --validate
  -o, --option=NAME=VALUE     A parameter for --validate (again for each)
  -e, --env-option=NAME       A parameter whose value is in the variable OCF_RESKEY_NAME
  -v, --device=ID             The name of the device, for --validate
  -T, --tag=TAG               Who asks, for the history: stonith_admin.TAG
  -t, --timeout=SECONDS       How long to wait, and how long each try may take (default 120)
  -y, --delay=SECONDS         Wait so long before, on top of the devices' own delays; -1: no
                              delay at all
      --tolerance=TIME        A success that is not older will do
  -c, --cleanup, -b, --broadcast
                              With --history
  -n, --as-node-id            With --last
  -q, --quiet                 Say less
      --output-as=FORMAT      text, xml or none
      --output-to=FILE        Write there
  -V, --verbose               With --history: everything
  -?, --help, --help-all      This text
  -$, --version               Version

-R, -D, -r and -d (register and deregister devices and levels) are refused: devices and
levels come from the configuration (crm configure primitive ID stonith:AGENT ..., crm
configure fencing_topology ...).

A request that --fence, --reboot or --unfence makes is on record before anything happens. It
ends as failed when all devices were tried in vain once; requests of the cluster itself are
tried for ever.

Exit codes: 0 done; 1 failed; 3 refused; 64 wrong use; 102 the cluster is not running; 105 no
such device, agent or node, or none that can fence the host; 124 timeout, the request goes on.

Examples:
  stonith_admin --reboot server2
  stonith_admin --list server2
  stonith_admin --history '*' --verbose
  stonith_admin --metadata --agent fence_ipmilan
`

var stonithAdminOptions = []option{
	{'L', "list-registered", noValue, ""}, {'l', "list", value, ""}, {'I', "list-installed", noValue, ""}, {'s', "list-targets", value, ""},
	{'M', "metadata", noValue, ""}, {'Q', "query", value, ""}, {'H', "history", value, ""}, {'h', "last", value, ""}, {'K', "validate", noValue, ""},
	{'F', "fence", value, ""}, {'B', "reboot", value, ""}, {'U', "unfence", value, ""}, {'C', "confirm", value, ""},
	{'R', "register", value, ""}, {'D', "deregister", value, ""}, {'r', "register-level", value, ""}, {'d', "deregister-level", value, ""},
	{'a', "agent", value, ""}, {'o', "option", value, ""}, {'e', "env-option", value, ""}, {'v', "device", value, ""}, {'i', "index", value, ""},
	{'T', "tag", value, ""}, {'t', "timeout", value, ""}, {'y', "delay", value, ""}, {0, "tolerance", value, ""}, {'c', "cleanup", noValue, ""},
	{'b', "broadcast", noValue, ""}, {'n', "as-node-id", noValue, ""}, {'q', "quiet", noValue, ""},
	{0, "help-output", noValue, ""}, {0, "help-definition", noValue, ""}, {0, "help-queries", noValue, ""}, {0, "help-fence", noValue, ""}, {0, "help-additional", noValue, ""},
}

// stonithAdmin is one run of the tool.
type stonithAdmin struct {
	*result
	st       store.Store
	command  string
	argument string

	agent, device, tag                string
	params                            map[string]string
	timeout, delay, tolerance         time.Duration
	cleanup, broadcast, byID, askHelp bool
}

func runStonithAdmin(ctx context.Context, env Env, args []string) int {
	r, options, _, code, done := start(env, "stonith_admin", stonithAdminHelp, stonithAdminOptions, args)
	if done {
		return code
	}
	a := &stonithAdmin{result: r, st: env.LiveStore(), timeout: 2 * time.Minute, params: map[string]string{}}
	for _, g := range options {
		if err := a.option(g); err != nil {
			return r.usage("%v", err)
		}
	}
	switch {
	case a.askHelp:
		r.printf("%s", stonithAdminHelp)
		return r.finish(ExitOK)
	case a.command == "":
		fmt.Fprint(env.Stderr, stonithAdminHelp)
		return r.finish(ExitUsage)
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout+max(a.delay, 0)+5*time.Second)
	defer cancel()
	return stonithCommands()[a.command](a, ctx)
}

// option takes one option in.
func (a *stonithAdmin) option(g given) (err error) {
	switch g.name {
	case "agent":
		a.agent = g.value
	case "device":
		a.device = g.value
	case "tag":
		a.tag = g.value
	case "option":
		name, v, ok := strings.Cut(g.value, "=")
		if !ok || name == "" {
			return fmt.Errorf("Invalid option: -o %s: want NAME=VALUE", g.value) //lint:ignore ST1005 the original's words
		}
		a.params[name] = v
	case "env-option":
		a.params[g.value] = a.env.Getenv("OCF_RESKEY_" + g.value)
	case "timeout":
		a.timeout, err = secondsOption("t", g.value, 0)
	case "delay":
		a.delay, err = secondsOption("y", g.value, -1)
	case "tolerance":
		a.tolerance, err = parseTime(g.value)
	case "cleanup":
		a.cleanup = true
	case "broadcast":
		a.broadcast = true
	case "as-node-id":
		a.byID = true
	case "quiet":
		a.quiet = true
	case "index":
	case "help-output", "help-definition", "help-queries", "help-fence", "help-additional":
		a.askHelp = true
	default:
		a.command, a.argument = g.name, g.value
	}
	return err
}

// secondsOption reads a whole number of seconds.
func secondsOption(name, text string, least int) (time.Duration, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "s"))
	if err != nil || n < least || n > 1<<31/1000 {
		return 0, fmt.Errorf("-%s %s: want a number of seconds, %d or more", name, text, least)
	}
	return time.Duration(n) * time.Second, nil
}

func stonithCommands() map[string]func(*stonithAdmin, context.Context) int {
	return map[string]func(*stonithAdmin, context.Context) int{
		"list-registered": (*stonithAdmin).listDevices, "list": (*stonithAdmin).listDevices, "list-installed": (*stonithAdmin).listAgents,
		"list-targets": (*stonithAdmin).listTargets, "metadata": (*stonithAdmin).metadata, "query": (*stonithAdmin).query, "validate": (*stonithAdmin).validate,
		"history": (*stonithAdmin).history, "last": (*stonithAdmin).last,
		"fence": (*stonithAdmin).request, "reboot": (*stonithAdmin).request, "unfence": (*stonithAdmin).request, "confirm": (*stonithAdmin).confirm,
		"register": (*stonithAdmin).register, "deregister": (*stonithAdmin).register, "register-level": (*stonithAdmin).register, "deregister-level": (*stonithAdmin).register,
	}
}

// snapshot reads the running cluster's CIB; code says how to end when there is none.
func (a *stonithAdmin) snapshot(ctx context.Context) (snap *cib.Snapshot, code int) {
	ctx, cancel := context.WithTimeout(ctx, api.DefaultTimeout)
	defer cancel()
	snap, err := a.st.CIB(ctx)
	if err != nil {
		return nil, a.unreachable(err)
	}
	return snap, ExitOK
}

// unreachable ends with what scripts know of a cluster that does not run.
func (a *stonithAdmin) unreachable(err error) int {
	code := store.ExitCode(err)
	if code == ExitDisconnect {
		a.complain("Could not connect to fencer: %s (%v)", errorText(code), err)
		return a.finish(code)
	}
	return a.fail(err)
}

// register refuses: the configuration is where devices are from.
func (a *stonithAdmin) register(context.Context) int {
	how := "crm configure primitive " + a.argument + " stonith:AGENT params NAME=VALUE"
	switch a.command {
	case "deregister":
		how = "crm configure delete " + a.argument
	case "register-level", "deregister-level":
		how = "crm configure fencing_topology " + a.argument + ": DEVICE"
	}
	a.complain("%s: --%s %s: fence devices and levels come from the configuration only; use: %s", a.tool, a.command, a.argument, how)
	return a.finish(3)
}

// items prints a list as the original does: the lines, then how many there are.
func (a *stonithAdmin) items(kind, title, name string, lines []string) int {
	list := cib.New("list", "name", title, "count", strconv.Itoa(len(lines)))
	for _, line := range lines {
		a.printf("%s\n", line)
		item := &cib.Element{Name: "item", Text: line}
		if name != "" {
			item = item.With("name", name)
		}
		list.Children = append(list.Children, item)
	}
	a.add(list)
	a.count(kind, len(lines))
	return a.finish(ExitOK)
}

func (a *stonithAdmin) count(kind string, n int) {
	if n != 1 {
		kind += "s"
	}
	a.printf("%d %s found\n", n, kind)
}
