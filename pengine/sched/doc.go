// Package sched answers "what shall run where, and what has to be done for it?": the
// decisions of the policy engine.
//
//	state.Cluster ──facts──> plan: scores ─> placement ─> actions ─> orderings ──> graph.Graph
//
// The facts (package state) are never written. What changes while deciding lives in
// records of this package, one per resource and node (plan.go), in score tables
// (score.go) and in actions with the relations between them (action.go, relation.go).
// stages.go is the table of contents: the steps and why they have this order.
//
// A file is named for its concern, and for the variant of resource where variants
// differ: colocation_group.go, assign_clone.go.
package sched
