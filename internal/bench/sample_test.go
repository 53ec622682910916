package bench

import "testing"

func TestSample(t *testing.T) {
	for _, tc := range []struct {
		in     Sample
		median float64
		text   string
	}{
		{nil, 0, "-"},
		{Sample{3, 1, 2}, 2, "1.000 / 2.000 / 3.000 (3)"},
		{Sample{40, 10, 20, 300}, 30, "10.0 / 30.0 / 300 (4)"},
	} {
		if got := tc.in.Median(); got != tc.median {
			t.Errorf("%v.Median() = %v, want %v", []float64(tc.in), got, tc.median)
		}
		if got := tc.in.String(); got != tc.text {
			t.Errorf("String() = %q, want %q", got, tc.text)
		}
	}
}
