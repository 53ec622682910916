package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/internal/bigcib"
)

// PengineCommand is the word that selects the policy engine's figures, which need no
// cluster.
const PengineCommand = "pengine"

// Pengine says how to measure the policy engine.
type Pengine struct {
	Simulate  string        // our crm_simulate
	Reference string        // the original's crm_simulate; "": only ours is measured
	Corpus    string        // a folder with *.xml inputs for -P; "": left out
	Bound     time.Duration // a run that takes more processor time is given up
	Sizes     []string      // "1000x32", "corpus"; none: all
}

// engineSizes are the sizes of the report with what is to be reached.
var engineSizes = []struct {
	size           bigcib.Size
	seconds, megas float64       // of the whole process; 0: nothing stated
	alone, again   time.Duration // deciding in memory; after one result
}{
	{bigcib.Size{Resources: 1, Nodes: 2}, 0.01, 0, 100 * time.Microsecond, 0},
	{bigcib.Size{Resources: 100, Nodes: 8}, 0.04, 0, 5 * time.Millisecond, 0},
	{bigcib.Size{Resources: 500, Nodes: 16}, 0.25, 80, 60 * time.Millisecond, 0},
	{bigcib.Size{Resources: 1000, Nodes: 32}, 0.8, 250, 200 * time.Millisecond, 20 * time.Millisecond},
	{bigcib.Size{Resources: 2000, Nodes: 64}, 3.5, 900, 900 * time.Millisecond, 0},
	{bigcib.Size{Resources: 5000, Nodes: 100}, 12, 3000, 3 * time.Second, 100 * time.Millisecond},
}

var engineModes = []bigcib.Mode{bigcib.Cold, bigcib.Probed, bigcib.Steady}

// cost is what one run of a process took.
type cost struct {
	user, wall float64 // seconds; user includes what the kernel did for it
	megas      float64 // of memory, at most
}

// costs are several runs of one program on one input.
type costs struct {
	user, wall, megas Sample
	gaveUp            bool
}

// Run measures every size, the two programs in turn, and prints the table.
func (p *Pengine) Run(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "tactus-bench-pengine")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Fprintf(out, "load average %s; medians; CPU is user and system time, s; peak is resident memory, MB\n\n", strings.Join(strings.Fields(string(load))[:1], " "))
	fmt.Fprintf(out, "%-13s %-7s | %8s %8s %7s | %8s %8s | %8s %8s | %9s %9s | %9s %9s\n", "resources", "mode",
		"CPU", "wall", "peak", "its CPU", "its peak", "CPU", "memory", "in memory", "", "1 result", "")
	for _, s := range engineSizes {
		if len(p.Sizes) > 0 && !p.selected(s.size) {
			continue
		}
		for _, mode := range engineModes {
			if err := ctx.Err(); err != nil {
				return err
			}
			file := filepath.Join(dir, "cib.xml")
			if err := os.WriteFile(file, bigcib.XML(s.size, mode), 0o600); err != nil {
				return err
			}
			ours, theirs := p.compare(ctx, []string{"-RQ", "-x", file, "-G", filepath.Join(dir, "graph.xml")})
			alone := decideAlone(s.size, mode)
			again := decideAgain(s.size, mode)
			fmt.Fprintf(out, "%-13s %-7s | %8s %8s %7s | %8s %8s | %8s %8s | %9s %9s | %9s %9s\n", s.size, mode,
				reached(ours.user.Median(), s.seconds, seconds), seconds(ours.wall.Median()), reached(ours.megas.Median(), s.megas, megabytes),
				p.bounded(theirs, seconds(theirs.user.Median())), p.bounded(theirs, megabytes(theirs.megas.Median())),
				p.share(ours.user, theirs.user, theirs.gaveUp), p.share(ours.megas, theirs.megas, theirs.gaveUp),
				millis(alone), verdict(alone, s.alone), millis(again), verdict(again, s.again))
		}
	}
	if p.Corpus != "" && (len(p.Sizes) == 0 || slices.Contains(p.Sizes, "corpus")) {
		ours, theirs := p.compare(ctx, []string{"-P", p.Corpus, "-N", "1"})
		twice, _ := p.compare(ctx, []string{"-P", p.Corpus, "-N", "2"})
		fmt.Fprintf(out, "\nall inputs of %s in one process: CPU %s s (original %s s, %s of it), %s MB; deciding alone %s s\n", filepath.Base(p.Corpus),
			reached(ours.user.Median(), 2, seconds), p.bounded(theirs, seconds(theirs.user.Median())), p.share(ours.user, theirs.user, theirs.gaveUp),
			megabytes(ours.megas.Median()), seconds(twice.user.Median()-ours.user.Median()))
	}
	fmt.Fprintln(out, "\n! after a figure: more than what is to be reached; in memory: CPU time, mean of several runs in one process;")
	fmt.Fprintln(out, "1 result: deciding again after one operation's result, as crmd does")
	return nil
}

func (p *Pengine) selected(s bigcib.Size) bool {
	return slices.Contains(p.Sizes, fmt.Sprintf("%dx%d", s.Resources, s.Nodes))
}

// compare runs ours and theirs in turn: three times, or once when a run takes long.
func (p *Pengine) compare(ctx context.Context, args []string) (ours, theirs costs) {
	for range 3 {
		if len(ours.user) == 0 || ours.user[0] < 3 {
			ours.add(p.measure(ctx, p.Simulate, args))
		}
		if p.Reference != "" && !theirs.gaveUp && (len(theirs.user) == 0 || theirs.user[0] < 3) {
			theirs.add(p.measure(ctx, p.Reference, args))
		}
	}
	return ours, theirs
}

func (c *costs) add(one cost, err error) {
	if err != nil {
		c.gaveUp = true
		return
	}
	c.user, c.wall, c.megas = append(c.user, one.user), append(c.wall, one.wall), append(c.megas, one.megas)
}

// measure runs a program once.
func (p *Pengine) measure(ctx context.Context, program string, args []string) (cost, error) {
	limited := []string{"-c", `ulimit -t "$0"; exec "$@"`, fmt.Sprintf("%.0f", p.Bound.Seconds()), program}
	cmd := exec.CommandContext(ctx, "/bin/sh", append(limited, args...)...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C", "CIB_shadow_dir="+os.TempDir())
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began).Seconds()
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w", program, err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost{}, errors.New("the system does not tell what a process used")
	}
	return cost{(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), wall, float64(usage.Maxrss) / 1024}, nil
}

// bounded gives a figure of the original, or says that it was not waited for.
func (p *Pengine) bounded(c costs, text string) string {
	switch {
	case p.Reference == "":
		return "-"
	case c.gaveUp:
		return fmt.Sprintf(">%.0f s", p.Bound.Seconds())
	}
	return text
}

// share is our figure as a part of the original's.
func (p *Pengine) share(ours, theirs Sample, gaveUp bool) string {
	switch {
	case p.Reference == "" || len(ours) == 0:
		return "-"
	case gaveUp:
		return fmt.Sprintf("<%.3f", ours.Median()/p.Bound.Seconds())
	case theirs.Median() == 0:
		return "-"
	}
	return fmt.Sprintf("%.3f", ours.Median()/theirs.Median())
}

func seconds(v float64) string   { return fmt.Sprintf("%.3f", v) }
func megabytes(v float64) string { return fmt.Sprintf("%.0f", v) }

func millis(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
}

// reached prints a figure with a mark when it is more than it should be.
func reached(v, reach float64, text func(float64) string) string {
	if reach > 0 && v > reach {
		return text(v) + "!"
	}
	return text(v)
}

func verdict(d, reach time.Duration) string {
	switch {
	case reach == 0 || d == 0:
		return ""
	case d > reach:
		return "> " + reach.String()
	}
	return "<= " + reach.String()
}
