package native

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tactus-ha/tactus/agents"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/ocf"
)

const usage = `usage: AGENT ACTION
Runs a native agent as a script of that name would run: parameters come from the
environment (OCF_RESKEY_ip=...), the exit code is the agent's.
Agents: %s
Exit codes: 0 ok, 1 error, 2 invalid parameter, 3 no such action, 4 no permission,
5 not installed, 6 not configured, 7 not running, 8 promoted, 9 promoted and failed.
`

// Main serves a person or a program that calls a native agent as if it were a script.
// Args are the agent and the action, environ is the process's environment. It gives the exit code.
func Main(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	if len(args) != 2 {
		fmt.Fprintf(stderr, usage, strings.Join(agents.Names(), ", "))
		return int(crm.InvalidParam)
	}
	r := fromEnvironment(environ)
	r.Agent, r.Action = args[0], args[1]
	// What would be left for the background would end with this process.
	r.Params["arp_bg"] = "false"
	r.Hooks = Hooks{
		Log: func(_ crm.ResourceID, text string) { fmt.Fprintln(stderr, text) },
		SetPromotionScore: func(_ crm.ResourceID, score string, drop bool) {
			args := []string{"--promotion", "-v", score}
			if drop {
				args = []string{"--promotion", "-D"}
			}
			cmd := exec.CommandContext(ctx, "crm_attribute", args...)
			cmd.Env, cmd.Stderr = environ, stderr
			if err := cmd.Run(); err != nil {
				fmt.Fprintf(stderr, "crm_attribute: %v\n", err)
			}
		},
	}
	res := Run(ctx, r)
	_, _ = io.WriteString(stdout, res.Output)
	if res.ExitReason != "" {
		fmt.Fprintln(stderr, ocf.ExitReasonPrefix+res.ExitReason)
	}
	return int(res.RC)
}

// fromEnvironment reads what the OCF contract puts there.
func fromEnvironment(environ []string) Request {
	env := map[string]string{}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	root := filepath.Join("/", env["TACTUS_ROOT"])
	r := Request{Resource: "default", Params: map[string]string{}, StateDir: filepath.Join(root, "run/resource-agents"), RunDir: filepath.Join(root, "run")}
	for name := range maps.Keys(env) {
		if param, ok := strings.CutPrefix(name, "OCF_RESKEY_"); ok {
			r.Params[param] = env[name]
		}
	}
	for name, to := range map[string]*string{"HA_RSCTMP": &r.StateDir, "HA_VARRUN": &r.RunDir} {
		if env[name] != "" {
			*to = env[name]
		}
	}
	if id := env["OCF_RESOURCE_INSTANCE"]; id != "" {
		r.Resource = crm.ResourceID(id)
	}
	if level := env[ocf.CheckLevel]; level != "" {
		r.Params[ocf.CheckLevel] = level
	}
	return r
}
