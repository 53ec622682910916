package testreport

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Module is what is cut off packages' names.
const Module = "github.com/tactus-ha/tactus/"

// event is one line of `go test -json`, as `go doc test2json` describes it.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
}

// report is what is known so far.
type report struct {
	out     io.Writer
	said    map[string][]string // by package and test
	skipped []string
	failed  int
	passed  int
}

// Write reads events from in until its end and writes the report to out. It reports
// whether everything passed. Lines that are no events are passed on.
func Write(out io.Writer, in io.Reader) (passed bool, err error) {
	r := &report{out: out, said: map[string][]string{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
	}
	for _, s := range r.skipped {
		fmt.Fprintf(out, "skipped: %s\n", s)
	}
	fmt.Fprintf(out, "%d packages passed, %d failed, %d tests skipped\n", r.passed, r.failed, len(r.skipped))
	return r.failed == 0 && r.passed > 0, nil
}

func (r *report) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		io.WriteString(r.out, line)
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		r.said[key] = append(r.said[key], e.Output)
	case "build-output":
		io.WriteString(r.out, e.Output)
	case "pass":
		if e.Test == "" {
			r.passed++
			r.said[key] = slices.DeleteFunc(r.said[key], func(text string) bool { return text == "PASS\n" })
			r.repeat(key) // "ok", as go test writes it
		}
		delete(r.said, key)
	case "skip":
		if e.Test != "" {
			r.skipped = append(r.skipped, name(e.Package)+" "+e.Test+": "+reason(r.said[key]))
		} else {
			r.repeat(key) // "no test files"
		}
		delete(r.said, key)
	case "fail":
		r.fail(e, key)
	}
}

// fail passes on what a failed test said; of a package also what its tests said that
// never came to an end: who kills a test leaves nothing else behind.
func (r *report) fail(e event, key string) {
	if e.Test != "" {
		r.repeat(key)
		return
	}
	for _, unended := range slices.Sorted(maps.Keys(r.said)) {
		if strings.HasPrefix(unended, key) && unended != key {
			fmt.Fprintf(r.out, "%s did not end:\n", strings.TrimPrefix(unended, key))
			r.repeat(unended)
		}
	}
	r.repeat(key)
	r.failed++
}

func (r *report) repeat(key string) {
	for _, text := range r.said[key] {
		io.WriteString(r.out, text)
	}
	delete(r.said, key)
}

func name(pkg string) string { return strings.TrimPrefix(pkg, Module) }

// reason is what a skipped test said last, without the place in the source.
func reason(said []string) string {
	for _, text := range slices.Backward(said) {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "---") || strings.HasPrefix(text, "===") {
			continue
		}
		if _, after, ok := strings.Cut(text, ".go:"); ok {
			if _, why, ok := strings.Cut(after, ": "); ok {
				return why
			}
		}
		return text
	}
	return "no reason given"
}
