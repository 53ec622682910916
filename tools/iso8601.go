//lint:file-ignore ST1005 messages that scripts may know begin as the original's do

package tools

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const iso8601Help = `iso8601 - display and parse ISO 8601 dates and times

Usage: iso8601 COMMAND [OPTION...]

Commands:
  -n, --now                  The present date and time
  -d, --date=DATE            Parse a date, for example "2026-01-20 00:30:00Z"
  -D, --duration=DURATION    Parse a duration, for example P1M; with -d: when it ends
  -p, --period=PERIOD        Parse a period, for example 2026-01-01Z/P1M

Output:
  -s, --seconds              Seconds since 0001-01-01 00:00:00Z
  -S, --epoch                Seconds since 1970-01-01 00:00:00Z
  -L, --local                In local time
  -O, --ordinal              As ordinal date (YYYY-DDD)
  -E, --expected=TEXT        Fail unless the result is this text
  -V, --verbose              accepted
  -h, --help                 This text
  -$, --version              Version

Exit codes: 0 done; 1 not the expected text; 2 malformed; 64 wrong use.
`

// dateLayouts are the forms of dates that are understood.
var dateLayouts = []string{"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02T15:04Z07:00",
	"2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02Z07:00", "2006-01-02", "20060102T150405Z07:00", "20060102", "2006-002", "2006-01"}

func parseDate(s string) (time.Time, error) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("Invalid date/time specified: %s", s)
}

func runISO8601(ctx context.Context, env Env, args []string) int {
	options := []option{{'n', "now", noValue, ""}, {'d', "date", value, ""}, {'D', "duration", value, ""}, {'p', "period", value, ""}, {'s', "seconds", noValue, ""},
		{'S', "epoch", noValue, ""}, {'L', "local", noValue, ""}, {'O', "ordinal", noValue, ""}, {'W', "week", noValue, ""}, {'E', "expected", value, ""}}
	r, found, _, code, done := start(env, "iso8601", iso8601Help, options, args)
	if done {
		return code
	}
	set := map[string]string{}
	for _, g := range found {
		set[g.name] = g.value
	}
	has := func(name string) bool { _, ok := set[name]; return ok }
	show := func(t time.Time) string { return showDate(t, has) }
	malformed := func(err error) int {
		r.complain("iso8601: %v", err)
		return r.finish(2)
	}
	result := ""
	switch {
	case has("now"):
		result = show(env.Now())
		r.printf("Current date/time: %s\n", result)
	case has("period"):
		from, to, err := parsePeriod(set["period"])
		if err != nil {
			return malformed(err)
		}
		result = show(from) + " to " + show(to)
		r.printf("Period: %s\n", result)
	case has("date"):
		t, err := parseDate(set["date"])
		if err != nil {
			return malformed(err)
		}
		result = show(t)
		r.printf("Date: %s\n", result)
		if has("duration") {
			if t, err = addISODuration(t, set["duration"]); err != nil {
				return malformed(err)
			}
			result = show(t)
			r.printf("Duration ends at: %s\n", result)
		}
	case has("duration"):
		if _, err := parseISODuration(set["duration"]); err != nil {
			return malformed(err)
		}
		result = set["duration"]
		r.printf("Duration: %s\n", result)
	default:
		return r.usage("Must specify a command")
	}
	if has("expected") && set["expected"] != result {
		return r.finish(ExitError)
	}
	return r.finish(ExitOK)
}

func showDate(t time.Time, has func(string) bool) string {
	layout := "2006-01-02 15:04:05Z"
	if has("local") {
		t, layout = t.Local(), "2006-01-02 15:04:05 -07:00"
	} else {
		t = t.UTC()
	}
	switch {
	case has("seconds"):
		return fmt.Sprint(int64(t.Sub(time.Unix(0, 0)).Seconds()) + 62135596800)
	case has("epoch"):
		return fmt.Sprint(t.Unix())
	case has("ordinal"):
		layout = strings.Replace(layout, "01-02", "002", 1)
	}
	return t.Format(layout)
}

func parsePeriod(s string) (from, to time.Time, err error) {
	a, b, ok := strings.Cut(s, "/")
	if !ok {
		return from, to, fmt.Errorf("Invalid interval specified: %s", s)
	}
	if strings.HasPrefix(a, "P") {
		return from, to, fmt.Errorf("Invalid interval specified: %s: want START/END or START/DURATION", s)
	}
	if from, err = parseDate(a); err != nil {
		return from, to, err
	}
	if strings.HasPrefix(b, "P") {
		to, err = addISODuration(from, b)
	} else {
		to, err = parseDate(b)
	}
	return from, to, err
}
