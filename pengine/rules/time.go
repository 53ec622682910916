package rules

import (
	"strconv"
	"strings"
	"time"
)

// ParseTime reads an ISO 8601 time as the field writes them: calendar, ordinal and week
// dates, with or without separators; "T" or a space before the time of day; an offset or
// Z. What is missing is taken from now (a time alone means today, a date alone midnight,
// no offset means now's zone). "now" and "epoch" are understood.
func ParseTime(text string, now time.Time) (time.Time, bool) {
	text = strings.TrimSpace(text)
	switch strings.ToLower(text) {
	case "":
		return time.Time{}, false
	case "now":
		return now, true
	case "epoch":
		return time.Unix(0, 0).UTC(), true
	}
	datePart, timePart := text, ""
	if i := strings.IndexAny(text, "T "); i >= 0 {
		datePart, timePart = text[:i], strings.TrimSpace(text[i+1:])
	} else if len(text) > 2 && text[2] == ':' {
		datePart, timePart = "", text
	}
	year, month, day := now.Date()
	ok := true
	if datePart != "" {
		year, month, day, ok = parseDate(datePart)
		if !ok {
			return time.Time{}, false
		}
	}
	clock, zone, ok := parseClock(timePart, now.Location())
	if !ok {
		return time.Time{}, false
	}
	return time.Date(year, month, day, 0, 0, 0, 0, zone).Add(clock), true
}

func parseDate(s string) (int, time.Month, int, bool) {
	digits := strings.ReplaceAll(s, "-", "")
	if len(digits) < 7 {
		return 0, 0, 0, false
	}
	year, err := strconv.Atoi(digits[:4])
	if err != nil {
		return 0, 0, 0, false
	}
	rest := digits[4:]
	if rest[0] == 'W' {
		return weekDate(year, rest[1:])
	}
	n, err := strconv.Atoi(rest)
	if err != nil || n < 1 {
		return 0, 0, 0, false
	}
	switch len(rest) {
	case 3:
		t := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n-1)
		return t.Year(), t.Month(), t.Day(), t.Year() == year
	case 4:
		t := time.Date(year, time.Month(n/100), n%100, 0, 0, 0, 0, time.UTC)
		return year, time.Month(n / 100), n % 100, t.Day() == n%100 && int(t.Month()) == n/100
	}
	return 0, 0, 0, false
}

func weekDate(year int, s string) (int, time.Month, int, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 3 || n%10 < 1 || n%10 > 7 || n/10 < 1 || n/10 > 53 {
		return 0, 0, 0, false
	}
	jan4 := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := jan4.AddDate(0, 0, -(int(jan4.Weekday())+6)%7)
	t := monday.AddDate(0, 0, (n/10-1)*7+n%10-1)
	return t.Year(), t.Month(), t.Day(), true
}

// parseClock reads HH:MM[:SS] or HHMM[SS] and an offset.
func parseClock(s string, local *time.Location) (time.Duration, *time.Location, bool) {
	zone := local
	if s == "" {
		return 0, zone, true
	}
	if i := strings.IndexAny(s, "Zz+-"); i >= 0 {
		var ok bool
		if zone, ok = parseOffset(strings.TrimSpace(s[i:])); !ok {
			return 0, nil, false
		}
		s = strings.TrimSpace(s[:i])
	}
	digits := strings.ReplaceAll(s, ":", "")
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		digits = digits[:i]
	}
	if len(digits) != 4 && len(digits) != 6 {
		return 0, nil, false
	}
	digits += "00"[:6-len(digits)]
	n, err := strconv.Atoi(digits)
	h, m, sec := n/10000, n/100%100, n%100
	if err != nil || h > 24 || m > 59 || sec > 60 {
		return 0, nil, false
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second, zone, true
}

func parseOffset(s string) (*time.Location, bool) {
	if strings.EqualFold(s, "Z") {
		return time.UTC, true
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	if len(digits) == 2 {
		digits += "00"
	}
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 4 {
		return nil, false
	}
	seconds := n/100*3600 + n%100*60
	if s[0] == '-' {
		seconds = -seconds
	}
	if seconds == 0 {
		return time.UTC, true
	}
	return time.FixedZone("", seconds), true
}

// ParseInterval reads an interval or timeout: "10s", "500ms", "2min", "1h", a bare
// number of seconds, or an ISO 8601 duration ("PT30S"). Empty text is zero.
func ParseInterval(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, true
	}
	if text[0] == 'P' {
		return parseISODuration(text[1:])
	}
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && (text[0] == '+' || text[0] == '-')) {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	unit, ok := unitOf(strings.TrimLeft(text[end:], ".0123456789 \t"))
	if err != nil || n < 0 || !ok {
		return 0, false
	}
	const most = (1<<32 - 1) * time.Millisecond // the field keeps milliseconds in 32 bits
	if n > int64(most/unit) {
		return most, true
	}
	return (time.Duration(n) * unit).Truncate(time.Millisecond), true
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

func parseISODuration(s string) (time.Duration, bool) {
	var total time.Duration
	inTime, any := false, false
	for s != "" {
		if s[0] == 'T' {
			inTime, s = true, s[1:]
			continue
		}
		end := 0
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(s[:end])
		if err != nil || end == len(s) {
			return 0, false
		}
		unit, ok := isoUnit(s[end], inTime)
		if !ok {
			return 0, false
		}
		total += time.Duration(n) * unit
		any, s = true, s[end+1:]
	}
	return total, any
}

func isoUnit(c byte, inTime bool) (time.Duration, bool) {
	const day = 24 * time.Hour
	switch {
	case c == 'Y' && !inTime:
		return 365 * day, true
	case c == 'M' && !inTime:
		return 30 * day, true
	case c == 'W' && !inTime:
		return 7 * day, true
	case c == 'D' && !inTime:
		return day, true
	case c == 'H':
		return time.Hour, true
	case c == 'M' && inTime:
		return time.Minute, true
	case c == 'S': // the field writes P30S too
		return time.Second, true
	}
	return 0, false
}
