package pengine_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/diff"
	"github.com/tactus-ha/tactus/tools"
)

// corpusKinds are what is compared for every published case. Graphs are compared as
// graphs; raw is equality of their text, numbers of actions included.
var corpusKinds = []string{"status", "summary", "scores", "dot", "graph", "raw"}

// TestCorpus measures agreement with Pacemaker's published cases, by its own rules of
// comparison. It fails when a number falls below the recorded floor; -update raises it.
func TestCorpus(t *testing.T) {
	dir := corpusDir(t)
	inputs, err := filepath.Glob(filepath.Join(dir, "xml", "*.xml"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no cases in %s", dir)
	}
	total, families := map[string]int{}, map[string]map[string]int{}
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".xml")
		family, _, _ := strings.Cut(name, "-")
		family = strings.TrimRight(family, "0123456789")
		if families[family] == nil {
			families[family] = map[string]int{}
		}
		families[family]["cases"]++
		got := runCase(t, input, name)
		for _, kind := range corpusKinds {
			want := wantOf(t, dir, name, kind)
			if got[kind] == want || kind == "graph" && slices.Equal(diff.GraphLines(got["xml"]), diff.GraphLines(wantText(t, dir, name, kind))) {
				total[kind]++
				families[family][kind]++
			} else {
				t.Logf("%s: %s differs: %s", name, kind, corpusDifference(got[kind], want))
			}
		}
	}
	t.Log(agreement(families, total, len(inputs)))
	checkFloor(t, len(inputs), total)
}

// agreement is a table: how many cases of each family agree, in each kind.
func agreement(families map[string]map[string]int, total map[string]int, cases int) string {
	var b strings.Builder
	row := func(name string, cases int, agree map[string]int) {
		fmt.Fprintf(&b, "%-16s %6d", name, cases)
		for _, kind := range corpusKinds {
			mark := " "
			if agree[kind] < cases {
				mark = "*"
			}
			fmt.Fprintf(&b, " %7d%s", agree[kind], mark)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "agreement with the published cases (* marks less than all)\n%-16s %6s", "family", "cases")
	for _, kind := range corpusKinds {
		fmt.Fprintf(&b, " %7s ", kind)
	}
	b.WriteString("\n")
	for _, family := range sortedNames(families) {
		row(family, families[family]["cases"], families[family])
	}
	row("all", cases, total)
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// corpusDir finds the published cases: TACTUS_CORPUS, else beside the repository.
func corpusDir(t *testing.T) string {
	dir := os.Getenv("TACTUS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	dir = filepath.Join(dir, "scheduler")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the published cases are not here (%s): set TACTUS_CORPUS to the folder that holds scheduler/", dir)
	}
	return dir
}

// caseArgs are the few cases that are run with arguments of their own.
var caseArgs = map[string][]string{
	"date-1": {"-t", "2005-020"}, "date-2": {"-t", "2005-020T12:30"}, "date-3": {"-t", "2005-020T11:30"},
	"origin": {"-t", "2014-05-07 00:28:00"},
}

// runCase runs crm_simulate twice, as the published runner does.
func runCase(t *testing.T, input, name string) map[string]string {
	t.Helper()
	tmp := t.TempDir()
	dot, graph := filepath.Join(tmp, "dot"), filepath.Join(tmp, "graph")
	run := func(args ...string) string {
		var out, errs bytes.Buffer
		env := tools.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
			Now: func() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }}
		args = append(append([]string{"-x", input}, args...), caseArgs[name]...)
		if code := tools.Main(context.Background(), env, tools.Commands(), "crm_simulate", args); code != 0 {
			t.Errorf("%s: crm_simulate %q exits with %d", name, args, code)
		}
		if args[2] == "-S" {
			return errs.String() + out.String() // the published runner mixes them here
		}
		return out.String()
	}
	got := map[string]string{"summary": run("-S"), "scores": run("-D", dot, "-G", graph, "-sSQ")}
	for kind, file := range map[string]string{"dot": dot, "graph": graph} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		got[kind] = string(data)
	}
	got["status"], got["raw"] = statusPart(got["summary"]), got["graph"]
	xml := got["graph"]
	for kind := range got {
		got[kind] = normalize(kind, got[kind])
	}
	got["xml"] = xml
	return got
}

func wantOf(t *testing.T, dir, name, kind string) string {
	t.Helper()
	text := wantText(t, dir, name, kind)
	if kind == "status" {
		text = statusPart(text)
	}
	return normalize(kind, text)
}

// wantText is the published output, as it is.
func wantText(t *testing.T, dir, name, kind string) string {
	t.Helper()
	where := map[string]string{"status": "summary", "graph": "exp", "raw": "exp"}
	folder := kind
	if w, ok := where[kind]; ok {
		folder = w
	}
	data, err := os.ReadFile(filepath.Join(dir, folder, name+"."+folder))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// statusPart is what a summary says before any scheduling.
func statusPart(summary string) string {
	before, _, _ := strings.Cut(summary, "\nTransition Summary:")
	return before
}

var varying = regexp.MustCompile(`crm_feature_set="[^"]*"|batch-limit="[0-9]*"`)

// normalize applies the published rules: white space does not count, nor does the order
// of the lines of pictures and scores.
func normalize(kind, text string) string {
	if kind == "graph" || kind == "raw" {
		text = varying.ReplaceAllString(text, "")
	}
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.Join(strings.Fields(l), ""); l != "" {
			lines = append(lines, l)
		}
	}
	switch {
	case kind == "scores":
		slices.Sort(lines)
	case kind == "dot" && len(lines) > 2:
		middle := lines[1 : len(lines)-1]
		slices.Sort(middle)
		middle = slices.Compact(middle)
		lines = append(append([]string{lines[0]}, middle...), lines[len(lines)-1])
	}
	return strings.Join(lines, "\n")
}

func corpusDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d: got %.150q, want %.150q", i+1, a, b)
		}
	}
	return "nothing"
}

func sortedNames(m map[string]map[string]int) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// checkFloor compares the numbers with the recorded ones, which may only rise.
func checkFloor(t *testing.T, cases int, total map[string]int) {
	t.Helper()
	file := filepath.Join("testdata", "corpus.floor")
	data, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	floor := map[string]int{}
	for _, line := range strings.Split(string(data), "\n") {
		var kind string
		var n int
		if _, err := fmt.Sscan(line, &kind, &n); err == nil {
			floor[kind] = n
		}
	}
	var out strings.Builder
	for _, kind := range corpusKinds {
		t.Logf("%-8s agrees in %d of %d published cases", kind, total[kind], cases)
		if total[kind] < floor[kind] {
			t.Errorf("%s agrees in %d cases, want at least the %d of %s", kind, total[kind], floor[kind], file)
		}
		fmt.Fprintf(&out, "%s %d\n", kind, max(total[kind], floor[kind]))
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
