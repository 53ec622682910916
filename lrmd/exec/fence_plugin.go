package exec

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// glueDir is where cluster-glue keeps the shell functions that its plugins load by name.
const glueDir = "/usr/share/cluster-glue"

// runPlugin runs a plugin of cluster-glue by its own convention, as the program stonith
// would: the action and the host in lower case as arguments, the parameters as environment.
func (r *Runner) runPlugin(ctx context.Context, path string, o lrmd.Order, action string, timeout time.Duration) lrmd.Outcome {
	if action == "meta-data" || action == "metadata" {
		return r.pluginMetadata(ctx, path, o)
	}
	args, err := pluginArguments(action, o.Fence)
	if err != nil {
		return lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecNotSupported, ExitReason: err.Error()}
	}
	res := r.programWith(ctx, action, append([]string{path}, args...), r.pluginEnvironment(o), "")
	return pluginOutcome(res, o, args[0], timeout)
}

// pluginArguments translates an action into the words that plugins know.
func pluginArguments(action string, f *lrmd.FenceCall) ([]string, error) {
	verb := action
	switch strings.ToLower(action) {
	case "list", "hostlist", "gethosts":
		return []string{"gethosts"}, nil
	case "monitor", "status", "stat", "start":
		return []string{"status"}, nil
	case "reboot", "reset":
		verb = "reset"
	case "on", "poweron":
		verb = "on"
	case "off", "poweroff":
		verb = "off"
	default:
		return nil, fmt.Errorf("plugins of cluster-glue have no action %q (they have reboot, off, on, list, status and monitor)", action)
	}
	if f == nil || f.Target == "" {
		return nil, fmt.Errorf("%s needs a target", action)
	}
	return []string{verb, strings.ToLower(plug(f))}, nil
}

// pluginEnvironment is the environment of a plugin: what all agents inherit, with the
// parameters and the host in reach of its shell functions.
func (r *Runner) pluginEnvironment(o lrmd.Order) []string {
	env := []string{}
	for _, kv := range r.Dirs.environment(r.Env) {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			kv = "PATH=" + glueDir + ":" + path
		}
		env = append(env, kv)
	}
	env = append(env, "HA_LOGTAG="+o.Agent.Type)
	for _, name := range slices.Sorted(maps.Keys(o.Params)) {
		if passedToAgent(name) && isVariable(name) && !strings.Contains(o.Params[name], "\x00") {
			env = append(env, name+"="+o.Params[name])
		}
	}
	if o.Fence != nil && o.Fence.Target != "" {
		env = append(env, "nodename="+string(o.Fence.Target))
	}
	return env
}

// isVariable reports whether a parameter can be a variable of a shell, and is none that
// would change how the plugin itself is run.
func isVariable(name string) bool {
	if name == "PATH" || name == "IFS" || name == "ENV" || name == "SHELL" || strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "BASH_") {
		return false
	}
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// pluginOutcome translates what a plugin did: zero is success, all else is failure.
func pluginOutcome(res ran, o lrmd.Order, verb string, timeout time.Duration) lrmd.Outcome {
	action := verb
	if verb == "gethosts" {
		action = "list"
	}
	if verb == "status" {
		action = "monitor" // a plugin's status is the device's: 2 does not mean that a node is off
	}
	return fenceOutcome(res, o, action, timeout)
}

// runLibrary runs a plugin of cluster-glue that is a shared library, through its program.
func (r *Runner) runLibrary(ctx context.Context, path string, o lrmd.Order, action string, timeout time.Duration) lrmd.Outcome {
	argv := []string{path, "-t", o.Agent.Type}
	if action == "meta-data" || action == "metadata" {
		return lrmd.Outcome{RC: crm.OK, Output: libraryMetadata(o.Agent.Type)}
	}
	args, err := pluginArguments(action, o.Fence)
	if err != nil {
		return lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecNotSupported, ExitReason: err.Error()}
	}
	switch args[0] {
	case "gethosts":
		argv = append(argv, "-E", "-l")
	case "status":
		argv = append(argv, "-E", "-S")
	default:
		argv = append(argv, "-E", "-T", args[0], args[1])
	}
	return pluginOutcome(r.programWith(ctx, action, argv, r.pluginEnvironment(o), ""), o, args[0], timeout)
}
