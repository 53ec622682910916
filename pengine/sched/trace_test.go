package sched

import "testing"

func TestStageNumbersAreThoseOfTheTable(t *testing.T) {
	for number, name := range map[int]string{StageEffects: "effects", StageConstraints: "constraints", StageLocks: "shutdown locks",
		StageFailures: "failures", StageImplicit: "implicit orderings", StageDefinitions: "changed definitions", StagePlacement: "placement",
		StageProbes: "probes", StageActions: "actions", StageOrderings: "orderings"} {
		if got := stages[number].name; got != name {
			t.Errorf("stage %d is %q, want %q", number, got, name)
		}
	}
	if StageGraph != len(stages) {
		t.Errorf("StageGraph = %d, want the number of stages, %d", StageGraph, len(stages))
	}
}
