package daemon

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
)

// TestAbandonedCommits: what waits and what is on its way is answered with an error and never
// agreed on; what is submitted afterwards is.
func TestAbandonedCommits(t *testing.T) {
	replica := NewReplica(func() {})
	a := &agreed{replica: replica, gate: make(chan struct{})}
	answers := make(chan crmd.Committed, 10)
	q := newCommits(a, "n1", "seed", func(c crmd.Committed) { answers <- c })
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { q.run(ctx); close(over) }()
	defer func() { cancel(); <-over }()

	commit := func(tag string) crmd.Commit {
		return crmd.Commit{Tag: tag, Solo: true, Ops: []cib.Op{{Kind: cib.Modify, Data: cib.New(cib.TagCIB, "remote-tls-port", fmt.Sprint(len(tag)))}}}
	}
	q.put(commit("a"))
	q.put(commit("bb"))
	for taken := 0; taken == 0; { // the first is on its way, or about to be
		q.mu.Lock()
		taken = q.taken
		q.mu.Unlock()
		runtime.Gosched()
	}
	q.abandon()
	got := map[string]string{}
	for range 2 {
		c := <-answers
		got[c.Tag] = c.Err
	}
	for _, tag := range []string{"a", "bb"} {
		if got[tag] != errAbandoned.Error() {
			t.Errorf("commit %q is answered %q, want %q", tag, got[tag], errAbandoned)
		}
	}
	q.put(commit("ccc"))
	a.gate <- struct{}{}
	if c := <-answers; c.Tag != "ccc" || c.Err != "" {
		t.Errorf("the commit that came afterwards is answered %+v, want no error", c)
	}
	if err := q.barrier(ctx); err != nil {
		t.Errorf("barrier: %v", err)
	}
	if n := len(a.commands); n != 1 || replica.Current().Root().Get("remote-tls-port") != "3" {
		t.Errorf("%d commands were agreed on, the last wrote %q; want 1, 3", n, replica.Current().Root().Get("remote-tls-port"))
	}
}
