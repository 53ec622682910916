package chaos

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestMain makes this program the agents and services of its clusters too.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 3 && os.Args[1] == AgentCommand:
		os.Exit(int(Agent(os.Args[2])))
	case len(os.Args) == 3 && os.Args[1] == ServiceCommand:
		if err := Service(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	testcluster.Main(m)
}

// TestChaos is the short form of make chaos: some kinds of faults on two clusters.
func TestChaos(t *testing.T) {
	for _, c := range []struct {
		shape Shape
		kinds []string
	}{
		{Shape{2, Fencing}, []string{"cut", "pause", "device"}},
		{Shape{3, Quorum}, []string{"cut", "crmd", "start"}},
	} {
		t.Run(c.shape.String(), func(t *testing.T) {
			dir := t.TempDir()
			bin, err := testcluster.Build()
			if err != nil {
				t.Fatal(err)
			}
			w, err := newWorld(t.Context(), c.shape, bin, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer w.close()
			for i, name := range c.kinds {
				k, err := kindNamed(name)
				if err != nil {
					t.Fatal(err)
				}
				res := w.runRound(t.Context(), k, uint64(i))
				if len(res.problems) == 0 {
					continue
				}
				var out strings.Builder
				Campaign{Out: &out}.tell(w, res)
				t.Fatal(out.String())
			}
		})
	}
}

// TestKinds: every kind that is mixed exists, every name is there once, and every shape
// has kinds that suit it.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range kinds() {
		if seen[k.name] || k.about == "" || k.run == nil {
			t.Errorf("kind %q is there twice or incomplete", k.name)
		}
		seen[k.name] = true
	}
	for _, name := range mixable {
		if !seen[name] {
			t.Errorf("%q is mixed and does not exist", name)
		}
	}
	for _, s := range Shapes() {
		if len(shuffled(s, false, 1)) < 10 {
			t.Errorf("only %d kinds suit %s", len(shuffled(s, false, 1)), s)
		}
	}
	if _, err := kindNamed("nosuch"); err == nil || !strings.Contains(err.Error(), "crmd, lrmd") {
		t.Errorf("kindNamed(nosuch) = %v, want an error that lists the kinds", err)
	}
}
