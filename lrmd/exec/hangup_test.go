package exec

import (
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestChildrenHearHangups: a child of a process that was started by nohup ignores SIGHUP like
// that one, until that one takes hangups itself.
func TestChildrenHearHangups(t *testing.T) {
	defer signal.Reset(syscall.SIGHUP)
	ignores := func() bool {
		out, err := exec.Command("grep", "^SigIgn:", "/proc/self/status").Output()
		if err != nil {
			t.Fatal(err)
		}
		mask, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(string(out), "SigIgn:")), 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return mask&(1<<(syscall.SIGHUP-1)) != 0
	}
	signal.Ignore(syscall.SIGHUP)
	if !ignores() {
		t.Fatal("a child does not inherit what is ignored: this test shows nothing")
	}
	TakeHangups()
	if ignores() {
		t.Error("a child ignores SIGHUP although its parent takes hangups")
	}
}
