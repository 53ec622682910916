package exec

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// fenceMetadata is what a fence agent of today says of itself.
const fenceMetadata = `<?xml version="1.0" ?>
<resource-agent name="fence_test" shortdesc="test" >
<parameters>
	<parameter name="action" unique="0" required="1">
		<content type="string" default="reboot"  />
	</parameter>
	<parameter name="plug" unique="0" required="1" obsoletes="port">
		<content type="string"  />
	</parameter>
	<parameter name="port" unique="0" required="1" deprecated="1">
		<content type="string"  />
	</parameter>
	<parameter name="ip" unique="0" required="1">
		<content type="string"  />
	</parameter>
</parameters>
<actions>
	<action name="on" automatic="0"/>
	<action name="off" />
</actions>
</resource-agent>
`

// recorder is a fence agent that writes down how it was called and then does what the
// file "then" beside it says.
const recorder = `#!/bin/sh
input=$(cat)
case $input in *action=metadata*) cat "$(dirname "$0")/metadata.xml"; echo asked >> "$(dirname "$0")/metadata.count"; exit 0;; esac
{ echo "argv: $*"; echo "$input"; } > "$(dirname "$0")/input"
env | sort > "$(dirname "$0")/env"
. "$(dirname "$0")/then"
`

// fencePlace makes a root with fence agents that record, and one plugin.
type fencePlace struct {
	t *testing.T
	r *Runner
}

func newFencePlace(t *testing.T) *fencePlace {
	r := place(t, nil)
	f := &fencePlace{t, r}
	script(t, f.path("fence_test"), recorder, 0o755)
	f.write("metadata.xml", fenceMetadata)
	f.then("exit 0")
	return f
}

func (f *fencePlace) path(name string) string { return filepath.Join(f.r.Dirs.Fence[0], name) }

func (f *fencePlace) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fencePlace) then(text string) { f.write("then", text+"\n") }

func (f *fencePlace) read(name string) string {
	f.t.Helper()
	data, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(data)
}

func (f *fencePlace) run(o lrmd.Order) lrmd.Outcome { return f.r.Run(context.Background(), o) }

// fenceOrder asks the device st, of the agent fence_test, to act on a target.
func fenceOrder(action string, call *lrmd.FenceCall, params map[string]string) lrmd.Order {
	return lrmd.Order{
		Op: crm.OpKey{Resource: "st", Name: action}, Agent: lrmd.Agent{Class: "stonith", Type: "fence_test"},
		Timeout: 20 * time.Second, Params: params, Fence: call,
	}
}

func TestWhatAFenceAgentReads(t *testing.T) {
	params := map[string]string{
		"ip": "10.0.0.9", "login": "admin", "passwd": "a b=c#d", "action": "off", "Action": "off", "crm_feature_set": "3.20.1",
		"pcmk_host_map": "n2:7", "pcmk_delay_max": "5s", "CRM_meta_timeout": "20000", "provides": "unfencing", "two": "a\nb",
	}
	const common = "ip=10.0.0.9\nlogin=admin\n"
	for _, tc := range []struct {
		name   string
		action string
		call   *lrmd.FenceCall
		more   map[string]string
		want   string
	}{
		{"off", "off", &lrmd.FenceCall{Target: "n2", Plug: "7", NodeID: "2"}, nil, "action=off\n" + common + "nodeid=2\nnodename=n2\npasswd=a b=c#d\nplug=7\n"},
		{"the plug is the name", "reboot", &lrmd.FenceCall{Target: "n2"}, nil, "action=reboot\n" + common + "nodename=n2\npasswd=a b=c#d\nplug=n2\n"},
		{"list", "list", &lrmd.FenceCall{}, nil, "action=list\n" + common + "passwd=a b=c#d\n"},
		{"another argument", "off", &lrmd.FenceCall{Target: "n2"}, map[string]string{"pcmk_host_argument": "uuid"}, "action=off\n" + common + "nodename=n2\npasswd=a b=c#d\nuuid=n2\n"},
		{"no argument", "off", &lrmd.FenceCall{Target: "n2"}, map[string]string{"pcmk_host_argument": "none"}, "action=off\n" + common + "nodename=n2\npasswd=a b=c#d\n"},
		{"plug configured", "off", &lrmd.FenceCall{Target: "n2"}, map[string]string{"plug": "4"}, "action=off\n" + common + "nodename=n2\npasswd=a b=c#d\nplug=4\n"},
		{"plug dynamic", "off", &lrmd.FenceCall{Target: "n2"}, map[string]string{"plug": "dynamic"}, "action=off\n" + common + "nodename=n2\npasswd=a b=c#d\nplug=n2\n"},
		{"an action of the agent's own", "cycle", &lrmd.FenceCall{Target: "n2"}, nil, "action=cycle\n" + common + "nodename=n2\npasswd=a b=c#d\nplug=n2\n"},
		{"start", "start", nil, nil, "action=monitor\n" + common + "passwd=a b=c#d\n"},
		{"monitor by another action", "monitor", nil, map[string]string{"pcmk_monitor_action": "status"}, "action=status\n" + common + "passwd=a b=c#d\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFencePlace(t)
			all := map[string]string{}
			for _, m := range []map[string]string{params, tc.more} {
				for k, v := range m {
					all[k] = v
				}
			}
			if out := f.run(fenceOrder(tc.action, tc.call, all)); out.RC != crm.OK || out.Status != crm.ExecDone {
				t.Fatalf("Run = %+v, want success", out)
			}
			if got, want := f.read("input"), "argv: \n"+tc.want; got != want {
				t.Errorf("the agent read\n%swant\n%s", got, want)
			}
			env := "\n" + f.read("env")
			for _, want := range []string{"\nLC_ALL=C\n", "\nOCF_OUTPUT_FORMAT=log\n", "\nPATH=/", "\nHA_mcp=true\n", "\nPCMK_mcp=true\n"} {
				if !strings.Contains(env, want) {
					t.Errorf("environment lacks %q", strings.TrimSpace(want))
				}
			}
			if strings.Contains(env, "a b=c#d") || strings.Contains(env, "OCF_RES") {
				t.Errorf("parameters leaked into the environment:\n%s", env)
			}
		})
	}
}

func TestHostArgumentIsAskedOnce(t *testing.T) {
	f := newFencePlace(t)
	for range 3 {
		f.run(fenceOrder("off", &lrmd.FenceCall{Target: "n2"}, nil))
	}
	if got := f.read("metadata.count"); got != "asked\n" {
		t.Errorf("metadata was asked %d times, want once", strings.Count(got, "\n"))
	}
	// Another version of the agent is asked anew.
	f.write("metadata.xml", strings.ReplaceAll(fenceMetadata, `name="plug"`, `name="outlet"`))
	script(t, f.path("fence_test"), recorder+"# new\n", 0o755)
	f.run(fenceOrder("off", &lrmd.FenceCall{Target: "n2"}, nil))
	if got := f.read("input"); !strings.Contains(got, "\nport=n2\n") {
		t.Errorf("the agent read %q, want port=n2", got)
	}
	f.write("metadata.xml", "<parameters>")
	script(t, f.path("fence_test"), recorder+"# newer\n", 0o755)
	f.run(fenceOrder("off", &lrmd.FenceCall{Target: "n2"}, nil))
	if got := f.read("input"); strings.Contains(got, "port=") || !strings.Contains(got, "nodename=n2\n") {
		t.Errorf("the agent read %q, want nodename only", got)
	}
}

func TestHowAFenceAgentsEndIsRead(t *testing.T) {
	const log = "2026-11-21 17:00:00,123 ERROR: "
	for _, tc := range []struct {
		name, action, then string
		rc                 crm.ExitCode
		status             crm.ExecStatus
		reason             string
	}{
		{"done", "off", "exit 0", 0, crm.ExecDone, ""},
		{"on", "status", "echo 'Status: ON'; exit 0", 0, crm.ExecDone, ""},
		{"off", "status", "echo 'Status: OFF'; exit 2", lrmd.FenceStatusOff, crm.ExecDone, ""},
		{"2 means nothing else", "off", "exit 2", 1, crm.ExecError, "wrong parameters"},
		{"login", "off", "echo '" + log + "Unable to connect/login to fencing device' >&2; echo >&2; exit 1", 1, crm.ExecError, "authentication failed, or the device did not let the agent in"},
		{"login by code", "off", "exit 3", 1, crm.ExecError, "authentication failed, or the device did not let the agent in"},
		{"lost", "off", "exit 4", 1, crm.ExecError, "connection lost"},
		{"device's own time", "off", "echo 'Connection timed out' >&2; exit 1", 1, crm.ExecError, "connection timed out"},
		{"stays on", "off", "echo '" + log + "Failed: Timed out waiting to power OFF' >&2; exit 1", 1, crm.ExecError, "it did not go off in time (power_timeout)"},
		{"no such plug", "off", "echo '" + log + "Failed: Unable to obtain correct plug status or plug is not available' >&2; exit 1", 1, crm.ExecError, "the device gave no power status: wrong address, wrong login, or no such plug"},
		{"own words", "off", "echo '" + log + "Failed: power supply on fire' >&2; echo \"" + log + "Please use '-h' for usage\" >&2; exit 1", 1, crm.ExecError, "Failed: power supply on fire"},
		{"own words, before the log has a form", "off", "echo 'ERROR:root:Failed: fuse blown' >&2; exit 1", 1, crm.ExecError, "Failed: fuse blown"},
		{"python", "off", `printf 'Traceback (most recent call last):\n  File "x", line 1, in <module>\n    import y\nModuleNotFoundError: No module named y\n' >&2; exit 1`, 1, crm.ExecError, "ModuleNotFoundError: No module named y"},
		{"only warnings", "off", `printf 'x.py:5: DeprecationWarning: pipes\n  from pipes import quote\n' >&2; exit 1`, 1, crm.ExecError, "the agent exited with 1 and said nothing"},
		{"says it on standard output", "off", "echo no luck; exit 1", 1, crm.ExecError, "no luck"},
		{"code beside words", "off", "echo 'bad ip' >&2; exit 2", 1, crm.ExecError, "wrong parameters: bad ip"},
		{"killed", "off", "kill -9 $$", 1, crm.ExecError, "off was killed by signal 9 (killed)"},
		{"secret", "off", "echo \"login failed for $(echo \"$input\" | grep passwd)\" >&2; exit 1", 1, crm.ExecError, "login failed for passwd=******"},
		{"start", "start", "exit 2", 1, crm.ExecError, "wrong parameters"},
		{"status as a resource is no question about a node", "monitor", "exit 2", 1, crm.ExecError, "wrong parameters"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFencePlace(t)
			f.then(tc.then)
			o := fenceOrder(tc.action, &lrmd.FenceCall{Target: "n2"}, map[string]string{"passwd": "s3cret-s3cret"})
			if tc.action == "start" || tc.action == "monitor" {
				o.Fence = nil
			}
			out := f.run(o)
			if out.RC != tc.rc || out.Status != tc.status || out.ExitReason != tc.reason {
				t.Errorf("Run = %d %v %q, want %d %v %q", out.RC, out.Status, out.ExitReason, tc.rc, tc.status, tc.reason)
			}
			if strings.Contains(out.ExitReason+out.Output, "s3cret") {
				t.Errorf("the password is told: %+v", out)
			}
		})
	}
}

func TestFenceActionWhoseTimeIsOverIsNoSuccess(t *testing.T) {
	for _, tc := range []struct{ name, then string }{
		{"deaf to TERM", "trap '' TERM; echo 'waiting for the device' >&2; sleep 600 & wait; sleep 600"},
		{"says done when told to end", "trap 'exit 0' TERM; echo 'waiting for the device' >&2; sleep 600 & wait"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFencePlace(t)
			f.run(fenceOrder("list", &lrmd.FenceCall{Target: "n1"}, nil)) // the metadata is read now
			f.then("echo $$ > \"$(dirname \"$0\")/pid\"; " + tc.then)
			o := fenceOrder("off", &lrmd.FenceCall{Target: "n2"}, nil)
			var out lrmd.Outcome
			// On a slow machine the agent may not even have begun when its time is over.
			for o.Timeout = 500 * time.Millisecond; !strings.Contains(out.ExitReason, "waiting for the device"); o.Timeout *= 2 {
				out = f.run(o)
				if out.RC != crm.GenericError || out.Status != crm.ExecTimeout || !strings.HasPrefix(out.ExitReason, "off did not complete within "+o.Timeout.String()) {
					t.Fatalf("Run = %+v, want timed out", out)
				}
				if o.Timeout > time.Minute {
					t.Fatalf("reason %q, want what the agent said", out.ExitReason)
				}
			}
			pid, err := strconv.Atoi(strings.TrimSpace(f.read("pid")))
			if began := startTime(pid); err != nil || began != "" {
				t.Error("the agent still runs")
			}
		})
	}
}

func TestStartOfADeviceIsTriedAgain(t *testing.T) {
	const failOnce = `d=$(dirname "$0"); echo x >> "$d/tries"; [ "$(wc -l < "$d/tries")" -ge "${limit:-2}" ] || exit 1`
	for _, tc := range []struct {
		name, then, retries string
		tries               int
		rc                  crm.ExitCode
	}{
		{"second attempt", failOnce, "", 2, 0},
		{"third is not made", "limit=3; " + failOnce, "", 2, 1},
		{"unless configured", "limit=3; " + failOnce, "3", 3, 0},
		{"only one", failOnce, "1", 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFencePlace(t)
			f.then(tc.then)
			params := map[string]string{}
			if tc.retries != "" {
				params["pcmk_monitor_retries"] = tc.retries
			}
			out := f.run(fenceOrder("start", nil, params))
			if tries := strings.Count(f.read("tries"), "\n"); out.RC != tc.rc || tries != tc.tries {
				t.Errorf("RC %d after %d attempts, want %d after %d", out.RC, tries, tc.rc, tc.tries)
			}
		})
	}
	t.Run("fencing is the engine's to repeat", func(t *testing.T) {
		f := newFencePlace(t)
		f.then(failOnce)
		f.run(fenceOrder("off", &lrmd.FenceCall{Target: "n2"}, nil))
		if tries := strings.Count(f.read("tries"), "\n"); tries != 1 {
			t.Errorf("%d attempts, want 1", tries)
		}
	})
}

func TestStopOfADeviceRunsNothing(t *testing.T) {
	f := newFencePlace(t)
	if out := f.run(fenceOrder("stop", nil, nil)); out.RC != crm.OK || out.Status != crm.ExecDone {
		t.Errorf("Run = %+v, want done", out)
	}
	if _, err := os.Stat(f.path("input")); err == nil {
		t.Error("the agent was run")
	}
	for _, name := range []string{"fence_none", "external/none", "apcmaster"} {
		o := fenceOrder("stop", nil, nil)
		o.Agent.Type = name
		if out := f.run(o); out.RC != crm.OK || out.Status != crm.ExecDone {
			t.Errorf("%s, which is not there: Run = %+v, want done", name, out)
		}
	}
	if out := f.run(fenceOrder("promote", nil, nil)); out.RC != crm.Unimplemented || !strings.Contains(out.ExitReason, "promote") {
		t.Errorf("Run(promote) = %+v, want unimplemented", out)
	}
}

func TestManyParametersReachAnAgentThatReadsNone(t *testing.T) {
	f := newFencePlace(t)
	script(t, f.path("fence_test"), "#!/bin/sh\nexit 0\n", 0o755)
	params := map[string]string{"pcmk_host_argument": "none"}
	for i := range 40 {
		params["p"+strings.Repeat("x", i)] = strings.Repeat("y", 8192)
	}
	if out := f.run(fenceOrder("off", &lrmd.FenceCall{Target: "n2"}, params)); out.RC != crm.OK {
		t.Errorf("Run = %+v, want success", out)
	}
}

func TestFenceAgentsAreFoundOrNamed(t *testing.T) {
	f := newFencePlace(t)
	script(t, f.path("fence_plain"), recorder, 0o644)
	plugin := func(name string, mode os.FileMode) {
		path := filepath.Join(f.r.Dirs.Plugins, "external", name)
		script(t, path, "#!/bin/sh\nexit 0\n", mode)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	plugin("open", 0o775)
	plugin("fine", 0o755)
	for _, tc := range []struct {
		name   string
		rc     crm.ExitCode
		status crm.ExecStatus
		reason string
	}{
		{"fence_none", 5, crm.ExecNotInstalled, "no such agent; install it"},
		{"fence_plain", 5, crm.ExecNotInstalled, "chmod +x"},
		{"external/none", 5, crm.ExecNotInstalled, "no such agent"},
		{"external/open", 4, crm.ExecError, "chmod go-w"},
		{"external/../open", 5, crm.ExecNotInstalled, "want fence_NAME or external/NAME"},
		{"../fence_test", 5, crm.ExecNotInstalled, "want fence_NAME"},
		{"apcmaster", 5, crm.ExecNotInstalled, "no such fence agent"},
		{"external/fine", 0, crm.ExecDone, ""},
	} {
		o := fenceOrder("off", &lrmd.FenceCall{Target: "n2"}, nil)
		o.Agent.Type = tc.name
		if out := f.run(o); out.RC != tc.rc || out.Status != tc.status || !strings.Contains(out.ExitReason, tc.reason) {
			t.Errorf("%s: Run = %+v, want %d %v %q", tc.name, out, tc.rc, tc.status, tc.reason)
		}
	}
	if got, want := List(f.r.Dirs, "stonith", ""), []string{"external/fine", "external/open", "fence_test"}; !slices.Equal(got, want) {
		t.Errorf("List = %q, want %q", got, want)
	}
}

func TestMetadataOfAFenceAgentIsCompleted(t *testing.T) {
	f := newFencePlace(t)
	got, err := f.r.Metadata(context.Background(), lrmd.Agent{Class: "stonith", Type: "fence_test"})
	if err != nil {
		t.Fatal(err)
	}
	want := fenceMetadata
	for _, name := range []string{"action", "plug", "port"} {
		want = strings.Replace(want, `name="`+name+`" unique="0" required="1"`, `name="`+name+`" unique="0" required="0"`, 1)
	}
	want = strings.Replace(want, "</actions>", "\t<action name=\"stop\" timeout=\"20s\"/>\n\t<action name=\"start\" timeout=\"20s\"/>\n</actions>", 1)
	if got != want {
		t.Errorf("Metadata =\n%s\nwant\n%s", got, want)
	}
	for _, text := range []string{"", "not XML", "<a><b></a>", "<actions></actions", want} {
		if got := completeMetadata(text); got != text {
			t.Errorf("completeMetadata(%q) = %q, want it unchanged", text, got)
		}
	}
}

func FuzzCompleteMetadata(f *testing.F) {
	f.Add(fenceMetadata)
	f.Add("</actions><parameter name='port' required=\"1\"/>")
	f.Fuzz(func(t *testing.T, text string) {
		once := completeMetadata(text)
		if twice := completeMetadata(once); twice != once && strings.Count(once, ` required="1"`) == strings.Count(twice, ` required="1"`) {
			t.Errorf("completing twice is not completing once:\n%q\n%q", once, twice)
		}
		hostArgumentIn(text)
	})
}

func FuzzFenceReason(f *testing.F) {
	f.Add(1, "2026-11-21 17:00:00,123 ERROR: Unable to connect/login to fencing device\n\n", "")
	f.Add(0, "\r\n \xff", "Status: ON")
	f.Fuzz(func(t *testing.T, code int, stderr, stdout string) {
		got := fenceReason(code, stderr, stdout)
		if got == "" || strings.ContainsAny(got, "\r\n") || len(got) > 700 {
			t.Errorf("fenceReason = %q, want one line", got)
		}
	})
}
