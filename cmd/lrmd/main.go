// Command lrmd is the executor daemon: it runs resource agents for crmd.
// `lrmd agent NAME ACTION` calls one of its native agents by hand.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tactus-ha/tactus/agents/native"
	"github.com/tactus-ha/tactus/lrmd/daemon"
	"github.com/tactus-ha/tactus/lrmd/exec"
	"github.com/tactus-ha/tactus/manual"
)

var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	exec.TakeHangups()
	if len(os.Args) > 1 && os.Args[1] == "agent" {
		os.Exit(native.Main(ctx, os.Args[2:], os.Environ(), os.Stdout, os.Stderr))
	}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "--version", "-version":
			fmt.Println("lrmd", version)
			return
		case "--man":
			fmt.Print(manual.Page(manual.Source{Name: "lrmd", Summary: daemon.Summary, Help: daemon.Help, SeeAlso: []string{"crmd"}}))
			return
		}
	}
	if err := daemon.Main(ctx, os.Args[1:], os.Environ()); err != nil {
		fmt.Fprintf(os.Stderr, "lrmd: error: %v\n", err)
		os.Exit(1)
	}
}
