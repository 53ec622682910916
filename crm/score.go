package crm

import (
	"fmt"
	"strconv"
	"strings"
)

// Score is a preference between -Infinity and Infinity. It never leaves that range:
// sums saturate, and -Infinity beats Infinity.
// Source: Pacemaker Explained, "Scores".
type Score int

// Infinity is the score that means "must"; -Infinity means "must not".
const Infinity Score = 1000000

// Add returns s+t, saturated. -Infinity plus anything is -Infinity; Infinity plus
// anything but -Infinity is Infinity.
func (s Score) Add(t Score) Score {
	switch {
	case s <= -Infinity || t <= -Infinity:
		return -Infinity
	case s >= Infinity || t >= Infinity:
		return Infinity
	}
	return (s + t).Clamp()
}

// Clamp returns s moved into [-Infinity, Infinity].
func (s Score) Clamp() Score { return max(-Infinity, min(s, Infinity)) }

// String prints the score as people write it: INFINITY, -INFINITY or a number.
func (s Score) String() string {
	switch {
	case s >= Infinity:
		return "INFINITY"
	case s <= -Infinity:
		return "-INFINITY"
	}
	return strconv.Itoa(int(s))
}

// ParseScore reads a score: a decimal integer with optional sign, or INFINITY,
// +INFINITY, -INFINITY ("inf" in any case is accepted too). Values beyond the range
// are clamped. red, yellow and green are the callers' (node health) business.
func ParseScore(text string) (Score, error) {
	t := strings.TrimSpace(text)
	switch strings.ToLower(t) {
	case "infinity", "+infinity", "inf", "+inf":
		return Infinity, nil
	case "-infinity", "-inf":
		return -Infinity, nil
	}
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
			if strings.HasPrefix(t, "-") {
				return -Infinity, nil
			}
			return Infinity, nil
		}
		return 0, fmt.Errorf("score %q: not a whole number or INFINITY", text)
	}
	return Score(max(-int64(Infinity), min(n, int64(Infinity)))), nil
}
