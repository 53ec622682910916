package draft_test

import (
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/shell/draft"
)

const mergeBase = `<cib epoch="1"><configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o-a" name="a" value="1"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/></nodes>
<resources><primitive id="p" class="ocf" provider="heartbeat" type="Dummy"/><primitive id="q" class="ocf" provider="heartbeat" type="Dummy"/></resources>
<constraints/></configuration><status/></cib>`

// edited returns the base with replacements made in its text.
func edited(t *testing.T, replacements ...string) *cib.Element {
	t.Helper()
	e, err := cib.Parse([]byte(strings.NewReplacer(replacements...).Replace(mergeBase)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestMerge(t *testing.T) {
	const (
		p   = `<primitive id="p" class="ocf" provider="heartbeat" type="Dummy"/>`
		q   = `<primitive id="q" class="ocf" provider="heartbeat" type="Dummy"/>`
		nvA = `<nvpair id="o-a" name="a" value="1"/>`
	)
	for _, tc := range []struct {
		name         string
		mine, theirs []string
		want, lacks  []string
		conflict     string
	}{
		{"only mine", []string{`value="1"`, `value="2"`}, nil, []string{`value="2"`}, nil, ""},
		{"only theirs", nil, []string{`<status/>`, `<status><x id="s"/></status>`, q, ""}, []string{`id="s"`, `id="p"`}, []string{`id="q"`}, ""},
		{"different objects", []string{p, ""}, []string{q, ""}, nil, []string{`id="p"`, `id="q"`}, ""},
		{"different pairs of one set", []string{nvA, nvA + `<nvpair id="o-b" name="b" value="1"/>`}, []string{nvA, nvA + `<nvpair id="o-c" name="c" value="1"/>`}, []string{`id="o-b"`, `id="o-c"`}, nil, ""},
		{"the same change", []string{`value="1"`, `value="2"`}, []string{`value="1"`, `value="2"`}, []string{`value="2"`}, nil, ""},
		{"attributes of one element", []string{`type="Dummy"/><primitive id="q"`, `type="Dummy" description="d"/><primitive id="q"`}, []string{`provider="heartbeat" type="Dummy"/><primitive id="q"`, `provider="pacemaker" type="Dummy"/><primitive id="q"`}, []string{`description="d"`, `provider="pacemaker"`}, nil, ""},
		{"the same value differently", []string{`value="1"`, `value="2"`}, []string{`value="1"`, `value="3"`}, nil, nil, `nvpair o-a: value is "2" here and "3" in the cluster`},
		{"removed here, changed there", []string{p, ""}, []string{`id="p" class="ocf"`, `id="p" class="lsb"`}, nil, nil, "primitive p: removed here and changed in the cluster"},
		{"changed here, removed there", []string{`id="p" class="ocf"`, `id="p" class="lsb"`}, []string{p, ""}, nil, nil, "primitive p: changed here and removed in the cluster"},
		{"added twice", []string{p, p + `<primitive id="r" type="A"/>`}, []string{p, p + `<primitive id="r" type="B"/>`}, nil, nil, "primitive r: added here and in the cluster, but not the same"},
	} {
		result, conflicts := draft.Merge(edited(t), edited(t, tc.mine...), edited(t, tc.theirs...))
		if got := strings.Join(conflicts, "\n"); (tc.conflict == "") != (got == "") || !strings.Contains(got, tc.conflict) {
			t.Errorf("%s: conflicts %q, want %q", tc.name, got, tc.conflict)
		}
		if result == nil {
			continue
		}
		text := string(result.XML())
		for _, want := range tc.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %s:\n%s", tc.name, want, text)
			}
		}
		for _, not := range tc.lacks {
			if strings.Contains(text, not) {
				t.Errorf("%s: still has %s:\n%s", tc.name, not, text)
			}
		}
	}
}

func TestMergeKeepsTheOrderThatWasMade(t *testing.T) {
	const p, q = `<primitive id="p" class="ocf" provider="heartbeat" type="Dummy"/>`, `<primitive id="q" class="ocf" provider="heartbeat" type="Dummy"/>`
	result, conflicts := draft.Merge(edited(t), edited(t, p+q, q+p), edited(t, q, q+`<primitive id="r" type="A"/>`))
	if len(conflicts) > 0 {
		t.Fatal(conflicts)
	}
	var order []string
	for e := range result.Child("configuration").Child("resources").All("") {
		order = append(order, e.ID())
	}
	if got := strings.Join(order, " "); got != "q p r" {
		t.Errorf("order %s, want q p r", got)
	}
}
