// Package exec answers "how is an agent run?": where agents of each class are found,
// with which environment, directory and descriptors they are started, how their output
// is bounded and their exit code translated, and how a run that takes too long is ended with
// everything it started. Agents written in Go (package agents/native) are served without
// a process.
//
//	Order ──> find ──┬─> script: spawn ─> capture ─> reap ──┬──> Outcome
//	                 └─> native ────────────────────────────┘
package exec
