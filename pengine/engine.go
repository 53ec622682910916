package pengine

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Input is what decisions are made from.
type Input struct {
	CIB *cib.Snapshot
	Now time.Time // what rules and timeouts are measured against

	// TransitionID numbers the graph. Zero counts as one.
	TransitionID int

	// Sanitized says that the CIB comes from a file from which secrets may have been
	// removed: then parameters that only differ in those do not cause restarts.
	Sanitized bool

	// Local makes a node of that name if the CIB has none.
	Local crm.NodeName

	ShowScores      bool // report scores, for crm_simulate -s
	ShowUtilization bool // report capacities, for crm_simulate -U
	Explain         bool // keep the trail of every score

	// Stop, when set, is asked from time to time whether the decision is still wanted. A
	// Scheduler then gives a Decision without a graph. Only Scheduler.Next looks at it.
	Stop func() bool
}

// Finding is a remark for the operator about the configuration or the situation.
type Finding = state.Finding

// Output is what was decided.
type Output struct {
	Graph     *graph.Graph
	Findings  []Finding
	RecheckAt time.Time      // when the same CIB means something else; zero: never
	State     *state.Cluster // what the CIB says
	Result    *sched.Result  // changes, actions, scores, pictures
}

// Schedule decides what to do about the state of a cluster. It is a pure function: the
// same input gives the same output, byte for byte.
func Schedule(in Input) Output {
	c := state.Read(in.CIB, in.Now, state.ReadOptions{Sanitized: in.Sanitized, Local: in.Local})
	return ScheduleState(c, in)
}

// ScheduleState is Schedule for a CIB that has been read already. The CIB of in is not
// looked at.
func ScheduleState(c *state.Cluster, in Input) Output {
	r := sched.Run(c, sched.Options{ShowScores: in.ShowScores, ShowUtilization: in.ShowUtilization, Explain: in.Explain})
	r.Graph.TransitionID = max(in.TransitionID, 1)
	findings := append(append([]Finding(nil), c.Findings...), r.Findings...)
	return Output{Graph: r.Graph, Findings: findings, RecheckAt: r.RecheckAt, State: c, Result: r}
}
