package explain_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine/explain"
	"github.com/tactus-ha/tactus/pengine/state"
)

var update = flag.Bool("update", false, "write the golden files from what is explained now")

// read makes a case of a CIB, at the time of its execution-date.
func read(t testing.TB, file string) *explain.Case {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := cib.Parse(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	now := time.Unix(1700000000, 0).UTC()
	if s, err := strconv.ParseInt(root.Get("execution-date"), 10, 64); err == nil {
		now = time.Unix(s, 0).UTC()
	}
	return explain.Of(state.ReadRoot(root, now, state.ReadOptions{}))
}

// everything explains all resources and the transition.
func everything(t testing.TB, k *explain.Case) []byte {
	t.Helper()
	var b strings.Builder
	for _, id := range k.IDs() {
		a, err := k.Resource(id, explain.Ask{})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		b.WriteString(a.Text() + "\n")
	}
	b.WriteString(explain.TransitionText(k.Transition(), k.Blocked()))
	return []byte(b.String())
}

// TestGolden explains the policy engine's golden cases (those that have a folder here) and
// some of its own: one for each thing that can be a cause. -update rewrites what is expected.
func TestGolden(t *testing.T) {
	theirs, err := filepath.Glob("../testdata/*/cib.xml")
	if err != nil || len(theirs) < 50 {
		t.Fatalf("%d cases in ../testdata: %v", len(theirs), err)
	}
	own, err := filepath.Glob("testdata/own/*/cib.xml")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range append(theirs, own...) {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			got := everything(t, read(t, file))
			golden := filepath.Join(filepath.Dir(file), "explain.txt")
			if i < len(theirs) {
				golden = filepath.Join("testdata", name, "explain.txt")
				if _, err := os.Stat(golden); os.IsNotExist(err) && len(got) > 0 {
					return // a new case of the policy engine, about something else
				}
			}
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs (go test ./pengine/explain -update rewrites it), got:\n%s\nwant:\n%s", golden, got, want)
			}
		})
	}
}
