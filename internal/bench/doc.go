// Package bench answers "how fast is it, and how fast is the incumbent on this very
// machine, now?": each figure is measured on Tactus and, where its packages are
// installed, on corosync with pacemaker, in the same run, in turn.
//
//	figures.go   the list of figures, in the order of the report
//	stack.go     what a cluster stack must offer to be measured
//	tactus.go, pacemaker.go   the two stacks
//	failover.go, fenced.go, partition.go, service.go, move.go, writes.go, formation.go, dummies.go, idle.go, soak.go   one figure each
//	agent.go     the web service that is killed and moved: an OCF agent and a daemon
//	pengine.go, pengine_memory.go   the policy engine, which needs no cluster: `make bench-pengine`
//	sample.go    medians with their spread; report.go the table
package bench
