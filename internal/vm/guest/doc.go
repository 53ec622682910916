// Package guest answers "what runs inside a virtual machine of the tests?": the first
// process (Main: mounts, modules, network, then it only buries the dead), and beside it
// an attendant that does what the test asks over a serial port of the machine: run a
// program, start or signal a daemon, hand an HTTP request to crmd's socket.
//
//	boot.go      from the kernel's first process to a machine with disk and network
//	attend.go    the attendant, its protocol, and the far side of a fence agent over the network
//	beat.go      a service whose every beat the test's switch can see
package guest
