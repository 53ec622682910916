package exec

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/ocf"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// place makes a root with agents in it: name -> script, "lsb/NAME" for init scripts.
func place(t *testing.T, scripts map[string]string) *Runner {
	t.Helper()
	root := t.TempDir()
	d := DirsFor(root, func(string) string { return "" })
	for name, text := range scripts {
		path := filepath.Join(d.OCF, "resource.d", "test", name)
		if lsb, ok := strings.CutPrefix(name, "lsb/"); ok {
			path = filepath.Join(d.Init, lsb)
		}
		script(t, path, text, 0o755)
	}
	if err := d.Prepare(); err != nil {
		t.Fatal(err)
	}
	return &Runner{Dirs: d, Env: ocf.Daemon([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "OCF_RESKEY_leaked=1", "NOTIFY_SOCKET=/x"}, "daemon", "")}
}

func script(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func order(agent, op string, params map[string]string) lrmd.Order {
	return lrmd.Order{
		Op: crm.OpKey{Resource: "rsc", Name: op}, Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: agent},
		Timeout: 20 * time.Second, Params: params,
	}
}

func lsb(agent, op string) lrmd.Order {
	o := order(agent, op, nil)
	o.Agent = lrmd.Agent{Class: "lsb", Type: agent}
	return o
}

func TestEnvironmentIsTheContract(t *testing.T) {
	r := place(t, map[string]string{"dump": `#!/bin/sh
{ env; echo "cwd $(pwd)"; echo "umask $(umask)"; echo "stdin $(readlink /proc/$$/fd/0)"; echo "argv $*"
  [ "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ ] && echo "own process group"; } > "$OCF_RESKEY_out"
`})
	old := unix.Umask(0o026) // as the daemon sets it
	defer unix.Umask(old)
	common := map[string]string{"crm_feature_set": "3.16.1", "ip": "10.0.0.1", "CRM_meta_on_node": "n1", "CRM_meta_on_node_uuid": "1", "CRM_meta_timeout": "20000"}
	for _, tc := range []struct {
		name, op string
		params   map[string]string
	}{
		{"start", "start", nil},
		{"probe", "monitor", nil},
		{"monitor", "monitor", map[string]string{"CRM_meta_interval": "10000", "CRM_meta_name": "monitor", "CRM_meta_role": "Started", "OCF_CHECK_LEVEL": "10"}},
		{"notify", "notify", map[string]string{"CRM_meta_notify_type": "pre", "CRM_meta_notify_start_resource": " ", "CRM_meta_notify_start_uname": " "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			p := map[string]string{"out": out, "CRM_meta_prefer_native_agents": "true", "bad=name": "x"}
			for _, m := range []map[string]string{common, tc.params} {
				for k, v := range m {
					p[k] = v
				}
			}
			if got := r.Run(context.Background(), order("dump", tc.op, p)); got.RC != crm.OK {
				t.Fatalf("Run = %+v", got)
			}
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(data)), "\n")
			lines = slices.DeleteFunc(lines, func(l string) bool {
				return strings.HasPrefix(l, "PWD=") || strings.HasPrefix(l, "_=") || strings.HasPrefix(l, "SHLVL=") || strings.HasPrefix(l, "OLDPWD=")
			})
			slices.Sort(lines)
			got := strings.ReplaceAll(strings.Join(lines, "\n"), out, "OUT")
			golden(t, filepath.Join("testdata", "environment", tc.name+".txt"), strings.ReplaceAll(got, r.Dirs.Root, "ROOT")+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, got, want)
	}
}

func TestExitCodesAndReasons(t *testing.T) {
	r := place(t, map[string]string{
		"exits":        "#!/bin/sh\necho some words\necho noise >&2\n[ -z \"$OCF_RESKEY_why\" ] || echo \"ocf-exit-reason:$OCF_RESKEY_why\" >&2\nexit $OCF_RESKEY_code\n",
		"killed":       "#!/bin/sh\nkill -SEGV $$\n",
		"interpreter":  "#!/no/such/shell\n",
		"nothing":      "",
		"lsb/exits":    "#!/bin/sh\n[ $1 = status ] && exit 3\n[ $1 = stop ] && exit 7\necho it broke >&2\nexit 1\n",
		"lsb/degraded": "#!/bin/sh\nexit 150\n",
	})
	script(t, filepath.Join(r.Dirs.OCF, "resource.d", "test", "unexecutable"), "#!/bin/sh\n", 0o644)
	if err := os.MkdirAll(filepath.Join(r.Dirs.OCF, "resource.d", "test", "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	class := func(c string) lrmd.Order {
		o := order("x", "start", nil)
		o.Agent.Class = c
		return o
	}
	for _, tc := range []struct {
		name   string
		order  lrmd.Order
		rc     crm.ExitCode
		status crm.ExecStatus
		reason string
	}{
		{"success", order("exits", "start", map[string]string{"code": "0"}), 0, crm.ExecDone, ""},
		{"not running", order("exits", "monitor", map[string]string{"code": "7"}), 7, crm.ExecDone, ""},
		{"reason", order("exits", "start", map[string]string{"code": "6", "why": "no such zone"}), 6, crm.ExecDone, "no such zone"},
		{"promoted", order("exits", "monitor", map[string]string{"code": "8"}), 8, crm.ExecDone, ""},
		{"strange", order("exits", "monitor", map[string]string{"code": "255"}), 255, crm.ExecDone, ""},
		{"signal", order("killed", "start", nil), 1, crm.ExecError, "signal 11"},
		{"missing", order("absent", "start", nil), 5, crm.ExecNotInstalled, "resource.d/test/absent: no such agent"},
		{"not executable", order("unexecutable", "start", nil), 5, crm.ExecNotInstalled, "chmod +x"},
		{"folder", order("folder", "start", nil), 5, crm.ExecNotInstalled, "not a file"},
		{"no interpreter", order("interpreter", "start", nil), 5, crm.ExecNotInstalled, "interpreter"},
		{"empty file", order("nothing", "start", nil), 5, crm.ExecNotInstalled, "#!/bin/sh"},
		{"leads out", order("../../../bin/sh", "start", nil), 5, crm.ExecNotInstalled, "plain file name"},
		{"dot dot", order("..", "start", nil), 5, crm.ExecNotInstalled, "plain file name"},
		{"systemd", class("systemd"), 5, crm.ExecNotInstalled, `class "systemd"`},
		{"heartbeat", class("heartbeat"), 5, crm.ExecNotInstalled, `class "heartbeat"`},
		{"stonith", class("stonith"), 5, crm.ExecNotInstalled, "no such fence agent"},
		{"nonsense class", class("docker"), 5, crm.ExecNotInstalled, "unknown agent class"},
		{"lsb status", lsb("exits", "monitor"), 7, crm.ExecDone, ""},
		{"lsb stop of a stopped one", lsb("exits", "stop"), 0, crm.ExecDone, ""},
		{"lsb start", lsb("exits", "start"), 1, crm.ExecDone, "it broke"},
		{"lsb not installed", lsb("degraded", "status"), 5, crm.ExecDone, ""},
		{"lsb missing", lsb("absent", "start"), 5, crm.ExecNotInstalled, "init.d/absent"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := r.Run(context.Background(), tc.order)
			if got.RC != tc.rc || got.Status != tc.status || !strings.Contains(got.ExitReason, tc.reason) || (tc.reason == "") != (got.ExitReason == "") {
				t.Errorf("Run = rc %d, status %v, reason %q; want %d, %v, %q", got.RC, got.Status, got.ExitReason, tc.rc, tc.status, tc.reason)
			}
		})
	}
}

func TestTimeoutEndsTheWholeGroup(t *testing.T) {
	for _, tc := range []struct{ name, trap string }{{"dies of TERM", ""}, {"ignores TERM", "trap '' TERM"}, {"says it is fine", "trap 'exit 0' TERM"}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := place(t, map[string]string{"hang": fmt.Sprintf("#!/bin/sh\n%s\n(%s\necho $$ > $OCF_RESKEY_pids; exec sleep 1000) & echo $! >> $OCF_RESKEY_pids\nsleep 1000 & wait; wait; sleep 1000\n", tc.trap, tc.trap)})
			pids := filepath.Join(t.TempDir(), "pids")
			o := order("hang", "start", map[string]string{"pids": pids})
			var data []byte
			// On a slow machine the agent may not even have begun when its time is over.
			for o.Timeout = 400 * time.Millisecond; len(data) == 0; o.Timeout *= 2 {
				got := r.Run(context.Background(), o)
				if got.Status != crm.ExecTimeout || got.RC != crm.GenericError || !strings.Contains(got.ExitReason, "start did not complete within "+o.Timeout.String()) {
					t.Fatalf("Run = %+v, want a timeout", got)
				}
				data, _ = os.ReadFile(pids)
				if o.Timeout > time.Minute {
					t.Fatal("the agent never began")
				}
			}
			for _, f := range strings.Fields(string(data)) {
				pid, _ := strconv.Atoi(f)
				eventually(t, "process "+f+" is gone", func() bool { return !alive(pid) })
			}
		})
	}
}

// alive reports whether a process runs; a zombie that its adoptive parent has not
// collected does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// eventually waits for what another process does.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 24_000 {
		if f() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("never: %s", what)
}

func TestKilledByTheCaller(t *testing.T) {
	r := place(t, map[string]string{"hang": "#!/bin/sh\nexec sleep 1000\n"})
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if got := r.Run(ctx, order("hang", "start", nil)); got.Status != crm.ExecError || !strings.Contains(got.ExitReason, "ended by the executor") {
		t.Errorf("Run = %+v", got)
	}
}

func TestOutput(t *testing.T) {
	r := place(t, map[string]string{
		"huge":   "#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' a\nhead -c 3000000 /dev/zero | tr '\\0' b >&2\necho >&2\necho ocf-exit-reason:the end >&2\nexit 1\n",
		"leaves": "#!/bin/sh\necho words\nsleep 30 & echo $! > $OCF_RESKEY_pid\nexit 0\n",
		"long":   "#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' x\n",
	})
	got := r.Run(context.Background(), order("huge", "start", nil))
	if got.RC != 1 || got.ExitReason != "the end" || len(got.Output) != 4096 {
		t.Errorf("huge output: rc %d, reason %q, %d bytes", got.RC, got.ExitReason, len(got.Output))
	}
	if got := r.Run(context.Background(), order("long", "meta-data", nil)); len(got.Output) != 300000 {
		t.Errorf("long meta-data: %d bytes, want 300000", len(got.Output))
	}
	// An agent that leaves a service behind which holds its output open is not waited for.
	pid := filepath.Join(t.TempDir(), "pid")
	begin := time.Now()
	got = r.Run(context.Background(), order("leaves", "start", map[string]string{"pid": pid}))
	if got.RC != 0 || got.Output != "words\n" || time.Since(begin) > 25*time.Second {
		t.Errorf("agent that leaves a child: %+v after %v", got, time.Since(begin))
	}
	data, _ := os.ReadFile(pid)
	child, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	if child < 2 || !alive(child) {
		t.Errorf("the service %q that the agent started was ended with it", data)
	} else {
		_ = unix.Kill(child, unix.SIGKILL)
	}
}

func TestManyAtOnce(t *testing.T) {
	r := place(t, map[string]string{"quick": "#!/bin/sh\nexit $OCF_RESKEY_n\n"})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if got := r.Run(context.Background(), order("quick", "monitor", map[string]string{"n": strconv.Itoa(i)})); int(got.RC) != i {
				t.Errorf("run %d = %+v", i, got)
			}
		})
	}
	all.Wait()
}

func TestListAndMetadata(t *testing.T) {
	r := place(t, map[string]string{"one": "#!/bin/sh\necho '<resource-agent name=\"one\"/>'\n", "silent": "#!/bin/sh\n", "lsb/web": "#!/bin/sh\n### BEGIN INIT INFO\n# Short-Description: a <web> server\n# Description: it\n#  serves\n### END INIT INFO\n"})
	d := r.Dirs
	expectList := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
	expectList("providers", Providers(d, ""), "heartbeat", "tactus", "test")
	expectList("providers of one", Providers(d, "one"), "test")
	expectList("providers of IPaddr2", Providers(d, "IPaddr2"), "heartbeat", "tactus")
	expectList("agents of test", List(d, "ocf", "test"), "one", "silent")
	expectList("agents of heartbeat", List(d, "ocf", "heartbeat"), "Dummy", "IPaddr2", "Stateful", "ldap")
	expectList("init scripts", List(d, "lsb", ""), "web")
	// Dropped in and usable at once.
	script(t, filepath.Join(d.OCF, "resource.d", "new", "two"), "#!/bin/sh\n", 0o755)
	expectList("agents of new", List(d, "ocf", "new"), "two")
	expectList("all agents", List(d, "ocf", ""), "Dummy", "IPaddr2", "Stateful", "ldap", "one", "silent", "two")

	for _, tc := range []struct {
		agent lrmd.Agent
		text  string
		err   string
	}{
		{lrmd.Agent{Class: "ocf", Provider: "test", Type: "one"}, `name="one"`, ""},
		{lrmd.Agent{Class: "ocf", Provider: "test", Type: "silent"}, "", "ocf:test:silent: meta-data: the agent printed nothing"},
		{lrmd.Agent{Class: "ocf", Provider: "test", Type: "three"}, "", "no such agent"},
		{lrmd.Agent{Class: "ocf", Provider: "heartbeat", Type: "IPaddr2"}, "cidr_netmask", ""},
		{lrmd.Agent{Class: "lsb", Type: "web"}, "a &lt;web&gt; server", ""},
	} {
		text, err := MetadataOf(context.Background(), d, tc.agent)
		if !strings.Contains(text, tc.text) || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("MetadataOf(%v) = %.200q, %v", tc.agent, text, err)
		}
		if tc.agent.Class == "lsb" {
			if m, err := ocf.ParseMetadata(text); err != nil || m.LongDesc != "it serves" {
				t.Errorf("meta-data of an init script: %+v, %v", m, err)
			}
		}
	}
}

func TestAScriptIsNeverReplacedSilently(t *testing.T) {
	r := place(t, nil)
	dummy := lrmd.Agent{Class: "ocf", Provider: "heartbeat", Type: "Dummy"}
	native := func(params map[string]string) bool {
		return r.Dirs.IsNative(lrmd.Order{Agent: dummy, Params: params})
	}
	if !native(nil) {
		t.Error("without a script the native agent serves")
	}
	path := filepath.Join(r.Dirs.OCF, "resource.d/heartbeat/Dummy")
	script(t, path, "#!/bin/sh\nexit 42\n", 0o755)
	if native(nil) || !native(map[string]string{ocf.MetaNative: "true"}) {
		t.Error("with a script it serves only when the resource prefers native agents")
	}
	if !r.Dirs.IsNative(lrmd.Order{Agent: dummy, PreferNative: true}) {
		t.Error("with a script it serves when the cluster prefers native agents")
	}
	o := lrmd.Order{Op: crm.OpKey{Resource: "d", Name: "monitor"}, Agent: dummy}
	if got := r.Run(context.Background(), o); got.RC != 42 {
		t.Errorf("Run = %+v, want the script's 42", got)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := r.Run(context.Background(), o); got.Status != crm.ExecNotInstalled {
		t.Errorf("a script without x bit: %+v, want not installed", got)
	}
	o.Agent.Provider = "tactus"
	if got := r.Run(context.Background(), o); got.RC != crm.NotRunning {
		t.Errorf("ocf:tactus:Dummy = %+v, want not running", got)
	}
	o.Params = map[string]string{"op_sleep": "60"}
	o.Timeout = 30 * time.Millisecond
	if got := r.Run(context.Background(), o); got.Status != crm.ExecTimeout {
		t.Errorf("a native agent that takes too long: %+v", got)
	}
}
