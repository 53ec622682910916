package tools

import (
	"context"

	"github.com/tactus-ha/tactus/mon"
)

func runCrmMon(ctx context.Context, env Env, args []string) int {
	return mon.Run(ctx, mon.Env{Stdin: env.Stdin, Stdout: env.Stdout, Stderr: env.Stderr, Getenv: env.Getenv, Now: env.Now}, args)
}
