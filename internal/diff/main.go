package diff

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Define declares the options of the command line.
func (c *Campaign) Define(flags *flag.FlagSet) {
	flags.StringVar(&c.Reference, "reference", "", "`path` of the crm_simulate to compare with")
	flags.IntVar(&c.Count, "n", 2000, "number of cases")
	flags.Uint64Var(&c.Seed, "seed", 1, "the first seed; the same seed makes the same cases")
	flags.StringVar(&c.Only, "only", "", "one `origin` of cases: random, mutated, evolved")
	flags.StringVar(&c.Originals, "cases", "", "`folder` of CIBs to mutate and to let live")
	flags.StringVar(&c.Out, "out", filepath.Join(os.TempDir(), "tactus-diff"), "`folder` for cases that differ")
	flags.IntVar(&c.Jobs, "j", runtime.NumCPU(), "cases at once")
	flags.IntVar(&c.Budget, "shrink", 400, "questions to spend on making one case small")
	flags.IntVar(&c.PerKind, "per-kind", 5, "cases of each kind of difference to make small")
}

// Main prints the counts; exit code 1 says that something differs, 2 that nothing could
// be asked.
func Main(ctx context.Context, c Campaign) int {
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
