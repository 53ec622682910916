package acceptance

import (
	"syscall"
	"testing"
)

// TestANodeWhoseExecutorStaysDeadIsFenced: lrmd dies and is not started again. Nobody
// watches what it started, and nobody could stop it: the node is fenced, and only then that
// is started elsewhere.
func TestANodeWhoseExecutorStaysDeadIsFenced(t *testing.T) {
	w := fenced(t, 3)
	w.awaitAt("ip", "server1")
	before := w.landed("server1")
	n := w.Node("server1")
	if err := n.Signal("lrmd", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.awaitFenced("ip", "server1", before)
	w.awaitMembers(3)
	w.settled()
}

// awaitFenced waits until a node was fenced; before that a resource stays there.
func (w *world) awaitFenced(resource, node string, before int) {
	w.Helper()
	w.until(node+" is fenced", func() bool {
		if w.landed(node) > before {
			return true
		}
		if at := w.where(w.another(node), resource); w.Has(at) && at != node && w.landed(node) == before {
			w.Errorf("%s was started on %s before %s was fenced", resource, at, node)
			return true
		}
		return false
	})
}
