package diff

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == AnswerCommand {
		os.Exit(Answer(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

func TestSameSeedSameCase(t *testing.T) {
	different := false
	for seed := range uint64(60) {
		a, b := Random(seed), Random(seed)
		if !bytes.Equal(a.Root.XML(), b.Root.XML()) || !slices.Equal(a.Args, b.Args) {
			t.Fatalf("seed %d makes two different cases", seed)
		}
		if seed > 0 && !bytes.Equal(a.Root.XML(), Random(seed-1).Root.XML()) {
			different = true
		}
		m, n := Mutated(seed, "m", a.Root), Mutated(seed, "m", a.Root)
		if !bytes.Equal(m.Root.XML(), n.Root.XML()) {
			t.Fatalf("seed %d mutates in two ways", seed)
		}
		if !bytes.Equal(a.Root.XML(), b.Root.XML()) {
			t.Fatalf("seed %d: the original was changed", seed)
		}
	}
	if !different {
		t.Error("all seeds make the same case")
	}
}

// TestGrammarIsRich asks for what only some cases have.
func TestGrammarIsRich(t *testing.T) {
	var all bytes.Buffer
	for seed := range uint64(600) {
		all.Write(Random(seed).Root.XML())
	}
	for _, want := range []string{"<bundle ", "<master ", "<clone ", "<group ", "template=", "<tag ", "type=\"remote\"", "remote-node", "<resource_set",
		"require-all", "node-attribute", "influence", "rsc-pattern", "resource-discovery", "<date_spec", "<duration", "<rsc_expression", "<op_expression",
		"score-attribute", "value-source", "<utilization", "placement-strategy", "loss-policy=\"fence\"", "<ticket_state", "node-health-strategy", "#health-",
		"standby", "maintenance-mode", "shutdown-lock", "is-managed", "migration-threshold", "failure-timeout", "fail-count-", "multiple-active",
		"stop-all-resources", "priority-fencing-delay", "unfencing", "no-quorum-policy", "migrate_to", "op-status=\"-1\"", "exit-reason", "Serialize",
		"clone-min", "interleave", "globally-unique", "fencing-level", "allow-migrate", "on-fail=\"standby\"", "pacemaker-1.2", "pacemaker-4.0"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no case says %s", want)
		}
	}
}

// TestIDsAreUnique: a case with an id twice says nothing about decisions.
func TestIDsAreUnique(t *testing.T) {
	for seed := range uint64(200) {
		seen := map[string]bool{}
		for e := range Random(seed).Root.Child("configuration").Walk() {
			if id := e.ID(); id != "" && e.Name != "resource_ref" && e.Name != "obj_ref" && e.Name != "node" {
				if seen[id] {
					t.Errorf("seed %d: id %q twice", seed, id)
				}
				seen[id] = true
			}
		}
	}
}

func TestEvolvedGoesOn(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var rounds []Case
	if err := Evolved(context.Background(), 5, nil, self, t.TempDir(), func(c Case) bool { rounds = append(rounds, c); return true }); err != nil {
		t.Fatal(err)
	}
	if len(rounds) < 2 {
		t.Fatalf("got %d rounds, want at least 2", len(rounds))
	}
	if n := len(everyNamed(rounds[1].Root.Child("status"), "lrm_rsc_op")); n == 0 {
		t.Error("after the first round there is no history")
	}
}

func TestShrink(t *testing.T) {
	c := Random(7)
	c.Args = append(c.Args, "-d", "n1")
	asked := 0
	still := func(c Case) bool {
		asked++
		return c.Root.Child("configuration").Child("nodes").ChildWith("node", "uname", "n2") != nil && len(c.Root.Get("validate-with")) > 0
	}
	if !still(c) {
		c = Random(8)
	}
	small := Shrink(c, 5000, still)
	if !still(small) {
		t.Fatal("the small case does not show what the large one does")
	}
	if n := len(slices.Collect(small.Root.Walk())); n != 4 { // cib, configuration, nodes, node
		t.Errorf("got %d elements, want 4:\n%s", n, small.Root.XML())
	}
	if slices.Contains(small.Args, "-d") {
		t.Errorf("got arguments %q, want no event", small.Args)
	}
	asked = 0
	Shrink(c, 10, still)
	if asked > 10 {
		t.Errorf("asked %d times, want at most 10", asked)
	}
}

const graphOf = `<transition_graph cluster-delay="60s" transition_id="1">
 <synapse id="%d"><action_set><rsc_op id="%d" operation="start" operation_key="p_start_0" on_node="n1"><primitive id="p"/><attributes a="1"/></rsc_op></action_set>
  <inputs><trigger><rsc_op id="%d" operation_key="p_monitor_0" on_node="n1"/></trigger></inputs></synapse></transition_graph>`

func TestCompare(t *testing.T) {
	report := "Current cluster status:\n * p1 Stopped\n\nAssignment Scores:\n * a: 1\n * b: 2\n\nTransition Summary:\n * Start p1 ( n1 )\n"
	good := Output{Stdout: report, Graph: fmt.Sprintf(graphOf, 0, 3, 2), Saved: "<cib><status/></cib>"}
	change := func(f func(*Output)) Output {
		o := good
		f(&o)
		return o
	}
	for _, tt := range []struct {
		name      string
		ours, ref Output
		want      []Kind
	}{
		{"same", good, good, nil},
		{"order of scores", change(func(o *Output) { o.Stdout = strings.Replace(report, " * a: 1\n * b: 2\n", " * b: 2\n * a: 1\n", 1) }), good, nil},
		{"white space", change(func(o *Output) { o.Stdout = strings.ReplaceAll(report, " * ", "   *  ") }), good, nil},
		{"a score", change(func(o *Output) { o.Stdout = strings.Replace(report, "b: 2", "b: 3", 1) }), good, []Kind{Scores}},
		{"the summary", change(func(o *Output) { o.Stdout = strings.Replace(report, "Start", "Stop", 1) }), good, []Kind{Summary}},
		{"the status", change(func(o *Output) { o.Stdout = strings.Replace(report, "Stopped", "Started", 1) }), good, []Kind{Status}},
		{"numbers of a graph", change(func(o *Output) { o.Graph = fmt.Sprintf(graphOf, 0, 13, 12) }), good, []Kind{RawGraph}},
		{"an action", change(func(o *Output) { o.Graph = strings.Replace(o.Graph, `a="1"`, `a="2"`, 1) }), good, []Kind{Graph}},
		{"what an action waits for", change(func(o *Output) { o.Graph = strings.Replace(o.Graph, "p_monitor_0", "q_monitor_0", 1) }), good, []Kind{Graph}},
		{"lines of a picture", change(func(o *Output) { o.Dot = "{\n b\n a\n}" }), change(func(o *Output) { o.Dot = "{\n a\n b\n a\n}" }), nil},
		{"we crash", Output{Code: -1, Crash: "it broke"}, good, []Kind{OurCrash}},
		{"we refuse", Output{Code: 78}, good, []Kind{OurRefusal}},
		{"it crashes", good, Output{Code: -1, Crash: "signal: aborted"}, []Kind{Aborted}},
		{"it rejects", good, Output{Code: 78}, []Kind{Rejected}},
		{"a result", change(func(o *Output) { o.Saved = `<cib><status><node_state id="1"/></status></cib>` }), good, []Kind{Saved}},
		{"times of results", change(func(o *Output) { o.Saved = `<cib><status><lrm_rsc_op id="1" last-rc-change="5"/></status></cib>` }),
			change(func(o *Output) { o.Saved = `<cib><status><lrm_rsc_op id="1" last-rc-change="6"/></status></cib>` }), nil},
	} {
		var got []Kind
		for _, d := range Compare(tt.ours, tt.ref) {
			got = append(got, d.Kind)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestCampaign lets us judge ourselves: nothing differs; and a liar, who differs always.
func TestCampaign(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return file
	}
	honest := script("honest", fmt.Sprintf("exec %q %s 0 \"$@\"", self, AnswerCommand))
	liar := script("liar", fmt.Sprintf("%q %s 0 \"$@\"; echo '  * Nothing else'", self, AnswerCommand))
	c := Campaign{Reference: honest, Self: self, Count: 6, Seed: 1, Out: filepath.Join(dir, "out"), Jobs: 2}
	var report bytes.Buffer
	counts, err := c.Run(context.Background(), &report)
	if err != nil || counts.Cases < 6 || counts.Differing() != 0 {
		t.Errorf("against ourselves: %v, %d cases, %d differ\n%s", err, counts.Cases, counts.Differing(), report.String())
	}
	c.Reference, c.Count = liar, 1
	counts, err = c.Run(context.Background(), &report)
	if err != nil || counts.Differing() != counts.Cases || !strings.Contains(report.String(), "Nothing else") {
		t.Errorf("against a liar: %v, %d of %d differ\n%s", err, counts.Differing(), counts.Cases, report.String())
	}
	written, _ := filepath.Glob(filepath.Join(dir, "out", "*.xml"))
	if len(written) != counts.Differing() {
		t.Errorf("%d cases written, want %d", len(written), counts.Differing())
	}
}

func TestProgramThatCannotRun(t *testing.T) {
	c := Case{Name: "x", Root: cib.New("cib")}
	out, err := c.ask(context.Background(), Reference("/nonexistent/crm_simulate"), t.TempDir())
	if err != nil || out.Crash == "" {
		t.Errorf("got %+v, %v; want a crash", out, err)
	}
	if out := Ours("/nonexistent", time.Unix(1, 0))(context.Background(), t.TempDir(), "x", nil); out.Crash == "" {
		t.Error("our program is not there, and no crash is told")
	}
}
