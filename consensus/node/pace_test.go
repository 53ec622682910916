package node

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	const tick = 100 * time.Millisecond
	at := func(ms int) time.Time { return time.UnixMilli(int64(1_000_000_000 + ms)) }
	p := newPace(at(30), tick) // the grid is at ... 0, 100, 200 ...
	steps := []struct {
		name    string
		now     int
		resting bool
		owed    int
		next    int
	}{
		{"nothing is due yet", 60, false, 0, 100},
		{"one tick", 101, false, 1, 200},
		{"rest begins off the coarse grid: only up to it", 250, true, 1, 400},
		{"two at once while resting", 400, true, 2, 600},
		{"woken in between: on to the coarse grid all the same", 500, true, 1, 600},
		{"rest ends", 610, false, 1, 700},
		{"a pause is not made up for, and the grid stays", 5330, false, restTicks, 5400},
		{"on the coarse grid", 5390, true, 0, 5400},
	}
	for _, s := range steps {
		if got := p.owed(at(s.now)); got != s.owed {
			t.Errorf("%s: owed at %d ms = %d, want %d", s.name, s.now, got, s.owed)
		}
		if got := p.next(s.resting); !got.Equal(at(s.next)) {
			t.Errorf("%s: next = %d ms, want %d ms", s.name, got.Sub(at(0)).Milliseconds(), s.next)
		}
	}
}
