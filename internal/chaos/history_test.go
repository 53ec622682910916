package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestJudge: a lost acknowledged write, a write that comes back, and a stale swap are
// found; changes without an answer are given every chance.
func TestJudge(t *testing.T) {
	op := func(call, end int64, v verb, o outcome, old, value string) deed {
		return deed{verb: v, outcome: o, old: old, value: value, call: call, end: end}
	}
	for _, tc := range []struct {
		name  string
		deeds []deed
		want  verdict
	}{
		{"in order", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, done, "", "b"), op(4, 5, look, done, "", "b")}, linearizable},
		{"acknowledged and lost", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, done, "", "b"), op(4, 5, look, done, "", "a")}, illegal},
		{"at the same time, either may be last", []deed{op(0, 5, put, done, "", "a"), op(1, 4, put, done, "", "b"), op(6, 7, look, done, "", "a")}, linearizable},
		{"no answer, and done", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, unknown, "", "b"), op(4, 5, look, done, "", "b")}, linearizable},
		{"no answer, and not done", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, unknown, "", "b"), op(4, 5, look, done, "", "a")}, linearizable},
		{"no answer, and done late", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, unknown, "", "b"), op(4, 5, look, done, "", "a"), op(6, 7, look, done, "", "b")}, linearizable},
		{"seen and gone again", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, unknown, "", "b"), op(4, 5, look, done, "", "b"), op(6, 7, look, done, "", "a")}, illegal},
		{"a swap of what was replaced", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, done, "", "b"), op(4, 5, swap, done, "a", "c")}, illegal},
		{"a swap refused for what is there", []deed{op(0, 1, put, done, "", "a"), op(2, 3, swap, refused, "a", "c")}, illegal},
		{"a swap refused because of one without an answer", []deed{op(0, 1, put, done, "", "a"), op(2, 3, put, unknown, "", "b"), op(4, 5, swap, refused, "a", "c")}, linearizable},
		{"two swaps of one value", []deed{op(0, 1, put, done, "", "a"), op(2, 9, swap, done, "a", "b"), op(2, 9, swap, done, "a", "c")}, illegal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := judge(tc.deeds, time.Minute); got != tc.want {
				t.Errorf("judge = %d, want %d", got, tc.want)
			}
		})
	}
}

// TestJudgeKeepsRegistersApart: what happens to one register says nothing about another.
func TestJudgeKeepsRegistersApart(t *testing.T) {
	var deeds []deed
	for r := range 3 {
		for i := range 50 {
			deeds = append(deeds, deed{register: r, verb: put, outcome: outcome(i % 2), value: fmt.Sprint(r, ".", i), call: int64(2 * i), end: int64(2*i + 1)})
		}
		deeds = append(deeds, deed{register: r, verb: look, outcome: done, value: fmt.Sprint(r, ".", 49), call: 1000, end: 1001})
	}
	if got := judge(deeds, time.Minute); got != linearizable {
		t.Errorf("judge = %d, want linearizable", got)
	}
	deeds[len(deeds)-1].value = "2.7"
	if got := judge(deeds, time.Minute); got != illegal {
		t.Errorf("judge with a loss in register 2 = %d, want illegal", got)
	}
}
