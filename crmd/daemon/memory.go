package daemon

import (
	"runtime"
	"runtime/debug"
)

// gcPercent is how much garbage there may be before it is collected, in parts of what
// the heap holds: little, because a CIB of many megabytes should not take several times
// its size.
const gcPercent = 50

// slack counts as held by the heap but is never touched, so it takes no memory. Without
// it the small heap of an ordinary cluster (some megabytes) would be collected dozens of
// times a second when the CIB is written fast, which costs a quarter of the processor
// time then. With it, gcPercent of slack in garbage is collected at once.
const slack = 40 << 20

// paceCollector sets the garbage collector for the daemon's life, until done is called.
func paceCollector() (done func()) {
	debug.SetGCPercent(gcPercent)
	held := make([]byte, slack)
	return func() { runtime.KeepAlive(held) }
}
