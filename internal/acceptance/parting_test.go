package acceptance

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
	"github.com/tactus-ha/tactus/membership"
)

// send sends a signal to a daemon.
func (w *world) send(node, daemon string, sig syscall.Signal) {
	w.Helper()
	if err := w.Node(node).Signal(daemon, sig); err != nil {
		w.Fatal(err)
	}
}

// done is when a node's executor last ended an operation well, after since; the zero time
// when it has not. All nodes of a test have one clock.
func (w *world) done(node, resource, op string, since time.Time) (at time.Time) {
	w.Helper()
	for line := range strings.Lines(w.logOf(node, "lrmd")) {
		fields := strings.Fields(line)
		if !strings.Contains(line, "msg=result") || !slices.Contains(fields, "resource="+resource) || !slices.Contains(fields, "op="+op) || !slices.Contains(fields, "rc=0") {
			continue
		}
		stamp, _ := strings.CutPrefix(fields[0], "time=")
		if t, err := time.Parse(time.RFC3339Nano, stamp); err == nil && t.After(since) {
			at = t
		}
	}
	return at
}

// handedOver waits until one of the others has started what a node ran, and returns when
// that node had stopped it and when the other had started it.
func (w *world) handedOver(from, resource string, since time.Time) (stopped, started time.Time) {
	w.Helper()
	w.until(resource+" is started elsewhere", func() bool {
		for _, n := range w.Nodes {
			if n.Name != from {
				if at := w.done(n.Name, resource, "start", since); !at.IsZero() {
					started = at
				}
			}
		}
		return !started.IsZero()
	})
	w.until(resource+" is stopped on "+from, func() bool {
		stopped = w.done(from, resource, "stop", since)
		return !stopped.IsZero()
	})
	return stopped, started
}

// stopTook is how long a node's executor needed for a stop after since: from the end of the
// node's lease, if that was what it waited for, to the stop's result.
func (w *world) stopTook(node, resource string, since time.Time) (sum time.Duration) {
	w.Helper()
	for line := range strings.Lines(w.logOf(node, "lrmd")) {
		stamp, _ := strings.CutPrefix(strings.Fields(line + " -")[0], "time=")
		if at, err := time.Parse(time.RFC3339Nano, stamp); err != nil || !at.After(since) {
			continue
		}
		own := strings.Contains(line, " resource="+resource+" op=stop ")
		for _, field := range strings.Fields(line) {
			if late, is := strings.CutPrefix(field, "over_for="); is {
				d, _ := time.ParseDuration(late)
				sum += d
			} else if name, ms, _ := strings.Cut(field, "_ms="); own && (name == "queue" || name == "exec") {
				d, _ := time.ParseDuration(ms + "ms")
				sum += d
			}
		}
	}
	return sum
}

// TestPartsDoNotServeTogether: without fencing, what the smaller part of a cluster ran is
// stopped there before it is started in the larger one, however the node was lost while its
// executor lives.
func TestPartsDoNotServeTogether(t *testing.T) {
	w := trio(t, nil)
	for _, tc := range []struct {
		name       string
		lose, heal func()
	}{
		{"cut off", func() { w.cutOff("server1") }, func() { w.reconnect("server1") }},
		{"its controller is killed and stays away", func() { w.end("server1", "crmd", syscall.SIGKILL) }, func() { w.begin("server1", "crmd") }},
		{"its controller hangs", func() { w.send("server1", "crmd", syscall.SIGSTOP) }, func() { w.send("server1", "crmd", syscall.SIGCONT) }},
	} {
		for tries := 5; tries > 0; tries-- {
			w.settled()
			lost, stalled := time.Now(), false
			tc.lose()
			for _, resource := range []string{"ip", "a"} {
				stopped, started := w.handedOver("server1", resource, lost)
				t.Logf("%s: %s is stopped after %.3f s and started elsewhere %.3f s later", tc.name, resource, stopped.Sub(lost).Seconds(), started.Sub(stopped).Seconds())
				slow := w.stopTook("server1", resource, lost)
				switch overlap := stopped.Sub(started); {
				case overlap < 0:
				case slow > membership.StopAllowance && tries > 1:
					stalled = true
					t.Logf("again: the machine took %v for the stop of %s", slow, resource)
				default:
					t.Errorf("%s: %s was started elsewhere %v before it was stopped on the lost node, which took %v", tc.name, resource, overlap, slow)
				}
			}
			tc.heal()
			w.awaitMembers(3)
			if !stalled {
				break
			}
		}
	}
	w.settled()
	w.sameCIB()
}

// TestWokenNodeStopsFirst: a node that stood still for so long that others took over stops
// what it ran before it does anything else.
func TestWokenNodeStopsFirst(t *testing.T) {
	w := trio(t, nil)
	for _, pause := range []time.Duration{2 * time.Second, 8 * time.Second} {
		w.settled()
		began := time.Now()
		if err := w.Node("server1").Pause(); err != nil {
			t.Fatal(err)
		}
		var taken time.Time
		w.until("the others have the address", func() bool {
			for _, n := range []string{"server2", "server3"} {
				if at := w.done(n, "ip", "start", began); !at.IsZero() {
					taken = at
				}
			}
			return !taken.IsZero()
		})
		time.Sleep(time.Until(began.Add(pause))) // it is the length of the pause that is tested
		woken := time.Now()
		if err := w.Node("server1").Resume(); err != nil {
			t.Fatal(err)
		}
		for _, resource := range []string{"ip", "a"} {
			w.until(resource+" is stopped", func() bool { return !w.done("server1", resource, "stop", woken).IsZero() })
			t.Logf("paused for %v: %s is stopped %.3f s after waking", pause, resource, w.done("server1", resource, "stop", woken).Sub(woken).Seconds())
		}
		w.awaitMembers(3)
	}
	w.settled()
	w.sameCIB()
}

// TestShortPauseMovesNothing: a node that stands still for less than the dead time, be it
// the DC, goes on as if nothing had been.
func TestShortPauseMovesNothing(t *testing.T) {
	w := trio(t, func(o *testcluster.Options) { o.Token = 4 * time.Second })
	for _, node := range []string{"server1", "server2", "server3"} {
		began := w.pauseShortly(node)
		time.Sleep(3 * time.Second) // long enough for anything that would follow
		for _, n := range w.Nodes {
			for _, op := range []string{"start", "stop"} {
				for _, resource := range []string{"ip", "a", "b"} {
					if at := w.done(n.Name, resource, op, began); !at.IsZero() {
						t.Errorf("%s was stopped for 2 s of a dead time of 4 s: %s of %s on %s after %v", node, op, resource, n.Name, at.Sub(began))
					}
				}
			}
		}
	}
}

// pauseShortly lets a node stand still for 2 s, and for little more: where the machine was so
// slow that it was not a short pause, it is tried again. It returns when the pause began.
func (w *world) pauseShortly(node string) time.Time {
	w.Helper()
	for {
		w.settled()
		began := time.Now()
		if err := w.Node(node).Pause(); err != nil {
			w.Fatal(err)
		}
		time.Sleep(2 * time.Second) // the pause that is tested
		if err := w.Node(node).Resume(); err != nil {
			w.Fatal(err)
		}
		if took := time.Since(began); took < 3*time.Second {
			return began
		}
		w.awaitMembers(3)
	}
}
