package sim

import (
	"testing"
	"time"
)

// TestClockHasTwoHands checks what this package assumes about package time.
func TestClockHasTwoHands(t *testing.T) {
	c := Clock{Rate: 1}
	a := c.At(10 * time.Second)
	c.Jump = -time.Hour
	b := c.At(15 * time.Second)
	if got := b.Sub(a); got != 5*time.Second {
		t.Errorf("measured over a jump: %v, want 5s", got)
	}
	if got := b.Round(0).Sub(a.Round(0)); got != 5*time.Second-time.Hour {
		t.Errorf("the wall hand moved by %v, want 5s - 1h", got)
	}
	if got, want := a.UTC().Format(time.RFC3339), "2026-11-21T12:00:10Z"; got != want {
		t.Errorf("the wall hand shows %s, want %s", got, want)
	}
	if got := (Clock{Rate: 2}).Lasts(time.Second); got != 500*time.Millisecond {
		t.Errorf("a second of a clock that runs twice as fast lasts %v, want 500ms", got)
	}
}
