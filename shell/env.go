package shell

import (
	"context"

	"github.com/tactus-ha/tactus/tools"
)

// The exit codes of crm.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2

	// Of simulate and dry runs.
	exitInterrupted = 3 // something that runs would be interrupted
	exitLost        = 4 // something that runs would stay stopped, or does not survive
)

// Tool is crm as an entry of the multi-call binary.
func Tool() tools.Command {
	return tools.Command{Name: "crm", Summary: "configure, run and look at the cluster", Help: usageText + "\n" + reference(),
		Run: func(ctx context.Context, env tools.Env, args []string) int { return Run(ctx, env, args) }}
}
