package fencing

import (
	"errors"
	"testing"

	"github.com/tactus-ha/tactus/cib"
)

// TestALateFailureOpensNothing: a DC was paused while it waited for a device; another one had the
// node fenced. What the first one says when it wakes must not open the request again.
func TestALateFailureOpensNothing(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.hold = true
	s.request("r", "n2", Reboot)
	ev, ok := Find(s.snap, "r")
	if !ok || !ev.Open() {
		t.Fatalf("the request is not open: %+v", ev)
	}
	ev.Attempts, ev.ExitReason = 1, "no answer"
	s.apply(FailureOps(ev)...)
	if got, _ := Find(s.snap, "r"); got.Attempts != 1 || got.ExitReason != "no answer" || !got.Open() {
		t.Errorf("a failed round of an open request is on record as %+v", got)
	}
	done := ev
	done.State, done.Delegate, done.Completed = Success, "n3", s.now
	s.apply(RecordOps(s.snap, done)...)

	ev.Attempts = 2
	_, _, err := s.snap.Apply(cib.Command{Ops: FailureOps(ev)})
	if e, ok := errors.AsType[*cib.OpError](err); !ok || e.ExitCode != cib.ExitNoSuch {
		t.Errorf("the late word is answered with %v, want exit code %d", err, cib.ExitNoSuch)
	}
}
