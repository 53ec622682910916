package exec

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A run is noted in a file named after its process for as long as it lasts, so that the
// successor of an executor that was killed can end it: a start that goes on unseen
// while the resource is probed and started elsewhere would make it run twice.

// note writes the file of a run.
func (r *Runner) note(p *process) {
	if r.RunsDir != "" {
		_ = os.WriteFile(r.notePath(p.pid), []byte(startTime(p.pid)), 0o600)
	}
}

func (r *Runner) unnote(p *process) {
	if r.RunsDir != "" {
		_ = os.Remove(r.notePath(p.pid))
	}
}

func (r *Runner) notePath(pid int) string { return filepath.Join(r.RunsDir, strconv.Itoa(pid)) }

// EndLeftovers ends the runs that an executor before this one left behind, with
// everything in their process groups, and gives how many there were. Services that
// agents put into the background have groups of their own or no living leader: they stay.
func (r *Runner) EndLeftovers() (ended int, err error) {
	if r.RunsDir == "" {
		return 0, nil
	}
	if err := os.MkdirAll(r.RunsDir, 0o700); err != nil {
		return 0, err
	}
	list, err := os.ReadDir(r.RunsDir)
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		path := filepath.Join(r.RunsDir, e.Name())
		pid, err := strconv.Atoi(e.Name())
		began, readErr := os.ReadFile(path)
		// The start time tells the run from another process that got its number.
		if err == nil && readErr == nil && len(began) > 0 && startTime(pid) == string(began) {
			ended++
			if !endGroup(pid, string(began)) {
				return ended, fmt.Errorf("process %d of an earlier run does not end even when killed", pid)
			}
		}
		_ = os.Remove(path)
	}
	return ended, nil
}

// endGroup ends a process group whose leader is not our child.
func endGroup(pid int, began string) bool {
	for _, step := range []struct {
		signal unix.Signal
		grace  time.Duration
	}{{unix.SIGTERM, killGrace}, {unix.SIGKILL, deadGrace}} {
		_ = unix.Kill(-pid, step.signal)
		for end := time.Now().Add(step.grace); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if startTime(pid) != began {
				_ = unix.Kill(-pid, unix.SIGKILL)
				return true
			}
		}
	}
	return false
}

// startTime is when a process began, in the kernel's ticks since boot; "" when there is
// no such process or only what is left of it (a zombie).
func startTime(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// PID (COMM) STATE PPID ...: the start time is the 22nd field, the 20th after COMM.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}
