// Package daemon answers "what does the lrmd process do?": it holds the clock, the
// socket and the disk for package lrmd, and runs what that says through package lrmd/exec.
//
//	conn ─┐                            ┌─> exec.Runner ─┐
//	conn ─┼─> loop (lrmd.Executor) ────┤                │
//	timer ┘      ^                     ├─> subscribers  │
//	             └─────────────────────┼── finished <───┘
//	                                   └─> memory (disk)
//
// One goroutine, the loop, owns the Executor. The process outlives crmd: recurring
// operations go on, and what changes is kept until somebody subscribes again. When lrmd itself
// ends, resources stay as they are; its successor reads back the highest stamp and,
// unless the machine was booted since, the results.
package daemon
