package schemas

import (
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/cib"
	"pgregory.net/rapid"
)

func document(t *testing.T, resources, constraints string) *cib.Element {
	t.Helper()
	e, err := cib.Parse([]byte(`<cib validate-with="pacemaker-3.9" epoch="1"><configuration><crm_config/><nodes/><resources>
<primitive id="p1" class="ocf" provider="heartbeat" type="Dummy"/>
` + resources + `
</resources><constraints>` + constraints + `</constraints></configuration><status><anything goes="here"/></status></cib>`))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Which of these are refused was asked of Pacemaker 2.1.5.
func TestValidate(t *testing.T) {
	const rest = ` class="ocf" provider="x" type="y"`
	for _, tt := range []struct{ name, resources, constraints, want string }{
		{"good", `<group id="g"><primitive id="p5"` + rest + `/><meta_attributes id="m"/></group>`, `<rsc_colocation id="c" rsc="p1" with-rsc="g"/>`, ""},
		{"rule", `<primitive id="p8"` + rest + `><meta_attributes id="m"><rule id="r" score="INFINITY"><expression id="e" attribute="#uname" operation="eq" value="n1"/></rule></meta_attributes></primitive>`, "", ""},
		{"no such resource", "", `<rsc_location id="l1" rsc="nope" node="n" score="1"/>`, `line 4: rsc_location "l1": rsc="nope": there is no element with that id`},
		{"score", "", `<rsc_location id="l1" rsc="p1" node="n" score="abc"/>`, `line 4: rsc_location "l1": score="abc" is not a score: write a whole number, INFINITY or -INFINITY`},
		{"taken id", "", `<rsc_location id="p1" rsc="p1" node="n" score="1"/>`, `line 4: rsc_location "p1": id "p1" is taken by a primitive of line 2: every id may be used once`},
		{"no id", "", `<rsc_location rsc="p1" node="n" score="1"/>`, `line 4: rsc_location: attribute id is missing: write id="..."`},
		{"malformed id", "", `<rsc_location id="1l" rsc="p1" node="n" score="1"/>`, `line 4: rsc_location "1l": id "1l" is malformed: write a letter or '_' first, then letters, digits, '-', '_' and '.'`},
		{"order", "", `<rsc_order id="o" first="p1" then="zz" score="1"/>`, `line 4: rsc_order "o": then="zz": there is no element with that id`},
		{"empty group", `<group id="g"/>`, "", `line 3: group "g": is empty: put at least one primitive in it`},
		{"on-fail", `<primitive id="p8"` + rest + `><operations><op id="o" name="monitor" interval="5s" on-fail="bogus"/></operations></primitive>`, "", `line 3: op "o": on-fail="bogus" is not allowed: write ignore, block, demote, stop, restart, standby, fence, restart-container`},
		{"interval", `<primitive id="p8"` + rest + `><operations><op id="o" name="monitor" interval="5x"/></operations></primitive>`, "", `line 3: op "o": interval="5x" is not a time: write for example 10s, 500ms, 2min or PT1H`},
		{"underscore", `<primitive id="p8"` + rest + `><operations><op id="o" name="monitor" interval="5s" on_fail="stop"/></operations></primitive>`, "", `line 3: op "o": unknown attribute on_fail: write on-fail`},
		{"unknown attribute", "", `<rsc_colocation id="c" rsc="p1" with-rsc="p1" score="INFINITY" bogus="1"/>`, `line 4: rsc_colocation "c": unknown attribute bogus`},
		{"missing partner", "", `<rsc_colocation id="c" rsc="p1" score="1"/>`, `line 4: rsc_colocation "c": needs the attribute rsc and with-rsc`},
		{"wrong place", `<rsc_order id="o" first="p1" then="p1"/>`, "", `line 3: rsc_order "o": not allowed in <resources>: it holds only primitive, template, group, clone, master, bundle`},
		{"provider", `<primitive id="p8" class="ocf" type="y"/>`, "", `line 3: primitive "p8": class ocf needs a provider: write provider="heartbeat" or another`},
		{"location", "", `<rsc_location id="l1" rsc="p1"/>`, `line 4: rsc_location "l1": needs the attributes node and score, or a rule`},
		{"sets", "", `<rsc_order id="o"><resource_set id="s"><resource_ref id="p1"/></resource_set></rsc_order>`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range Validate(document(t, tt.resources, tt.constraints)) {
				got = append(got, f.String())
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("findings:\n%s\nwant:\n%s", strings.Join(got, "\n"), tt.want)
			}
		})
	}
}

func TestValidateWithNoneChecksNothing(t *testing.T) {
	e := document(t, `<nonsense/>`, "").With("validate-with", "none")
	if f := Validate(e); len(f) != 0 {
		t.Errorf("findings %v, want none", f)
	}
}

func TestEveryChildIsInTheTable(t *testing.T) {
	known := map[string]bool{}
	for _, e := range elements {
		if known[e.name] {
			t.Errorf("%s is in the table twice", e.name)
		}
		known[e.name] = true
	}
	for _, e := range elements {
		for _, c := range strings.Fields(e.children) {
			if !known[c] {
				t.Errorf("%s may hold %s, which is not in the table", e.name, c)
			}
		}
	}
}

func TestCheckLooksAtChangesOfTheConfigurationOnly(t *testing.T) {
	before, err := cib.NewSnapshot(document(t, "<nonsense/>", ""))
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := before.Apply(cib.Command{Ops: []cib.Op{{Kind: cib.Modify, Scope: "status", AllowCreate: true, Data: cib.New("node_state", "id", "1")}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(before, after); err != nil {
		t.Errorf("a change of the status is refused: %v", err)
	}
	if err := Check(nil, after); err == nil {
		t.Error("an invalid configuration is accepted")
	}
}

func TestNormalize(t *testing.T) {
	e := document(t, `<group id="ldap"><primitive id="s" class="ocf" provider="heartbeat" type="ldap"><operations>
<op id="s-monitor-5s" name="monitor" interval="5s" start_delay="15s" disabled="false" on_fail="standby"/>
<op id="s-start-0" name="start" interval="0" on_fail="stop"/></operations></primitive>
<meta_attributes id="ldap-meta"><nvpair id="ldap-meta-target_role" name="target_role" value="started"/><nvpair id="c" name="collocated" value="true"/></meta_attributes></group>`, "")
	out, findings := Normalize(e)
	var got []string
	for _, f := range findings {
		got = append(got, f.Msg)
	}
	want := []string{
		"start_delay is an old spelling: stored as start-delay",
		`disabled="false" is an old spelling: stored as enabled="true"`,
		"on_fail is an old spelling: stored as on-fail",
		"target_role is an old spelling: stored as target-role",
		`collocated="true" is what every group does: dropped`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("findings:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f := Validate(out); len(f) != 0 {
		t.Errorf("the standard form has findings: %v", f)
	}
	text := string(out.XML())
	for _, w := range []string{`<op id="s-monitor-5s" name="monitor" interval="5s" start-delay="15s" enabled="true" on-fail="standby"/>`, `<nvpair id="ldap-meta-target-role" name="target-role" value="Started"/>`, `on-fail="stop"`} {
		if !strings.Contains(text, w) {
			t.Errorf("want %s in:\n%s", w, text)
		}
	}
	again, findings := Normalize(out)
	if again != out || len(findings) != 0 {
		t.Errorf("normalizing twice changes it again: %v", findings)
	}
}

func TestWellFormedTime(t *testing.T) {
	for _, s := range []string{"10", "10s", "5min", "100ms", "1h", "PT5M", "INFINITY", " 3 s "} {
		if !WellFormedTime(s) {
			t.Errorf("WellFormedTime(%q) = false", s)
		}
	}
	for _, s := range []string{"", "abc", "5x", "-1", "P", "s"} {
		if WellFormedTime(s) {
			t.Errorf("WellFormedTime(%q) = true", s)
		}
	}
}

// TestCheckAgreesWithValidate makes random changes of a valid CIB: what Check, which sees
// only the change, says must be what Validate says of the whole.
func TestCheckAgreesWithValidate(t *testing.T) {
	ids := []string{"p1", "p2", "p3", "g", "s", "l"}
	good, err := cib.NewSnapshot(document(t, `<primitive id="p2" class="lsb" type="x"/><group id="g"><primitive id="p3" class="lsb" type="x"/></group>`,
		`<rsc_order id="o"><resource_set id="s"><resource_ref id="p1"/><resource_ref id="p2"/></resource_set></rsc_order><rsc_location id="l" rsc="g" node="n" score="1"/>`))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		s := good
		for i := range 4 {
			id := rapid.SampledFrom(ids).Draw(t, "id")
			data := rapid.SampledFrom([]*cib.Element{
				cib.New("primitive", "id", id, "class", "lsb", "type", "y"), cib.New("primitive", "id", id, "bogus", "1"), cib.New("primitive", "id", id),
				cib.New("rsc_location", "id", "n"+id, "rsc", id, "node", "n", "score", "5"), cib.New("rsc_location", "id", id, "rsc", "gone", "node", "n", "score", "x"),
				cib.New("resource_set", "id", id).Plus(cib.New("resource_ref", "id", "p3")), cib.New("meta_attributes", "id", id), cib.New("group", "id", id), cib.New("nonsense", "id", id),
			}).Draw(t, "data")
			op := cib.Op{Kind: rapid.SampledFrom([]cib.OpKind{cib.Create, cib.Modify, cib.Delete, cib.Replace}).Draw(t, "kind"), AllowCreate: true, Data: data,
				Scope: rapid.SampledFrom([]string{"resources", "constraints"}).Draw(t, "scope")}
			next, _, err := s.Apply(cib.Command{Ops: []cib.Op{op}})
			if err != nil {
				continue
			}
			change, whole := Check(s, next), FirstError(Validate(next.Root()))
			if (change == nil) != (whole == nil) {
				t.Fatalf("step %d, %s: the change: %v; the whole: %v\n%s", i, op.Kind, change, whole, next.XML())
			}
			if change == nil {
				s = next
			} else {
				refused++
			}
		}
	})
	if refused == 0 {
		t.Error("nothing was ever refused: the test tests nothing")
	}
}

func BenchmarkCheck(b *testing.B) {
	resources := cib.New("resources")
	for i := range 100 {
		id := "p" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		set := cib.New("instance_attributes", "id", id+"-ia")
		for j := range 10 {
			set.Children = append(set.Children, cib.New("nvpair", "id", id+"-"+string(rune('a'+j)), "name", "n", "value", "v"))
		}
		resources.Children = append(resources.Children, cib.New("primitive", "id", id, "class", "lsb", "type", "x").Plus(set,
			cib.New("operations").Plus(cib.New("op", "id", id+"-op", "name", "monitor", "interval", "10s"))))
	}
	root := cib.New("cib", "validate-with", "pacemaker-3.9").Plus(cib.New("configuration").Plus(resources))
	if f := Validate(root); len(f) > 0 {
		b.Fatal(f)
	}
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			Validate(root)
		}
	})
	before, err := cib.NewSnapshot(root)
	if err != nil {
		b.Fatal(err)
	}
	after, _, err := before.Apply(cib.Command{Ops: []cib.Op{{Kind: cib.Modify, Data: cib.New("nvpair", "id", "pbxx-c", "value", "w")}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("change", func(b *testing.B) {
		for b.Loop() {
			if err := Check(before, after); err != nil {
				b.Fatal(err)
			}
		}
	})
}
