package exec

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// TestKillServices: only what belongs to the named resources, and is of this executor's
// machine, is killed; what an earlier executor had started as well.
func TestKillServices(t *testing.T) {
	r := Runner{Dirs: Dirs{Root: t.TempDir()}}
	// An orphan is not this process's child: init, or whoever is in its place, adopted it.
	orphan := func(instance, state string) int {
		cmd := exec.Command("sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!")
		cmd.Env = append(os.Environ(), "OCF_RESOURCE_INSTANCE="+instance, "HA_RSCTMP="+state)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
		for comm := ""; comm != "sleep\n"; time.Sleep(time.Millisecond) { // until it is what it will be
			data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
			if err != nil {
				t.Fatalf("the service of %s ended by itself: %v", instance, err)
			}
			comm = string(data)
		}
		return pid
	}
	child := exec.Command("sleep", "600")
	child.Env = append(os.Environ(), "OCF_RESOURCE_INSTANCE=lapse-test-db", "HA_RSCTMP="+r.Dirs.state())
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ours := orphan("lapse-test-db", r.Dirs.state())
	kept := map[string]int{"another executor": orphan("lapse-test-db", "/elsewhere"), "another resource": orphan("lapse-test-kept", r.Dirs.state())}

	if n := r.KillServices([]crm.ResourceID{"lapse-test-db", "lapse-test-none"}); n != 2 {
		t.Errorf("killed %d processes, want 2", n)
	}
	if err := child.Wait(); err == nil {
		t.Error("the service that this process started ended by itself")
	}
	for lives(ours) { // a killed process takes its time; one that is not killed lives for ten minutes
		time.Sleep(time.Millisecond)
	}
	for whose, pid := range kept {
		if !lives(pid) {
			t.Errorf("the service of %s was killed", whose)
		}
	}
}

// lives reports whether a process exists and is not a corpse.
func lives(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !bytes.Contains(stat, []byte(") Z")) && !bytes.Contains(stat, []byte(") X"))
}

func TestValueOf(t *testing.T) {
	environ := []byte("A=b\x00OCF_RESOURCE_INSTANCE=db\x00C=d\x00")
	for name, want := range map[string]string{instanceVar: "db", "C=": "d", stateVar: ""} {
		if got := valueOf(environ, name); got != want {
			t.Errorf("%s%q, want %q", name, got, want)
		}
	}
}

// TestKeeps: on an ordinary machine lrmd tells agents no directory of their state.
func TestKeeps(t *testing.T) {
	for _, tc := range []struct {
		root, dir string
		want      bool
	}{
		{"", "", true},
		{"/", "/run/resource-agents", true},
		{"", "/var/run/resource-agents", true},
		{"", "/tmp/n1/run/resource-agents", false},
		{"/tmp/n1", "/tmp/n1/run/resource-agents", true},
		{"/tmp/n1", "/tmp/n2/run/resource-agents", false},
		{"/tmp/n1", "", false},
	} {
		if got := (Dirs{Root: tc.root}).keeps(tc.dir); got != tc.want {
			t.Errorf("below %q, state in %q: ours %v, want %v", tc.root, tc.dir, got, tc.want)
		}
	}
}
