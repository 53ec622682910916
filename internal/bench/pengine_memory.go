package bench

import (
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

// decideAgain is the time of deciding after one operation's result; zero: not measured.
func decideAgain(bigcib.Size, bigcib.Mode) time.Duration { return 0 }
