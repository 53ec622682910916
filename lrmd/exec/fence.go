package exec

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

// The three conventions by which fence devices are driven.
type fenceKind int

const (
	fenceAgent   fenceKind = iota + 1 // fence_NAME: parameters on standard input
	fencePlugin                       // external/NAME: parameters in the environment
	fenceLibrary                      // other plugins of cluster-glue: through its program stonith
)

// pluginPrefix begins the type of a plugin of cluster-glue that is a program.
const pluginPrefix = "external/"

// findFence finds the agent of a fence device.
func (d Dirs) findFence(name string) (found, *missing) {
	switch {
	case strings.HasPrefix(name, pluginPrefix):
		path := filepath.Join(d.Plugins, name)
		return found{path: path, fence: fencePlugin}, checkPlugin(path)
	case strings.HasPrefix(name, "fence_"):
		return d.findFenceAgent(name)
	}
	if _, err := os.Stat(filepath.Join(d.Plugins, "stonith2", name+".so")); err == nil {
		path := filepath.Join(d.sbin(), "stonith")
		return found{path: path, fence: fenceLibrary}, checkExecutable(path)
	}
	return found{}, &missing{crm.NotInstalled, crm.ExecNotInstalled,
		fmt.Sprintf("stonith:%s: no such fence agent; agents are called fence_NAME (in %s) or external/NAME (in %s)", name, strings.Join(d.Fence, ", "), d.Plugins)}
}

func (d Dirs) findFenceAgent(name string) (found, *missing) {
	var first *missing
	for _, dir := range d.Fence {
		path := filepath.Join(dir, name)
		m := checkExecutable(path)
		if m == nil {
			return found{path: path, fence: fenceAgent}, nil
		}
		// A script that is there but cannot be run says more than one that is not.
		if _, err := os.Lstat(path); first == nil || err == nil {
			first = m
		}
	}
	if first == nil {
		first = &missing{crm.NotInstalled, crm.ExecNotInstalled, fmt.Sprintf("stonith:%s: there is no directory to look for fence agents in (TACTUS_FENCE_PATH)", name)}
	}
	return found{}, first
}

// checkPlugin refuses plugins that somebody else may have written: they run as root, and
// cluster-glue refuses them too.
func checkPlugin(path string) *missing {
	if m := checkExecutable(path); m != nil {
		return m
	}
	if st, err := os.Stat(path); err == nil && st.Mode()&0o022 != 0 {
		return &missing{crm.NoPermission, crm.ExecError, fmt.Sprintf("%s: refused, others than its owner may write to it (mode %04o); chmod go-w %s", path, st.Mode().Perm(), path)}
	}
	return nil
}

// checkFenceName refuses types that would lead out of the agents' directories.
func checkFenceName(name string) *missing {
	base := strings.TrimPrefix(name, pluginPrefix)
	if base == "" || base == "." || base == ".." || strings.ContainsAny(base, "/\x00") {
		return &missing{crm.NotInstalled, crm.ExecNotInstalled, fmt.Sprintf("fence agent %q: want fence_NAME or external/NAME", name)}
	}
	return nil
}

// stopsDevice reports whether nothing is to be run: a device that is stopped is only used
// no more. That cannot fail, not even when the agent is missing: its node would be fenced
// because somebody mistyped an agent's name.
func stopsDevice(o lrmd.Order) bool {
	return o.Agent.Class == "stonith" && o.Fence == nil && (o.Op.Name == "stop" || o.Op.Name == "notify")
}

// runFence carries an order to a fence device out: one run of its agent, except that a
// start or monitor of the device as a resource is tried again, as Pacemaker's fencer does.
func (r *Runner) runFence(ctx context.Context, f found, o lrmd.Order, timeout time.Duration) lrmd.Outcome {
	if o.Fence != nil {
		return r.fenceOnce(ctx, f, o, o.Op.Name, timeout)
	}
	switch o.Op.Name {
	case "start", "monitor", "status":
		return r.monitorDevice(ctx, f, o, timeout)
	case "meta-data", "validate-all":
		return r.fenceOnce(ctx, f, o, o.Op.Name, timeout)
	}
	return lrmd.Outcome{RC: crm.Unimplemented, Status: crm.ExecError, ExitReason: fmt.Sprintf("a fence device has no operation %q", o.Op.Name)}
}

// monitorDevice asks the device whether it is well. The agent's action is
// pcmk_monitor_action, the time for it pcmk_monitor_timeout where they are set. A failure
// is tried again (pcmk_monitor_retries attempts in all, 2 by default) when a third of the time is left.
// Source: Pacemaker's fencer, which starts an attempt before 70 % of the time is over.
func (r *Runner) monitorDevice(ctx context.Context, f found, o lrmd.Order, timeout time.Duration) lrmd.Outcome {
	action := o.Params["pcmk_monitor_action"]
	if action == "" {
		action = "monitor"
	}
	if t, ok := ocf.ParseDuration(o.Params["pcmk_monitor_timeout"]); ok && t > 0 {
		timeout = t
	}
	attempts, err := strconv.Atoi(o.Params["pcmk_monitor_retries"])
	if err != nil {
		attempts = 2
	}
	began := time.Now()
	for left := timeout; ; left = timeout - time.Since(began) {
		out := r.fenceOnce(ctx, f, o, action, left)
		attempts--
		if out.Status != crm.ExecError || attempts < 1 || ctx.Err() != nil || time.Since(began) >= timeout*7/10 {
			if out.Status != crm.ExecDone && out.Status != crm.ExecNotInstalled {
				out.RC = crm.GenericError // the agent's own codes are not OCF's
			}
			return out
		}
	}
}

// fenceOnce runs the agent once. Whatever does not end with the agent's own success is
// an error: RC is then never crm.OK, nor the code that means "off".
func (r *Runner) fenceOnce(ctx context.Context, f found, o lrmd.Order, action string, timeout time.Duration) lrmd.Outcome {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var res ran
	switch f.fence {
	case fencePlugin:
		return r.runPlugin(ctx, f.path, o, action, timeout)
	case fenceLibrary:
		return r.runLibrary(ctx, f.path, o, action, timeout)
	case fenceAgent:
		if action == "meta-data" {
			action = "metadata"
		}
		res = r.programWith(ctx, action, []string{f.path}, r.fenceEnvironment(), r.agentInput(ctx, f.path, o, action))
	}
	return fenceOutcome(res, o, action, timeout)
}

// fenceEnvironment is what fence agents see: what all agents inherit, and no parameter.
func (r *Runner) fenceEnvironment() []string {
	env := r.Dirs.environment(r.Env)
	return append(env[:len(env):len(env)], "OCF_OUTPUT_FORMAT=log")
}

// fenceOutcome translates what an agent did.
func fenceOutcome(res ran, o lrmd.Order, action string, timeout time.Duration) lrmd.Outcome {
	secret := secretsOf(o.Params)
	res.stdout, res.stderr = secret.hide(res.stdout), secret.hide(res.stderr)
	if res.late {
		reason := fmt.Sprintf("%s did not complete within %s", action, timeout.Round(time.Millisecond))
		if said := lastMeaning(res.stderr); said != "" {
			reason += " (the agent said: " + said + ")"
		}
		return lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecTimeout, ExitReason: reason}
	}
	if res.lost != nil {
		return *res.lost
	}
	out := lrmd.Outcome{Status: crm.ExecDone, Output: fenceOutput(res, action)}
	switch {
	case res.code == 0:
	case action == "status" && res.code == int(lrmd.FenceStatusOff):
		out.RC = lrmd.FenceStatusOff
	default:
		out.RC, out.Status = crm.GenericError, crm.ExecError
		out.ExitReason = fenceReason(res.code, res.stderr, res.stdout)
	}
	return out
}

// fenceOutput is what is passed on of an agent's output: all that is to be read by a
// program, else a few lines for a person.
func fenceOutput(res ran, action string) string {
	switch action {
	case "metadata", "list", "list-status", "validate-all":
		return strings.ToValidUTF8(res.stdout, "?")
	}
	return res.output(action)
}
