// Command bench measures Tactus against the incumbent on this machine; see package bench.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

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
		exit(pengine(os.Args[2:]))
	}
	testcluster.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	bin, err := testcluster.Build()
	if err != nil {
		exit(err)
	}
	exit(bench.Run(ctx, os.Stdout, bin, os.Args[1:]))
}

// pengine measures the policy engine, against REFERENCE (another crm_simulate) if set.
func pengine(sizes []string) error {
	bin, err := testcluster.Build()
	if err != nil {
		return err
	}
	p := bench.Pengine{Simulate: filepath.Join(bin, "crm_simulate"), Reference: os.Getenv("REFERENCE"), Corpus: os.Getenv("CORPUS"), Bound: 2 * time.Minute, Sizes: sizes}
	return p.Run(context.Background(), os.Stdout)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
