// Package fencing answers "how is this node made sure to be off?": which devices can do
// it, in which order they are tried, how long, how often, and what is on record about it.
//
//	CIB (devices, topology, open requests) ──> Engine.Step ──> []Effect
//	what live nodes, time, and results say ──┘                  Try, Probe, Record, Ended, Tell
//
// A request is a durable record in the CIB's status section (Event). It is written before
// anything is done, and closed only by success or by an operator; a request that an
// operator made is also closed by his being told that it failed. Whoever runs the engine
// (the DC, a survivor of two nodes, the simulator) reads open requests there and goes on.
//
// The package is pure: time comes in with every input, and every consequence is an Effect.
//
// The files: event.go (what is on record), record.go (its XML, history, operations on the
// CIB), device.go, agent.go and location.go (devices from the CIB), params.go (pcmk_* parameters),
// hosts.go (which device can fence whom), topology.go (levels), engine.go (inputs,
// effects, dispatch), request.go (the life of a request), word.go (operators' words),
// round.go (one pass over its devices), attempt.go (one run of one device), lists.go
// (asking devices whom they can fence), text.go (messages),
// protection.go (what protects a cluster, honestly), drill.go (devices that protect nothing),
// check.go (what a configuration lacks).
package fencing
