package acceptance

import (
	"strings"
	"syscall"
	"testing"
)

// TestExecutorGone: lrmd dies and nobody starts it again. The node says that it is
// unable, what can be done about it, and its crmd can be stopped.
func TestExecutorGone(t *testing.T) {
	w := trio(t, nil)
	w.end("server1", "lrmd", syscall.SIGKILL)
	for _, asked := range []string{"server1", "server2"} { // long before anything is recovered
		w.until("crm cluster health says so on "+asked, func() bool {
			out := w.run(asked, "", "crm", "cluster", "health")
			return out.Code != 0 && strings.Contains(out.Stdout, "node server1: the executor (lrmd) cannot be reached")
		})
	}
	w.until("the node is not online any more", func() bool { return !strings.Contains(w.status("server2"), "Online: [ server1 ") })
	w.contains(w.logOf("server1", "crmd"), "start it, or look at its log")
	if err := w.Node("server1").Signal("crmd", syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := w.Node("server1").Wait("crmd"); err != nil {
		t.Fatal(err)
	}
	w.begin("server1", "lrmd")
	w.begin("server1", "crmd")
	w.awaitMembers(3)
	w.settled()
}

// TestStopRightAfterExecutorDied: crmd is told to stop while lrmd has just died.
func TestStopRightAfterExecutorDied(t *testing.T) {
	w := trio(t, nil)
	for _, n := range []string{"server1", "server3"} {
		w.end(n, "lrmd", syscall.SIGKILL)
		w.end(n, "crmd", syscall.SIGTERM)
	}
}
