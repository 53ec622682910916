package graph

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestXMLRoundTrip: what XML prints, ParseXML reads.
func TestXMLRoundTrip(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/graph.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no graphs: %v", err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		g, err := ParseXML(want)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got := g.XML(); !bytes.Equal(got, want) {
			t.Errorf("%s: reading and printing gives\n%s\nwant\n%s", file, got, want)
		}
	}
}

func TestParseXMLRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no XML":            "hello",
		"another document":  "<cib/>",
		"synapse no action": `<transition_graph><synapse id="0"><action_set/></synapse></transition_graph>`,
		"unknown kind":      `<transition_graph><synapse id="0"><action_set><do id="1"/></action_set></synapse></transition_graph>`,
		"no number":         `<transition_graph><synapse id="0"><action_set><rsc_op id="x"/></action_set></synapse></transition_graph>`,
	} {
		if g, err := ParseXML([]byte(text)); err == nil {
			t.Errorf("%s: ParseXML(%q) = %+v, want an error", name, text, g)
		}
	}
}

// TestTriggersMayBeLeftOut: inputs are named by what the graph says of them.
func TestTriggersMayBeLeftOut(t *testing.T) {
	g := &Graph{Synapses: []Synapse{
		{ID: 0, Action: Action{ID: 1, Operation: "stop", Key: "a_stop_0", Node: "n1"}},
		{ID: 1, Action: Action{ID: 2, Operation: "start", Key: "a_start_0", Node: "n2"}, Inputs: []int{1}},
	}}
	if out := g.XML(); !bytes.Contains(out, []byte(`<rsc_op id="1" operation="stop" operation_key="a_stop_0" on_node="n1"/>`)) {
		t.Errorf("the input is not named in\n%s", out)
	}
}

func TestDOT(t *testing.T) {
	p := Picture{
		Dots:   []Dot{{Name: "a_start_0 n1", Bold: true, Color: "green", Font: "black"}, {Name: "b_start_0 n1", Color: "red", Font: "black"}},
		Arrows: []Arrow{{From: "a_start_0 n1", To: "b_start_0 n1", Bold: true}},
	}
	want := ` digraph "g" {
"a_start_0 n1" [ style=bold color="green" fontcolor="black"]
"b_start_0 n1" [ style=dashed color="red" fontcolor="black"]
"a_start_0 n1" -> "b_start_0 n1" [ style = bold]
}
`
	if got := string(p.DOT()); got != want {
		t.Errorf("DOT() = %s\nwant %s", got, want)
	}
}

func FuzzParseXML(f *testing.F) {
	files, _ := filepath.Glob("../testdata/*/graph.xml")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := ParseXML(data)
		if err != nil {
			return
		}
		once := g.XML()
		again, err := ParseXML(once)
		if err != nil {
			t.Fatalf("what was printed cannot be read: %v\n%s", err, once)
		}
		if twice := again.XML(); !bytes.Equal(once, twice) {
			t.Errorf("printing twice differs:\n%s\n%s", once, twice)
		}
	})
}

// TestXMLIsTheElement: printing without having all elements in memory gives the same text.
func TestXMLIsTheElement(t *testing.T) {
	files, _ := filepath.Glob("../testdata/*/graph.xml")
	if len(files) == 0 {
		t.Fatal("no graphs in ../testdata")
	}
	for _, file := range append(files, "") {
		g := &Graph{FailedStopOffset: "INFINITY"}
		for i := range 1000 { // enough to be printed with room made in advance
			g.Synapses = append(g.Synapses, Synapse{ID: i, Inputs: []int{i}, Action: Action{ID: i + 1, Key: "a<b", Attributes: map[string]string{"x": "\"1\""}}})
		}
		if file != "" {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if g, err = ParseXML(data); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := g.XML(), g.Element().XML(); !bytes.Equal(got, want) {
			t.Errorf("%s: XML differs from what Element prints:\n%.300s\nwant\n%.300s", file, got, want)
		}
	}
}
