package fencing

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
)

func TestDrillsAreNamed(t *testing.T) {
	e := &Equipment{Devices: []Device{
		{ID: "real", Agent: "fence_ipmilan"},
		{ID: "d1", Agent: DrillAgent, Params: map[string]string{"result": "pretend"}},
		{ID: "d2", Agent: DrillAgent},
		{ID: "d3", Agent: "null"},
	}}
	got := e.Drills()
	want := []string{"fence device d1 (stonith:fence_drill) switches nothing off and says that it did", "fence device d2 (stonith:fence_drill) is for drills", "fence device d3 (stonith:null) switches nothing off"}
	if len(got) != len(want) {
		t.Fatalf("Drills() = %q, want %d sentences", got, len(want))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("Drills()[%d] = %q, want it to begin with %q", i, got[i], want[i])
		}
	}
}

func TestProtection(t *testing.T) {
	device := func(id, params string) string {
		return `<primitive id="` + id + `" class="stonith" type="fence_x"><instance_attributes id="` + id + `-a">` + params + `</instance_attributes></primitive>`
	}
	list := func(id, nodes string) string {
		return `<nvpair id="` + id + `-l" name="pcmk_host_list" value="` + nodes + `"/>`
	}
	drill := func(id, result string) string {
		return strings.ReplaceAll(device(id, `<nvpair id="`+id+`-r" name="result" value="`+result+`"/>`), "fence_x", DrillAgent)
	}
	for _, tc := range []struct {
		name, options, devices string
		shield                 Shield
		level                  Level
		text                   string
		helpless               int
	}{
		{"a device for all", "", device("a", list("a", "n1 n2")), Shield{}, ByFencing, "fencing", 0},
		{"a device each", "", device("a", list("a", "n1")) + device("b", list("b", "n2")), Shield{}, ByFencing, "fencing", 0},
		{"a device that is asked", "", device("a", ""), Shield{}, ByFencing, "fencing", 0},
		{"one node forgotten", "", device("a", list("a", "n1")), Shield{}, ByOperator, "no device can fence n2;", 1},
		{"no device", "", "", Shield{}, ByOperator, "no device can fence n1, n2;", 2},
		{"watchdogs", "stonith-watchdog-timeout=10", "", Shield{}, ByWatchdog, "watchdog: ", 2},
		{"watchdogs, their own time", "stonith-watchdog-timeout=-1", "", Shield{}, ByWatchdog, "watchdog: ", 2},
		{"a device and watchdogs", "stonith-watchdog-timeout=10s", device("a", list("a", "n1")), Shield{}, ByWatchdog, "watchdogs for n2", 1},
		{"a device that only pretends", "", device("a", list("a", "n1 n2")) + drill("d", "pretend"), Shield{}, ByNothing, "fence device d (stonith:fence_drill) switches nothing off", 0},
		{"a device for drills that fails", "", drill("d", "fail"), Shield{}, ByOperator, "no device can fence n1, n2", 2},
		{"a real one beside it", "", device("a", list("a", "n1 n2")) + drill("d", "hang"), Shield{}, ByFencing, "fencing", 0},
		{"a dummy", "", strings.ReplaceAll(device("a", list("a", "n1 n2")), "fence_x", "fence_dummy"), Shield{}, ByNothing, "stonith:fence_dummy", 0},
		{"off", "stonith-enabled=false", device("a", list("a", "n1 n2")), Shield{}, ByQuorum, "quorum alone: ", 0},
		{"off, a witness", "stonith-enabled=false", "", Shield{Witness: true}, ByWitness, "witness: ", 0},
		{"off and quorum ignored", "stonith-enabled=false no-quorum-policy=ignore", "", Shield{Witness: true}, ByNothing, "nothing: ", 0},
	} {
		var pairs strings.Builder
		for i, o := range strings.Fields(tc.options) {
			name, value, _ := strings.Cut(o, "=")
			pairs.WriteString(`<nvpair id="o` + string(rune('0'+i)) + `" name="` + name + `" value="` + value + `"/>`)
		}
		snap, err := cib.ParseSnapshot([]byte(`<cib validate-with="pacemaker-3.9"><configuration><crm_config><cluster_property_set id="o">` + pairs.String() +
			`</cluster_property_set></crm_config><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources>` + tc.devices + `</resources><constraints/></configuration><status/></cib>`))
		if err != nil {
			t.Fatal(err)
		}
		p := ProtectionOf(snap, time.Unix(1780000000, 0), tc.shield)
		if p.Level != tc.level || !strings.Contains(p.Text, tc.text) || len(p.Helpless) != tc.helpless {
			t.Errorf("%s: %+v; want level %s, text with %q, %d helpless", tc.name, p, tc.level, tc.text, tc.helpless)
		}
	}
}
