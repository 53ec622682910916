// Command diff compares our decisions with those of another crm_simulate; see package
// internal/diff.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/tactus-ha/tactus/internal/diff"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == diff.AnswerCommand {
		os.Exit(diff.Answer(os.Args[2], os.Args[3:]))
	}
	var c diff.Campaign
	flag.StringVar(&c.Reference, "reference", "", "`path` of the crm_simulate to compare with")
	flag.IntVar(&c.Count, "n", 2000, "number of cases")
	flag.Uint64Var(&c.Seed, "seed", 1, "the first seed; the same seed makes the same cases")
	flag.StringVar(&c.Only, "only", "", "one `origin` of cases: random, mutated, evolved")
	flag.StringVar(&c.Originals, "cases", "", "`folder` of CIBs to mutate and to let live")
	flag.StringVar(&c.Out, "out", filepath.Join(os.TempDir(), "tactus-diff"), "`folder` for cases that differ")
	flag.IntVar(&c.Jobs, "j", runtime.NumCPU(), "cases at once")
	flag.IntVar(&c.Budget, "shrink", 400, "questions to spend on making one case small")
	flag.IntVar(&c.PerKind, "per-kind", 5, "cases of each kind of difference to make small")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, c))
}

// run prints the counts; exit code 1 says that something differs, 2 that nothing could be asked.
func run(ctx context.Context, c diff.Campaign) int {
	if _, err := os.Stat(c.Reference); err != nil {
		fmt.Fprintf(os.Stderr, "diff: error: -reference: %v\n", err)
		return 2
	}
	var err error
	if c.Self, err = os.Executable(); err != nil {
		fmt.Fprintln(os.Stderr, "diff: error:", err)
		return 2
	}
	counts, err := c.Run(ctx, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "diff: error:", err)
		return 2
	}
	fmt.Print(counts)
	if counts.Differing() > 0 {
		fmt.Println("cases that differ are in", c.Out)
		return 1
	}
	return 0
}
