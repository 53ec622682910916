package sched

import "testing"

func TestPatternEscapes(t *testing.T) {
	for _, c := range []struct {
		pattern, id string
		match       bool
	}{
		{`ip-\w+`, "ip-db", true},
		{`^\W`, "ip-db", false},
		{`\bdb`, "ip-db", true},
		{`\Bdb`, "ip-db", false},
		{`\<ip`, "ip-db", true},
		{`ip\>`, "ipx", false},
		{`i\b`, "ip-db", false},
		{`\d1`, "d1", true}, // no class: the letter itself
		{`\d1`, "11", false},
		{`[\w]x`, "wx", true}, // a backslash in brackets is itself
		{`[\w]x`, "ax", false},
		{`[]x]$`, "x", true},
		{`ip\-db`, "ip-db", true},
	} {
		re, err := compilePattern(c.pattern)
		if err != nil {
			t.Errorf("compilePattern(%q): %v", c.pattern, err)
			continue
		}
		if got := re.MatchString(c.id); got != c.match {
			t.Errorf("pattern %q matches %q = %v, want %v", c.pattern, c.id, got, c.match)
		}
	}
	for _, bad := range []string{`ip-(`, `[a`, `a\`, `(?i)ip\b`} {
		if _, err := compilePattern(bad); err == nil {
			t.Errorf("compilePattern(%q) gave no error, want one", bad)
		}
	}
}
