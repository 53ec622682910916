package rules

import (
	"math"
	"strings"
	"time"
)

// ParseTime reads an ISO 8601 time as the field writes them: calendar dates with or
// without separators, ordinal and week dates with them; "T" or a space before the time of
// day, of which minutes and seconds may be missing; an offset or Z. A time of day without
// an offset is one of now's zone; a date alone is midnight UTC; a time alone means today.
// "epoch" is understood. What follows a complete date or time is not looked at.
// Source: Pacemaker Explained, "Date/Time Expressions", and what the program accepts.
func ParseTime(text string, now time.Time) (time.Time, bool) {
	if len(text) >= 5 && strings.EqualFold(text[:5], "epoch") && (len(text) == 5 || text[5] == '/' || isSpace(text[5])) {
		return time.Unix(0, 0).UTC(), true
	}
	if strings.HasPrefix(text, "T") || len(text) > 2 && text[2] == ':' {
		y, m, d := now.Date()
		return atClock(y, m, d, strings.TrimPrefix(text, "T"), now)
	}
	date, ok := parseDate(text)
	if !ok {
		return time.Time{}, false
	}
	clock := strings.TrimLeft(text, "0123456789-W")
	if clock == "" || clock[0] != ' ' && clock[0] != 'T' {
		return date, true
	}
	y, m, d := date.Date()
	return atClock(y, m, d, clock[1:], now)
}

// parseDate reads the date that a text begins with, as midnight UTC.
func parseDate(s string) (time.Time, bool) {
	dashes, none := [2]string{"-", "-"}, [3]int{}
	f, n := scanFields(s, dashes, none)
	if n == 1 {
		f, n = scanFields(s, [2]string{}, [3]int{4, 2, 2})
	}
	if n == 3 {
		return calendarDate(f[0], f[1], f[2])
	}
	if f, n = scanFields(s, dashes, none); n == 2 {
		t := time.Date(clipYear(f[0]), 1, 1, 0, 0, 0, 0, time.UTC)
		if f[0] < 1 || f[0] > math.MaxInt32 || f[1] < 1 || f[1] > daysOfYear(t.Year()) {
			return t, false
		}
		return t.AddDate(0, 0, f[1]-1), true
	}
	if f, n = scanFields(s, [2]string{"-W", "-"}, none); n == 3 {
		return weekDate(f[0], f[1], f[2])
	}
	return time.Time{}, false
}

func calendarDate(year, month, day int) (time.Time, bool) {
	if year < 1 || year > math.MaxInt32 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == day
}

func weekDate(year, week, day int) (time.Time, bool) {
	if year < 1 || year > math.MaxInt32 || week < 1 || week > 53 || day < 1 || day > 7 {
		return time.Time{}, false
	}
	jan4 := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := jan4.AddDate(0, 0, -(int(jan4.Weekday())+6)%7)
	t := monday.AddDate(0, 0, (week-1)*7)
	if _, w := t.ISOWeek(); w != week {
		return t, false
	}
	return t.AddDate(0, 0, day-1), true
}

func daysOfYear(year int) int { return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }

func clipYear(year int) int { return max(1, min(year, math.MaxInt32)) }

// atClock adds a time of day, HH[:MM[:SS]] or HH[MM[SS]], and its offset to a date.
func atClock(year int, month time.Month, day int, text string, now time.Time) (time.Time, bool) {
	seconds, ok := parseClock(text)
	if !ok {
		return time.Time{}, false
	}
	zone := now.Location()
	i := strings.IndexByte(text, 'Z')
	if i < 0 {
		i = strings.IndexAny(text, " +-")
	}
	if i >= 0 {
		if zone, ok = parseOffset(trimSpaceLeft(text[i:])); !ok {
			return time.Time{}, false
		}
	}
	return time.Date(year, month, day, 0, 0, seconds, 0, zone), true
}

// parseClock gives the seconds since midnight; 24:00:00 is allowed.
func parseClock(s string) (int, bool) {
	f, n := scanFields(s, [2]string{":", ":"}, [3]int{})
	if n == 1 {
		f, n = scanFields(s, [2]string{}, [3]int{2, 2, 2})
	}
	h, m, sec := f[0], f[1], f[2]
	if n < 1 || h > 24 || m > 59 || sec > 59 || h == 24 && m+sec > 0 {
		return 0, false
	}
	return h*3600 + m*60 + sec, true
}

// parseOffset reads what follows a time of day: Z, or hours and minutes. Other text
// means UTC.
func parseOffset(s string) (*time.Location, bool) {
	if s == "" || s[0] != '+' && s[0] != '-' && !isDigit(s[0]) {
		return time.UTC, true
	}
	seconds, ok := parseClock(strings.TrimLeft(s[:1], "+-") + s[1:])
	if s[0] == '-' {
		seconds = -seconds
	}
	if seconds == 0 {
		return time.UTC, ok
	}
	return time.FixedZone("", seconds), ok
}
