package membership

import (
	"fmt"
	"slices"
	"strings"
)

// Level says how bad a Problem is.
type Level int

// The levels.
const (
	Warning Level = iota // the file loads; the operator should know
	Error                // the file cannot be used
)

// String is "warning" or "error".
func (l Level) String() string {
	if l == Error {
		return "error"
	}
	return "warning"
}

// Problem is one remark about a configuration file: where, what, and the corrected form.
type Problem struct {
	File  string
	Line  int // 0: the file as a whole
	Level Level
	Msg   string
	Fix   string // what to write or run instead; may be empty
}

// String prints the problem on one line, as "FILE:LINE: error: MSG (FIX)".
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	s := fmt.Sprintf("%s: %s: %s", where, p.Level, p.Msg)
	if p.Fix != "" {
		s += " (" + p.Fix + ")"
	}
	return s
}

// Failed reports whether one of the problems is an error.
func Failed(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Level == Error })
}

// ProblemsError is a configuration that cannot be used; its text lists every error.
type ProblemsError []Problem

// Error lists the errors, one a line.
func (e ProblemsError) Error() string {
	var lines []string
	for _, p := range e {
		if p.Level == Error {
			lines = append(lines, p.String())
		}
	}
	return strings.Join(lines, "\n")
}

// Report collects problems of one file.
type Report struct {
	File     string
	Problems []Problem
}

// Errorf records an error; fix is the corrected form and may be empty.
func (r *Report) Errorf(line int, fix, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{r.File, line, Error, fmt.Sprintf(format, args...), fix})
}

// Warnf records a warning; fix is the corrected form and may be empty.
func (r *Report) Warnf(line int, fix, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{r.File, line, Warning, fmt.Sprintf(format, args...), fix})
}

// Sorted returns the problems in the order of their lines.
func (r *Report) Sorted() []Problem {
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return a.Line - b.Line })
	return r.Problems
}

// Nearest returns the word of the list that is closest to a mistyped one, or "" when
// none is close (more than a third of its letters differ).
func Nearest(word string, list []string) string {
	best, bestDistance := "", len(word)/3+1
	for _, w := range list {
		if d := distance(word, w, bestDistance); d < bestDistance || (d == bestDistance && best == "") {
			best, bestDistance = w, d
		}
	}
	return best
}

// distance is Levenshtein's, or limit+1 when it is beyond limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 64 {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
