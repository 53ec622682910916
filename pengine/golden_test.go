package pengine_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/pengine"
)

var update = flag.Bool("update", false, "write the golden files from what the engine says now")

// golden lists the cases: folders of testdata with a cib.xml.
func golden(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*/cib.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	dirs := make([]string, len(files))
	for i, f := range files {
		dirs[i] = filepath.Dir(f)
	}
	return dirs
}

// schedule runs the engine on a document, at the time of its execution-date.
func schedule(t testing.TB, data []byte) pengine.Output {
	t.Helper()
	root, err := cib.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := cib.NewSnapshot(root)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1700000000, 0).UTC()
	if s, err := strconv.ParseInt(root.Get("execution-date"), 10, 64); err == nil {
		now = time.Unix(s, 0).UTC()
	}
	return pengine.Schedule(pengine.Input{CIB: snap, Now: now, ShowScores: true, ShowUtilization: true})
}

func summary(out pengine.Output) []byte {
	var b strings.Builder
	for _, c := range out.Result.Changes {
		if line := c.String(); line != "" {
			b.WriteString(line + "\n")
		}
	}
	for _, f := range out.Findings {
		b.WriteString(f.Level + ": " + f.Msg + "\n")
	}
	return []byte(b.String())
}

func scores(out pengine.Output) []byte {
	lines := slices.Concat(out.Result.Scores(), out.Result.Capacity())
	if len(lines) == 0 {
		return nil
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// TestGolden compares graph, scores and summary of each case with what was found right.
func TestGolden(t *testing.T) {
	for _, dir := range golden(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, "cib.xml"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(data, []byte("<!-- ")) {
				t.Error("cib.xml does not begin with a comment that says what the case shows")
			}
			out := schedule(t, data)
			for name, got := range map[string][]byte{
				"graph.xml": out.Graph.XML(), "scores.txt": scores(out), "summary.txt": summary(out),
			} {
				file := filepath.Join(dir, name)
				if *update {
					if err := os.WriteFile(file, got, 0o644); err != nil {
						t.Fatal(err)
					}
					continue
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s differs (go test ./pengine -run TestGolden -update rewrites it):\n%s", file, firstDifference(got, want))
				}
			}
		})
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		gl, wl := "(end)", "(end)"
		if i < len(g) {
			gl = g[i]
		}
		if i < len(w) {
			wl = w[i]
		}
		if gl != wl {
			return "line " + strconv.Itoa(i+1) + "\n got: " + gl + "\nwant: " + wl
		}
	}
	return "nothing"
}
