package bench

import (
	"runtime"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/internal/bigcib"
	"github.com/tactus-ha/tactus/pengine"
)

// enough bounds how long one figure is measured in memory.
const enough = 3 * time.Second

// decideAlone is the processor time of reading the facts of a CIB and deciding, in memory.
func decideAlone(s bigcib.Size, m bigcib.Mode) time.Duration {
	in := pengine.Input{CIB: bigcib.Snapshot(s, m), Now: bigcib.Now()}
	return meanCPU(func() { pengine.Schedule(in) })
}

// meanCPU is the processor time that f takes, the collection of its garbage included: the
// mean of several runs. On a machine that does other things, too, the wall says nothing.
func meanCPU(f func()) time.Duration {
	f()
	n, used := 0, processCPU()
	for began := time.Now(); n < 3 || time.Since(began) < enough && n < 1000; n++ {
		f()
	}
	return (processCPU() - used) / time.Duration(n)
}

// processCPU is the processor time that this process has used.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// decideAgain is the processor time of deciding after one operation's result, from the
// changed snapshot to the graph: the mean of several results.
func decideAgain(s bigcib.Size, m bigcib.Mode) time.Duration {
	var again pengine.Scheduler
	snap := bigcib.Snapshot(s, m)
	if m == bigcib.Cold {
		return 0 // nothing has answered yet
	}
	again.Next(pengine.Input{CIB: snap, Now: bigcib.Now()})
	var used time.Duration
	const events = 20
	runtime.GC()
	for i := range events {
		snap = bigcib.Result(snap, i)
		at := processCPU()
		again.Next(pengine.Input{CIB: snap, Now: bigcib.Now()})
		used += processCPU() - at
	}
	return used / events
}
