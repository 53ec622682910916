//go:build cts

package tools

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSchedulerRunner lets Pacemaker's own, unmodified runner of scheduler cases judge our
// crm_simulate: TACTUS_CTS_SCHEDULER names it, TACTUS_CORPUS the folder with the cases. The
// runner's table may name cases that the folder lacks; only those may fail.
func TestSchedulerRunner(t *testing.T) {
	runner, corpus := os.Getenv("TACTUS_CTS_SCHEDULER"), os.Getenv("TACTUS_CORPUS")
	if runner == "" || corpus == "" {
		t.Fatal("TACTUS_CTS_SCHEDULER and TACTUS_CORPUS do not name the runner and its cases: see make cts")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "crm_simulate")
	build := exec.Command("go", "build", "-o", program, "github.com/tactus-ha/tactus/cmd/tactus")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(runner, "-i", filepath.Join(corpus, "scheduler"), "-o", out, "-b", program)
	run.Dir = dir
	text, _ := run.CombinedOutput() // its exit code counts missing cases as failures
	cases, missing := strings.Count(string(text), "\n  Test "), strings.Count(string(text), "No input")
	inputs, err := filepath.Glob(filepath.Join(corpus, "scheduler", "xml", "*.xml"))
	if err != nil || cases-missing < len(inputs) {
		t.Fatalf("%d of %d cases were run, want %d:\n%s", cases-missing, cases, len(inputs), text)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "* ") && !strings.Contains(line, "No input") && !strings.Contains(line, "tests failed (no diff results)") {
			t.Errorf("the runner says: %s", strings.TrimSpace(line))
		}
	}
}
