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
// The files: controller.go (state and dispatch), member.go (node states, written by the
// DC), join.go (a node's own entry), duty.go and plan.go (scheduling), walk.go (the
// transition under way), lost.go (results that never came), unrecorded.go (those that could not be recorded), change.go (what a new CIB
// means), order.go (orders, on both ends), result.go and history.go (operation history),
// failcount.go, attribute.go, fence.go (requests of the DC), fence_device.go (devices, on
// both ends), fence_state.go (what it means for a node's entry), fence_alone.go (two nodes), fence_stroke.go
// (who is heard in a life after it was fenced),
// fence_wait.go (what waits for fencing), fence_moot.go (requests that are needed no more),
// shutdown.go, alone.go (why a node acts on its own, and what it may run then), alone_when.go
// (when that begins and ends), alone_cib.go (what it decides from), alone_walk.go (what it
// does), takeover.go (what lost nodes are given time for), feeding.go (the
// watchdog), record.go (what was decided and why).
package crmd
