package daemon

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// TestWhatWasGivenUpIsNotDone: an order that was given up before lrmd came to it (it stood still,
// and the order waited in its socket) is refused: it was given anew, or elsewhere.
func TestWhatWasGivenUpIsNotDone(t *testing.T) {
	e := launch(t, newRoot(t, map[string]string{"ok": "exit 0"}))
	c := e.dial()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Millisecond))
	defer cancel()
	late := order("late", "start", 0, "ok")
	if _, err := c.Submit(ctx, late); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("an order after its time: %v, want that it is given up", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	submit(t, c, order("now", "start", 0, "ok"))
	if _, err := c.Submit(ctx, order("soon", "start", 0, "ok")); err != nil {
		t.Fatal(err)
	}
	states, err := c.State(t.Context()) // requests of one connection are served in order
	if err != nil {
		t.Fatal(err)
	}
	var known []crm.ResourceID
	for _, s := range states {
		known = append(known, s.Resource)
	}
	if len(known) != 2 || known[0] != "now" || known[1] != "soon" {
		t.Errorf("lrmd knows of %v, want now and soon", known)
	}
}
