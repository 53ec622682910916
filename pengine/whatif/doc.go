// Package whatif answers "what would this change do, and for how long would it be felt?"
// and "which resources survive the loss of a node?".
//
//	CIB ──Change──> CIB' ──Settle: schedule, carry out on paper, again──> Answer
//	CIB ──Lose(node)──> votes left, fencing ──────────────────────────────> Loss
//
// A Rehearsal is a cluster on paper: it is changed and settles, as often as one likes, and
// tells in the end what became of every resource that ran in the beginning. Nothing is
// asked of any executor. How long it takes is estimated (times.go, path.go): an operation
// takes as long as the status section says that it took the last time; a graph takes as
// long as its longest path, as if nothing else were going on.
//
// Where to look: the steps of a rehearsal (rehearsal.go), what may happen in one besides
// (event.go), who is active when (timeline.go), what became of a resource (effect.go,
// why.go), votes and node loss (quorum.go, lose.go), sentences (text.go, text_loss.go,
// text_times.go).
package whatif
