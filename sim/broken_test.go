package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/consensus"
)

// TestBrokenEnginesAreNoticed breaks something on purpose and wants one of the checks
// that are there for it to fire, within a few seeds.
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
		{"shadow seats have what their real seat has not",
			Options{Nodes: 3, Votes: []int{1, 1, 3}, Break: (*consensus.Core).BoastingShadows}, []string{"I3", "I4", "engine"}},
		{"disks lose what they said was saved", Options{Nodes: 3, LoseLastSave: true}, []string{"I3", "I4", "engine"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.opts.App, tc.opts.CompactEntries, tc.opts.Length = Registers{}, 4000, 14*time.Second
			for seed := range uint64(100) {
				r := Run(seed, tc.opts)
				if r.Failure == nil {
					continue
				}
				t.Logf("seed %d: %.300v", seed, r.Failure)
				if slices.Contains(tc.wants, r.Failure.Invariant) {
					return
				}
			}
			t.Errorf("none of %v fired in 100 seeds", tc.wants)
		})
	}
}
