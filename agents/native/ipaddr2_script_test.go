package native

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// The script of this name and the native agent leave the same address behind, and
// answer probes about each other's work.
func TestIPaddr2DoesWhatTheScriptDoes(t *testing.T) {
	const path = "/usr/lib/ocf/resource.d/heartbeat/IPaddr2"
	if _, err := os.Stat(path); err != nil {
		t.Skip("needs Debian's resource-agents")
	}
	here, _ := network(t)
	ip(t, "-n", here, "link", "add", "eth9", "type", "veth", "peer", "name", "eth8")
	ip(t, "-n", here, "addr", "add", "10.8.0.1/16", "brd", "+", "dev", "eth9")
	ip(t, "-n", here, "link", "set", "eth9", "up")
	script := func(action string, params map[string]string) crm.ExitCode {
		t.Helper()
		cmd := exec.Command("ip", "netns", "exec", here, path, action)
		cmd.Env = append(os.Environ(), "OCF_ROOT=/usr/lib/ocf", "HA_RSCTMP="+t.TempDir(), "HA_LOGFACILITY=none", "OCF_RESOURCE_INSTANCE=r")
		for k, v := range params {
			cmd.Env = append(cmd.Env, "OCF_RESKEY_"+k+"="+v)
		}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != 0 && code != 7 {
			t.Logf("%s: %d %s", action, code, out)
		}
		return crm.ExitCode(cmd.ProcessState.ExitCode())
	}
	lifetime := regexp.MustCompile(`\d+sec`)
	show := func(addr string) string {
		var lines []string
		for line := range strings.Lines(ip(t, "-n", here, "-o", "addr", "show")) {
			if strings.Contains(line, " "+addr+"/") {
				lines = append(lines, lifetime.ReplaceAllString(strings.Join(strings.Fields(line)[1:], " "), "Nsec"))
			}
		}
		return strings.Join(lines, "\n")
	}
	for _, tc := range []struct {
		name   string
		params map[string]string
	}{
		{"found from the route", map[string]string{"ip": "10.7.36.142"}},
		{"another network", map[string]string{"ip": "10.8.3.4"}},
		{"mask given", map[string]string{"ip": "10.7.36.142", "cidr_netmask": "32"}},
		{"wider mask", map[string]string{"ip": "10.7.36.142", "cidr_netmask": "24", "nic": "eth9"}},
		{"label", map[string]string{"ip": "10.7.36.142", "iflabel": "x"}},
		{"label in nic", map[string]string{"ip": "10.7.36.142", "nic": "eth0:7", "cidr_netmask": "24"}},
		{"broadcast given", map[string]string{"ip": "10.7.36.142", "broadcast": "10.7.36.200"}},
		{"no prefix route", map[string]string{"ip": "10.7.36.142", "noprefixroute": "true"}},
		{"IPv6", map[string]string{"ip": "fd07::142", "nodad": "true"}},
		{"IPv6 mask given", map[string]string{"ip": "fd07::142", "nodad": "true", "cidr_netmask": "128", "nic": "eth0"}},
		{"IPv6 deprecated", map[string]string{"ip": "fd07::142", "nodad": "true", "preferred_lft": "0"}},
		{"unreachable", map[string]string{"ip": "203.0.113.7"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := with(tc.params, "arp_interval", "10", "arp_count", "1")
			ours := with(p, "network_namespace", here)
			want := script("start", p)
			theirs := show(p["ip"])
			if want == crm.OK {
				expect(t, "native monitor of the script's address", call(t, "IPaddr2", "monitor", ours), crm.OK)
			}
			expect(t, "native stop of the script's address", call(t, "IPaddr2", "stop", ours), crm.OK)
			if rest := show(p["ip"]); rest != "" {
				t.Fatalf("after stop: %s", rest)
			}
			if got := call(t, "IPaddr2", "start", ours); got.RC != want {
				t.Fatalf("native start = %d (%s), the script's %d", got.RC, got.ExitReason, want)
			}
			if got := show(p["ip"]); got != theirs {
				t.Errorf("the native agent made\n%s\nthe script\n%s", got, theirs)
			}
			if want == crm.OK {
				if rc := script("monitor", p); rc != crm.OK {
					t.Errorf("the script's monitor of the native address = %d", rc)
				}
			}
			if rc := script("stop", p); rc != crm.OK || show(p["ip"]) != "" {
				t.Errorf("the script's stop of the native address = %d, left %q", rc, show(p["ip"]))
			}
		})
	}
}
