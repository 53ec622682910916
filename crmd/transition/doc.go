// Package transition answers "which action may start now?": it walks one transition
// graph. Every result makes further actions ready; a failure leaves what depends on it
// undone; an abort lets running actions finish and starts nothing of lower priority.
//
//	graph.Graph ──New──> Walk ──Start──> []graph.Action (the caller carries them out)
//	                      ^                     │
//	                      └────── Step <── Result
//
// It is pure: the caller owns the clock and tells the time.
// Source: Pacemaker Administration, "Transitions"; the rules for failed inputs and abort
// priorities are those of its transition engine.
package transition
