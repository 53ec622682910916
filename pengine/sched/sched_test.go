package sched

import (
	"testing"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

func TestRoundScore(t *testing.T) {
	for _, tc := range []struct {
		factor float32
		score  crm.Score
		want   crm.Score
	}{
		{1, 100, 100}, {0.5, 3, 2}, {-0.5, 3, -2}, {0.0001, 5, 1}, {-0.0001, 5, -1}, {0.0001, 0, 0}, {0, 7, 0},
		{1, infinity, infinity}, {-1, infinity, -infinity},
	} {
		if got := roundScore(tc.factor, tc.score); got != tc.want {
			t.Errorf("roundScore(%v, %v) = %v, want %v", tc.factor, tc.score, got, tc.want)
		}
	}
}

func TestCompareNames(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int // sign
	}{
		{"node9", "node10", -1}, {"node10", "node9", 1}, {"Node1", "node1", 0}, {"a", "b", -1}, {"a", "a1", -1}, {"n01", "n1", 0},
	} {
		got := compareNames(tc.a, tc.b)
		if got < 0 && tc.want >= 0 || got > 0 && tc.want <= 0 || got == 0 && tc.want != 0 {
			t.Errorf("compareNames(%q, %q) = %d, want sign %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestReadableInterval(t *testing.T) {
	for ms, want := range map[int64]string{
		0: "0s", 10000: "10s", 90000: "1m30s", 1500: "1.500s", 20: "20ms", 3600000: "1h", 90061001: "1d1h1m1.001s",
	} {
		if got := readableInterval(ms); got != want {
			t.Errorf("readableInterval(%d) = %q, want %q", ms, got, want)
		}
	}
}

// TestRoleTablesAreWhole: from every role there is a way to every other, step by step.
func TestRoleTablesAreWhole(t *testing.T) {
	for from := roleStopped; from <= rolePromoted; from++ {
		for to := roleStopped; to <= rolePromoted; to++ {
			role := from
			for steps := 0; role != to; steps++ {
				next := nextRole[role][to]
				c := roleChange[role][next]
				if c == impossible || steps > 4 {
					t.Errorf("from %v to %v: no way on from %v (next %v)", from, to, role, next)
					break
				}
				if c == nothing && next != to { // "started" and "unpromoted" are the same to an agent
					t.Errorf("from %v to %v: nothing to do between %v and %v", from, to, role, next)
					break
				}
				role = next
			}
		}
	}
}

// TestStagesHaveNames: the table of contents can be read.
func TestStagesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for i, s := range stages {
		if s.name == "" || s.run == nil || seen[s.name] {
			t.Errorf("stage %d: name %q, run %v: want a name of its own and a step", i, s.name, s.run != nil)
		}
		seen[s.name] = true
	}
}

func TestRelateIsNew(t *testing.T) {
	a, b := &Action{ID: 1}, &Action{ID: 2}
	if !relate(a, b, relOrdered) {
		t.Error("the first relation is not new")
	}
	if relate(a, b, relOrdered|relFirstImpliesThen) {
		t.Error("a relation that shares a rule with one there is new")
	}
	if !relate(a, b, relFirstImpliesThen) {
		t.Error("a relation with another rule is not new")
	}
	if relate(a, a, relOrdered) || relate(nil, b, relOrdered) || relate(a, b, relNone) {
		t.Error("an action is ordered after itself, or after nothing")
	}
	if len(a.after) != 2 || len(b.before) != 2 {
		t.Errorf("%d after a, %d before b, want 2 and 2", len(a.after), len(b.before))
	}
}

// TestMergeSort: with an order, it sorts, and keeps equals as they are.
func TestMergeSort(t *testing.T) {
	list := []string{"b2", "a1", "c1", "b1", "a2"}
	mergeSort(list, func(a, b string) int { return int(a[0]) - int(b[0]) })
	want := []string{"a1", "a2", "b2", "b1", "c1"}
	for i := range want {
		if list[i] != want[i] {
			t.Fatalf("sorted: %v, want %v", list, want)
		}
	}
}

// TestTableOrder: each node once, also when the table grows.
func TestTableOrder(t *testing.T) {
	var in []*node
	for i := range 40 {
		in = append(in, &node{Node: &state.Node{ID: "node-" + itoa(int64(i*7))}, idx: i})
	}
	seen := map[int]bool{}
	for _, n := range tableOrder(in) {
		if seen[n.idx] {
			t.Errorf("node %d is walked twice", n.idx)
		}
		seen[n.idx] = true
	}
	if len(seen) != len(in) {
		t.Errorf("%d of %d nodes are walked", len(seen), len(in))
	}
}
