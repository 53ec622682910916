package sched

import (
	"time"

	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Result is what a run decided.
type Result struct {
	Graph     *graph.Graph
	Changes   []Change        // the transition summary
	Actions   []*Action       // all, in order of creation, optional ones too
	Remarks   []Remark        // what crm_simulate -s and -U print, in order
	Findings  []state.Finding // remarks about the configuration and the situation
	RecheckAt time.Time       // when the same CIB means something else; zero: never

	plan *plan
}

// Run decides what to do about the cluster; nil when opts.Stop ended it. The facts are not changed, but Run may fill
// their caches.
func Run(c *state.Cluster, opts Options) *Result {
	p := newPlan(c, opts)
	for i, s := range stages {
		if opts.Stop != nil && opts.Stop() {
			return nil
		}
		p.enter(i)
		s.run(p)
	}
	p.enter(StageGraph)
	p.recheck(c.RecheckAt)
	p.changes() // settles the roles of what is active, which notifications report
	r := &Result{plan: p, Graph: p.buildGraph()}
	p.remarkCircle(r.Graph)
	p.enter(StageRest + 1)
	r.Changes = p.changes()
	r.Actions, r.Remarks = p.actions, p.remarks
	r.Findings, r.RecheckAt = p.findings, p.recheckAt
	return r
}

// Picture draws the actions and what they wait for; with all, optional ones too.
func (r *Result) Picture(all, ids bool) graph.Picture { return r.plan.picture(all, ids) }

// Node tells what became of a node in the course of the run: placing a connection, or
// finding that something cannot be stopped, may change what the CIB said.
func (r *Result) Node(n *state.Node) (online, unclean bool) {
	w := r.plan.byIndex[n.Index]
	return w.online, w.unclean
}

// Trail tells, for a run with Options.Explain, what made up the scores of a resource.
func (r *Result) Trail(rsc *state.Resource) []Contribution {
	return r.plan.all[rsc.Index].allowed.Trail()
}

// AssignedTo is where a primitive shall run; nil: nowhere.
func (r *Result) AssignedTo(rsc *state.Resource) *state.Node {
	return stateNode(r.plan.all[rsc.Index].assigned)
}
