package daemon

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/client"
)

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
		conf := m.write("nginx.conf", fmt.Sprintf("daemon on;\nuser root;\npid %[1]s/nginx.pid;\nerror_log %[1]s/error.log;\nevents {}\nhttp { access_log off; client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5; server { listen 127.0.0.1:8080; location / { return 200 'hello'; } } }\n", m.root))
		life(t, c, heartbeat("nginx"), map[string]string{"configfile": conf, "port": "8080", "status10url": "http://127.0.0.1:8080/"})
	})
	t.Run("slapd", func(t *testing.T) {
		needs(t, "slapd", "/usr/sbin/slapd")
		manyUsers(t, "slapd's agent", "openldap")
		life(t, c, heartbeat("slapd"), m.slapd(t))
	})
	t.Run("lighttpd", func(t *testing.T) {
		needs(t, "lighttpd", "/etc/init.d/lighttpd")
		manyUsers(t, "lighttpd", "www-data")
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
	dir := filepath.Join(m.root, "mnt")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := osexec.Command("losetup", "--find", "--show", image).CombinedOutput()
	if err != nil { // a container without loop devices has this at least
		t.Logf("losetup: %s: a tmpfs is mounted instead", out)
		return map[string]string{"device": "tmpfs", "directory": dir, "fstype": "tmpfs"}
	}
	device := strings.TrimSpace(string(out))
	t.Cleanup(func() { _ = osexec.Command("losetup", "-d", device).Run() })
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
