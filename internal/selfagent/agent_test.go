package selfagent

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/ocf"
)

// TestMain makes this program the service too: "service FILE" notes its process there. "ends"
// is one that is never ready.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "ends" {
		os.Exit(0)
	}
	if len(os.Args) == 3 && os.Args[1] == "service" {
		if err := (Service{PIDFile: os.Args[2]}).Note(); err != nil {
			os.Exit(1)
		}
		Ready()
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestServiceLife(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	s := Service{PIDFile: file, Args: []string{"service", file}}
	for _, step := range []struct {
		name string
		do   func() crm.ExitCode
		runs bool
	}{
		{"stop, when it does not run", s.Stop, false},
		{"start", s.Start, true},
		{"start, when it runs", s.Start, true},
		{"stop", s.Stop, false},
	} {
		before := s.PID()
		if rc := step.do(); rc != crm.OK {
			t.Fatalf("%s: exit code %d", step.name, rc)
		}
		if pid := s.PID(); (pid != 0) != step.runs || before != 0 && pid != 0 && pid != before {
			t.Errorf("%s: process %d, before %d; want it to run = %v", step.name, pid, before, step.runs)
		}
		if !step.runs && before != 0 { // it is this process's child
			var status syscall.WaitStatus
			_, _ = syscall.Wait4(before, &status, 0, nil)
		}
	}
	other := Service{PIDFile: file, Args: []string{"service", "another"}}
	if err := os.WriteFile(file, []byte("1"), 0o644); err != nil || s.PID() != 0 || other.PID() != 0 {
		t.Errorf("process 1 is taken for the service: %v", err)
	}
	if rc := (Service{PIDFile: file, Args: []string{"ends"}}).Start(); rc == crm.OK {
		t.Error("a service that ends at once has started")
	}
}

func TestInstallAndMetadata(t *testing.T) {
	file := filepath.Join(t.TempDir(), "provider", "agent")
	if err := Install(file, "agent", "WHERE=a b"); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(script), "WHERE='a b' exec '") || !strings.HasSuffix(string(script), " agent \"$1\"\n") {
		t.Errorf("the script is %q, %v", script, err)
	}
	if out, err := exec.Command("sh", "-n", file).CombinedOutput(); err != nil {
		t.Errorf("the script does not parse: %s", out)
	}
	m, err := ocf.ParseMetadata(Metadata("service", "A service.", "start 20s", "monitor 20s 10s"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range m.Actions {
		got = append(got, a.Name)
	}
	if want := "start monitor meta-data"; strings.Join(got, " ") != want {
		t.Errorf("actions %q, want %q", got, want)
	}
}
