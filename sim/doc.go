// Package sim answers "does it hold whatever happens?": many nodes' engines under a
// virtual clock, network and disk, with faults from a seed. The same seed gives the same
// run, to the last message.
//
// There are two levels. The fast one has consensus cores only, with clients and orders; the
// whole one has machines with everything above it, to the services and the power switch:
//
//	site.go, plans.go     a whole cluster; the kinds of them that are tried
//	host.go, service.go   a machine: what runs there, whatever anybody believes
//	controller.go         crmd as its daemon runs it; commits.go, calls.go, link.go,
//	                      heartbeats.go, parting.go are its connections
//	lrm_process.go        lrmd as its daemon runs it, with what it has on disk; lease.go
//	power.go              the power switch, which may fail, hang, be slow and kill both; resets;
//	                      watchdog.go
//	clock.go              clocks of two hands: the wall hand may jump
//	faults_whole.go       what goes wrong, as a list, so that it can be made smaller; faults_process.go:
//	                      pauses to two minutes, rolling restarts; faults_disk.go, blocked.go: full and
//	                      damaged disks, a node that comes for the first time. In the kinds called
//	                      "dense" they come four times as often, each before the last is got over
//	check_*.go            I1 check_once, I2 check_stamp, I3 I4 I8 check_whole, I5 check_fence,
//	                      I6 check_policy, I7 I9 check_decision; a yielding node check_yield, no needless move check_quiet,
//	                      no needless reset check_policy, promoted once check_promoted
//	witness.go            the machine that only votes, and that it is taken for no more
//	shrink.go             a failing plan is made small, and told as a story
//	breaks.go             mistakes made on purpose; planted_test.go wants them found
//
// The fast level:
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
//	go test ./sim -run TestWholes -whole=N -v
//	go test ./sim -run TestWholes -whole=N -kind=NAME -v
//	go test ./sim -run TestWholes -kind=others -wholes=N     the kinds that are not in the mixture
//
// make sim SEEDS=100000 tries that many: of twenty eighteen of the fast level, one of the
// mixture (planKinds), one of the other kinds (otherKinds).
package sim
