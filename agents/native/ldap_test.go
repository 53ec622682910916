package native

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// slapdConfig writes a configuration with one entry, and gives parameters for manage=yes.
func slapdConfig(t *testing.T) map[string]string {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/slapd"); err != nil {
		t.Skip("needs Debian's slapd")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "slapd.conf")
	text := fmt.Sprintf(`include /etc/ldap/schema/core.schema
pidfile %[1]s/slapd.pid
argsfile %[1]s/slapd.args
database ldif
suffix dc=example,dc=org
rootdn cn=admin,dc=example,dc=org
rootpw secret
directory %[1]s/data
`, dir)
	write(t, conf, text)
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "base.ldif"), "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n")
	if out, err := exec.Command("/usr/sbin/slapadd", "-f", conf, "-l", filepath.Join(dir, "base.ldif")).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v: %s", err, out)
	}
	port := freePort(t)
	return map[string]string{
		"manage": "yes", "config": conf, "pidfile": filepath.Join(dir, "slapd.pid"), "user": "", "group": "",
		"services": "ldap://127.0.0.1:" + port, "port": port, "basedn": "dc=example,dc=org", "state": filepath.Join(dir, "state"),
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func reason(t *testing.T, what string, got Response, rc crm.ExitCode, part string) {
	t.Helper()
	if got.RC != rc || !strings.Contains(got.ExitReason, part) {
		t.Errorf("%s = %d (%s), want %d (... %s ...)", what, got.RC, got.ExitReason, rc, part)
	}
}

func TestLDAPManaged(t *testing.T) {
	p := slapdConfig(t)
	expect(t, "probe", call(t, "ldap", "monitor", p), crm.NotRunning)
	expect(t, "validate-all", call(t, "ldap", "validate-all", p), crm.OK)
	expect(t, "start", call(t, "ldap", "start", p), crm.OK)
	t.Cleanup(func() { call(t, "ldap", "stop", p) })
	expect(t, "start when started", call(t, "ldap", "start", p), crm.OK)
	for _, tc := range []struct {
		name  string
		set   []string
		rc    crm.ExitCode
		words string
	}{
		{"base", nil, crm.OK, ""},
		{"root DSE", []string{"basedn", ""}, crm.OK, ""},
		{"deep", []string{"OCF_CHECK_LEVEL", "10"}, crm.OK, ""},
		{"deep root DSE", []string{"OCF_CHECK_LEVEL", "10", "basedn", ""}, crm.OK, ""},
		{"bind", []string{"binddn", "cn=admin,dc=example,dc=org", "bindpw", "secret"}, crm.OK, ""},
		{"uri", []string{"uri", "ldap://localhost:" + p["port"]}, crm.OK, ""},
		{"wrong password", []string{"binddn", "cn=admin,dc=example,dc=org", "bindpw", "x"}, crm.GenericError, "invalid credentials"},
		{"no such base", []string{"basedn", "ou=none,dc=example,dc=org"}, crm.GenericError, "has no entry"},
		{"filter finds nothing", []string{"filter", "(objectClass=person)"}, crm.GenericError, "found nothing"},
		{"TLS to a plain port", []string{"tls", "yes"}, crm.GenericError, "TLS"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			reason(t, "monitor", call(t, "ldap", "monitor", with(p, tc.set...)), tc.rc, tc.words)
		})
	}
	expect(t, "stop", call(t, "ldap", "stop", p), crm.OK)
	expect(t, "stop when stopped", call(t, "ldap", "stop", p), crm.OK)
	expect(t, "monitor after stop", call(t, "ldap", "monitor", p), crm.NotRunning)
}

// The guide's case: the server is the system's, the resource only watches it.
func TestLDAPUnmanaged(t *testing.T) {
	managed := slapdConfig(t)
	p := map[string]string{"port": managed["port"], "state": managed["state"], "timeout": "300ms"}
	reason(t, "start without a server", call(t, "ldap", "start", p), crm.GenericError, "refused the connection; is slapd running?")
	expect(t, "start of the server", call(t, "ldap", "start", managed), crm.OK)
	t.Cleanup(func() { call(t, "ldap", "stop", managed) })
	expect(t, "probe: the server answers, but is not the cluster's here", call(t, "ldap", "monitor", p), crm.NotRunning)
	expect(t, "start", call(t, "ldap", "start", p), crm.OK)
	expect(t, "monitor", call(t, "ldap", "monitor", p), crm.OK)
	expect(t, "stop", call(t, "ldap", "stop", p), crm.OK)
	expect(t, "monitor after stop", call(t, "ldap", "monitor", p), crm.NotRunning)
	expect(t, "the server goes on", call(t, "ldap", "monitor", managed), crm.OK)
	expect(t, "start again", call(t, "ldap", "start", p), crm.OK)
	expect(t, "end of the server", call(t, "ldap", "stop", managed), crm.OK)
	reason(t, "monitor of a dead server", call(t, "ldap", "monitor", p), crm.NotRunning, "refused the connection; is slapd running?")
	expect(t, "stop", call(t, "ldap", "stop", p), crm.OK)
}

func TestLDAPStrangeServers(t *testing.T) {
	for _, tc := range []struct {
		name  string
		serve func(net.Conn)
		words string
	}{
		{"silent", func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)); time.Sleep(5 * time.Second) }, "did not answer within 300ms"},
		{"closes at once", func(net.Conn) {}, "server 127.0.0.1:"},
		{"garbage", func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.0 200 OK\r\n\r\nhello")) }, "server 127.0.0.1:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() { defer c.Close(); tc.serve(c) }()
				}
			}()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			state := filepath.Join(t.TempDir(), "state")
			write(t, state, "started\n")
			begin := time.Now()
			res := call(t, "ldap", "monitor", map[string]string{"port": port, "state": state, "timeout": "300ms"})
			reason(t, "monitor", res, crm.GenericError, tc.words)
			t.Logf("%v: %s", time.Since(begin), res.ExitReason)
		})
	}
}

func TestLDAPBadParameters(t *testing.T) {
	for _, tc := range []struct {
		name   string
		params map[string]string
		rc     crm.ExitCode
		words  string
	}{
		{"timeout", map[string]string{"timeout": "soon"}, crm.NotConfigured, `timeout "soon"`},
		{"port", map[string]string{"port": "http"}, crm.NotConfigured, `port "http"`},
		{"uri", map[string]string{"uri": "http://x"}, crm.NotConfigured, "ldap://HOST:PORT"},
		{"filter", map[string]string{"filter": "(("}, crm.NotConfigured, "filter"},
		{"base", map[string]string{"basedn": "nonsense"}, crm.NotConfigured, "basedn"},
		{"bind without password", map[string]string{"binddn": "cn=a"}, crm.NotConfigured, "without bindpw"},
		{"certificates", map[string]string{"tls": "1", "tls_ca": "/nonexistent"}, crm.NotInstalled, "/nonexistent"},
		{"program", map[string]string{"manage": "1", "slapd": "/nonexistent"}, crm.NotInstalled, "/nonexistent"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			reason(t, "validate-all", call(t, "ldap", "validate-all", tc.params), tc.rc, tc.words)
		})
	}
}
