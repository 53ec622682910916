package gossip

import (
	"testing"
	"time"
)

func TestNextBeat(t *testing.T) {
	const interval = 200 * time.Millisecond
	begin := time.UnixMilli(1_000_000_000)
	for _, c := range []struct {
		name      string
		now, want int // ms since begin
	}{
		{"on the grid", 200, 400},
		{"a little late", 203, 400},
		{"a little early", 399, 600},
		{"very late: the next instant but one, no burst", 730, 1000},
		{"late, but with time left", 650, 800},
	} {
		got := nextBeat(begin, begin.Add(time.Duration(c.now)*time.Millisecond), interval)
		if got.Sub(begin).Milliseconds() != int64(c.want) {
			t.Errorf("%s: nextBeat(%d ms) = %d ms, want %d ms", c.name, c.now, got.Sub(begin).Milliseconds(), c.want)
		}
	}
}
