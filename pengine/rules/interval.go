package rules

import (
	"math"
	"strings"
	"time"
)

// mostInterval is the longest interval: the field keeps milliseconds in 32 bits.
const mostInterval = math.MaxUint32 * time.Millisecond

// ParseInterval reads an interval or timeout: "10s", "500ms", "2min", "1h", a bare
// number of seconds, or an ISO 8601 duration ("PT30S"). Of a fraction the whole part
// counts. Empty text is zero; what is too long becomes the longest that is possible.
func ParseInterval(text string) (time.Duration, bool) {
	if text == "" {
		return 0, true
	}
	if text[0] == 'P' {
		return parseISODuration(text[1:])
	}
	d, _, ok := parseUnits(text)
	return d, ok
}

// ParseTimeout is ParseInterval for the timeouts and delays of operations: they must be
// numbers with a unit, and one that is too long for 64 bits is none.
func ParseTimeout(text string) (time.Duration, bool) {
	d, clipped, ok := parseUnits(text)
	if !ok || clipped {
		return 0, false
	}
	return d, true
}

func parseUnits(text string) (d time.Duration, clipped, ok bool) {
	n, rest, clipped, ok := scanNumber(text, 0)
	unit, known := unitOf(trimSpaceLeft(strings.TrimLeft(rest, ".0123456789")))
	if !ok || !known || n < 0 {
		return 0, clipped, false
	}
	if n > int64(mostInterval/unit) {
		return mostInterval, clipped, true
	}
	return (time.Duration(n) * unit).Truncate(time.Millisecond), clipped, true
}

// unitOf reads a unit by its beginning, as the field does: "minutes" is "m".
func unitOf(s string) (time.Duration, bool) {
	s = strings.ToLower(s)
	switch {
	case s == "", strings.HasPrefix(s, "s"):
		return time.Second, true
	case strings.HasPrefix(s, "ms"):
		return time.Millisecond, true
	case strings.HasPrefix(s, "us"):
		return time.Microsecond, true
	case strings.HasPrefix(s, "m"):
		return time.Minute, true
	case strings.HasPrefix(s, "h"):
		return time.Hour, true
	}
	return 0, false
}

// parseISODuration reads what follows the P: years of 365 and months of 30 days. It ends
// at a space or slash. A duration of nothing is none.
func parseISODuration(s string) (time.Duration, bool) {
	d := isoDuration{}
	for s != "" && s[0] != '/' && !isSpace(s[0]) {
		if s[0] == 'T' {
			d.clock, s = true, s[1:]
			continue
		}
		n, rest, clipped, ok := scanNumber(strings.TrimPrefix(s, ":"), 0)
		if !ok || clipped || isSpace(s[0]) || rest == "" || n < -math.MaxInt32 || n > math.MaxInt32 || !d.add(n, rest[0]) {
			return 0, false
		}
		s = rest[1:]
	}
	days := 365*d.years + 30*d.months + d.days
	seconds := d.seconds + 86400*days
	if seconds < 0 || d.years == 0 && d.months == 0 && d.days == 0 && d.seconds == 0 {
		return 0, false
	}
	if seconds > int64(mostInterval/time.Second) {
		return mostInterval.Truncate(time.Second), true
	}
	return time.Duration(seconds) * time.Second, true
}

// isoDuration is a duration while it is being read; clock says that the T was seen.
type isoDuration struct {
	years, months, days, seconds int64
	clock                        bool
}

// add counts n of a unit; it says whether there is such a unit and room for so many. Of
// years and months only the last word counts, other units add up.
func (d *isoDuration) add(n int64, unit byte) bool {
	switch {
	case unit == 'Y':
		d.years = n
	case unit == 'M' && !d.clock:
		d.months = n
	case unit == 'M':
		d.seconds += n * 60
	case unit == 'W':
		d.days += n * 7
	case unit == 'D':
		d.days += n
	case unit == 'H':
		d.seconds += n * 3600
	case unit == 'S':
		d.seconds += n
	default:
		return false
	}
	return max(d.days, -d.days, d.seconds, -d.seconds) <= math.MaxInt32
}
