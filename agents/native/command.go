package native

import (
	"context"
	"errors"
	"os/exec"
)

// command runs a program and waits until it ends or goes into the background. It gives the exit
// code and what the program printed.
func (r Request) command(ctx context.Context, path string, args ...string) (code int, output string, err error) {
	if r.Hooks.Command != nil {
		return r.Hooks.Command(ctx, path, args...)
	}
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), string(out), nil
	}
	return 0, string(out), err
}
