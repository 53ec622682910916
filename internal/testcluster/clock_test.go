//go:build clocks

package testcluster

import (
	"strings"
	"testing"
	"time"
)

// TestClocksJump: a node's wall clock is wrong for programs that are built for it, and
// right again. It compiles Go's library anew, for minutes: go test -tags clocks.
func TestClocksJump(t *testing.T) {
	bin, err := BuildWithClocks()
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Nodes: []string{"a"}, Bin: bin})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, wrong := range []time.Duration{0, -3 * time.Hour, 400 * 24 * time.Hour, 0} {
		if err := c.Node("a").SetClock(wrong); err != nil {
			t.Fatal(err)
		}
		before := time.Now().Add(wrong - 2*time.Second)
		out, err := c.Node("a").Tool(t.Context(), "iso8601", "-n")
		if err != nil || out.Code != 0 {
			t.Fatalf("iso8601: %+v %v", out, err)
		}
		_, text, _ := strings.Cut(strings.TrimSpace(out.Stdout), ": ")
		got, err := time.Parse("2006-01-02 15:04:05Z", text)
		if err != nil || got.Before(before) || got.After(time.Now().Add(wrong+time.Second)) {
			t.Errorf("with a clock wrong by %v the time is %q %v", wrong, out.Stdout, err)
		}
	}
}
