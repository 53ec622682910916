// Package lrmd answers "what does the executor do with an order?": the queues (one
// operation per resource at a time), the timetable of recurring operations, the memory
// of last results, and the refusal of orders older than the newest stamp seen. It is
// pure: package lrmd/exec runs agents, package lrmd/daemon holds the clock and the
// socket, package lrmd/client is what crmd uses to talk to it.
//
//	Order ──> Executor.Submit ──> [per-resource queue] ──> Effect{Run} ──> lrmd/exec
//	Event <── Executor.Finished <───────────────────────── Outcome <────────────┘
//
// When this node's right to run resources is over (package lrmd/lease), lapse.go stops them.
package lrmd
