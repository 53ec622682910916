package fencing

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

func TestReview(t *testing.T) {
	const on = `<nvpair id="o-d" name="priority-fencing-delay" value="5s"/>`
	device := func(id, agent string, params ...string) string {
		var b strings.Builder
		for _, p := range params {
			name, value, _ := strings.Cut(p, "=")
			b.WriteString(`<nvpair id="` + id + "-" + name + `" name="` + name + `" value="` + value + `"/>`)
		}
		return `<primitive id="` + id + `" class="stonith" type="` + agent + `"><instance_attributes id="` + id + `-a">` + b.String() + `</instance_attributes></primitive>`
	}
	all := device("all", "fence_x", "pcmk_host_list=n1 n2")
	ban := func(device, node string) string {
		return `<rsc_location id="ban-` + device + node + `" rsc="` + device + `" node="` + node + `" score="-INFINITY"/>`
	}
	for _, tc := range []struct {
		name, options, resources, constraints, topology string
		want                                            []string // beginnings, with the level
	}{
		{"all is well", on, all, "", "", nil},
		{"a delay of a device will do", "", device("all", "fence_x", "pcmk_host_list=n1 n2", "pcmk_delay_base=n1:5s;n2:0s"), "", "", nil},
		{"no delay", "", all, "", "", []string{"info: two nodes, and no delay is configured"}},
		{"no device", "", "", "", "", []string{"warning: fencing is on and there is no fence device"}},
		{"no device, watchdogs", `<nvpair id="o-w" name="stonith-watchdog-timeout" value="10s"/>`, "", "", "", nil},
		{"off", `<nvpair id="o-e" name="stonith-enabled" value="false"/>`, all, "", "", []string{"warning: fence devices are configured, and never used"}},
		{"a node forgotten", on, device("a", "fence_x", "pcmk_host_list=n1"), "", "", []string{"warning: no fence device can fence n2"}},
		{"unknown host in the list", on, device("a", "fence_x", "pcmk_host_list=n1 n2 n9"), "", "", []string{"warning: fence device a: pcmk_host_list or pcmk_host_map names n9, which is no node of the cluster; the nodes are n1, n2"}},
		{"unknown host in the map", on, device("a", "fence_x", "pcmk_host_map=n1:1;n2:2;nx:3"), "", "", []string{"warning: fence device a: pcmk_host_list or pcmk_host_map names nx"}},
		{"half a pair", on, device("a", "fence_x", "pcmk_host_list=n1 n2", "pcmk_host_map=n1:"), "", "", []string{`error: fence device a: pcmk_host_map: "n1:" is no pair`}},
		{"a check of nothing", on, all + device("a", "fence_x", "pcmk_host_check=maybe", "pcmk_host_list=n1"), "", "", []string{"error: fence device a: pcmk_host_check=maybe means nothing"}},
		{"an empty static list", on, all + device("a", "fence_x", "pcmk_host_check=static-list"), "", "", []string{"error: fence device a: pcmk_host_check=static-list"}},
		{"an action", on, device("a", "fence_x", "action=off", "pcmk_host_list=n1 n2"), "", "", []string{"warning: fence device a: the parameter action is ignored"}},
		{"a misspelt parameter", on, device("a", "fence_x", "pcmk_host_lst=n1", "pcmk_host_list=n1 n2"), "", "", []string{"warning: fence device a: parameter pcmk_host_lst is not known"}},
		{"no time", on, device("a", "fence_x", "pcmk_reboot_timeout=long", "pcmk_host_list=n1 n2"), "", "", []string{"error: fence device a: pcmk_reboot_timeout=long is no time"}},
		{"no number", on, device("a", "fence_x", "pcmk_off_retries=some", "pcmk_host_list=n1 n2"), "", "", []string{"error: fence device a: pcmk_off_retries=some is no number"}},
		{"delays the wrong way", "", device("a", "fence_x", "pcmk_delay_base=10s", "pcmk_delay_max=5s", "pcmk_host_list=n1 n2"), "", "", []string{"warning: fence device a: pcmk_delay_base (10s) is longer than pcmk_delay_max (5s)"}},
		{"only itself", on, all + device("a", "fence_x", "pcmk_host_list=n1"), ban("a", "n2"), "", []string{"error: fence device a may be used on n1 only, and fences n1 only"}},
		{"nowhere", on, all + device("a", "fence_x", "pcmk_host_list=n1"), ban("a", "n1") + ban("a", "n2"), "", []string{"error: fence device a: location constraints forbid every node"}},
		{"for drills", on, device("a", DrillAgent, "pcmk_host_list=n1 n2"), "", "", []string{"warning: no fence device can fence n1, n2"}},
		{"levels", on, all, "", `<fencing-level id="l1" target="n1" index="1" devices="all"/><fencing-level id="l2" target="n1" index="2" devices="watchdog"/>`, nil},
		{"a level of nothing", on, all, "", `<fencing-level id="l1" target="n1" index="1" devices="all,nope"/>`, []string{"error: fencing topology n1: device nope: there is no such fence device"}},
		{"a level of something else", on, all + `<primitive id="d" class="ocf" provider="p" type="t"/>`, "", `<fencing-level id="l1" target-pattern="n.*" index="1" devices="d"/>`,
			[]string{"error: fencing topology pattern:n.*: device d: it is no fence device"}},
		{"levels for nobody", on, all, "", `<fencing-level id="l1" target="n7" index="1" devices="all"/>`, []string{"warning: fencing topology: n7 is no node of the cluster"}},
	} {
		snap, err := cib.ParseSnapshot([]byte(`<cib validate-with="pacemaker-3.9"><configuration><crm_config><cluster_property_set id="o">` + tc.options +
			`</cluster_property_set></crm_config><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources>` + tc.resources + `</resources><constraints>` + tc.constraints +
			`</constraints><fencing-topology>` + tc.topology + `</fencing-topology></configuration><status/></cib>`))
		if err != nil {
			t.Fatal(err)
		}
		got := Review(snap, time.Unix(1780000000, 0), nil)
		ok := len(got) == len(tc.want)
		for i := range got {
			ok = ok && strings.HasPrefix(got[i].Level+": "+got[i].Text, tc.want[i])
		}
		if !ok {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
