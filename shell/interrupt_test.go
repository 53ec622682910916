package shell

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestInterruptEndsOneCommand: Ctrl-C ends the command that runs; the next one is not
// concerned.
func TestInterruptEndsOneCommand(t *testing.T) {
	told := catchInterrupts()
	defer signal.Stop(told)
	first, done := told.during(t.Context())
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	done()
	second, done := told.during(t.Context())
	if err := second.Err(); err != nil {
		t.Errorf("the next command begins with %v", err)
	}
	done()
}
