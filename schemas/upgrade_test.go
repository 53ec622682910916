package schemas_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/schemas"
)

// document is a CIB of a schema with these sections.
func document(schema, sections string) string {
	return `<cib admin_epoch="0" epoch="1" num_updates="0" validate-with="` + schema + `"><configuration>` + sections + `</configuration><status/></cib>`
}

const plain = `<primitive id="p" class="lsb" type="x"/>`

func TestUpgrade(t *testing.T) {
	for _, c := range []struct{ name, schema, in, want, remark string }{
		{name: "permissions of a user become a role", schema: "pacemaker-1.2",
			in:   `<acls><acl_user id="u"><read id="r" xpath="//x"/></acl_user></acls>`,
			want: `<acls><acl_target id="u"><role id="auto-u"/></acl_target><acl_role id="auto-u"><acl_permission id="r" kind="read" xpath="//x"/></acl_role></acls>`},
		{name: "a property moves to the defaults of resources", schema: "pacemaker-2.5",
			in:     `<crm_config><cluster_property_set id="o"><nvpair id="s" name="default-resource-stickiness" value="5"/><nvpair id="q" name="no_quorum_policy" value="stop"/></cluster_property_set></crm_config>`,
			want:   `<crm_config><cluster_property_set id="o"><nvpair id="q" name="no-quorum-policy" value="stop"/></cluster_property_set></crm_config><rsc_defaults><meta_attributes id="_2TO3_-rsc-defaults"><nvpair id="s" name="resource-stickiness" value="5"/></meta_attributes></rsc_defaults>`,
			remark: "moving default-resource-stickiness under rsc_defaults as resource-stickiness"},
		{name: "requires of a start is the resource's", schema: "pacemaker-2.5",
			in:   `<resources><primitive id="p" class="lsb" type="x"><operations><op id="s" name="start" interval="0" requires="nothing"/></operations></primitive></resources>`,
			want: `<resources><primitive id="p" class="lsb" type="x"><operations><op id="s" name="start" interval="0"/></operations><meta_attributes id="_2TO3_p-meta"><nvpair id="_2TO3_s-meta-requires" name="requires" value="nothing"/></meta_attributes></primitive></resources>`},
		{name: "a master is a promotable clone", schema: "pacemaker-3.0",
			in:   `<resources><master id="m">` + plain + `</master></resources>`,
			want: `<resources><clone id="m"><meta_attributes id="pcmk__3_10_upgrade-promotable-legacy-m-meta_attributes" score="INFINITY"><nvpair id="pcmk__3_10_upgrade-promotable-legacy-m-meta_attributes-promotable" name="promotable" value="true"/></meta_attributes>` + plain + `</clone></resources>`},
		{name: "what is valid stays as it is, whatever the order of scores", schema: "pacemaker-3.9",
			in:   `<rsc_defaults><meta_attributes id="a" score="1"><nvpair id="a1" name="x" value="1"/></meta_attributes><meta_attributes id="b" score="2"><nvpair id="b1" name="x" value="2"/></meta_attributes></rsc_defaults>`,
			want: `<rsc_defaults><meta_attributes id="a" score="1"><nvpair id="a1" name="x" value="1"/></meta_attributes><meta_attributes id="b" score="2"><nvpair id="b1" name="x" value="2"/></meta_attributes></rsc_defaults>`},
		{name: "sets stand by score, and a name counts once", schema: "pacemaker-3.9",
			in:   `<crm_config><cluster_property_set id="low" score="-1"/><cluster_property_set id="high" score="9"><nvpair id="h1" name="a" value="#default"/><nvpair id="h2" name="a" value="1"/><nvpair id="h3" name="a" value="2"/><nvpair id="h4" name="remove-after-stop" value="1"/></cluster_property_set></crm_config>`,
			want: `<crm_config><cluster_property_set id="high" score="9"><nvpair id="h2" name="a" value="1"/></cluster_property_set><cluster_property_set id="low" score="-1"/></crm_config>`, remark: "remove-after-stop property is unsupported"},
		{name: "a location is one constraint for each rule", schema: "pacemaker-3.9",
			in:   `<resources>` + plain + `</resources><constraints><rsc_location id="l" rsc="p"><rule id="r1" score="1"><expression id="e1" attribute="a" operation="defined"/></rule><rule id="r2" score="2"><expression id="e2" attribute="b" operation="defined"/></rule></rsc_location></constraints>`,
			want: `<resources>` + plain + `</resources><constraints><rsc_location id="pcmk__3_10_upgrade-l-1" rsc="p"><rule id="r1" score="1"><expression id="e1" attribute="a" operation="defined"/></rule></rsc_location><rsc_location id="pcmk__3_10_upgrade-l-2" rsc="p"><rule id="r2" score="2"><expression id="e2" attribute="b" operation="defined"/></rule></rsc_location></constraints>`},
		{name: "a lifetime is a rule", schema: "pacemaker-3.9",
			in:   `<resources>` + plain + `</resources><constraints><rsc_location id="l" rsc="p" node="n" score="5"><lifetime><rule id="t" score="0"><date_expression id="d" operation="gt" start="2020"/></rule></lifetime></rsc_location></constraints>`,
			want: `<resources>` + plain + `</resources><constraints><rsc_location id="l" rsc="p"><rule id="pcmk__3_10_upgrade-l-lifetime-and-rule" boolean-op="and"><rule id="pcmk__3_10_upgrade-l-node-score-rule" score="5"><expression id="pcmk__3_10_upgrade-l-node-score-rule-expr" attribute="#uname" operation="eq" value="n"/></rule><rule id="t" score="0"><date_expression id="d" operation="gt" start="2020"/></rule></rule></rsc_location></constraints>`},
		{name: "a class that is gone takes its constraints along", schema: "pacemaker-3.9",
			in:   `<resources>` + plain + `<primitive id="n" class="nagios" type="x"/></resources><constraints><rsc_colocation id="c" rsc="p" with-rsc="n"/></constraints>`,
			want: `<resources>` + plain + `</resources><constraints/>`, remark: "Dropping resource n because nagios resources are no longer supported"},
		{name: "nothing runs on what was a ping node", schema: "pacemaker-3.9",
			in:   `<nodes><node id="1" uname="n" type="ping"/></nodes><constraints/>`,
			want: `<nodes><node id="1" uname="n" type="member"/></nodes><constraints><rsc_location id="pcmk__3_10_upgrade-ping-node-ban-n" rsc-pattern=".*" node="n" score="-INFINITY" resource-discovery="never"/></constraints>`},
		{name: "the newest stays", schema: schemas.Newest, in: `<crm_config/>`, want: `<crm_config/>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, err := cib.Parse([]byte(document(c.schema, c.in)))
			if err != nil {
				t.Fatal(err)
			}
			before := string(root.XML())
			got, remarks, err := schemas.Upgrade(root)
			if err != nil {
				t.Fatalf("error %v, remarks %q", err, remarks)
			}
			want, err := cib.Parse([]byte(document(schemas.Newest, c.want)))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.XML()) != string(want.XML()) {
				t.Errorf("got\n%s\nwant\n%s", got.XML(), want.XML())
			}
			if !strings.Contains(strings.Join(remarks, "\n"), c.remark) {
				t.Errorf("remarks %q, want %q among them", remarks, c.remark)
			}
			if string(root.XML()) != before {
				t.Error("the document itself was changed")
			}
		})
	}
}

func TestUpgradeRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no configuration", `<cib validate-with="pacemaker-3.0"/>`, "not a complete CIB"},
		{"no schema", `<cib admin_epoch="0" epoch="0" num_updates="0"><configuration/></cib>`, "missing validate-with"},
		{"an unknown schema", document("pacemaker-0.6", ""), "unknown validate-with"},
		{"an unknown element", document("pacemaker-3.0", "<nonsense/>"), "does not validate with any schema from pacemaker-3.0"},
		{"a master in 4.0", document("pacemaker-4.0", `<resources><master id="m">`+plain+`</master></resources>`), "does not validate"},
		{"no version", `<cib validate-with="pacemaker-3.0"><configuration/></cib>`, "does not validate"},
	} {
		root, err := cib.Parse([]byte(c.in))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if _, _, err = schemas.Upgrade(root); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
	}
}

// TestUpgradePublished upgrades every published case: none is refused, and an upgraded one
// needs no upgrade.
func TestUpgradePublished(t *testing.T) {
	dir := os.Getenv("TACTUS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "scheduler", "xml", "*.xml"))
	if len(files) == 0 {
		t.Skipf("the published cases are not in %s: set TACTUS_CORPUS to the folder that holds scheduler/", dir)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		root, err := cib.Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		once, remarks, err := schemas.Upgrade(root)
		if err != nil {
			t.Errorf("%s: %v %q", f, err, remarks)
			continue
		}
		if twice, _, err := schemas.Upgrade(once); err != nil || twice != once {
			t.Errorf("%s: upgraded twice: error %v, the same document %v; want none and true", f, err, twice == once)
		}
	}
}
