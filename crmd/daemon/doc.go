// Package daemon answers "how does the controller live on a real node?": it feeds a
// crmd.Controller with what happens and carries out what it decides. It holds the loop,
// the timers and the connections, and no decision.
//
//	gossip ─┐                                  ┌─> commits   (agreement, in order, batched)
//	agreement ─┼─> mailbox ─> Controller.Step ─┼─> orders    (peers, one batch in flight each)
//	lrmd, api ─┘     (one goroutine)           ├─> executor  (lrmd, in order)
//	                                           └─> scheduler, timers, events, log
//
// Start order: configuration, executor, gossip, agreement, api. An orderly stop goes the
// other way round.
package daemon
