// Package node answers "how does a change get agreed on here?": it runs consensus.Core
// with a clock, a disk (consensus/disk) and peers (consensus/wire).
//
//	Submit ──> loop ──> Core ──> send early, save, send late ──> Advance ──> answers
//
// One goroutine (loop.go) owns the core, its state machine and the disk; everything else
// sends it work. What is waiting when it comes round is taken together and costs one
// write to the disk, so many clients share it.
package node
