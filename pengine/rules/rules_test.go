package rules

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

var noon = time.Date(2005, 1, 20, 12, 0, 0, 0, time.UTC) // a Thursday, day 20, week 3

func TestParseInterval(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want time.Duration
		ok   bool
	}{
		{"", 0, true}, {"10", 10 * time.Second, true}, {"10s", 10 * time.Second, true}, {"500ms", 500 * time.Millisecond, true},
		{"2min", 2 * time.Minute, true}, {"1h", time.Hour, true}, {"PT30S", 30 * time.Second, true}, {"P30S", 30 * time.Second, true},
		{"PT1H30M", 90 * time.Minute, true}, {"1.5s", time.Second, true}, {" 7 sec", 7 * time.Second, true},
		{"99999999999", (1<<32 - 1) * time.Millisecond, true}, {"-1s", 0, false}, {"ten", 0, false}, {"5 parsecs", 0, false}, {"P", 0, false},
	} {
		if got, ok := ParseInterval(tc.in); got != tc.want || ok != tc.ok {
			t.Errorf("ParseInterval(%q) = %v, %v; want %v, %v", tc.in, got, ok, tc.want, tc.ok)
		}
	}
}

func TestParseTime(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"2005-01-20", "2005-01-20T00:00:00Z"}, {"20050120", "2005-01-20T00:00:00Z"}, {"2005-020", "2005-01-20T00:00:00Z"},
		{"2005-020T11:30", "2005-01-20T11:30:00Z"}, {"2005-W03-4", "2005-01-20T00:00:00Z"}, {"2014-05-07 00:28:00", "2014-05-07T00:28:00Z"},
		{"2005-01-20T12:00:00+02:00", "2005-01-20T10:00:00Z"}, {"2005-01-20 12:00Z", "2005-01-20T12:00:00Z"}, {"epoch", "1970-01-01T00:00:00Z"},
		{"13:45", "2005-01-20T13:45:00Z"}, {"2005-13-01", ""}, {"2005-366", ""}, {"yesterday", ""}, {"", ""},
	} {
		got, ok := ParseTime(tc.in, noon)
		text := ""
		if ok {
			text = got.UTC().Format(time.RFC3339)
		}
		if text != tc.want {
			t.Errorf("ParseTime(%q) = %q, want %q", tc.in, text, tc.want)
		}
	}
}

func TestInForce(t *testing.T) {
	in := &Input{Now: noon, NodeAttrs: map[string]string{"#uname": "n1", "load": "5", "version": "1.10"}, Class: "ocf", Provider: "test", Type: "Dummy",
		OpName: "monitor", OpInterval: 10 * time.Second, Matches: []string{"db-7", "7"}, Params: map[string]string{"limit": "5"}}
	for _, tc := range []struct {
		name, xml string
		want      bool
		until     string
	}{
		{"node name", `<expression id="e" attribute="#uname" operation="eq" value="N1"/>`, true, ""},
		{"numbers compare as numbers", `<expression id="e" attribute="load" operation="lt" value="10"/>`, true, ""},
		{"strings do not", `<expression id="e" attribute="load" operation="lt" value="10" type="string"/>`, false, ""},
		{"versions", `<expression id="e" attribute="version" operation="gt" value="1.9" type="version"/>`, true, ""},
		{"not defined", `<expression id="e" attribute="nothing" operation="not_defined"/>`, true, ""},
		{"defined with a value is an error", `<expression id="e" attribute="load" operation="defined" value="5"/>`, false, ""},
		{"unequal to what is not there", `<expression id="e" attribute="nothing" operation="ne" value="1"/>`, true, ""},
		{"value from a parameter", `<expression id="e" attribute="load" operation="eq" value="limit" value-source="param"/>`, true, ""},
		{"agent", `<rsc_expression id="e" class="ocf" type="Dummy"/>`, true, ""},
		{"other agent", `<rsc_expression id="e" provider="heartbeat"/>`, false, ""},
		{"operation", `<op_expression id="e" name="monitor" interval="10s"/>`, true, ""},
		{"other interval", `<op_expression id="e" name="monitor" interval="20s"/>`, false, ""},
		{"not yet", `<date_expression id="e" operation="gt" start="2005-01-21"/>`, false, "2005-01-21T00:00:01Z"},
		{"before", `<date_expression id="e" operation="lt" end="2005-01-21"/>`, true, "2005-01-21T00:00:00Z"},
		{"range", `<date_expression id="e" operation="in_range" start="2005-01-01" end="2005-02-01"/>`, true, "2005-02-01T00:00:01Z"},
		{"range to come", `<date_expression id="e" start="2005-02-01" end="2005-03-01"/>`, false, "2005-02-01T00:00:00Z"},
		{"duration", `<date_expression id="e" start="2005-01-20"><duration id="d" hours="11"/></date_expression>`, false, ""},
		{"working hours", `<date_expression id="e" operation="date_spec"><date_spec id="s" hours="9-16" weekdays="1-5"/></date_expression>`, true, ""},
		{"week end", `<date_expression id="e" operation="date_spec"><date_spec id="s" weekdays="6-7"/></date_expression>`, false, ""},
		{"nobody knows this operation", `<expression id="e" attribute="load" operation="like" value="5"/>`, false, ""},
		{"without an id", `<expression attribute="load" operation="defined"/>`, false, ""},
	} {
		e, err := cib.Parse([]byte(`<rule id="r">` + tc.xml + `</rule>`))
		if err != nil {
			t.Fatal(err)
		}
		got, until := InForce(e, in)
		text := ""
		if !until.IsZero() {
			text = until.UTC().Format(time.RFC3339)
		}
		if got != tc.want || text != tc.until {
			t.Errorf("%s: InForce = %v until %q, want %v until %q", tc.name, got, text, tc.want, tc.until)
		}
	}
}

func TestRulesCombine(t *testing.T) {
	const yes, no = `<expression id="a" attribute="x" operation="defined"/>`, `<expression id="b" attribute="x" operation="not_defined"/>`
	in := &Input{Now: noon, NodeAttrs: map[string]string{"x": "1"}}
	for _, tc := range []struct {
		xml  string
		want bool
	}{
		{`<rule id="r">` + yes + no + `</rule>`, false}, {`<rule id="r" boolean-op="or">` + no + yes + `</rule>`, true},
		{`<rule id="r"/>`, true}, {`<rule id="r" boolean-op="xor">` + yes + `</rule>`, false},
		{`<rule id="r"><rule id="s" boolean-op="or">` + no + yes + `</rule>` + yes + `</rule>`, true},
	} {
		e, err := cib.Parse([]byte(tc.xml))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := InForce(e, in); got != tc.want {
			t.Errorf("InForce(%s) = %v, want %v", tc.xml, got, tc.want)
		}
	}
}

func TestARuleThatRefersToItselfEnds(t *testing.T) {
	e, err := cib.Parse([]byte(`<rule id="r"><rule id-ref="r"/></rule>`))
	if err != nil {
		t.Fatal(err)
	}
	in := &Input{Now: noon, Resolve: func(string) *cib.Element { return e }}
	if ok, _ := InForce(e, in); ok {
		t.Error("a rule that refers to itself holds, want it not to")
	}
}

func TestUnpackOrder(t *testing.T) {
	e, err := cib.Parse([]byte(`<primitive id="p">
  <meta_attributes id="a"><nvpair id="a1" name="x" value="low"/><nvpair id="a2" name="only" value="a"/></meta_attributes>
  <meta_attributes id="b" score="10"><nvpair id="b1" name="x" value="high"/></meta_attributes>
  <meta_attributes id="c"><nvpair id="c1" name="only" value="later"/></meta_attributes>
  <meta_attributes id="d" score="INFINITY"><rule id="r"><expression id="e" attribute="x" operation="defined"/></rule><nvpair id="d1" name="x" value="never"/></meta_attributes>
</primitive>`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	Unpack(e, "meta_attributes", "", &Input{Now: noon}, got)
	if got["x"] != "high" || got["only"] != "later" {
		t.Errorf("Unpack gives %v, want x=high only=later", got)
	}
}

func FuzzTimes(f *testing.F) {
	for _, s := range []string{"2005-020T11:30", "P1Y2M3DT4H5M6S", "10s", "2005-W03-4", "12:00", "+", "T", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ParseTime(s, noon)
		if d, ok := ParseInterval(s); ok && d < 0 {
			t.Errorf("ParseInterval(%q) = %v, want none below zero", s, d)
		}
	})
}
