package crm

import (
	"testing"
	"time"
)

func TestScoreAddSaturates(t *testing.T) {
	for _, tc := range []struct{ a, b, want Score }{
		{1, 2, 3}, {Infinity, -5, Infinity}, {Infinity, -Infinity, -Infinity},
		{-Infinity, 7, -Infinity}, {999999, 2, Infinity}, {-999999, -2, -Infinity},
	} {
		if got := tc.a.Add(tc.b); got != tc.want {
			t.Errorf("(%v).Add(%v) = %v, want %v", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestParseScore(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Score
		bad  bool
	}{
		{"10", 10, false}, {"-INFINITY", -Infinity, false}, {"+inf", Infinity, false},
		{"99999999999999999999", Infinity, false}, {"-2000000", -Infinity, false}, {"ten", 0, true}, {"", 0, true},
	} {
		got, err := ParseScore(tc.in)
		if got != tc.want || (err != nil) != tc.bad {
			t.Errorf("ParseScore(%q) = %v, %v; want %v, error %v", tc.in, got, err, tc.want, tc.bad)
		}
	}
}

func TestOpKeyRoundTrip(t *testing.T) {
	for _, k := range []OpKey{
		{"vip", "monitor", 10 * time.Second}, {"my_vip_1", "start", 0},
		{"vm", "migrate_to", 0}, {"a_b", "migrate_from", 0}, {"c", "pre_notify_start", 0},
	} {
		got, err := ParseOpKey(k.String())
		if err != nil || got != k {
			t.Errorf("ParseOpKey(%q) = %+v, %v; want %+v", k.String(), got, err, k)
		}
	}
	for _, bad := range []string{"", "x", "a_b", "a_b_c", "_start_0", "a_b_-1"} {
		if got, err := ParseOpKey(bad); err == nil {
			t.Errorf("ParseOpKey(%q) = %+v, want an error", bad, got)
		}
	}
}

func TestTransitionKeyRoundTrip(t *testing.T) {
	k := TransitionKey{12, 3, NotRunning, "0f4a1f2c-6d0c-4e5e-9a3a-0d8f9c1b2a3d"}
	got, err := ParseTransitionKey(k.String())
	if err != nil || got != k {
		t.Errorf("ParseTransitionKey(%q) = %+v, %v; want %+v", k.String(), got, err, k)
	}
}

func TestStampOrder(t *testing.T) {
	if !(Stamp{1, 9}).Less(Stamp{2, 1}) || (Stamp{2, 1}).Less(Stamp{2, 1}) || !(Stamp{2, 1}).Less(Stamp{2, 2}) {
		t.Error("stamps are ordered by incarnation, then term")
	}
}
