package bench

import (
	"fmt"
	"slices"
)

// Sample is a series of measurements of one thing, in one unit.
type Sample []float64

// Median returns the middle value, NaN-free: zero for an empty sample.
func (s Sample) Median() float64 {
	if len(s) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(s))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// String prints "min / median / max (n)".
func (s Sample) String() string {
	if len(s) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s / %s / %s (%d)", number(slices.Min(s)), number(s.Median()), number(slices.Max(s)), len(s))
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
