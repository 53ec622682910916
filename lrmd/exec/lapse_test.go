package exec

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// TestKillServices: only what belongs to the named resources, and is ours, is killed.
func TestKillServices(t *testing.T) {
	start := func(env string) *exec.Cmd {
		cmd := exec.Command("sleep", "600")
		cmd.Env = append(os.Environ(), env)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}
	db, kept := start("OCF_RESOURCE_INSTANCE=lapse-test-db"), start("OCF_RESOURCE_INSTANCE=lapse-test-kept")
	if n := KillServices([]crm.ResourceID{"lapse-test-db", "lapse-test-other"}); n != 1 {
		t.Errorf("killed %d processes, want 1", n)
	}
	if err := db.Wait(); err == nil {
		t.Error("the service of the resource ended by itself")
	}
	if err := kept.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the service of another resource was killed: %v", err)
	}
}

func TestDescendants(t *testing.T) {
	parents := map[int]int{10: 1, 20: 10, 30: 20, 31: 20, 40: 1, 50: 40, 60: 60}
	if got, want := descendants(parents, 10), []int{20, 30, 31}; !slices.Equal(got, want) {
		t.Errorf("descendants(10) = %v, want %v", got, want)
	}
	if got := parentIn([]byte("123 (a) b (c)) S 77 1 1 0")); got != 77 {
		t.Errorf("parent = %d, want 77", got)
	}
	if got := instanceOf([]byte("A=b\x00OCF_RESOURCE_INSTANCE=db\x00C=d\x00")); got != "db" {
		t.Errorf("resource = %q, want db", got)
	}
}
