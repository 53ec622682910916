package acceptance

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asking are commands that need a cluster, one of each tool.
var asking = [][]string{
	{"crm_mon", "-1"}, {"crm", "status"}, {"crm", "cluster", "status"}, {"crm", "configure", "show"}, {"crm", "resource", "list"}, {"crm", "node", "show"},
	{"cibadmin", "-Q"}, {"cibadmin", "-B"}, {"crm_resource", "--list"}, {"crm_resource", "--locate", "-r", "a"}, {"crm_attribute", "-t", "crm_config", "-n", "stonith-enabled", "-G"},
	{"crm_attribute", "-t", "crm_config", "-n", "x", "-v", "1"}, {"crm_node", "-l"}, {"crm_standby", "-G", "-N", "server2"}, {"crm_failcount", "-G", "-r", "a", "-N", "server1"},
	{"crmadmin", "-D"}, {"attrd_updater", "-n", "x", "-Q"}, {"crm_verify", "-L"}, {"crm_simulate", "-L"},
}

// TestToolsWithoutCrmd: crmd is dead, or stands still: every tool ends within its
// deadline, with a message and the exit code for "not connected" or "timed out"; crm
// ends with 1, as it does for everything, and crm_verify with "no input".
func TestToolsWithoutCrmd(t *testing.T) {
	w := trio(t, nil)
	try := func(t *testing.T, says string, codes ...int) {
		ends := make(chan string)
		for _, args := range asking {
			go func() {
				began := time.Now()
				out := w.run("server1", "", args...)
				bad, codes := "", codes
				switch args[0] {
				case "crm":
					codes = []int{1}
				case "crm_verify":
					codes = []int{66}
				}
				if !slices.Contains(codes, out.Code) || !strings.Contains(out.Stderr, says) {
					bad = "want one of these exit codes and the reason"
				}
				if took := time.Since(began); took > time.Minute { // the tools' own deadlines are far below
					bad += "; it took " + took.String()
				}
				if bad != "" {
					t.Errorf("%v: exit code %d, %q, %q; %s %v %q", args, out.Code, out.Stdout, out.Stderr, bad, codes, says)
				}
				ends <- args[0]
			}()
		}
		for range asking {
			<-ends
		}
	}
	t.Run("standing still", func(t *testing.T) {
		if err := w.Node("server1").Signal("crmd", syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		try(t, "crmd on this node does not answer (5s)", 124)
		if err := w.Node("server1").Signal("crmd", syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		w.awaitMembers(3)
	})
	t.Run("dead", func(t *testing.T) {
		w.end("server1", "crmd", syscall.SIGKILL)
		try(t, "cluster is not running on this node", 102)
	})
}

// TestToolsWithoutPeers: the peers stand still: what needs no peer answers, what does
// ends in time.
func TestToolsWithoutPeers(t *testing.T) {
	w := trio(t, nil)
	for _, n := range []string{"server2", "server3"} {
		if err := w.Node(n).Pause(); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range asking {
		began := time.Now()
		out := w.run("server1", "", args...)
		if out.Code != 0 && out.Stderr == "" {
			t.Errorf("%v: exit code %d and no message", args, out.Code)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%v took %v", args, took)
		}
	}
	for _, n := range []string{"server2", "server3"} {
		if err := w.Node(n).Resume(); err != nil {
			t.Fatal(err)
		}
	}
	w.awaitMembers(3)
	w.settled()
}
