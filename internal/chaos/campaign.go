package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// Campaign is a number of rounds.
type Campaign struct {
	Rounds int    // how many; default 20
	Seed   uint64 // round number i has Seed+i
	Nodes  int    // only clusters of that many nodes; 0: all shapes
	Guard  Guard  // only clusters of that guard; "": all
	Kind   string // only this kind; "": all
	Clocks bool   // wall clocks jump too: the programs are built for that, which takes minutes the first time
	Bin    string // folder of the programs; "": built now
	Dir    string // where the clusters' files go; "": a temporary folder
	Out    io.Writer

	// PerCluster is how many rounds a cluster lives; default 8. Clusters that failed a
	// round are replaced.
	PerCluster int
}

// Shapes are the clusters that a campaign works on.
func Shapes() []Shape {
	return []Shape{{3, Quorum}, {2, Fencing}, {3, Fencing}, {5, Quorum}, {2, Unprotected}, {5, Fencing}, {2, Witness}}
}

// Run does the rounds and prints the figures; it returns how many rounds failed.
func (c Campaign) Run(ctx context.Context) (failed int, err error) {
	if c.Rounds == 0 {
		c.Rounds = 20
	}
	if c.PerCluster == 0 {
		c.PerCluster = 8
	}
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "tactus-chaos"); err != nil {
			return 0, err
		}
		defer func() {
			if failed == 0 {
				_ = os.RemoveAll(c.Dir)
			}
		}()
	} else if err = os.MkdirAll(c.Dir, 0o755); err != nil {
		return 0, err
	}
	build := testcluster.Build
	if c.Clocks = c.Clocks || c.Kind == clockKind; c.Clocks {
		build = testcluster.BuildWithClocks
	}
	if c.Bin == "" {
		if c.Bin, err = build(); err != nil {
			return 0, err
		}
	}
	shapes := slices.DeleteFunc(Shapes(), func(s Shape) bool { return c.Nodes != 0 && s.Nodes != c.Nodes || c.Guard != "" && s.Guard != c.Guard })
	if len(shapes) == 0 {
		return 0, fmt.Errorf("there is no cluster of NODES=%d GUARD=%s: there are %v", c.Nodes, c.Guard, Shapes())
	}
	var results []result
	for i := 0; len(results) < c.Rounds && ctx.Err() == nil; i++ {
		some, err := c.onCluster(ctx, shapes[i%len(shapes)], len(results))
		results = append(results, some...)
		if err != nil {
			return failures(results), err
		}
	}
	c.report(results)
	return failures(results), ctx.Err()
}

// onCluster makes a cluster and does rounds on it, until one fails or it has had enough.
func (c Campaign) onCluster(ctx context.Context, shape Shape, already int) ([]result, error) {
	seed := c.Seed + uint64(already)
	var deck []kind
	if c.Kind != "" {
		k, err := kindNamed(c.Kind)
		if err != nil {
			return nil, err
		}
		if k.suits != nil && !k.suits(shape) {
			return nil, fmt.Errorf("KIND=%s does not suit a cluster of %s", c.Kind, shape)
		}
		deck = []kind{k}
	} else {
		deck = shuffled(shape, c.Clocks, seed)
	}
	dir, err := os.MkdirTemp(c.Dir, fmt.Sprintf("%d-%s-", shape.Nodes, shape.Guard))
	if err != nil {
		return nil, err
	}
	w, err := newWorld(ctx, shape, c.Bin, dir)
	if err != nil {
		return nil, fmt.Errorf("a cluster of %s (files in %s): %w", shape, dir, err)
	}
	defer w.close()
	var results []result
	for i := range min(c.PerCluster, c.Rounds-already) {
		if ctx.Err() != nil {
			return results, nil
		}
		res := w.runRound(ctx, deck[i%len(deck)], seed+uint64(i))
		if ctx.Err() != nil {
			return results, nil // interrupted: it proves nothing
		}
		results = append(results, res)
		c.tell(w, res)
		if len(res.problems) > 0 {
			return results, nil
		}
	}
	w.close()
	return results, os.RemoveAll(dir)
}

// shuffled are the kinds that suit a cluster, each as often as its weight says.
func shuffled(shape Shape, clocks bool, seed uint64) []kind {
	var deck []kind
	for _, k := range kinds() {
		for range k.weight {
			if (k.suits == nil || k.suits(shape)) && (clocks || k.name != clockKind) {
				deck = append(deck, k)
			}
		}
	}
	dice := rand.New(rand.NewPCG(seed, 0))
	dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}

func failures(results []result) int {
	n := 0
	for _, r := range results {
		if len(r.problems) > 0 {
			n++
		}
	}
	return n
}

// slow is how long healing takes before a round that passed is told about, too.
const slow = 15 * time.Second

// tell prints a line about a round, and everything about one that failed.
func (c Campaign) tell(w *world, r result) {
	word := "ok"
	if len(r.problems) > 0 {
		word = "FAILED"
	}
	fmt.Fprintf(c.Out, "%-6s %-8s %-22s seed %-8d healed in %5.1f s, VIP away %5.1f s, %d of %d writes acknowledged, %d fenced%s\n",
		word, r.kind, r.shape, r.seed, r.healed.Seconds(), r.outage.Seconds(), r.acked, r.deeds, r.fencings, twiceText(r.twice))
	if len(r.problems) == 0 && r.healed < slow {
		return
	}
	file := filepath.Join(filepath.Dir(w.dir), fmt.Sprintf("story-%d.txt", r.seed))
	if err := writeStory(file, r.began, w.story.merge(r.began, w.Nodes, func(string) bool { return true })); err != nil {
		fmt.Fprintf(c.Out, "  the story cannot be written: %v\n", err)
	}
	for _, p := range r.problems {
		fmt.Fprintf(c.Out, "  problem: %s\n", p)
	}
	fmt.Fprintln(c.Out, "  what was done and what the daemons warned of, in seconds since the round began:")
	printLines(c.Out, r.began, w.story.merge(r.began, w.Nodes, func(text string) bool {
		return strings.HasPrefix(text, "level=WARN") || strings.HasPrefix(text, "level=ERROR") || strings.Contains(text, "panic")
	}))
	fmt.Fprintf(c.Out, "  all logs in the order of time: %s\n", file)
	fmt.Fprintf(c.Out, "  again: make chaos ROUNDS=1 KIND=%s NODES=%d GUARD=%s SEED=%d\n", r.kind, r.shape.Nodes, r.shape.Guard, r.seed)
}

func twiceText(list []twice) string {
	if len(list) == 0 {
		return ""
	}
	longest := time.Duration(0)
	for _, t := range list {
		longest = max(longest, t.length)
	}
	return fmt.Sprintf(", TWICE %d times, up to %d ms", len(list), longest.Milliseconds())
}

func writeStory(file string, began time.Time, lines []line) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	printLines(b, began, lines)
	if err := b.Flush(); err != nil {
		return err
	}
	return f.Close()
}
