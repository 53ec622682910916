// Command tactus is all command-line tools in one: the name it is called by, or its first
// argument, says which.
package main

import (
	"os"

	"github.com/tactus-ha/tactus/shell"
	"github.com/tactus-ha/tactus/tools"
)

// version is set when building.
var version = "unknown"

func main() {
	env := tools.OSEnv()
	env.Version = version
	os.Exit(tools.Main(tools.UntilInterrupted(), env, commands(), os.Args[0], os.Args[1:]))
}

// commands is the table of all tools.
func commands() []tools.Command { return append(tools.Commands(), shell.Tool()) }
