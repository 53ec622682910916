package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/consensus"
)

// TestBrokenEnginesAreNoticed breaks something on purpose and wants the check that is
// there for it to fire, within a few seeds.
func TestBrokenEnginesAreNoticed(t *testing.T) {
	for _, tc := range []struct {
		name  string
		opts  Options
		wants []string
	}{
		{"incarnations are not told apart",
			Options{Nodes: 2, Policy: consensus.Policy{NoQuorumPolicy: "ignore"}, Break: (*consensus.Core).ConfuseGroups},
			[]string{"I4", "engine", "I3"}},
		{"executors forget whose order was newest", Options{Nodes: 3, Forgetful: true}, []string{"I2"}},
		{"disks lose what they said was saved", Options{Nodes: 3, LoseLastSave: true}, []string{"I3", "I4", "engine"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.opts.App, tc.opts.CompactEntries, tc.opts.Length = Registers{}, 4000, 14*time.Second
			for seed := range uint64(200) {
				if r := Run(seed, tc.opts); r.Failure != nil {
					t.Logf("seed %d: %.300v", seed, r.Failure)
					if !slices.Contains(tc.wants, r.Failure.Invariant) {
						t.Errorf("%s fired, want one of %v", r.Failure.Invariant, tc.wants)
					}
					return
				}
			}
			t.Error("no check fired in 200 seeds")
		})
	}
}
