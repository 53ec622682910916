package tools

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestComputingToolEndsWhenToldTo: a tool that does not look at its context ends all the
// same, with the exit code of its signal.
func TestComputingToolEndsWhenToldTo(t *testing.T) {
	if os.Getenv("TACTUS_TEST_COMPUTES") != "" {
		UntilInterrupted()
		fmt.Println("ready")
		select {}
	}
	for _, tc := range []struct {
		signal syscall.Signal
		want   int
	}{{syscall.SIGTERM, 143}, {syscall.SIGINT, 130}} {
		cmd := exec.Command("/proc/self/exe", "-test.run", "^TestComputingToolEndsWhenToldTo$")
		cmd.Env = append(os.Environ(), "TACTUS_TEST_COMPUTES=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
			t.Fatalf("the tool said %q, %v", line, err)
		}
		if err := cmd.Process.Signal(tc.signal); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != tc.want {
			t.Errorf("%v: %v, want exit code %d", tc.signal, err, tc.want)
		}
	}
}
