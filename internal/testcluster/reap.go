package testcluster

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// spawn starts a child that will be waited for with wait.
func (in *initProcess) spawn(cmd *exec.Cmd) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	in.own[cmd.Process.Pid] = true
	return nil
}

func (in *initProcess) wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.own, cmd.Process.Pid)
	return err
}

// reapOrphans takes the exit codes of processes whose parents died before them: that
// is pid 1's duty. It looks first and takes only what nobody here waits for.
func (in *initProcess) reapOrphans() {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	for range died {
		for in.reapOne() {
		}
	}
}

// siginfo is the part of the kernel's siginfo_t that waitid fills for SIGCHLD.
type siginfo struct {
	Signo, Errno, Code, _ int32
	Pid, UID, Status      int32
	_                     [100]byte
}

func (in *initProcess) reapOne() bool {
	var info siginfo
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0)
	if errno != 0 || info.Pid == 0 {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.own[int(info.Pid)] {
		// Its waiter will take it, and the SIGCHLDs of those behind it wake us again
		// only if there are any: look at every other child by name.
		in.reapOthersLocked()
		return false
	}
	var status unix.WaitStatus
	_, _ = unix.Wait4(int(info.Pid), &status, unix.WNOHANG, nil)
	return true
}

// reapOthersLocked reaps every dead child that is not our own.
func (in *initProcess) reapOthersLocked() {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid := atoi(e.Name())
		if pid > 1 && !in.own[pid] {
			var status unix.WaitStatus
			_, _ = unix.Wait4(pid, &status, unix.WNOHANG, nil) // not a child: ECHILD, nothing happens
		}
	}
}

func atoi(s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
