package pengine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/pengine"
)

// spoiled makes a CIB of two nodes with a sound resource "ok" beside what is given.
func spoiled(options, resources, constraints, tail string) []byte {
	return []byte(`<cib validate-with="none" have-quorum="1" execution-date="1700000000"><configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/>` + options + `</cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
<resources><primitive id="ok" class="ocf" provider="pacemaker" type="Dummy"/>` + resources + `</resources>
<constraints>` + constraints + `</constraints>` + tail + `</configuration><status>
<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/>
<node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>`)
}

func primitive(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, `<primitive id="%s" class="ocf" provider="pacemaker" type="Dummy"/>`, id)
	}
	return b.String()
}

// starts reports whether the graph has a start of the resource.
func starts(out pengine.Output, id string) bool {
	for _, s := range out.Graph.Synapses {
		if s.Action.Key == id+"_start_0" {
			return true
		}
	}
	return false
}

// TestBadConfiguration: whatever is wrong is named, and the rest of the cluster managed.
func TestBadConfiguration(t *testing.T) {
	rule := func(inner string) string {
		return `<rsc_location id="where" rsc="ok"><rule id="when" score="5">` + inner + `</rule></rsc_location>`
	}
	for _, tc := range []struct{ name, options, resources, constraints, tail, finding string }{
		{name: "unknown kind of resource", resources: `<widget id="w"/>`, finding: "'w' of unknown type 'widget'"},
		{name: "unknown kind of constraint", constraints: `<rsc_wish id="w"/>`, finding: "Unsupported constraint type: rsc_wish"},
		{name: "resource without an id", resources: `<primitive class="ocf" type="Dummy"/>`, finding: "<primitive> resource without ID"},
		{name: "template that is not there", resources: `<primitive id="p" template="none"/>`, finding: "No template named 'none'"},
		{name: "template of itself", resources: `<primitive id="p" template="p"/>`, finding: "No template named 'p'"},
		{name: "empty clone", resources: `<clone id="c"/>`, finding: "'c'"},
		{name: "empty group", resources: `<group id="g"/>`, finding: "Group g"},
		{name: "order of nothing", constraints: `<rsc_order id="o1" first="none" then="ok"/>`, finding: "'o1' because 'none'"},
		{name: "colocation with nothing", constraints: `<rsc_colocation id="c1" rsc="ok" with-rsc="none" score="5"/>`, finding: "'c1' because 'none'"},
		{name: "location of nothing", constraints: `<rsc_location id="l1" rsc="none" node="n1" score="5"/>`, finding: "'l1' because 'none'"},
		{name: "ticket for nothing", constraints: `<rsc_ticket id="t1" rsc="none" ticket="T"/>`, finding: "'t1' because 'none'"},
		{name: "set of nothing", constraints: `<rsc_order id="o1"><resource_set id="s"><resource_ref id="none"/></resource_set></rsc_order>`, finding: "'o1' because 'none'"},
		{name: "set that is not there", constraints: `<rsc_order id="o1"><resource_set id-ref="none"/></rsc_order>`, finding: "no resource_set 'none'"},
		{name: "rule that is not there", constraints: `<rsc_location id="l1" rsc="ok"><rule id-ref="none"/></rsc_location>`, finding: "'none'"},
		{name: "tag of itself", constraints: `<rsc_location id="l1" node="n1" score="5"><resource_set id="s"><resource_ref id="x"/></resource_set></rsc_location>`,
			tail: `<tags><tag id="x"><obj_ref id="x"/></tag></tags>`, finding: "'x' is not a valid resource or tag"},
		{name: "score that is none", constraints: `<rsc_location id="l1" rsc="ok" node="n1" score="much"/>`, finding: "l1 because 'much' is not a valid score"},
		{name: "role that is none", constraints: `<rsc_colocation id="c1" rsc="ok" with-rsc="b" rsc-role="King" score="5"/>`, resources: primitive("b"), finding: "c1: Invalid role 'King'"},
		{name: "kind that is none", constraints: `<rsc_order id="o1" first="b" then="ok" kind="Perhaps"/>`, resources: primitive("b"), finding: "o1 to 'Mandatory' because 'Perhaps'"},
		{name: "pattern that is none", constraints: `<rsc_location id="l1" rsc-pattern="(" node="n1" score="5"/>`, finding: "rsc-pattern has invalid value '('"},
		{name: "orders in a circle", constraints: `<rsc_order id="o1" first="a" then="b"/><rsc_order id="o2" first="b" then="c"/><rsc_order id="o3" first="c" then="a"/>`,
			resources: primitive("a", "b", "c"), finding: "a_start_0 on n2, b_start_0 on n1, c_start_0 on n2 wait for each other"},
		{name: "impossible date", constraints: rule(`<date_expression id="d" operation="gt" start="2023-02-30"/>`), finding: "date_expression d: start '2023-02-30'"},
		{name: "impossible range", constraints: rule(`<date_expression id="d" operation="date_spec"><date_spec id="s" hours="9-nine"/></date_expression>`), finding: "date_expression d: hours '9-nine'"},
		{name: "unknown operation of a rule", constraints: rule(`<expression id="e" attribute="a" operation="like" value="b"/>`), finding: "expression e: operation 'like'"},
		{name: "unknown condition", constraints: rule(`<mood id="m"/>`), finding: "mood m"},
		{name: "rule of itself", constraints: rule(`<rule id-ref="when"/>`), finding: "rule when refers to itself"},
		{name: "two resources of one id", resources: primitive("twin", "twin"), finding: "twin"},
		{name: "fewer than no instances", resources: `<clone id="c"><meta_attributes id="m"><nvpair id="m1" name="clone-max" value="-3"/></meta_attributes>` + primitive("p") + `</clone>`},
		{name: "more instances than nodes", resources: `<clone id="c"><meta_attributes id="m"><nvpair id="m1" name="clone-max" value="99999999999"/></meta_attributes>` + primitive("p") + `</clone>`, finding: "clone-max"},
		{name: "more replicas than sense", resources: `<bundle id="b"><podman image="i" replicas="99999999"/></bundle>`, finding: "replicas"},
		{name: "negative interval", resources: `<primitive id="p" class="ocf" provider="pacemaker" type="Dummy"><operations><op id="p1" name="monitor" interval="-10s" timeout="-5"/></operations></primitive>`},
		{name: "huge numbers", resources: `<primitive id="p" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="m"><nvpair id="m1" name="priority" value="99999999999999999999"/><nvpair id="m2" name="failure-timeout" value="99999999999999999999h"/><nvpair id="m3" name="migration-threshold" value="-99999999999999999999"/></meta_attributes></primitive>`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := schedule(t, spoiled(tc.options, tc.resources, tc.constraints, tc.tail))
			if !starts(out, "ok") {
				t.Errorf("the sound resource is not started; findings %v", out.Findings)
			}
			found := tc.finding == ""
			for _, f := range out.Findings {
				found = found || strings.Contains(f.Msg, tc.finding)
			}
			if !found {
				t.Errorf("no finding has %q; findings: %v", tc.finding, out.Findings)
			}
		})
	}
}
