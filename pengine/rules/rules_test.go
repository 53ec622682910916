package rules

import (
	"fmt"
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
		{"PT1H30M", 90 * time.Minute, true}, {"1.5s", time.Second, true}, {"PT0S", 0, false}, {"P1W", 7 * 24 * time.Hour, true}, {"PT90S tea", 90 * time.Second, true}, {"P1M", 720 * time.Hour, true},
		{"PT-5S", 0, false}, {"PT9999999999S", 0, false}, {"P100Y", (1<<32 - 1) / 1000 * time.Second, true}, {"99999999999999999999h", (1<<32 - 1) * time.Millisecond, true},
		{"P5", 0, false}, {"PT5X", 0, false}, {" 7 sec", 7 * time.Second, true},
		{"99999999999", (1<<32 - 1) * time.Millisecond, true}, {"-1s", 0, false}, {"ten", 0, false}, {"5 parsecs", 0, false}, {"P", 0, false},
	} {
		if got, ok := ParseInterval(tc.in); got != tc.want || ok != tc.ok {
			t.Errorf("ParseInterval(%q) = %v, %v; want %v, %v", tc.in, got, ok, tc.want, tc.ok)
		}
	}
}

func TestParseTimeout(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want time.Duration
		ok   bool
	}{
		{"30", 30 * time.Second, true}, {"2min", 2 * time.Minute, true}, {"PT1M", 0, false}, {"", 0, false}, {"99999999999999999999", 0, false},
	} {
		if got, ok := ParseTimeout(tc.in); got != tc.want || ok != tc.ok {
			t.Errorf("ParseTimeout(%q) = %v, %v; want %v, %v", tc.in, got, ok, tc.want, tc.ok)
		}
	}
}

func TestParseTime(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"2005-01-20", "2005-01-20T00:00:00Z"}, {"20050120", "2005-01-20T00:00:00Z"}, {"2005-020", "2005-01-20T00:00:00Z"},
		{"2005-020T11:30", "2005-01-20T11:30:00Z"}, {"2005-W03-4", "2005-01-20T00:00:00Z"}, {"2014-05-07 00:28:00", "2014-05-07T00:28:00Z"},
		{"2005-01-20T12:00:00+02:00", "2005-01-20T10:00:00Z"}, {"2005-01-20 12:00Z", "2005-01-20T12:00:00Z"}, {"epoch", "1970-01-01T00:00:00Z"},
		{"13:45", "2005-01-20T13:45:00Z"}, {"T13:45", "2005-01-20T13:45:00Z"}, {"2005-1-5", "2005-01-05T00:00:00Z"}, {"2005-11", "2005-01-11T00:00:00Z"},
		{"2005-01-20T12", "2005-01-20T12:00:00Z"}, {"2005-01-20T24:00", "2005-01-21T00:00:00Z"}, {"2005-01-20T24:01", ""}, {"2005-01-20T12:00:60", ""},
		{"2005-01-20T12:00:00.5Z", "2005-01-20T12:00:00Z"}, {"2005-01-20T12:00:00 -0500", "2005-01-20T17:00:00Z"}, {"2005-01-20T12:00+25:00", ""},
		{"2005-01-20, in the morning", "2005-01-20T00:00:00Z"}, {"2005W034", ""}, {"2005020", ""}, {"2005-W53-1", ""}, {"2005-W00-1", ""}, {"2005-02-29", ""},
		{"-2005-01-20", ""}, {"now", ""}, {"EPOCH", "1970-01-01T00:00:00Z"}, {"99999999999999999999-01-01", ""}, {"2005-13-01", ""}, {"2005-366", ""}, {"yesterday", ""}, {"", ""},
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

// TestRulesThatShareRulesEnd: each of forty rules refers twice to the next. Followed one
// by one these are a million million evaluations.
func TestRulesThatShareRulesEnd(t *testing.T) {
	rules := map[string]*cib.Element{}
	for i := range 40 {
		next := fmt.Sprintf(`<rule id-ref="r%d"/>`, i+1)
		e, err := cib.Parse([]byte(fmt.Sprintf(`<rule id="r%d">%s%s</rule>`, i, next, next)))
		if err != nil {
			t.Fatal(err)
		}
		rules[e.ID()] = e
	}
	last, err := cib.Parse([]byte(`<rule id="r40"><date_expression id="d" operation="lt" end="2005-01-21"/></rule>`))
	if err != nil {
		t.Fatal(err)
	}
	rules["r40"] = last
	ok, until := InForce(rules["r0"], &Input{Now: noon, Resolve: func(id string) *cib.Element { return rules[id] }})
	if want := time.Date(2005, 1, 21, 0, 0, 0, 0, time.UTC); !ok || !until.Equal(want) {
		t.Errorf("InForce = %v until %v, want true until %v", ok, until, want)
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

func TestDurationsOfRules(t *testing.T) {
	for _, tc := range []struct{ start, attrs, want string }{
		{"2005-01-20", `hours="36"`, "2005-01-21T12:00:00Z"},
		{"2005-01-31", `months="1"`, "2005-02-28T00:00:00Z"},
		{"2005-03-31", `months="-1"`, "2005-02-28T00:00:00Z"},
		{"2004-03-01", `years="1"`, "2005-03-02T00:00:00Z"}, // the 61st day of either year
		{"2005-01-20", `years="-9999"`, "0001-01-20T00:00:00Z"},
		{"2005-01-20", `weeks="1" days="1"`, "2005-01-28T00:00:00Z"},
		{"2005-01-20", `days="1x"`, "2005-01-21T00:00:00Z"},
		{"2005-01-20", `days="x"`, ""},
		{"2005-01-20", `seconds="99999999999"`, ""},
	} {
		e, err := cib.Parse([]byte(`<duration id="d" ` + tc.attrs + `/>`))
		if err != nil {
			t.Fatal(err)
		}
		start, ok := ParseTime(tc.start, noon)
		if !ok {
			t.Fatalf("ParseTime(%q): not a time", tc.start)
		}
		got := ""
		if end, ok := addDuration(start, e); ok {
			got = end.UTC().Format(time.RFC3339)
		}
		if got != tc.want {
			t.Errorf("%s plus %s is %q, want %q", tc.start, tc.attrs, got, tc.want)
		}
	}
}

func TestRangesOfDateSpecs(t *testing.T) {
	for _, tc := range []struct {
		text string
		want bool
	}{
		{"5", true}, {"4", false}, {"1-5", true}, {"6-", false}, {"-5", true}, {"+5", true}, {" 5", true}, {"5 ", false}, {"", false}, {"-", false},
		{"5x", false}, {"5-99999999999999999999", false}, {"--5", false}, {"1--1", true}, {"5-4", false},
	} {
		if got := inNumberRange(tc.text, 5); got != tc.want {
			t.Errorf("5 in %q is %v, want %v", tc.text, got, tc.want)
		}
	}
}

func TestComparisons(t *testing.T) {
	for _, tc := range []struct {
		a, b, kind string
		want       int
	}{
		{"7 apples", "7", "integer", 0}, {"apples", "7", "integer", 1}, {"99999999999999999999", "5", "integer", 1}, {"10", "9", "string", -1},
		{"1.5abc", "1.5", "number", 0}, {".5", "0.5", "number", 0}, {"1e3", "999", "number", 1}, {"1e", "1", "number", 0}, {"1e999", "2", "number", -1},
		{"1.10", "1.9", "version", 1}, {"1.10.0", "1.10", "version", 0}, {" 1.2-rc3", "1.2", "version", 0}, {"v1", "0", "version", 0}, {"2", "1.9.9", "version", 1},
	} {
		got, ok := compare(tc.a, tc.b, tc.kind)
		if got != tc.want || !ok {
			t.Errorf("compare(%q, %q, %s) = %d, %v; want %d, true", tc.a, tc.b, tc.kind, got, ok, tc.want)
		}
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

func FuzzRules(f *testing.F) {
	f.Add(`<expression id="e" attribute="load" operation="lt" value="10" type="number"/>`)
	f.Add(`<date_expression id="e" start="2005-01-20"><duration id="d" years="2147483647" months="-5" hours="9"/></date_expression>`)
	f.Add(`<date_expression id="e" operation="date_spec"><date_spec id="s" hours="9-" weekdays="-5"/></date_expression>`)
	f.Add(`<rule id="s" boolean-op="or"><rule id-ref="r"/><op_expression id="o" name="monitor" interval="P1Y"/></rule>`)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := cib.Parse([]byte(`<rule id="r">` + text + `</rule>`))
		if err != nil {
			return
		}
		in := &Input{Now: noon, NodeAttrs: map[string]string{"load": "5", "version": "1.10"}, OpName: "monitor", Matches: []string{"a", "b"},
			Resolve: func(string) *cib.Element { return e }}
		ok1, until1 := InForce(e, in)
		ok2, until2 := InForce(e, in)
		if ok1 != ok2 || !until1.Equal(until2) {
			t.Errorf("InForce(%s) is %v until %v, then %v until %v; want the same twice", text, ok1, until1, ok2, until2)
		}
		if !until1.IsZero() && !until1.After(noon) {
			t.Errorf("InForce(%s) changes at %v, want later than now", text, until1)
		}
	})
}
