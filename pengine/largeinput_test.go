package pengine_test

import (
	"fmt"
	"strings"
	"testing"
)

// repeat joins what make gives for 0 to n-1.
func repeat(n int, make func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(make(i))
	}
	return b.String()
}

// TestLargeConfiguration: much of everything at once must neither exhaust the stack nor
// take more than its share of time; each case is decided in well under a second, and the
// resource beside it is started.
func TestLargeConfiguration(t *testing.T) {
	const many = 5000
	ref := func(i int) string { return fmt.Sprintf(`<resource_ref id="p%d"/>`, i%3) }
	few := primitive("p0", "p1", "p2")
	for _, tc := range []struct{ name, options, resources, constraints, tail string }{
		{name: "a long set", resources: few, constraints: `<rsc_order id="o"><resource_set id="s">` + repeat(many, ref) + `</resource_set></rsc_order>`},
		{name: "many sets", resources: few, constraints: `<rsc_order id="o">` + repeat(many, func(i int) string {
			return fmt.Sprintf(`<resource_set id="s%d">%s%s</resource_set>`, i, ref(i), ref(i+1))
		}) + `</rsc_order>`},
		{name: "a long chain of rules", constraints: `<rsc_location id="l" rsc="ok"><rule id="r" score="1"><rule id-ref="r0"/></rule></rsc_location>` + repeat(many/10, func(i int) string {
			return fmt.Sprintf(`<rsc_location id="l%d" rsc="ok"><rule id="r%d" score="1"><rule id-ref="r%d"/><rule id-ref="r%d"/></rule></rsc_location>`, i, i, i+1, i+1)
		})},
		{name: "many conditions", constraints: `<rsc_location id="l" rsc="ok"><rule id="r" score="1" boolean-op="or">` + repeat(20*many, func(i int) string {
			return fmt.Sprintf(`<expression id="e%d" attribute="a%d" operation="eq" value="b"/>`, i, i)
		}) + `</rule></rsc_location>`},
		{name: "rules nested as deep as documents may be", constraints: `<rsc_location id="l" rsc="ok">` + repeat(240, func(i int) string { return fmt.Sprintf(`<rule id="r%d" score="1">`, i) }) +
			`<expression id="e" attribute="#uname" operation="defined"/>` + strings.Repeat(`</rule>`, 240) + `</rsc_location>`},
		{name: "tags of tags", constraints: `<rsc_location id="l" node="n1" score="5"><resource_set id="s"><resource_ref id="t0"/></resource_set></rsc_location>`,
			tail: `<tags>` + repeat(60, func(i int) string {
				return fmt.Sprintf(`<tag id="t%d"><obj_ref id="t%d"/><obj_ref id="u%d"/></tag><tag id="u%d"><obj_ref id="t%d"/></tag>`, i, i+1, i, i, i+1)
			}) + `<tag id="t60"><obj_ref id="ok"/></tag></tags>`},
		{name: "many blocks of options", options: repeat(20*many, func(i int) string { return fmt.Sprintf(`<nvpair id="x%d" name="x%d" value="%d"/>`, i, i, i) })},
		{name: "colocations in a circle", resources: repeat(60, func(i int) string { return primitive(fmt.Sprintf("q%d", i)) }),
			constraints: repeat(60, func(i int) string {
				return fmt.Sprintf(`<rsc_colocation id="c%d" rsc="q%d" with-rsc="q%d" score="100"/>`, i, i, (i+1)%60)
			})},
		{name: "a long circle of orders", resources: repeat(300, func(i int) string { return primitive(fmt.Sprintf("q%d", i)) }),
			constraints: repeat(300, func(i int) string {
				return fmt.Sprintf(`<rsc_order id="c%d" first="q%d" then="q%d"/>`, i, i, (i+1)%300)
			})},
		{name: "a long chain of colocations", resources: repeat(300, func(i int) string { return primitive(fmt.Sprintf("q%d", i)) }),
			constraints: repeat(299, func(i int) string {
				return fmt.Sprintf(`<rsc_colocation id="c%d" rsc="q%d" with-rsc="q%d" score="INFINITY"/>`, i, i, i+1)
			})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if out := schedule(t, spoiled(tc.options, tc.resources, tc.constraints, tc.tail)); !starts(out, "ok") {
				t.Errorf("the resource beside is not started; findings: %.500v", out.Findings)
			}
		})
	}
}
