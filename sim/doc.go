// Package sim answers "does it hold whatever happens?": many nodes' engines under a
// virtual clock, network and disk, with faults from a seed. The same seed gives the same
// run, to the last message.
//
//	World (world.go)      clock, randomness, processes that crash, pause and restart
//	Network (network.go)  loss, delay, reordering, duplicates, partitions, one-way cuts
//	node.go, disk.go      consensus.Core as a daemon would run it
//	workload.go           clients with commands, reads; orders to executors
//	faults.go             what goes wrong, and when
//	check.go              the invariants I2, I3, I4 and I8 of docs/architecture.md
//
// A failing run prints the one command that repeats it:
//
//	go test ./sim -run TestSeeds -seed=N -v
package sim
