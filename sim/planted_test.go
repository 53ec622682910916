package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// TestPlantedMistakesAreFound makes known mistakes, one at a time, and wants one of the
// checks that are there for it to notice within a bounded number of seeds.
func TestPlantedMistakesAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of its own")
	}
	kinds := map[string]planKind{}
	for _, k := range append(planKinds(), otherKinds()...) {
		kinds[k.name] = k
	}
	with := func(kind string, faults ...string) planKind {
		k := kinds[kind]
		k.faults = faults
		return k
	}
	for _, tc := range []struct {
		name  string
		plant Break
		kind  planKind
		seeds uint64
		wants []string
	}{
		{"acting before fencing is confirmed", ActUnconfirmed, with("three, fenced", "pause-node", "kill-crmd", "partition"), 20, []string{"I5", "I1"}},
		{"a fence device's silence counts as success", TimeoutIsSuccess, with("three, fenced", "partition"), 20, []string{"I5", "I1"}},
		{"disks acknowledge before they have saved", AckBeforeSync, with("three, fenced", "all-power", "power"), 60, []string{"I2", "I3", "I4", "engine"}},
		{"a restart forgets the last incarnation", ForgetGroup, with("two, unprotected", "partition", "kill-crmd", "power"), 60, []string{"I2", "I3", "I4", "I8", "engine"}},
		{"both halves of a split write the same history", ConfuseGroups, with("two, unprotected", "partition", "flap"), 60, []string{"I3", "I4", "I2", "I8", "engine"}},
		{"a new DC forgets open requests for fencing", ForgetRequests, with("three, fenced", "switch-fails", "pause-node", "kill-crmd", "partition"), 100, []string{"I5"}},
		{"what gives way is not stopped", SkipYield, with("two, unprotected", "partition", "flap"), 60, []string{"I1"}},
		{"going on alone without a proof", NoProof, with("two, fenced", "partition", "pause-node"), 60, []string{"I1", "I2", "I3", "I4", "I5"}},
		{"silence is measured by the wall clock", WallClock, with("quiet", "clock-jump"), 60, []string{"quiet", "I8"}},
		{"no policy is applied without a quorum", NoPolicy, with("three, unfenced", "partition"), 60, []string{"I1", "I6"}},
		{"promoting before the other one is demoted", EagerPromote, with("three, fenced, promoted", "leave"), 60, []string{"promoted"}},
		{"executors have no lease", IdleLease, with("three, leased", "pause-crmd", "kill-crmd"), 60, []string{"I1"}},
		{"watchdogs reset nobody", DeadWatchdog, with("three, watchdogs", "pause-crmd"), 60, []string{"I1", "I5"}},
		{"what is promoted stays so without a quorum", NoPolicy, with("three, unfenced, demote", "partition"), 60, []string{"promoted", "I1", "I6"}},
		{"a node without a quorum does not reset itself", NoPolicy, with("three, unfenced, suicide", "partition"), 60, []string{"I1", "I6"}},
		{"a witness leads and stays the leader", LeadingWitness, with("two and a witness, leased", "all-power", "power"), 60, []string{"I8", "I6"}},
		{"the policy is applied too late", LatePolicy, with("three, unfenced", "partition", "one-way", "flap"), 60, []string{"I6"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for seed := range tc.seeds {
				plan := tc.kind.plan(seed)
				plan.Break = tc.plant
				if tc.plant == TimeoutIsSuccess {
					plan.Faults = []Fault{{At: 3 * time.Second, Kind: "switch-hangs", A: 1, B: 1, For: 8 * time.Second},
						{At: 3500 * time.Millisecond, Kind: "pause-node", A: crm.NodeID(1 + seed%3), B: 1, For: 8 * time.Second}}
				}
				o := RunPlan(seed, plan)
				if o.Failure == nil {
					continue
				}
				t.Logf("seed %d: %.200v", seed, o.Failure)
				if slices.Contains(tc.wants, o.Failure.Invariant) {
					return
				}
			}
			t.Errorf("none of %v noticed within %d seeds", tc.wants, tc.seeds)
		})
	}
}

// TestAFailingPlanIsMadeSmaller wants a story of few faults that breaks the same invariant.
func TestAFailingPlanIsMadeSmaller(t *testing.T) {
	k := planKinds()[0]
	k.faults = []string{"partition", "kill-crmd", "pause-node", "bad-network", "slow-disks", "clock-jump"}
	for seed := range uint64(40) {
		plan := k.plan(seed)
		plan.Break = ActUnconfirmed
		was := RunPlan(seed, plan)
		if was.Failure == nil || len(plan.Faults) < 4 {
			continue
		}
		small, o := Shrink(seed, plan, 60)
		if o.Failure == nil || o.Failure.Invariant != was.Failure.Invariant {
			t.Fatalf("seed %d: the smaller plan shows %v, want %s", seed, o.Failure, was.Failure.Invariant)
		}
		if len(small.Faults) >= len(plan.Faults) {
			t.Errorf("seed %d: %d faults were made %d", seed, len(plan.Faults), len(small.Faults))
		}
		return
	}
	t.Error("no plan of 40 fails, though the DC does not wait for fencing")
}
