// Package native answers "what do the agents do that are written in Go?". Each keeps the
// OCF contract of the script whose place it takes: the same parameters, actions, exit
// codes and state files, but no process is forked for it. The executor calls Run; people call
// Main, by way of the scripts in agents/ocf.
//
// A native agent may be called for several resources at once; all state is outside:
// in the kernel, in the service, or in a state file.
package native
