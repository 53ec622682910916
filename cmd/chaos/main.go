// Command chaos runs rounds of real faults on real clusters; see package chaos.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tactus-ha/tactus/internal/chaos"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == chaos.AgentCommand:
		os.Exit(int(chaos.Agent(os.Args[2])))
	case len(os.Args) == 3 && os.Args[1] == chaos.ServiceCommand:
		exit(chaos.Service(os.Args[2]))
	}
	testcluster.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	exit(chaos.Main(ctx))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
