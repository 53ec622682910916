package ocf

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

const sample = `<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<!-- a comment -->
<resource-agent name="web" version="2.0">
<version>1.1</version>
<longdesc lang="de">Ein Server</longdesc>
<longdesc lang="en">
A server &amp; more&nbsp;text
</longdesc>
<shortdesc lang="en">server</shortdesc>
<parameters>
<parameter name="config" unique="1" required="1"><longdesc lang="en">file</longdesc><shortdesc>f</shortdesc><content type="string" default=""/></parameter>
<parameter name="port" unique-group="address" reloadable="1"><content type="integer" default="80"/></parameter>
<parameter name="mode"><deprecated><replaced-with name="style"/></deprecated><content type="select" default="a"><option value="a"/><option value="b"/></content></parameter>
<parameter name="plain"><content type="string"/></parameter>
</parameters>
<actions>
<action name="start" timeout="40"/>
<action name="monitor" timeout="20s" interval="10s" depth="0" role="Promoted" start-delay="1m"/>
<action name="meta-data" timeout="5"/>
</actions>
<special tag="x"/>
</resource-agent>`

func TestParseMetadata(t *testing.T) {
	m, err := ParseMetadata("\n" + sample)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "web" || m.Version != "2.0" || m.APIVersion != "1.1" || m.ShortDesc != "server" || m.LongDesc != "A server & more\u00a0text" {
		t.Errorf("head: %+v", m)
	}
	config, _ := m.Parameter("config")
	if !config.Required || !config.Unique || !config.HasDefault || config.Default != "" || config.Type != "string" || config.LongDesc != "file" {
		t.Errorf("config: %+v", config)
	}
	port, _ := m.Parameter("port")
	if !port.Unique || port.UniqueGroup != "address" || !port.Reloadable || port.Default != "80" || port.Required {
		t.Errorf("port: %+v", port)
	}
	mode, _ := m.Parameter("mode")
	if !mode.Deprecated || !slices.Equal(mode.ReplaceWith, []string{"style"}) || !slices.Equal(mode.Values, []string{"a", "b"}) {
		t.Errorf("mode: %+v", mode)
	}
	if plain, ok := m.Parameter("plain"); !ok || plain.HasDefault {
		t.Errorf("plain: %+v", plain)
	}
	if _, ok := m.Parameter("none"); ok {
		t.Error("a parameter that is not there")
	}
	want := []Action{{Name: "start", Timeout: 40 * time.Second}, {Name: "monitor", Timeout: 20 * time.Second, Interval: 10 * time.Second, StartDelay: time.Minute, Depth: "0", Role: "Promoted"}, {Name: "meta-data", Timeout: 5 * time.Second}}
	if !slices.Equal(m.Actions, want) {
		t.Errorf("actions %+v, want %+v", m.Actions, want)
	}
	if !m.HasAction("start") || m.HasAction("promote") {
		t.Error("HasAction")
	}
}

func TestParametersOfFenceAgentsThatHaveTwoNames(t *testing.T) {
	m, err := ParseMetadata(`<resource-agent name="fence_x" shortdesc="Fence agent for X"><parameters>
		<parameter name="ip" required="1" obsoletes="ipaddr"/><parameter name="ipaddr" required="1" deprecated="1"/>
		<parameter name="action" required="1"><content type="string" default="reboot"/></parameter>
		<parameter name="debug" required="1" deprecated="1"/></parameters></resource-agent>`)
	if err != nil {
		t.Fatal(err)
	}
	if m.ShortDesc != "Fence agent for X" {
		t.Errorf("ShortDesc = %q, want the attribute's", m.ShortDesc)
	}
	old, _ := m.Parameter("ipaddr")
	if !old.Deprecated || old.Required || len(old.ReplaceWith) != 1 || old.ReplaceWith[0] != "ip" {
		t.Errorf("ipaddr = %+v, want deprecated, not required, replaced by ip", old)
	}
	for given, want := range map[string]string{"": "ip debug", "ip debug": "", "ipaddr debug": "", "debug": "ip"} {
		var got []string
		for _, p := range m.Missing(func(name string) bool { return slices.Contains(strings.Fields(given), name) }) {
			got = append(got, p.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("given %q, Missing = %q, want %q", given, got, want)
		}
	}
}

func TestParseMetadataRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "words": "usage: web {start|stop}", "another document": "<cib/>", "cut off": sample[:200], "enormous": "<resource-agent>" + strings.Repeat(" ", MaxMetadata),
	} {
		if m, err := ParseMetadata(text); err == nil || !strings.HasPrefix(err.Error(), "agent meta-data: ") {
			t.Errorf("%s: %+v, %v; want an error", name, m, err)
		}
	}
}

func FuzzParseMetadata(f *testing.F) {
	f.Add(sample)
	f.Add("<resource-agent name='x'><parameters><parameter/></parameters></resource-agent>")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMetadata(text)
		if err != nil && (m.Name != "" || m.Parameters != nil) {
			t.Errorf("an error and a result: %+v, %v", m, err)
		}
	})
}

func TestExitReason(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"", ""}, {"noise\n", ""}, {"ocf-exit-reason:a\n", "a"}, {"x\nocf-exit-reason: a b \ny\n", "a b"},
		{"ocf-exit-reason:a\nocf-exit-reason:b", "b"}, {"ERROR: ocf-exit-reason:no\n", ""},
		{"ocf-exit-reason:a\nsaid ocf-exit-reason:b\n", "a"}, {"ocf-exit-reason:\xff\n", "?"},
	} {
		if got := ExitReason(tc.in); got != tc.want {
			t.Errorf("ExitReason(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestFromLSB(t *testing.T) {
	for _, tc := range []struct {
		action string
		code   int
		want   crm.ExitCode
	}{
		{"status", 0, crm.OK}, {"status", 1, crm.NotRunning}, {"status", 2, crm.NotRunning}, {"status", 3, crm.NotRunning}, {"status", 4, crm.GenericError},
		{"status", 150, crm.NotInstalled}, {"status", 151, crm.NoPermission}, {"status", 99, crm.GenericError}, {"monitor", 3, crm.NotRunning},
		{"start", 0, crm.OK}, {"start", 1, crm.GenericError}, {"start", 5, crm.NotInstalled}, {"start", 6, crm.NotConfigured}, {"start", 7, crm.NotRunning},
		{"stop", 7, crm.OK}, {"stop", 8, crm.GenericError}, {"stop", 255, crm.GenericError}, {"start", -1, crm.GenericError},
	} {
		if got := FromLSB(tc.action, tc.code); got != tc.want {
			t.Errorf("FromLSB(%s, %d) = %d, want %d", tc.action, tc.code, got, tc.want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want time.Duration
		ok   bool
	}{
		{"20", 20 * time.Second, true}, {"20s", 20 * time.Second, true}, {"20sec", 20 * time.Second, true}, {"500ms", 500 * time.Millisecond, true},
		{" 2 min", 2 * time.Minute, true}, {"1h", time.Hour, true}, {"5US", 5 * time.Microsecond, true}, {"", 0, false}, {"s", 0, false}, {"5 days", 0, false},
		{"-1s", 0, false}, {"99999999999999999999", 0, false}, {"9999999999999h", 0, false},
	} {
		if got, ok := ParseDuration(tc.in); got != tc.want || ok != tc.ok {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v, %v", tc.in, got, ok, tc.want, tc.ok)
		}
	}
}

func TestDaemonEnvironment(t *testing.T) {
	env := Daemon([]string{"HOME=/root", "LC_ALL=de_DE.UTF-8", "NOTIFY_SOCKET=/x", "WATCHDOG_USEC=6000000", "GOGC=50", "OCF_RESKEY_ip=1"}, "local0", "/var/log/ha")
	for _, want := range []string{"HOME=/root", "LC_ALL=C", "HA_LOGFACILITY=local0", "HA_LOGFILE=/var/log/ha", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"} {
		if !slices.Contains(env, want) {
			t.Errorf("no %s in %v", want, env)
		}
	}
	for _, kv := range env {
		if strings.HasPrefix(kv, "NOTIFY") || strings.HasPrefix(kv, "WATCHDOG") || strings.HasPrefix(kv, "GO") || strings.HasPrefix(kv, "OCF_RESKEY") || strings.Contains(kv, "de_DE") {
			t.Errorf("%s is passed on", kv)
		}
	}
}
