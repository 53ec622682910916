// Command diff compares our decisions with those of another crm_simulate; see package
// internal/diff.
package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"

	"github.com/tactus-ha/tactus/internal/diff"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == diff.AnswerCommand {
		os.Exit(diff.Answer(os.Args[2], os.Args[3:]))
	}
	var c diff.Campaign
	c.Define(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(diff.Main(ctx, c))
}
