// Command demo shows a cluster at work on one machine; see package demo.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tactus-ha/tactus/internal/demo"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == demo.ResponderCommand {
		exit(demo.Respond(context.Background()))
	}
	testcluster.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var keep func([]*testcluster.Node) error
	if os.Getenv("KEEP") != "" {
		keep = demo.Shell
	}
	exit(demo.Run(ctx, os.Stdout, keep))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
