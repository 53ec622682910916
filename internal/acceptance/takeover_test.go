package acceptance

import (
	"strings"
	"testing"
)

// protected is a cluster of two nodes that does not go on without a proof that the other
// one is off; as there is no fencing, only an operator can give it.
func protected(t *testing.T) *world {
	w := newWorld(t, 2, nil)
	w.option("stonith-enabled", "false")
	w.must("server1", dummies, "crm", "configure")
	w.settled()
	return w
}

const phrase = "--i-confirm-peer-is-off"

// takeOver says the phrase, or not, and returns what was printed.
func (w *world) takeOver(node string, words ...string) (out string, code int) {
	w.Helper()
	o := w.run(node, "", append([]string{"crm", "cluster", "take-over"}, words...)...)
	return o.Stdout + o.Stderr, o.Code
}

func (w *world) refuses(node, want string, words ...string) {
	w.Helper()
	if out, code := w.takeOver(node, words...); code == 0 || !strings.Contains(out, want) {
		w.Errorf("take-over %v on %s: exit code %d, %q; want a refusal with %q", words, node, code, out, want)
	}
}

// runsAll reports whether a node runs everything of dummies.
func (w *world) runsAll(node string) bool {
	return w.where(node, "a")+w.where(node, "b")+w.where(node, "ip") == node+node+node
}

// TestTakeOverOfTwo: the survivor waits until an operator vouches for the other one, then
// has everything at once; the other one comes back, gives way and joins.
func TestTakeOverOfTwo(t *testing.T) {
	w := protected(t)
	w.refuses("server2", "it is not needed: this node has quorum", phrase)
	w.cutOff("server1")
	w.until("server2 waits for a proof", func() bool {
		return strings.Contains(w.run("server2", "", "crm", "cluster", "status").Stdout, "Quorum: no")
	})
	w.until("server2 has stopped what it ran", func() bool { return !w.active("server2", "b") })
	w.refuses("server2", "Nothing was done. server2 has no quorum")
	w.refuses("server2", "is not what has to be said", "--yes")
	if w.active("server2", "a") {
		t.Fatal("server2 runs a, and nobody said that server1 is off")
	}
	w.Node("server1").Kill()
	out, code := w.takeOver("server2", phrase)
	if code != 0 || !strings.Contains(out, "server2 goes on without server1, in incarnation 2") {
		t.Fatalf("take-over: exit code %d, %s", code, out)
	}
	w.until("server2 runs everything", func() bool { return w.runsAll("server2") })
	w.option("said-alone", "1")
	w.boot("server1")
	w.reconnect("server1")
	w.awaitMembers(2)
	w.settled()
	w.sameCIB()
	if got := w.setting("server1", "said-alone"); got != "1" {
		t.Errorf("server1 has not what server2 agreed on alone: %q", got)
	}
}

// TestTakeOverIsRefusedWhileThePeerIsHeard: the cut is mended in time.
func TestTakeOverIsRefusedWhileThePeerIsHeard(t *testing.T) {
	w := protected(t)
	w.cutOff("server1")
	status := func() string { return w.run("server2", "", "crm", "cluster", "status").Stdout }
	w.until("server2 has lost server1", func() bool { return strings.Contains(status(), "Quorum: no (node server1 does not answer") })
	w.reconnect("server1")
	w.until("server2 has a quorum", func() bool { return strings.Contains(status(), "Quorum: yes") })
	w.refuses("server2", "take-over refused", phrase)
	w.settled()
}

// TestBootAloneWaits: after a power failure of both, a node that boots alone starts
// nothing before it saw the other one, unless an operator says so.
func TestBootAloneWaits(t *testing.T) {
	w := protected(t)
	for _, n := range w.Nodes {
		n.Kill()
	}
	w.boot("server2")
	w.until("server2 says what it waits for", func() bool {
		return strings.Contains(w.run("server2", "", "crm", "cluster", "status").Stdout, "Quorum: no (node server1")
	})
	for _, r := range []string{"a", "b"} {
		if w.active("server2", r) {
			t.Errorf("server2, alone after the power failure, runs %s", r)
		}
	}
	w.contains(w.run("server2", "", "cibadmin", "-Q", "--local").Stdout, `name="stonith-enabled" value="false"`, `<primitive id="ip"`) // what it acts on alone
	if out, code := w.takeOver("server2", phrase); code != 0 {
		t.Fatalf("take-over: exit code %d, %s", code, out)
	}
	w.until("server2 runs everything", func() bool { return w.runsAll("server2") })
	w.boot("server1")
	w.awaitMembers(2)
	w.settled()
	w.sameCIB()
}
