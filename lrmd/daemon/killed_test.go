package daemon

import (
	"context"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// kill -9 of lrmd: services go on, its successor knows what was done and that it is to
// be probed, and collects what the first one's agents left behind.
func TestKilledExecutor(t *testing.T) {
	m := newMachine(t)
	agent := m.write("ocf/resource.d/test/service", `#!/bin/sh
pid=$(cat "$OCF_RESKEY_pidfile" 2>/dev/null)
case $1 in
start) (exec sleep 1000 >/dev/null 2>&1) & echo $! > "$OCF_RESKEY_pidfile";;
stop) [ -z "$pid" ] || kill "$pid"; rm -f "$OCF_RESKEY_pidfile";;
monitor) [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || exit 7;;
esac
`)
	_ = agent
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.useAgents()
	c := m.dial()
	c.Results()
	a := lrmd.Agent{Class: "ocf", Provider: "test", Type: "service"}
	p := map[string]string{"pidfile": filepath.Join(m.root, "pid")}
	do(t, c, a, "start", p, crm.OK)
	do(t, c, a, "monitor", p, crm.OK)
	m.write("ocf/resource.d/test/hang", "#!/bin/sh\ntrap '' TERM\necho $$ > $OCF_RESKEY_pidfile\nsleep 1000\n")
	hanging := filepath.Join(m.root, "hanging")
	submit(t, c, lrmd.Order{Stamp: one, Op: crm.OpKey{Resource: "h", Name: "start"}, Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "hang"}, Params: map[string]string{"pidfile": hanging}, Timeout: time.Hour})
	eventually(t, "the results are on disk", func() bool {
		mem, _, err := loadMemory(StateDir(m.root), bootID())
		pid, _ := os.ReadFile(hanging)
		return err == nil && len(mem.Results) == 2 && len(mem.Started) == 1 && len(pid) > 0
	})
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	<-c.Done()
	m.useAgents()
	c = m.dial()
	c.Results()
	pid, _ := os.ReadFile(hanging)
	// What its adoptive parent has not collected yet is gone all the same.
	if stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat"); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("process %s, which the first lrmd had under way, is still there", pid)
	}
	if r := result(t, c); r.Op.String() != "h_start_0" || r.Status != crm.ExecError {
		t.Errorf("the operation under way is not told as lost: %+v", r)
	}
	states, err := c.State(context.Background())
	states = states[min(1, len(states)):] // the first is h
	if err != nil || len(states) != 1 || !states[0].Restored || len(states[0].History) != 2 || len(states[0].Recurring) != 0 {
		t.Fatalf("State = %+v, %v", states, err)
	}
	do(t, c, a, "probe", p, crm.OK)
	// What ends does not stay as a zombie that a monitor takes for a service.
	do(t, c, a, "stop", p, crm.OK)
	do(t, c, a, "start", p, crm.OK)
	data, _ := os.ReadFile(p["pidfile"])
	if out, err := osexec.Command("kill", "-9", strings.TrimSpace(string(data))).CombinedOutput(); err != nil {
		t.Fatalf("kill: %v: %s", err, out)
	}
	eventually(t, "the dead service is seen as such", func() bool {
		_, err := os.Stat("/proc/" + strings.TrimSpace(string(data)))
		return err != nil
	})
	do(t, c, a, "probe", p, crm.NotRunning)
}

// A service does not inherit how the out-of-memory killer treats lrmd. The test raises
// lrmd's score, which takes no right, where a unit lowers it: the code is the same.
func TestServicesDoNotInheritTheScore(t *testing.T) {
	m := newMachine(t)
	m.write("ocf/resource.d/test/oom", "#!/bin/sh\nsleep 0.2\ncat /proc/self/oom_score_adj\n")
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	const own = "/proc/self/oom_score_adj"
	before, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	raised, want := []byte("1000\n"), "0"
	set := func(score []byte) bool { return os.WriteFile(own, score, 0) == nil }
	if !set(raised) {
		t.Fatal("a process may not raise its own score")
	}
	if !set([]byte("0\n")) { // this machine was started with a raised score that nobody here may lower
		want = "1000"
	}
	set(raised)
	m.useAgents()
	set(before)
	c := m.dial()
	c.Results()
	if r := do(t, c, lrmd.Agent{Class: "ocf", Provider: "test", Type: "oom"}, "start", nil, crm.OK); strings.TrimSpace(r.Output) != want {
		t.Errorf("the agent has oom_score_adj %q, want %s", r.Output, want)
	}
}
