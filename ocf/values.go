package ocf

import (
	"strconv"
	"strings"
	"time"
)

// IsTrue reads a boolean the way agents' ocf_is_true does: yes, true, 1 and on, in any
// of the usual spellings; everything else is false.
func IsTrue(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "true", "1", "on", "y":
		return true
	}
	return false
}

// ParseDuration reads a time as agents and the CIB write it: a number with an optional
// unit (ms, msec, us, usec, s, sec, m, min, h, hr), seconds when there is none.
func ParseDuration(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9') {
		n++
	}
	if n == 0 {
		return 0, false
	}
	v, err := strconv.ParseInt(s[:n], 10, 64)
	if err != nil {
		return 0, false
	}
	unit, ok := units[strings.ToLower(strings.TrimSpace(s[n:]))]
	if !ok || v > int64(1<<62)/int64(unit) {
		return 0, false
	}
	return time.Duration(v) * unit, true
}

var units = map[string]time.Duration{
	"": time.Second, "s": time.Second, "sec": time.Second, "ms": time.Millisecond, "msec": time.Millisecond,
	"us": time.Microsecond, "usec": time.Microsecond, "m": time.Minute, "min": time.Minute, "h": time.Hour, "hr": time.Hour,
}

func duration(s string) time.Duration {
	d, _ := ParseDuration(s)
	return d
}
