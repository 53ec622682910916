package acceptance

import (
	"strings"
	"testing"
	"time"
)

// TestSuicidePolicy: a node that is cut off with no-quorum-policy=suicide resets itself at
// once when something runs there, before the others start it; it tells why after the boot.
// A node on which nothing runs lives on.
func TestSuicidePolicy(t *testing.T) {
	w := trio(t, nil)
	w.option("no-quorum-policy", "suicide")
	w.cutOff("server3") // nothing runs there
	w.until("server3 acts alone", func() bool {
		return strings.Contains(w.logOf("server3", "crmd"), "the policy for acting alone is applied")
	})
	w.reconnect("server3")
	w.awaitMembers(3)

	lost := time.Now()
	w.cutOff("server1")
	_, started := w.startedOn("ip", lost, "server2", "server3")
	w.until("server1 has reset itself, and says why", func() bool { // the test's world boots it again
		return strings.Contains(w.logOf("server1", "crmd"), "this node reset itself at")
	})
	if reset := w.logged("server1", "this node resets itself now"); reset.IsZero() || !reset.Before(started) {
		t.Errorf("server1 reset itself at %v, and the address was started elsewhere at %v", reset, started)
	}
	w.contains(w.logOf("server1", "crmd"), "no-quorum-policy=suicide: without quorum, and 2 resources run here")
	w.reconnect("server1")
	w.awaitMembers(3)
	w.settled()
	w.sameCIB()
}

// startedOn waits until one of the nodes has started a resource.
func (w *world) startedOn(resource string, since time.Time, nodes ...string) (node string, at time.Time) {
	w.Helper()
	w.until(resource+" is started elsewhere", func() bool {
		for _, n := range nodes {
			if t := w.done(n, resource, "start", since); !t.IsZero() {
				node, at = n, t
			}
		}
		return node != ""
	})
	return node, at
}

// logged is when a node's controller last said something.
func (w *world) logged(node, text string) (at time.Time) {
	w.Helper()
	for line := range strings.Lines(w.logOf(node, "crmd")) {
		if !strings.Contains(line, text) {
			continue
		}
		if stamp, ok := strings.CutPrefix(strings.Fields(line + " -")[0], "time="); ok {
			if t, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
				at = t
			}
		}
	}
	return at
}
