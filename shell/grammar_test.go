package shell

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// walk visits every command of the tree with the words that lead to it.
func walk(l *Level, path []string, visit func(path []string, c *Command)) {
	for _, c := range l.Commands {
		at := append(append([]string{}, path...), c.Name)
		visit(at, c)
		if c.Level != nil {
			walk(c.Level, at, visit)
		}
	}
}

func TestEveryCommandHasHelpAndCompletes(t *testing.T) {
	s := testSession(t, map[string]string{"CIB_file": writeCIB(t, emptyCIB)})
	count := 0
	walk(s.root, nil, func(path []string, c *Command) {
		count++
		name := strings.Join(path, " ")
		if c.Short == "" {
			t.Errorf("%s: no help", name)
		}
		if (c.Level == nil) == (c.Run == nil) {
			t.Errorf("%s: must either run or be a level", name)
		}
		if c.Level == nil && c.Min > 0 && c.Args == "" {
			t.Errorf("%s: takes arguments but does not say which", name)
		}
		if err := s.help(path); err != nil {
			t.Errorf("help %s: %v", name, err)
		}
		got := s.candidates(context.Background(), path)
		if !contains(got, c.Name) {
			t.Errorf("completing %s: got %v, want %s among them", name, got, c.Name)
		}
	})
	if count < 80 {
		t.Errorf("only %d commands found", count)
	}
}

func TestNoTwoCommandsShareAName(t *testing.T) {
	walk(grammar(), nil, func(path []string, c *Command) {
		if c.Level == nil {
			return
		}
		seen := map[string]bool{}
		for _, sub := range c.Level.Commands {
			for _, n := range append([]string{sub.Name}, sub.Aliases...) {
				if seen[n] {
					t.Errorf("%s: %s is there twice", strings.Join(path, " "), n)
				}
				seen[n] = true
			}
		}
	})
}

func testEnv(vars map[string]string, stdin string, out, errs io.Writer) Env {
	return Env{Stdin: strings.NewReader(stdin), Stdout: out, Stderr: errs,
		Getenv: func(name string) string { return vars[name] },
		Now:    func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }}
}

func testSession(t *testing.T, vars map[string]string) *Session {
	t.Helper()
	return newSession(testEnv(vars, "", io.Discard, io.Discard), defaultOptions())
}
