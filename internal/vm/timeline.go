package vm

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Timeline is what happened, on one clock: that of the test. Machines do not stamp
// anything themselves, so their clocks cannot mislead.
type Timeline struct {
	began time.Time

	mu     sync.Mutex // guards all following fields
	print  func(line string)
	events []Moment
}

// Moment is one line of a timeline.
type Moment struct {
	At    time.Time
	Where string // a machine's name, or "test"
	What  string
}

// NewTimeline begins now.
func NewTimeline() *Timeline { return &Timeline{began: time.Now()} }

// Follow gives every line to print as it happens, from now on; nil ends that.
func (t *Timeline) Follow(print func(line string)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.print = print
}

// Add notes what happens now.
func (t *Timeline) Add(where, format string, args ...any) {
	t.AddAt(time.Now(), where, format, args...)
}

// AddAt notes what happened at a moment.
func (t *Timeline) AddAt(at time.Time, where, format string, args ...any) {
	m := Moment{at, where, fmt.Sprintf(format, args...)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, m)
	if t.print != nil {
		t.print(t.line(m))
	}
}

func (t *Timeline) line(m Moment) string {
	return fmt.Sprintf("%7.2f s  %-6s %s", m.At.Sub(t.began).Seconds(), m.Where, m.What)
}

// Moments returns what happened, in the order of time.
func (t *Timeline) Moments() []Moment {
	t.mu.Lock()
	defer t.mu.Unlock()
	sorted := slices.Clone(t.events)
	slices.SortStableFunc(sorted, func(a, b Moment) int { return a.At.Compare(b.At) })
	return sorted
}

// First returns the first moment after since at which where did what (a part of the text).
func (t *Timeline) First(since time.Time, where, what string) (Moment, bool) {
	for _, m := range t.Moments() {
		if m.At.After(since) && m.Where == where && strings.Contains(m.What, what) {
			return m, true
		}
	}
	return Moment{}, false
}

// String is the whole timeline.
func (t *Timeline) String() string {
	var b strings.Builder
	for _, m := range t.Moments() {
		b.WriteString(t.line(m) + "\n")
	}
	return b.String()
}
