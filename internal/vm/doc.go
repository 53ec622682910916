// Package vm answers "does it also hold on real machines?": clusters of virtual ones,
// by an emulator in software, that boot Debian's own kernel with a first file system of
// our static binaries. What a namespace lacks is here: a watchdog, a reset button, a
// kernel that dies. It needs no privileges.
//
//	Cluster ─ Machine   kernel + image (image.go, cpio.go, modules.go); a disk of its own that outlives resets
//	  ether             the switch between the machines, in the test: cuts cables, sees every beat of the service
//	  monitor           the emulator's control socket: the reset button, and who was reset when
//	  control           the test's line to the attendant in the machine (package guest)
//	  switches          the power switch that fence agents in the machines reach by a serial port
//	  Timeline          what happened, all on the test's own clock
//
// `make vm` runs its tests and prints the timelines.
package vm
