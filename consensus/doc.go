// Package consensus answers "who leads, and what is agreed?": etcd's raft as a pure
// core, with incarnations for leadership that has a durable proof instead of a majority
// (see docs/architecture.md, "Two nodes"). Time, disk and network are outside: the same
// Core runs in a daemon and in the simulator.
package consensus
