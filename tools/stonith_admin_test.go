package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
)

// toyAgent is a fence agent that can list and fails when its parameter fail is set.
const toyAgent = `#!/bin/sh
while read -r line; do case $line in action=*) action=${line#action=};; fail=*) fail=${line#fail=};; esac; done
case $action in
metadata) echo '<resource-agent name="fence_toy"><parameters><parameter name="plug"/><parameter name="fail"/></parameters><actions><action name="on"/><action name="off"/><action name="reboot"/><action name="status"/><action name="list"/><action name="monitor"/><action name="metadata"/></actions></resource-agent>'; exit 0;;
esac
[ -z "$fail" ] || { echo "login failed" >&2; exit 1; }
case $action in
list) echo "n1,on"; echo "n3";;
esac
`

const toyDevices = `<resources>
<primitive id="good" class="stonith" type="fence_toy"/>
<primitive id="bad" class="stonith" type="fence_toy"><instance_attributes id="b"><nvpair id="b1" name="fail" value="1"/></instance_attributes></primitive>
<primitive id="static" class="stonith" type="fence_toy"><instance_attributes id="s"><nvpair id="s1" name="pcmk_host_list" value="n2"/></instance_attributes></primitive>
</resources>`

// fenceLab is a cluster with three devices and a history.
func fenceLab(t *testing.T) (*fakeCluster, map[string]string) {
	t.Helper()
	t.Setenv("TZ", "UTC")
	f, env := startFake(t)
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "usr/sbin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "usr/sbin/fence_toy"), []byte(toyAgent), 0o755); err != nil {
		t.Fatal(err)
	}
	env["TACTUS_ROOT"] = root
	devices, err := cib.Parse([]byte(toyDevices))
	if err != nil {
		t.Fatal(err)
	}
	f.machine.Apply(2, cib.EncodeCommand(cib.Command{Ops: []cib.Op{{Kind: cib.Modify, Scope: cib.TagResources, Data: devices}}}))
	at := func(second int) time.Time { return time.Date(2026, 6, 1, 12, 0, second, 0, time.UTC) }
	for i, e := range []fencing.Event{
		{ID: "1", Target: "n2", Action: fencing.Reboot, Client: "stonith_admin.7", Origin: "n1", State: fencing.Success, Delegate: "n1", Completed: at(10)},
		{ID: "2", Target: "n2", Action: fencing.Off, Client: "stonith_admin.8", Origin: "n1", State: fencing.Success, Delegate: fencing.Operator, Completed: at(20)},
		{ID: "3", Target: "n3", Action: fencing.Off, Client: "stonith_admin.9", Origin: "n1", State: fencing.Failed, Delegate: "n1", ExitReason: "device bad: login failed", Completed: at(30)},
		{ID: "4", Target: "n3", Action: fencing.Reboot, Client: "pacemaker-controld", Origin: "n1", State: fencing.Pending},
	} {
		e.Requested = at(i)
		f.machine.Apply(uint64(3+i), cib.EncodeCommand(cib.Command{Ops: fencing.RecordOps(f.machine.Current(), e)}))
	}
	return f, env
}

// What it prints was compared with stonith_admin of Pacemaker 2.1.5, which shows as the
// last success the first one.
func TestStonithAdminQueries(t *testing.T) {
	_, env := fenceLab(t)
	xml := func(request, body string, code int, message string) string {
		status := `<status code="` + itoa(code) + `" message="` + message + `"/>`
		return `<pacemaker-result api-version="2.25" request="stonith_admin ` + request + `">` + body + status + `</pacemaker-result>`
	}
	for _, tc := range []struct {
		line      string
		code      int
		out, errs string
	}{
		{"-L", 0, "bad\ngood\nstatic\n3 fence devices found\n", ""},
		{"-L --output-as xml", 0, xml("-L --output-as xml", `<list name="registered fence devices" count="3"><item name="device">bad</item><item name="device">good</item><item name="device">static</item></list>`, 0, "OK"), ""},
		{"-l n1", 0, "good\n1 fence device found\n", ""},
		{"--list n2", 0, "static\n1 fence device found\n", ""},
		{"-l nx", 0, "0 fence devices found\n", ""},
		{"-I", 0, "fence_toy\n1 fence device found\n", ""},
		{"-s good", 0, "n1\nn3\n2 fence targets found\n", ""},
		{"-s good --output-as=xml", 0, xml("-s good --output-as=xml", `<list name="fence targets" count="2"><item>n1</item><item>n3</item></list>`, 0, "OK"), ""},
		{"-s bad", 1, "", "Couldn't list targets: No data available (login failed)\n"},
		{"-s nope", 105, "", "Couldn't list targets: No such device\n"},
		{"-Q good", 0, "", ""},
		{"-Q bad", 1, "", "device bad is not well: login failed\n"},
		{"-Q nope", 105, "", "No such device: nope\n"},
		{"-H *", 0, "turning off of n2 successful: delegate=a human, client=stonith_admin.8, origin=n1, last-successful='2026-06-01 12:00:20Z'\n1 event found\n", ""},
		{"-H n2 -q", 0, "1780315220\n0 events found\n", ""},
		{"-H n3", 0, "0 events found\n", ""},
		{"-H nx", 0, "0 events found\n", ""},
		{"-H n3 -V", 0, "reboot of n3 pending: client=pacemaker-controld, origin=n1\n" +
			"turning off of n3 failed (device bad: login failed): delegate=n1, client=stonith_admin.9, origin=n1, completed='2026-06-01 12:00:30Z'\n2 events found\n", ""},
		{"--history * --verbose --output-as xml", 0, xml("--history * --verbose --output-as xml", `<list name="fencing history" count="4">`+
			`<fence_event action="reboot" target="n3" client="pacemaker-controld" origin="n1" status="pending" extended-status="1"/>`+
			`<fence_event action="off" target="n3" client="stonith_admin.9" origin="n1" status="failed" exit-reason="device bad: login failed" delegate="n1" completed="2026-06-01 12:00:30Z"/>`+
			`<fence_event action="off" target="n2" client="stonith_admin.8" origin="n1" status="success" delegate="a human" completed="2026-06-01 12:00:20Z"/>`+
			`<fence_event action="reboot" target="n2" client="stonith_admin.7" origin="n1" status="success" delegate="n1" completed="2026-06-01 12:00:10Z"/></list>`, 0, "OK"), ""},
		{"-H nx -b", 0, "gather fencing-history from all nodes\n0 events found\n", ""},
		{"-h n2", 0, "Node n2 last fenced at: Mon Jun  1 12:00:20 2026\n", ""},
		{"-h 2 -n", 0, "Node 2 last fenced at: Mon Jun  1 12:00:20 2026\n", ""},
		{"-h n2 --output-as=xml", 0, xml("-h n2 --output-as=xml", `<last-fenced target="n2" when="2026-06-01 12:00:20Z"/>`, 0, "OK"), ""},
		{"-h n3", 0, "Node n3 has never been fenced\n", ""},
		{"-h n3 --output-as=xml", 74, xml("-h n3 --output-as=xml", "", 74, "I/O error occurred"), ""},
		{"-M", 64, "", "Please specify an agent to query using -a,--agent [value]\n"},
		{"-M -a fence_nope", 105, "", "Can't get fence agent meta-data: No such device\n"},
		{"-K -a fence_toy -o fail=", 0, "Validation of fence_toy succeeded\n", ""},
		{"-K -a fence_toy -o fail=1", 1, "Validation of fence_toy failed\nlogin failed\n", ""},
		{"-K -a fence_toy -v x -o fail=1 --output-as=xml", 1, xml("-K -a fence_toy -v x -o fail=1 --output-as=xml",
			`<validate agent="fence_toy" valid="false" device="x"><command code="-201"><output source="stderr">login failed</output></command></validate>`, 1, "Error occurred"), ""},
		{"-K -a fence_nope", 105, "Validation of fence_nope failed\nAgent fence_nope not found\n", ""},
		{"-R d -a fence_toy", 3, "", "stonith_admin: --register d: fence devices and levels come from the configuration only; use: crm configure primitive d stonith:AGENT params NAME=VALUE\n"},
		{"-D d", 3, "", "stonith_admin: --deregister d: fence devices and levels come from the configuration only; use: crm configure delete d\n"},
		{"-r n2 -i 1 -v d", 3, "", "stonith_admin: --register-level n2: fence devices and levels come from the configuration only; use: crm configure fencing_topology n2: DEVICE\n"},
		{"--foo", 64, "", "stonith_admin: Unknown option --foo\n"},
		{"-o foo -L", 64, "", "stonith_admin: Invalid option: -o foo: want NAME=VALUE\n"},
		{"-L -t -5", 64, "", "stonith_admin: -t -5: want a number of seconds, 0 or more\n"},
		{"-B n2 -y -2", 64, "", "stonith_admin: -y -2: want a number of seconds, -1 or more\n"},
	} {
		got := tool(t, "", env, append([]string{"stonith_admin"}, strings.Fields(tc.line)...)...)
		out := got.out
		if strings.HasPrefix(out, "<") {
			out = flat(t, out)
		}
		if got.code != tc.code || out != flatWanted(t, tc.out) || got.errors != tc.errs {
			t.Errorf("stonith_admin %s: exit %d, out %q, errors %q\nwant %d, %q, %q", tc.line, got.code, out, got.errors, tc.code, tc.out, tc.errs)
		}
	}
}

// flat is XML without layout.
func flat(t *testing.T, text string) string {
	t.Helper()
	e, err := cib.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return string(e.XML())
}

func flatWanted(t *testing.T, text string) string {
	if strings.HasPrefix(text, "<") {
		return flat(t, text)
	}
	return text
}

func TestStonithAdminRequests(t *testing.T) {
	for _, tc := range []struct {
		line   string
		end    api.FenceEvent
		code   int
		posted string
		errs   string
	}{
		{"-F n2", api.FenceEvent{Status: "success"}, 0, "off n2 for stonith_admin timeout 2m0s delay 0s tolerance 0s", ""},
		{"--reboot=n2 --tag controld", api.FenceEvent{Status: "success"}, 0, "reboot n2 for stonith_admin timeout 2m0s delay 0s tolerance 0s", ""},
		{"-U n2 -t 5 -y 3 --tolerance 100s", api.FenceEvent{Status: "success"}, 0, "on n2 for stonith_admin timeout 5s delay 3s tolerance 1m40s", ""},
		{"-B n2 --delay=-1", api.FenceEvent{Status: "success"}, 0, "reboot n2 for stonith_admin timeout 2m0s delay -1s tolerance 0s", ""},
		{"-F n2", api.FenceEvent{Status: "failed", Target: "n2", ExitReason: "device static: login failed"}, 1, "off n2 for stonith_admin timeout 2m0s delay 0s tolerance 0s",
			"stonith_admin: Couldn't fence n2: No data available (device static: login failed)\n"},
		{"-U n2", api.FenceEvent{Status: "failed", Target: "n2"}, 1, "on n2 for stonith_admin timeout 2m0s delay 0s tolerance 0s", "stonith_admin: Couldn't unfence n2: No data available\n"},
		{"-F nx", api.FenceEvent{}, 105, "off nx for stonith_admin timeout 2m0s delay 0s tolerance 0s", "stonith_admin: Couldn't fence nx: node nx is not known to the cluster\n"},
		{"-C n2", api.FenceEvent{}, 0, "/v1/confirm-off?node=n2 {}", ""},
		{"-H n2 --cleanup", api.FenceEvent{}, 0, "DELETE /v1/fencing?node=n2", "stonith_admin: warning: open requests stay on record until they are done, or confirmed by hand: 2\n"},
		{"-H * --cleanup", api.FenceEvent{}, 0, "DELETE /v1/fencing", "stonith_admin: warning: open requests stay on record until they are done, or confirmed by hand: 2\n"},
	} {
		f, env := fenceLab(t)
		f.fenced = tc.end
		got := tool(t, "", env, append([]string{"stonith_admin"}, strings.Fields(tc.line)...)...)
		if posted := strings.Join(f.posted, "; "); got.code != tc.code || got.errors != tc.errs || posted != tc.posted {
			t.Errorf("stonith_admin %s: exit %d, errors %q, asked for %q\nwant %d, %q, %q", tc.line, got.code, got.errors, posted, tc.code, tc.errs, tc.posted)
		}
	}
}

func TestStonithAdminWithoutACluster(t *testing.T) {
	env := map[string]string{"TACTUS_SOCKET": filepath.Join(t.TempDir(), "nobody")}
	for _, tc := range []struct{ line, errs string }{
		{"-L", "Could not connect to fencer: Transport endpoint is not connected"},
		{"-H *", "Could not connect to fencer: Transport endpoint is not connected"},
		{"-H * -c", "Could not connect to fencer: Transport endpoint is not connected"},
		{"-C n2", "Could not connect to fencer: Transport endpoint is not connected"},
		{"-B n2", "stonith_admin: Couldn't fence n2: Transport endpoint is not connected"},
	} {
		got := tool(t, "", env, append([]string{"stonith_admin"}, strings.Fields(tc.line)...)...)
		if got.code != ExitDisconnect || !strings.HasPrefix(got.errors, tc.errs) {
			t.Errorf("stonith_admin %s: exit %d, %q; want %d and %q", tc.line, got.code, got.errors, ExitDisconnect, tc.errs)
		}
	}
}

func TestStonithAdminHelp(t *testing.T) {
	for _, line := range []string{"--help-all", "--help", "-?", "--help-queries"} {
		got := tool(t, "", nil, append([]string{"stonith_admin"}, strings.Fields(line)...)...)
		for _, word := range []string{"--history", "--broadcast", "--cleanup", "--validate"} { // clients look for these
			if got.code != 0 || !strings.Contains(got.out, word) {
				t.Errorf("stonith_admin %s: exit %d, want %s in\n%s", line, got.code, word, got.out)
			}
		}
	}
	if got := tool(t, "", nil, "stonith_admin"); got.code != ExitUsage || got.out != "" || !strings.Contains(got.errors, "Usage") {
		t.Errorf("stonith_admin alone: exit %d, out %q, errors %q", got.code, got.out, got.errors)
	}
}
