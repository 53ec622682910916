package diff

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// Campaign says what to ask, and how much.
type Campaign struct {
	Reference string // path of the reference's crm_simulate
	Self      string // path of a program that answers to AnswerCommand
	Count     int    // so many cases
	Seed      uint64 // the first; each further origin has the next
	Only      string // one kind of origin: random, mutated, evolved; "": all in turn
	Originals string // folder of CIBs to mutate and to let live; "": none
	Out       string // folder for cases that differ
	Jobs      int    // so many at once
	Budget    int    // questions to spend on shrinking one case; 0: none
	PerKind   int    // so many cases of each kind of difference are shrunk
}

// Counts is how often each kind of difference was the first of a case, and agreement.
type Counts struct {
	Cases, Agree int
	First        map[Kind]int
}

// Differing is the number of cases that differ and should not.
func (c Counts) Differing() int {
	n := 0
	for kind, count := range c.First {
		if kind.Counts() {
			n += count
		}
	}
	return n
}

// Run asks both programs until it has asked enough, writes what differs to a folder and
// says so on w.
func (c Campaign) Run(ctx context.Context, w io.Writer) (Counts, error) {
	originals, err := filepath.Glob(filepath.Join(c.Originals, "*.xml"))
	if err != nil {
		return Counts{}, err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return Counts{}, err
	}
	r := &run{Campaign: c, originals: originals, w: w, counts: Counts{First: map[Kind]int{}}}
	var wg sync.WaitGroup
	for range max(c.Jobs, 1) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := r.work(ctx); err != nil {
				r.mu.Lock()
				r.err = err
				r.mu.Unlock()
			}
		}()
	}
	wg.Wait()
	return r.counts, r.err
}

type run struct {
	Campaign
	originals []string
	w         io.Writer

	mu     sync.Mutex // guards all following fields
	taken  uint64     // origins begun
	counts Counts
	err    error
}

// next gives out seeds; false when it is enough.
func (r *run) next() (uint64, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || r.counts.Cases >= r.Count {
		return 0, false
	}
	r.taken++
	return r.Seed + r.taken - 1, true
}

func (r *run) work(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "tactus-diff-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for ctx.Err() == nil {
		seed, ok := r.next()
		if !ok {
			return nil
		}
		if err := r.origin(ctx, seed, dir); err != nil {
			return err
		}
	}
	return nil
}

// origin makes the cases of one seed: the seed alone says of which origin they are.
func (r *run) origin(ctx context.Context, seed uint64, dir string) error {
	kinds := []string{"random", "evolved", "mutated", "evolved"}
	kind := kinds[seed%uint64(len(kinds))]
	if r.Only != "" {
		kind = r.Only
	}
	var start *cib.Element
	name := ""
	if len(r.originals) > 0 && (kind == "mutated" || kind == "evolved" && seed%8 == 3) {
		file := r.originals[int(seed/3)%len(r.originals)]
		name = strings.TrimSuffix(filepath.Base(file), ".xml")
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if start, err = cib.Parse(data); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	switch {
	case kind == "evolved":
		return Evolved(ctx, seed, start, r.Self, dir, func(c Case) bool { return r.judge(ctx, c, dir) && ctx.Err() == nil })
	case kind == "mutated" && start != nil:
		r.judge(ctx, Mutated(seed, name, start), dir)
	default:
		r.judge(ctx, Random(seed), dir)
	}
	return nil
}

// differences asks both programs.
func (r *run) differences(ctx context.Context, c Case, dir string) []Difference {
	for attempt := 0; ; attempt++ {
		ours, err := c.ask(ctx, Ours(r.Self, time.Time{}), dir)
		if err != nil {
			return []Difference{{OurCrash, err.Error(), ""}}
		}
		ref, err := c.ask(ctx, Reference(r.Reference), dir)
		if err != nil {
			return []Difference{{Aborted, "", err.Error()}}
		}
		// The wall clock may have ticked between the two: what stays counts.
		if list := Compare(ours, ref); len(list) == 0 || !list[0].Kind.Counts() || attempt == 1 {
			return list
		}
	}
}

// judge asks about one case and records the answer; false when it makes no sense to go
// on from it.
func (r *run) judge(ctx context.Context, c Case, dir string) bool {
	list := r.differences(ctx, c, dir)
	if ctx.Err() != nil {
		return false
	}
	r.mu.Lock()
	r.counts.Cases++
	if r.counts.Cases%200 == 0 {
		_, _ = fmt.Fprintf(r.w, "after %d cases: %d agree, %d differ\n", r.counts.Cases, r.counts.Agree, r.counts.Differing())
	}
	if len(list) == 0 {
		r.counts.Agree++
		r.mu.Unlock()
		return true
	}
	first := list[0].Kind
	r.counts.First[first]++
	shrink := first.Counts() && r.Budget > 0 && r.counts.First[first] <= r.PerKind
	r.mu.Unlock()
	if first == RawGraph {
		return true
	}
	if shrink {
		c = Shrink(c, r.Budget, func(smaller Case) bool {
			l := r.differences(ctx, smaller, dir)
			return len(l) > 0 && l[0].Kind == first
		})
		if l := r.differences(ctx, c, dir); len(l) > 0 && ctx.Err() == nil {
			list = l
		}
	}
	r.report(c, list)
	return first == Messages || first == Saved // else the rounds to come would differ for the same reason
}

// report writes a case to the folder and its differences to w.
func (r *run) report(c Case, list []Difference) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var text strings.Builder
	fmt.Fprintf(&text, "%s: crm_simulate -S -s -x %s.xml %s\n", c.Name, c.Name, quoted(c.Args))
	for _, d := range list {
		fmt.Fprintf(&text, "  %s\n", d)
	}
	base := filepath.Join(r.Out, string(list[0].Kind)+"_"+c.Name)
	if err := os.WriteFile(base+".xml", c.Root.XML(), 0o644); err != nil {
		r.err = err
	}
	if err := os.WriteFile(base+".txt", []byte(text.String()), 0o644); err != nil {
		r.err = err
	}
	if list[0].Kind.Counts() {
		_, _ = io.WriteString(r.w, text.String())
	}
}

func quoted(args []string) string {
	var out []string
	for _, a := range args {
		if strings.Contains(a, " ") {
			a = "'" + a + "'"
		}
		out = append(out, a)
	}
	return strings.Join(out, " ")
}

// String is a table of the counts.
func (c Counts) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-12s %6d\n%-12s %6d\n", "cases", c.Cases, "agree", c.Agree)
	for _, kind := range []Kind{RawGraph, Messages, Rejected, Aborted, OurCrash, OurRefusal, Status, Injection, Scores, Summary, Dot, Graph, Execution, Revised, Saved} {
		if n := c.First[kind]; n > 0 {
			fmt.Fprintf(&b, "%-12s %6d\n", kind, n)
		}
	}
	fmt.Fprintf(&b, "%-12s %6d\n", "differ", c.Differing())
	return b.String()
}
