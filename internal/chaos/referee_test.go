package chaos

import (
	"testing"
	"time"
)

// TestRefereeSeesTwice: what overlaps is told, what only follows or stands still is not.
func TestRefereeSeesTwice(t *testing.T) {
	ms := func(n int64) int64 { return n * int64(time.Millisecond) }
	beats := func(from, to int64) []int64 {
		var out []int64
		for t := from; t <= to; t += 20 {
			out = append(out, t)
		}
		return out
	}
	for _, tc := range []struct {
		name  string
		a, b  []int64 // beats of two nodes, in milliseconds
		want  int
		long  time.Duration
		woken bool
	}{
		{"one after the other", beats(0, 1000), beats(1001, 2000), 0, 0, false},
		{"overlapping", beats(0, 1000), beats(900, 2000), 1, 100 * time.Millisecond, false},
		{"one inside the other", beats(0, 2000), beats(500, 700), 1, 200 * time.Millisecond, false},
		{"a single beat inside", beats(0, 2000), []int64{500}, 1, 0, false},
		{"the first stands still and is ended", beats(0, 1000), beats(3000, 4000), 0, 0, false},
		{"the first stands still and wakes", append(beats(0, 1000), beats(3500, 3560)...), beats(3000, 4000), 1, 60 * time.Millisecond, true},
		{"the first stands still, the second comes and goes", append(beats(0, 1000), beats(5000, 5100)...), beats(3000, 4000), 0, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &referee{reigns: map[string][]*reign{}}
			for node, list := range map[string][]int64{"n1": tc.a, "n2": tc.b} {
				var current *reign
				for _, at := range list {
					current = r.note(current, "db", node, ms(at))
				}
			}
			got := r.twices(0)
			if len(got) != tc.want {
				t.Fatalf("twices = %v, want %d", got, tc.want)
			}
			if tc.want == 1 && (got[0].length != tc.long || got[0].woken != tc.woken) {
				t.Errorf("twice = %+v, want %v long, woken %v", got[0], tc.long, tc.woken)
			}
		})
	}
}
