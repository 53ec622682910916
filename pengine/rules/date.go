package rules

import (
	"math"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

// date evaluates a date_expression and notes when its answer changes.
func (v *verdict) date(e *cib.Element, in *Input) bool {
	if e.ID() == "" {
		return false
	}
	switch op := strings.ToLower(e.Get("operation")); op {
	case "", "in_range":
		return v.inRange(e, in)
	case "date_spec":
		spec := e.Child("date_spec")
		return spec != nil && spec.ID() != "" && specHolds(spec, in.Now)
	case "gt":
		start, ok := dateAttr(e, "start", in)
		if !ok || start == nil {
			return false
		}
		if in.Now.Truncate(time.Second).After(*start) {
			return true
		}
		v.changesAt(start.Add(time.Second))
	case "lt":
		end, ok := dateAttr(e, "end", in)
		if ok && end != nil && in.Now.Truncate(time.Second).Before(*end) {
			v.changesAt(*end)
			return true
		}
	}
	return false
}

func (v *verdict) inRange(e *cib.Element, in *Input) bool {
	start, ok1 := dateAttr(e, "start", in)
	end, ok2 := dateAttr(e, "end", in)
	if !ok1 || !ok2 || start == nil && end == nil {
		return false
	}
	if d := e.Child("duration"); end == nil && d != nil {
		if start == nil {
			return false
		}
		t, ok := addDuration(*start, d)
		if !ok {
			return false
		}
		end = &t
	}
	now := in.Now.Truncate(time.Second)
	if start != nil && now.Before(*start) {
		v.changesAt(*start)
		return false
	}
	if end != nil {
		if now.After(*end) {
			return false
		}
		v.changesAt(end.Add(time.Second))
	}
	return true
}

// dateAttr parses a date attribute: nil when absent, false when it is no date.
func dateAttr(e *cib.Element, name string, in *Input) (*time.Time, bool) {
	text, ok := e.Lookup(name)
	if !ok {
		return nil, true
	}
	t, ok := ParseTime(text, in.Now)
	return &t, ok
}

// addDuration adds what a duration element says, component by component. A year later
// is the same day of the year, a month later the same day of the month or its last.
func addDuration(t time.Time, d *cib.Element) (time.Time, bool) {
	if d.ID() == "" {
		return t, false
	}
	ok := true
	n := func(name string) int {
		text, have := d.Lookup(name)
		if !have {
			return 0
		}
		i, _, clipped, number := scanNumber(text, 0)
		ok = ok && number && !clipped && i >= math.MinInt32 && i <= math.MaxInt32
		return int(i)
	}
	years, months, weeks, days := n("years"), n("months"), n("weeks"), n("days")
	hours, minutes, seconds := n("hours"), n("minutes"), n("seconds")
	if !ok {
		return t, false
	}
	if years != 0 {
		t = time.Date(clipYear(t.Year()+years), 1, t.YearDay(), t.Hour(), t.Minute(), t.Second(), 0, t.Location())
	}
	t = addMonths(t, months)
	t = t.AddDate(0, 0, weeks*7+days)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour()+hours, t.Minute()+minutes, t.Second()+seconds, 0, t.Location()), true
}

// addMonths adds months without running into the next month: January 31st plus one is
// the last of February.
func addMonths(t time.Time, months int) time.Time {
	if months == 0 {
		return t
	}
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), 0, t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// specHolds compares now with every range of a date_spec.
func specHolds(spec *cib.Element, now time.Time) bool {
	weekYear, week := now.ISOWeek()
	weekday := int(now.Weekday())
	if weekday == 0 {
		weekday = 7
	}
	for _, f := range [...]struct {
		attr  string
		value int
	}{
		{"years", now.Year()}, {"months", int(now.Month())}, {"monthdays", now.Day()},
		{"hours", now.Hour()}, {"minutes", now.Minute()}, {"seconds", now.Second()},
		{"yeardays", now.YearDay()}, {"weekyears", weekYear}, {"weeks", week}, {"weekdays", weekday},
	} {
		if text, ok := spec.Lookup(f.attr); ok && !inNumberRange(text, int64(f.value)) {
			return false
		}
	}
	return true
}

// inNumberRange reads "5", "1-5", "3-" and "-5". A limit of -1 is none.
func inNumberRange(text string, value int64) bool {
	lowText, highText, isRange := strings.Cut(text, "-")
	if lowText == "" && highText == "" {
		return false
	}
	low, ok1 := limit(lowText)
	high, ok2 := limit(highText)
	if !isRange {
		high = low
	}
	return ok1 && ok2 && (low == -1 || value >= low) && (high == -1 || value <= high)
}

// limit reads one end of a range, -1 when it is open.
func limit(text string) (int64, bool) {
	if text == "" {
		return -1, true
	}
	n, rest, clipped, ok := scanNumber(text, 0)
	return n, ok && !clipped && rest == ""
}
