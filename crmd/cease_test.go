package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// TestStaleDecisionIsGivenUp: a change of the CIB ends the decision under way once, and not
// more often in a row than it may be thrown away.
func TestStaleDecisionIsGivenUp(t *testing.T) {
	for _, c := range []struct {
		name      string
		thinking  int
		staleRuns int
		stale     bool
		want      []Effect
	}{
		{"a decision is under way", 7, 0, false, []Effect{Cease{7}}},
		{"it is given up already", 7, 0, true, nil},
		{"too many were thrown away", 7, maxStaleRuns, false, nil},
		{"none is under way", 0, 0, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &duty{thinking: c.thinking, staleRuns: c.staleRuns, stale: c.stale}
			ctl := &Controller{duty: d, snap: cib.Empty(time.Time{})}
			ctl.recompute("a test", 0)
			if len(ctl.effects) != len(c.want) || len(c.want) > 0 && ctl.effects[0] != c.want[0] {
				t.Errorf("effects = %v, want %v", ctl.effects, c.want)
			}
			if want := c.thinking != 0; d.stale != want {
				t.Errorf("stale = %v, want %v", d.stale, want)
			}
		})
	}
}
