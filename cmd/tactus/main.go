// Command tactus is all command-line tools in one: the name it is called by, or its first
// argument, says which.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/tactus-ha/tactus/shell"
	"github.com/tactus-ha/tactus/tools"
)

// version is set when building.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env := tools.OSEnv()
	env.Version = version
	os.Exit(tools.Main(ctx, env, commands(), os.Args[0], os.Args[1:]))
}

// commands is the table of all tools.
func commands() []tools.Command { return append(tools.Commands(), shell.Tool()) }
