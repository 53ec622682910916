package links

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// niceness of all threads of a daemon that sends heartbeats.
const niceness = -15

// RaisePriority makes this process hard to starve, as far as its rights go: all threads
// get a raised nice value (threads started later inherit it), its scheduling group too,
// and, where there is swap space, pages that were used once are kept in memory. (Without
// swap that would only keep freed memory from going back.) The errors say what was
// refused; none of them stops anything from working.
func RaisePriority() error {
	var problems []error
	tasks, _ := filepath.Glob("/proc/self/task/*")
	for _, t := range tasks {
		tid, err := strconv.Atoi(filepath.Base(t))
		if err != nil {
			continue
		}
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, niceness); err != nil && !errors.Is(err, unix.ESRCH) {
			problems = append(problems, fmt.Errorf("nice value %d: %w", niceness, err))
			break
		}
	}
	// Absent where the kernel has no automatic groups.
	_ = os.WriteFile("/proc/self/autogroup", []byte(strconv.Itoa(niceness)), 0o644)
	if swaps, _ := os.ReadFile("/proc/swaps"); bytes.Count(swaps, []byte("\n")) < 2 {
		return errors.Join(problems...)
	}
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		problems = append(problems, fmt.Errorf("locking memory: %w", err))
	}
	return errors.Join(problems...)
}

// RaiseThread gives the calling thread round-robin real-time scheduling. The goroutine
// must have locked itself to its thread, and must do little: it is for heartbeats.
func RaiseThread() error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
		return fmt.Errorf("real-time scheduling: %w", err)
	}
	return nil
}
