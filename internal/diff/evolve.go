package diff

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// Evolved is a cluster's life: it begins as a random CIB or with the one given, its
// transitions are carried out (on paper, by us: self is our program), and between them something breaks or is
// changed. Each round is a case. visit is called for it and says whether to go on.
func Evolved(ctx context.Context, seed uint64, start *cib.Element, self, dir string, visit func(Case) bool) error {
	g := newGrower(seed)
	if start != nil {
		g = adopt(seed, copyOf(start))
	} else {
		g.grow()
	}
	at := caseTime
	for round := range g.between(2, 6) {
		c := Case{Name: fmt.Sprintf("evolved-%d.%d", seed, round), Root: copyOf(g.root), Args: []string{"-t", at.Format("2006-01-02 15:04:05Z")}}
		if round > 0 && g.chance(50) || g.chance(10) {
			c.Args = append(c.Args, g.event()...)
		}
		if !visit(c) {
			return nil
		}
		next, err := c.after(ctx, Ours(self, at), dir)
		if err != nil || next == nil {
			return err
		}
		ids := g.ids
		rest := g.dice
		about := g.about
		g = adopt(seed, next)
		g.ids, g.dice, g.about = ids, rest, about
		at = at.Add(time.Duration(g.upTo(5000)) * time.Second)
		for range g.upTo(4) {
			g.mutate()
		}
	}
	return nil
}

// after is the CIB when the transition of c has been carried out; nil when it cannot be.
func (c Case) after(ctx context.Context, p Program, dir string) (*cib.Element, error) {
	own := filepath.Join(dir, "evolve")
	if err := os.MkdirAll(own, 0o755); err != nil {
		return nil, err
	}
	out, err := c.ask(ctx, p, own)
	if err != nil || out.Crash != "" || out.Saved == "" {
		return nil, err
	}
	root, err := cib.Parse([]byte(out.Saved))
	if err != nil {
		return nil, fmt.Errorf("%s: what was saved: %w", c.Name, err)
	}
	return root, nil
}
