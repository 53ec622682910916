package chaos

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// story is what the campaign did and saw, with the time of each.
type story struct {
	mu    sync.Mutex // guards lines
	lines []line
}

type line struct {
	at   time.Time
	text string
}

func newStory() *story { return &story{} }

func (s *story) tell(format string, args ...any) { s.tellAt(time.Now(), format, args...) }

func (s *story) tellAt(at time.Time, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line{at, fmt.Sprintf(format, args...)})
}

// since returns what was told from a moment on.
func (s *story) since(t time.Time) []line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.lines), func(l line) bool { return l.at.Before(t) })
}

// merge puts the story and what the nodes' daemons logged since a moment into the order
// of time. Of the logs keep says which lines are wanted.
func (s *story) merge(t time.Time, nodes []*testcluster.Node, keep func(text string) bool) []line {
	out := s.since(t)
	for i := range out {
		out[i].text = "***** " + out[i].text
	}
	for _, n := range nodes {
		files, _ := filepath.Glob(filepath.Join(n.Root, "*.log"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			name := n.Name + " " + strings.TrimSuffix(filepath.Base(file), ".log")
			out = append(out, logLines(name, data, t, keep)...)
		}
	}
	slices.SortStableFunc(out, func(a, b line) int { return a.at.Compare(b.at) })
	return out
}

// logLines takes the lines of a log apart. A line without a time (a stack trace) stays with
// the one before.
func logLines(name string, data []byte, since time.Time, keep func(string) bool) []line {
	var out []line
	at := time.Time{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		text := lines.Text()
		if rest, ok := strings.CutPrefix(text, "time="); ok {
			stamp, after, _ := strings.Cut(rest, " ")
			if t, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
				at, text = t, after
			}
		}
		if !at.Before(since) && keep(text) {
			out = append(out, line{at, name + ": " + text})
		}
	}
	return out
}

// print writes lines with the seconds since began.
func printLines(w io.Writer, began time.Time, lines []line) {
	for _, l := range lines {
		fmt.Fprintf(w, "%9.3f  %s\n", l.at.Sub(began).Seconds(), l.text)
	}
}
