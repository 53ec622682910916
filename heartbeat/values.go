package heartbeat

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time as Heartbeat does: a decimal number, then nothing (seconds),
// ms, msec, us or usec in any case, with blanks allowed between. The result is rounded
// to milliseconds. "2s", "1m" and negative numbers are refused, as Heartbeat does.
func ParseTime(text string) (time.Duration, error) {
	t := strings.TrimSpace(text)
	end := strings.IndexFunc(t, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if end < 0 {
		end = len(t)
	}
	number, unit := t[:end], strings.ToLower(strings.TrimSpace(t[end:]))
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, errors.New("want a number of seconds, or a number with ms or us: 2, 1.5, 500ms")
	}
	scale := 0.0
	switch unit {
	case "":
		scale = 1000
	case "ms", "msec":
		scale = 1
	case "us", "usec":
		scale = 0.001
	case "s", "sec", "second", "seconds":
		return 0, fmt.Errorf("seconds are written without a unit: %s", number)
	case "m", "min", "minute", "minutes", "h", "hour", "hours":
		return 0, errors.New("minutes and hours are written in seconds")
	default:
		return 0, fmt.Errorf("unit %q: only ms and us are known; seconds have none", unit)
	}
	ms := math.Round(n * scale)
	if ms > 1e9 { // beyond eleven days nothing is meant
		return 0, errors.New("longer than eleven days")
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// ParseBool reads on, yes, y, 1 and off, no, n, 0 in any case, and nothing else.
func ParseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "on", "yes", "y", "1", "true":
		return true, nil
	case "off", "no", "n", "0", "false":
		return false, nil
	}
	return false, errors.New("want on or off")
}
