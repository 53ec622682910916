package exec

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// A plugin that writes down how it was called.
const pluginRecorder = `#!/bin/sh
{ echo "$*"; env | grep -E '^(hostlist|userid|pcmk|PATH|HA_LOGTAG|nodename|CRM_meta|LD_)' | sort; } > "$(dirname "$0")/../../called"
case $1 in
gethosts) for h in $hostlist; do echo "$h"; done ;;
getinfo-devid) echo 'test <device>' ;;
getinfo-devdescr) printf 'two\nlines & more\n' ;;
getinfo-xml) printf '<parameters>\n<parameter name="hostlist" required="1"/>\n</parameters>\n' ;;
status) exit 0 ;;
on) echo 'no way to switch it on' >&2; exit 1 ;;
esac
`

func pluginPlace(t *testing.T) (*Runner, func() string) {
	r := place(t, nil)
	script(t, filepath.Join(r.Dirs.Plugins, "external/test"), pluginRecorder, 0o755)
	return r, func() string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(r.Dirs.Plugins, "../called"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
}

func pluginOrder(action string, call *lrmd.FenceCall) lrmd.Order {
	o := fenceOrder(action, call, map[string]string{
		"hostlist": "n1 n2", "userid": "admin", "pcmk_host_list": "n1 n2", "CRM_meta_timeout": "20000", "crm_feature_set": "3.20.1", "LD_PRELOAD": "/x",
	})
	o.Agent.Type = "external/test"
	return o
}

func TestHowAPluginIsCalled(t *testing.T) {
	for _, tc := range []struct {
		action string
		call   *lrmd.FenceCall
		argv   string
		rc     crm.ExitCode
		status crm.ExecStatus
		output string
	}{
		{"reboot", &lrmd.FenceCall{Target: "Node2"}, "reset node2", 0, crm.ExecDone, ""},
		{"reset", &lrmd.FenceCall{Target: "n2", Plug: "OUTLET-2"}, "reset outlet-2", 0, crm.ExecDone, ""},
		{"off", &lrmd.FenceCall{Target: "n2"}, "off n2", 0, crm.ExecDone, ""},
		{"on", &lrmd.FenceCall{Target: "n2"}, "on n2", 1, crm.ExecError, ""},
		{"list", &lrmd.FenceCall{}, "gethosts", 0, crm.ExecDone, "n1\nn2\n"},
		{"monitor", &lrmd.FenceCall{}, "status", 0, crm.ExecDone, ""},
		{"status", &lrmd.FenceCall{Target: "n2"}, "status", 0, crm.ExecDone, ""},
		{"start", nil, "status", 0, crm.ExecDone, ""},
	} {
		t.Run(tc.action, func(t *testing.T) {
			r, called := pluginPlace(t)
			out := r.Run(context.Background(), pluginOrder(tc.action, tc.call))
			if out.RC != tc.rc || out.Status != tc.status || tc.output != "" && out.Output != tc.output {
				t.Errorf("Run = %+v, want %d %v %q", out, tc.rc, tc.status, tc.output)
			}
			if out.RC != 0 && out.ExitReason != "no way to switch it on" {
				t.Errorf("reason %q, want the plugin's own", out.ExitReason)
			}
			want := tc.argv + "\nHA_LOGTAG=external/test\nPATH=/usr/share/cluster-glue:/usr/sbin:/usr/bin:/sbin:/bin\nhostlist=n1 n2\n"
			if tc.call != nil && tc.call.Target != "" {
				want += "nodename=" + string(tc.call.Target) + "\n"
			}
			want += "userid=admin\n"
			if got := called(); got != want {
				t.Errorf("the plugin was called with\n%swant\n%s", got, want)
			}
		})
	}
}

func TestActionsThatPluginsDoNotHave(t *testing.T) {
	r, _ := pluginPlace(t)
	for _, tc := range []struct {
		action string
		call   *lrmd.FenceCall
		want   string
	}{
		{"validate-all", nil, "no action"},
		{"cycle", &lrmd.FenceCall{Target: "n2"}, "no action"},
		{"off", &lrmd.FenceCall{}, "needs a target"},
	} {
		if out := r.Run(context.Background(), pluginOrder(tc.action, tc.call)); out.RC != crm.GenericError || out.Status != crm.ExecNotSupported || !strings.Contains(out.ExitReason, tc.want) {
			t.Errorf("%s: Run = %+v, want not supported, %q", tc.action, out, tc.want)
		}
	}
}

func TestMetadataOfAPlugin(t *testing.T) {
	r, _ := pluginPlace(t)
	got, err := r.Metadata(context.Background(), lrmd.Agent{Class: "stonith", Type: "external/test"})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "plugin-metadata.xml"), got)
}

// A plugin that is a library is left to its own program.
func TestLibraryPluginIsRunByItsProgram(t *testing.T) {
	r := place(t, nil)
	script(t, filepath.Join(r.Dirs.Plugins, "stonith2/test.so"), "", 0o644)
	script(t, filepath.Join(r.Dirs.sbin(), "stonith"), "#!/bin/sh\necho \"$hostlist: $*\"\n", 0o755)
	for action, want := range map[string]string{"reboot": "n1 n2: -t test -E -T reset n2", "list": "n1 n2: -t test -E -l", "monitor": "n1 n2: -t test -E -S"} {
		o := pluginOrder(action, &lrmd.FenceCall{Target: "n2"})
		o.Agent.Type = "test"
		if out := r.Run(context.Background(), o); out.RC != crm.OK || strings.TrimSpace(out.Output) != want {
			t.Errorf("%s: Run = %+v, want %q", action, out, want)
		}
	}
	if got := List(r.Dirs, "stonith", ""); len(got) != 1 || got[0] != "test" {
		t.Errorf("List = %q, want test", got)
	}
}
