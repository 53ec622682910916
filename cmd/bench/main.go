// Command bench measures Tactus against the incumbent on this machine; see package bench.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tactus-ha/tactus/internal/bench"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

func main() {
	switch {
	case len(os.Args) > 2 && os.Args[1] == bench.AgentCommand:
		os.Exit(int(bench.Agent(os.Args[2])))
	case len(os.Args) > 1 && os.Args[1] == bench.DaemonCommand:
		exit(bench.Daemon())
	case len(os.Args) > 1 && os.Args[1] == bench.PengineCommand:
		exit(bench.PengineMain(os.Args[2:]))
	}
	testcluster.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	exit(bench.Main(ctx, os.Args[1:]))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
