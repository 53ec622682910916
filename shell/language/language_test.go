package language_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/language"
)

func TestWords(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []string
		bad      bool
	}{
		{"blanks", "a  b\tc", []string{"a", "b", "c"}, false},
		{"double quotes", `a="x y" b`, []string{"a=x y", "b"}, false},
		{"single quotes keep everything", `a='x "\ y'`, []string{`a=x "\ y`}, false},
		{"escaped quote", `a="x \" y"`, []string{`a=x " y`}, false},
		{"backslash kept in double quotes", `a="x\d"`, []string{`a=x\d`}, false},
		{"backslash outside", `a\ b`, []string{"a b"}, false},
		{"empty value", `a="" b`, []string{"a=", "b"}, false},
		{"never closed", `a="x`, nil, true},
	} {
		got, err := language.Words(tc.in)
		if !slices.Equal(got, tc.want) || (err != nil) != tc.bad {
			t.Errorf("%s: Words(%q) = %q, %v; want %q, error %v", tc.name, tc.in, got, err, tc.want, tc.bad)
		}
	}
}

func TestStatements(t *testing.T) {
	got := language.Statements("# one\n\nprimitive a Dummy \\\n  # inside\n  params x=1 \\\n\nnode n1\n \\\n")
	want := []language.Statement{{Line: 3, Text: "primitive a Dummy params x=1"}, {Line: 7, Text: "node n1"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestBothWays reads statements, and prints what was read: want is "" where the same
// text comes out.
func TestBothWays(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"node n1", ""},
		{"node 1: n1 attributes standby=on utilization cpu=4", ""},
		{"node n1:remote", ""},
		{"primitive a Dummy", ""},
		{"primitive a ocf:heartbeat:Dummy state=/x", `primitive a Dummy params state="/x"`},
		{"primitive a ocf:pacemaker:Dummy params $id=p x=1 meta priority=3 utilization cpu=2", "primitive a ocf:pacemaker:Dummy params x=1 meta priority=3 utilization cpu=2"},
		{`primitive a systemd:foo@bar:baz.service description="two words" op start timeout=20`, `primitive a systemd:foo@bar:baz.service description="two words" op start timeout=20 interval=0`},
		{"primitive a @tpl params x=1", ""},
		{"primitive a Dummy params rule #uname eq n1 x=1 params x=2", ""},
		{"primitive a Dummy params 3: x=1", ""},
		{"primitive a Dummy op monitor interval=10s OCF_CHECK_LEVEL=10", "primitive a Dummy op monitor interval=10s op_params OCF_CHECK_LEVEL=10"},
		{"primitive a Dummy op monitor interval=10s op_meta start-delay=5s", ""},
		{"primitive a Dummy operations $id=ops op monitor interval=10s", ""},
		{"primitive a Dummy params @other:x", ""},
		{"PRIMITIVE a Dummy", "primitive a Dummy"},
		{"primitive a Dummy op monitor interval=10s role=master on_fail=Restart", "primitive a Dummy op monitor interval=10s role=Master on-fail=restart"},
		{"location l a 10: n1", ""},
		{"location l a -INFINITY: n1", "location l a -inf: n1"},
		{"location l a role=master inf: n1", "location l a role=Master inf: n1"},
		{"location l a resource_discovery=never -inf: n1", "location l a resource-discovery=never -inf: n1"},
		{`location l /web-(.*)/ 5: n1`, ""},
		{"location l { a b } 5: n1", ""},
		{"location l a rule 10: #uname eq n1 and pingd gt 0", ""},
		{"location l a rule $role=Promoted pingd: defined pingd", ""},
		{"location l a rule -inf: not_defined pingd or pingd number:lte 0", ""},
		{`location l a rule date spec hours=9-16 weekdays=1-5`, ""},
		{"location l a rule date in start=2026-01-01 end=2026-02-01", ""},
		{"location l a rule date lt 2026-01-01 rule 5: x eq meta{y}", ""},
		{"colocation c inf: a b:Master", ""},
		{"collocation c -100: a b", "colocation c -100: a b"},
		{"colocation c inf: a b node_attribute=Rack", "colocation c inf: a b node-attribute=Rack"},
		{"colocation c inf: a ( b c ) [ d e ]", ""},
		{"colocation c inf: (a b) c:Master", "colocation c inf: ( a b ) c:Master"},
		{"colocation c inf: _rsc_set_ a b", ""},
		{"colocation c inf: [ a b sequential=true ] c", ""},
		{"order o a b", ""},
		{"order o 0: a b", "order o Optional: a b"},
		{"order o INF: a:promote b:start symmetrical=no", "order o Mandatory: a:promote b:start symmetrical=false"},
		{"order o Serialize: a ( b c ) d", ""},
		{"rsc_ticket t tick: a b:Master loss-policy=fence", ""},
		{"rsc_ticket t tick: a", ""},
		{"property stonith_enabled=false", "property cib-bootstrap-options: stonith-enabled=false"},
		{"property other: maintenance-mode=true", ""},
		{"rsc_defaults resource_stickiness=10", "rsc_defaults rsc-options: resource-stickiness=10"},
		{"op_defaults set2: rule #uname eq n1 timeout=30s", ""},
		{"tag t: a b", "tag t a b"},
		{"fencing_topology n1: a b,c n2: d", ""},
		{"fencing_topology pattern:n.* a attr:rack=1 b", ""},
		{"fencing_topology a b", ""},
		{"ms m a meta notify=true", ""},
		{"master m a", "ms m a"},
		{"clone c a meta is_managed=false clone_max=2", "clone c a meta is-managed=false clone-max=2"},
		{"bundle b docker image=i network ip-range-start=10.0.0.1 port-mapping id=p port=80 storage storage-mapping id=s target-dir=t meta priority=1", "bundle b docker image=i network ip-range-start=10.0.0.1 port-mapping port=80 storage storage-mapping target-dir=t meta priority=1"},
	} {
		want := tc.want
		if want == "" {
			want = tc.in
		}
		p, err := language.ParseText(tc.in, language.Context{Nodes: []string{"n1", "n2"}})
		if err != nil {
			t.Errorf("%s: %v", tc.in, err)
			continue
		}
		if got := oneLine(printed(p)); got != want {
			t.Errorf("%s\n got %s\nwant %s", tc.in, got, want)
		}
	}
}

// printed gives a parsed statement its ids and members, and prints it.
func printed(p language.Parsed) string {
	e := p.Element
	defaults := map[string]string{"property": "cib-bootstrap-options", "rsc_defaults": "rsc-options", "op_defaults": "op-options"}
	if id := defaults[p.Verb]; id != "" && e.ID() == "" {
		e = e.With("id", id)
	}
	language.FillIDs(e, nil, map[string]bool{})
	for _, m := range p.Members {
		e = e.Plus(cib.New("primitive", "id", m))
	}
	return language.Printer{Nodes: []string{"n1", "n2"}}.Print(p.Verb, e)
}

func oneLine(text string) string { return strings.ReplaceAll(text, " \\\n\t", " ") }

func TestErrorsNameTheVerb(t *testing.T) {
	_, err := language.ParseText("order o a", language.Context{})
	var syntax *language.SyntaxError
	if !errors.As(err, &syntax) || syntax.Verb != "order" || syntax.Form == "" {
		t.Errorf("got %#v, want a SyntaxError of order with its form", err)
	}
}

func TestIDsOfWhatIsReplacedAreKept(t *testing.T) {
	old, err := cib.Parse([]byte(`<primitive id="a" class="ocf" provider="heartbeat" type="Dummy"><instance_attributes id="odd"><nvpair id="odd-x" name="x" value="1"/></instance_attributes><operations><op id="odd-op" name="monitor" interval="10s"/></operations></primitive>`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := language.ParseText("primitive a Dummy params x=2 y=3 op monitor interval=10s op monitor interval=20s", language.Context{})
	if err != nil {
		t.Fatal(err)
	}
	language.FillIDs(p.Element, old, map[string]bool{})
	var ids []string
	for e := range p.Element.Walk() {
		if e.ID() != "" {
			ids = append(ids, e.ID())
		}
	}
	want := []string{"a", "odd", "odd-x", "odd-y", "odd-op", "a-monitor-20s"}
	if !slices.Equal(ids, want) {
		t.Errorf("ids %v, want %v", ids, want)
	}
}

func TestTwoSetsGetTwoIDs(t *testing.T) {
	p, err := language.ParseText("location l a rule #uname eq n1 or #uname eq n2 rule x eq 1", language.Context{})
	if err != nil {
		t.Fatal(err)
	}
	language.FillIDs(p.Element, nil, map[string]bool{})
	seen := map[string]bool{}
	for e := range p.Element.Walk() {
		if seen[e.ID()] {
			t.Errorf("id %s is there twice", e.ID())
		}
		seen[e.ID()] = true
	}
	if !seen["l-rule"] || !seen["l-rule-0"] || !seen["l-rule-expression-0"] {
		t.Errorf("ids are not as crmsh makes them: %v", seen)
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{"primitive a Dummy params x=1 op monitor interval=1s", "location l a rule 1: #uname eq n", "order o ( a b ) [ c d ]",
		"colocation c inf: a b", "fencing_topology n1: a", "xml <tag id='t'/>", "property $id=x a=b", "node $id=1 n attributes a", "bundle b docker image=x", `primitive a "x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, st := range language.Statements(text) {
			p, err := language.ParseText(st.Text, language.Context{Nodes: []string{"n1"}})
			if err != nil || p.Verb == "monitor" || strings.HasPrefix(strings.TrimSpace(text), "xml") {
				continue
			}
			out := printed(p)
			again := language.Statements(out)
			if len(again) != 1 {
				t.Fatalf("%q is printed as %d statements: %q", st.Text, len(again), out)
			}
			if _, err := language.ParseText(again[0].Text, language.Context{Verbatim: true, Nodes: []string{"n1"}}); err != nil {
				t.Fatalf("%q is printed as %q, which does not read back: %v", st.Text, out, err)
			}
		}
	})
}
