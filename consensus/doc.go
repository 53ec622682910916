// Package consensus answers "who is the DC, and what has everybody agreed on?". It is
// the pure core of agreement: a raft group (etcd's library) with everything that a
// cluster manager needs around it, and no clock, disk, network or goroutine of its own.
//
//	Tick, Receive, Propose, Alive, Confirm ... ──> Core ──> Output: Saves, messages to send
//	                                                │
//	            (saved durably) Advance ────────────┴────> Done: commands applied, reads, yields
//
// A node is in one of three phases (phase.go):
//
//	forming ──(all founders agree, formation.go)──> member ──(a better group, merge.go)──> yielded
//	   ^ joining: an empty disk that a leader adds as learner, duty.go                         │
//	   └────────────────────────────── Rejoin ──────────────────────────────────────────────────┘
//
// Where to look: who campaigns and when is election.go; a survivor that goes on without
// a majority is takeover.go; who wins when two groups meet is merge.go; who is added,
// promoted and removed is duty.go; the sentence that says why there is no quorum is
// status.go; how many votes a node has is votes.go, and how raft comes to count more than
// one for a node is shadow.go; what must be on disk before anything is sent is saved.go.
//
// Every message carries the group it belongs to: cluster, incarnation and owner.
// Messages of another group never reach raft.
package consensus
