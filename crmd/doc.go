// Package crmd answers "what does a node's controller do next?": joining, the duties of
// the DC (node states, scheduling, transitions), carrying out orders, recording results,
// transient attributes, shutdown, and acting alone without a quorum. It is pure: every
// input comes with the time, every consequence is an Effect that package crmd/daemon
// carries out.
//
//	Input ──> Controller.Step ──> []Effect
//
//	MemberSeen, ViewChanged, CIBChanged      from membership and consensus
//	LRMUp, LRMDown, OpResult, AgentKnown     from the node's executor
//	OrdersCame, OrdersAnswered, Acked        from other controllers
//	Planned, Committed, TimerFired           answers to effects
//
// Only the CIB remembers: a controller that starts anew reads there, and from its
// executor, all that it needs.
//
// The files:
//
//	input.go effect.go        what comes in, what goes out
//	controller.go             state and dispatch
//	member.go join.go         node states, written by the DC; a node's own entry
//	unjoined.go               nodes that are heard and do not take part
//	duty.go plan.go walk.go   the DC's scheduling; the transition under way
//	change.go                 what a new CIB means
//	order.go                  orders, on both ends
//	result.go history.go      operation history; failcount.go
//	lost.go unrecorded.go     results that never came, or could not be recorded
//	attribute.go announce.go  transient attributes; addresses are told anew
//	fence.go                  requests of the DC
//	fence_device.go           devices, on both ends
//	fence_state.go            what fencing means for a node's entry
//	fence_stroke.go           who is heard in a life after it was fenced
//	fence_alone.go            two nodes
//	fence_wait.go             what waits for fencing
//	fence_moot.go             requests that are needed no more
//	takeover.go               what lost nodes are given time for
//	alone.go                  why a node acts on its own, and what it may run then
//	alone_when.go             when that begins and ends
//	alone_cib.go              what it decides from
//	alone_walk.go             what it does
//	feeding.go                the watchdog
//	shutdown.go               leaving in order
//	record.go                 what was decided, and why
package crmd
