package daemon

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/client"
)

var built = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("TACTUS_BIN"); dir != "" {
		return filepath.Join(dir, "lrmd"), nil
	}
	dir, err := os.MkdirTemp("", "lrmd-test")
	if err != nil {
		return "", err
	}
	out, err := osexec.Command("go", "build", "-o", dir+"/", "../../cmd/lrmd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return filepath.Join(dir, "lrmd"), nil
})

// machine is an lrmd process with a network, /run and mounts of its own.
type machine struct {
	t    *testing.T
	root string
	bin  string
	cmd  *osexec.Cmd
	log  string
}

// The tools that agents call record what they were called with.
const recorder = `#!/bin/sh
echo "${0##*/} $*" >> "${0%/*}/calls"
`

// newMachine starts an lrmd over Debian's agents; it skips where it cannot.
func newMachine(t *testing.T) *machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, root: t.TempDir(), bin: bin}
	m.log = filepath.Join(m.root, "lrmd.log")
	tools := []string{"crm_attribute", "attrd_updater", "crm_node"}
	if _, err := osexec.LookPath("modprobe"); err != nil {
		tools = append(tools, "modprobe") // a container's kernel has what it has
	}
	for _, tool := range tools {
		m.write("bin/"+tool, recorder)
	}
	if err := os.MkdirAll(filepath.Join(m.root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/init.d", filepath.Join(m.root, "etc/init.d")); err != nil {
		t.Fatal(err)
	}
	m.start()
	return m
}

func (m *machine) write(name, text string) string {
	m.t.Helper()
	path := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *machine) start() {
	m.t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	m.cmd = osexec.Command("unshare", "--mount", "--net", "sh", "-ec", `
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
ip link set lo up
ip link add eth0 type veth peer name eth1
ip link set eth0 up
ip link set eth1 up
ip addr add 10.9.0.1/24 brd + dev eth0
exec "$@"`, "sh", m.bin, "--root", m.root, "--syslog-facility", "none")
	m.cmd.Env = append(os.Environ(), "TACTUS_OCF_ROOT=/usr/lib/ocf", "HA_SBIN_DIR="+m.root+"/bin", "PATH="+m.root+"/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	m.cmd.Stderr, m.cmd.Stdout = log, log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	cmd := m.cmd
	m.t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		_ = cmd.Wait()
		if m.t.Failed() {
			data, _ := os.ReadFile(m.log)
			m.t.Logf("log:\n%s", data)
		}
	})
}

func (m *machine) dial() *client.Client {
	m.t.Helper()
	var c *client.Client
	eventually(m.t, "lrmd takes orders", func() bool {
		var err error
		c, err = client.Dial(context.Background(), Socket(m.root))
		return err == nil
	})
	m.t.Cleanup(func() { _ = c.Close() })
	return c
}

// needs skips where a file of a Debian package is missing.
func needs(t *testing.T, pkg, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs Debian's %s", pkg)
	}
}

// do orders one operation and wants its exit code.
func do(t *testing.T, c *client.Client, agent lrmd.Agent, op string, params map[string]string, want crm.ExitCode) lrmd.Result {
	t.Helper()
	name := op
	if op == "probe" {
		name = "monitor"
	}
	p := map[string]string{"crm_feature_set": "3.16.1", "CRM_meta_timeout": "60000", "CRM_meta_on_node": "n1"}
	if op == "monitor" {
		p["CRM_meta_interval"] = "10000"
	}
	for k, v := range params {
		p[k] = v
	}
	submit(t, c, lrmd.Order{Stamp: one, Op: crm.OpKey{Resource: crm.ResourceID("test-" + agent.Type), Name: name}, Agent: agent, Params: p, Timeout: time.Minute})
	r := result(t, c)
	if r.RC != want || r.Status != crm.ExecDone {
		t.Fatalf("%s of %s = %d, %v (%s) %s; want %d", op, agent.Type, r.RC, r.Status, r.ExitReason, r.Output, want)
	}
	return r
}

// life is what every agent of Debian's must go through.
func life(t *testing.T, c *client.Client, agent lrmd.Agent, params map[string]string) {
	t.Helper()
	do(t, c, agent, "probe", params, crm.NotRunning)
	do(t, c, agent, "start", params, crm.OK)
	do(t, c, agent, "probe", params, crm.OK)
	do(t, c, agent, "monitor", params, crm.OK)
	do(t, c, agent, "stop", params, crm.OK)
	do(t, c, agent, "probe", params, crm.NotRunning)
	do(t, c, agent, "stop", params, crm.OK)
}

func heartbeat(name string) lrmd.Agent {
	return lrmd.Agent{Class: "ocf", Provider: "heartbeat", Type: name}
}
func pacemaker(name string) lrmd.Agent {
	return lrmd.Agent{Class: "ocf", Provider: "pacemaker", Type: name}
}

func TestDebiansAgents(t *testing.T) {
	needs(t, "resource-agents", "/usr/lib/ocf/resource.d/heartbeat/Dummy")
	m := newMachine(t)
	c := m.dial()
	c.Results()

	t.Run("Dummy", func(t *testing.T) { life(t, c, heartbeat("Dummy"), nil) })
	t.Run("IPaddr2", func(t *testing.T) { life(t, c, heartbeat("IPaddr2"), map[string]string{"ip": "10.9.0.77"}) })
	t.Run("native IPaddr2", func(t *testing.T) {
		life(t, c, heartbeat("IPaddr2"), map[string]string{"ip": "10.9.0.78", "CRM_meta_prefer_native_agents": "true"})
	})
	t.Run("Filesystem", func(t *testing.T) { life(t, c, heartbeat("Filesystem"), m.fileSystem(t)) })
	t.Run("nginx", func(t *testing.T) {
		needs(t, "nginx-light", "/usr/sbin/nginx")
		conf := m.write("nginx.conf", fmt.Sprintf("daemon on;\nuser root;\npid %[1]s/nginx.pid;\nerror_log %[1]s/error.log;\nevents {}\nhttp { access_log off; server { listen 127.0.0.1:8080; location / { return 200 'hello'; } } }\n", m.root))
		life(t, c, heartbeat("nginx"), map[string]string{"configfile": conf, "port": "8080", "status10url": "http://127.0.0.1:8080/"})
	})
	t.Run("slapd", func(t *testing.T) {
		needs(t, "slapd", "/usr/sbin/slapd")
		life(t, c, heartbeat("slapd"), m.slapd(t))
	})
	t.Run("lighttpd", func(t *testing.T) {
		needs(t, "lighttpd", "/etc/init.d/lighttpd")
		agent := lrmd.Agent{Class: "lsb", Type: "lighttpd"}
		life(t, c, agent, nil)
		do(t, c, agent, "start", nil, crm.OK)
		do(t, c, agent, "start", nil, crm.OK) // when running is no error
		do(t, c, agent, "stop", nil, crm.OK)
		life(t, c, lrmd.Agent{Class: "service", Type: "lighttpd"}, nil)
	})
}

func (m *machine) fileSystem(t *testing.T) map[string]string {
	image := m.write("image", "")
	for _, argv := range [][]string{{"truncate", "-s", "4M", image}, {"mke2fs", "-q", "-F", image}} {
		if out, err := osexec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", argv, err, out)
		}
	}
	out, err := osexec.Command("losetup", "--find", "--show", image).CombinedOutput()
	if err != nil {
		t.Skipf("needs a loop device: %s", out)
	}
	device := strings.TrimSpace(string(out))
	t.Cleanup(func() { _ = osexec.Command("losetup", "-d", device).Run() })
	dir := filepath.Join(m.root, "mnt")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"device": device, "directory": dir, "fstype": "ext2"}
}

func (m *machine) slapd(t *testing.T) map[string]string {
	conf := m.write("slapd.conf", fmt.Sprintf("include /etc/ldap/schema/core.schema\npidfile %[1]s/slapd.pid\ndatabase ldif\nsuffix dc=example,dc=org\ndirectory %[1]s/ldif\n", m.root))
	if err := os.Mkdir(filepath.Join(m.root, "ldif"), 0o755); err != nil {
		t.Fatal(err)
	}
	entry := m.write("base.ldif", "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n")
	if out, err := osexec.Command("slapadd", "-f", conf, "-l", entry).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v: %s", err, out)
	}
	return map[string]string{"config": conf, "pidfile": filepath.Join(m.root, "slapd.pid"), "user": "root", "group": "root",
		"services": "ldap://127.0.0.1:3389", "watch_suffix": "dc=example,dc=org"}
}

func TestPacemakersAgents(t *testing.T) {
	needs(t, "pacemaker-resource-agents", "/usr/lib/ocf/resource.d/pacemaker/Stateful")
	m := newMachine(t)
	c := m.dial()
	c.Results()
	calls := func() string {
		data, _ := os.ReadFile(filepath.Join(m.root, "bin/calls"))
		_ = os.Remove(filepath.Join(m.root, "bin/calls"))
		return string(data)
	}
	t.Run("Dummy", func(t *testing.T) {
		life(t, c, pacemaker("Dummy"), map[string]string{"op_sleep": "0"})
		do(t, c, pacemaker("Dummy"), "migrate_from", nil, crm.OK)
		do(t, c, pacemaker("Dummy"), "reload-agent", nil, crm.OK)
		do(t, c, pacemaker("Dummy"), "migrate_to", nil, crm.OK)
		do(t, c, pacemaker("Dummy"), "promote", nil, crm.Unimplemented)
	})
	t.Run("Stateful", func(t *testing.T) {
		calls()
		p := map[string]string{"CRM_meta_clone": "0", "CRM_meta_clone_max": "2", "CRM_meta_promoted_max": "1", "CRM_meta_master_max": "1", "CRM_meta_notify": "true",
			"CRM_meta_interval": "0", "CRM_meta_globally_unique": "false", "notify_delay": "0"}
		for _, step := range []struct {
			op   string
			want crm.ExitCode
		}{{"probe", 7}, {"start", 0}, {"probe", 0}, {"promote", 0}, {"probe", 8}, {"notify", 0}, {"demote", 0}, {"probe", 0}, {"stop", 0}, {"probe", 7}} {
			do(t, c, pacemaker("Stateful"), step.op, p, step.want)
		}
		said := calls()
		for _, want := range []string{"crm_attribute --promotion -v 5\n", "crm_attribute --promotion -v 10\n", "crm_attribute --promotion -D\n"} {
			if !strings.Contains(said, want) {
				t.Errorf("Stateful did not call %q; calls:\n%s", want, said)
			}
		}
	})
	t.Run("ping", func(t *testing.T) {
		needs(t, "iputils-ping", "/bin/ping")
		calls()
		life(t, c, pacemaker("ping"), map[string]string{"host_list": "10.9.0.1", "dampen": "1s", "multiplier": "100", "attempts": "1", "timeout": "1"})
		if said := calls(); !strings.Contains(said, "attrd_updater") || !strings.Contains(said, "-v 100") && !strings.Contains(said, "-B 100") && !strings.Contains(said, "-U 100") {
			t.Errorf("ping did not call attrd_updater with 100; calls:\n%s", said)
		}
	})
}

// kill -9 of lrmd: services go on, its successor knows what was done and that it is to
// be probed, and collects what the first one's agents left behind.
func TestKilledExecutor(t *testing.T) {
	m := newMachine(t)
	agent := m.write("ocf/resource.d/test/service", `#!/bin/sh
pid=$(cat "$OCF_RESKEY_pidfile" 2>/dev/null)
case $1 in
start) (exec sleep 1000 >/dev/null 2>&1) & echo $! > "$OCF_RESKEY_pidfile";;
stop) [ -z "$pid" ] || kill "$pid"; rm -f "$OCF_RESKEY_pidfile";;
monitor) [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || exit 7;;
esac
`)
	_ = agent
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.useAgents()
	c := m.dial()
	c.Results()
	a := lrmd.Agent{Class: "ocf", Provider: "test", Type: "service"}
	p := map[string]string{"pidfile": filepath.Join(m.root, "pid")}
	do(t, c, a, "start", p, crm.OK)
	do(t, c, a, "monitor", p, crm.OK)
	m.write("ocf/resource.d/test/hang", "#!/bin/sh\ntrap '' TERM\necho $$ > $OCF_RESKEY_pidfile\nsleep 1000\n")
	hanging := filepath.Join(m.root, "hanging")
	submit(t, c, lrmd.Order{Stamp: one, Op: crm.OpKey{Resource: "h", Name: "start"}, Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "hang"}, Params: map[string]string{"pidfile": hanging}, Timeout: time.Hour})
	eventually(t, "the results are on disk", func() bool {
		mem, _, err := loadMemory(StateDir(m.root), bootID())
		pid, _ := os.ReadFile(hanging)
		return err == nil && len(mem.Results) == 2 && len(mem.Started) == 1 && len(pid) > 0
	})
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	<-c.Done()
	m.useAgents()
	c = m.dial()
	c.Results()
	pid, _ := os.ReadFile(hanging)
	// What its adoptive parent has not collected yet is gone all the same.
	if stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat"); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("process %s, which the first lrmd had under way, is still there", pid)
	}
	if r := result(t, c); r.Op.String() != "h_start_0" || r.Status != crm.ExecError {
		t.Errorf("the operation under way is not told as lost: %+v", r)
	}
	states, err := c.State(context.Background())
	states = states[min(1, len(states)):] // the first is h
	if err != nil || len(states) != 1 || !states[0].Restored || len(states[0].History) != 2 || len(states[0].Recurring) != 0 {
		t.Fatalf("State = %+v, %v", states, err)
	}
	do(t, c, a, "probe", p, crm.OK)
	// What ends does not stay as a zombie that a monitor takes for a service.
	do(t, c, a, "stop", p, crm.OK)
	do(t, c, a, "start", p, crm.OK)
	data, _ := os.ReadFile(p["pidfile"])
	if out, err := osexec.Command("kill", "-9", strings.TrimSpace(string(data))).CombinedOutput(); err != nil {
		t.Fatalf("kill: %v: %s", err, out)
	}
	eventually(t, "the dead service is seen as such", func() bool {
		_, err := os.Stat("/proc/" + strings.TrimSpace(string(data)))
		return err != nil
	})
	do(t, c, a, "probe", p, crm.NotRunning)
}

// useAgents starts an lrmd over the machine's own agents.
func (m *machine) useAgents() {
	m.t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	m.cmd = osexec.Command(m.bin, "--root", m.root, "--syslog-facility", "none")
	m.cmd.Env = append(os.Environ(), "TACTUS_OCF_ROOT="+m.root+"/ocf")
	m.cmd.Stderr = log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	cmd := m.cmd
	m.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// A service is not spared by the out-of-memory killer because lrmd is.
func TestServicesAreNotProtected(t *testing.T) {
	m := newMachine(t)
	m.write("ocf/resource.d/test/oom", "#!/bin/sh\nsleep 0.2\ncat /proc/self/oom_score_adj\n")
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("-500\n"), 0); err != nil {
		t.Skipf("needs the right to protect itself: %v", err)
	}
	m.useAgents()
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("0\n"), 0)
	c := m.dial()
	c.Results()
	if r := do(t, c, lrmd.Agent{Class: "ocf", Provider: "test", Type: "oom"}, "start", nil, crm.OK); strings.TrimSpace(r.Output) != "0" {
		t.Errorf("the agent has oom_score_adj %q, want 0", r.Output)
	}
}
