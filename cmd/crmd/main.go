// Command crmd is the controller daemon: membership, agreement, the CIB, the controller,
// the policy engine and the api of one node.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tactus-ha/tactus/crmd/daemon"
	"github.com/tactus-ha/tactus/manual"
)

var version = "development"

func main() {
	o := daemon.Options{Version: version}
	o.Define(flag.CommandLine)
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), daemon.Help) }
	flag.Parse()
	switch {
	case o.ShowVersion:
		fmt.Println("crmd", version)
		return
	case o.Manual:
		fmt.Print(manual.Page(manual.Source{Name: "crmd", Summary: daemon.Summary, Help: daemon.Help, SeeAlso: []string{"crm", "crm_mon", "lrmd"}}))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	o.Reload = hup
	os.Exit(daemon.Main(ctx, o, flag.Args()))
}
