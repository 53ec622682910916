// Command crmd is the controller daemon: membership, agreement, the CIB, the controller,
// the policy engine and the api of one node.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/tactus-ha/tactus/crmd/daemon"
)

var version = "development"

func main() {
	o := daemon.Options{Version: version}
	flag.StringVar(&o.Root, "root", os.Getenv("TACTUS_ROOT"), "prefix of every path")
	flag.StringVar(&o.Node, "node", os.Getenv("TACTUS_NODE"), "this node's name (default: found by address, then host name)")
	flag.StringVar(&o.LogLevel, "log-level", "info", "debug, info, warn or error")
	flag.StringVar(&o.LogFormat, "log-format", "text", "text or json")
	flag.BoolVar(&o.Check, "check", false, "read the configuration, say what is wrong, and exit")
	flag.Bool("foreground", true, "accepted for service files: crmd never goes into the background")
	show := flag.Bool("version", false, "print the version and exit")
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), daemon.Help); flag.PrintDefaults() }
	flag.Parse()
	if *show {
		fmt.Println("crmd", version)
		return
	}
	debug.SetGCPercent(50)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	o.Reload = hup
	os.Exit(daemon.Main(ctx, o, flag.Args()))
}
