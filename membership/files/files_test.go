package files

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

const corosyncConf = `totem {
	version: 2
	cluster_name: test
	transport: knet
}
nodelist {
	node {
		name: server1
		nodeid: 1
		ring0_addr: 192.0.2.1
		ring1_addr: 198.51.100.1
	}
	node {
		name: server2
		nodeid: 2
		ring0_addr: 192.0.2.2
		ring1_addr: 198.51.100.2
	}
}
quorum {
	provider: corosync_votequorum
	two_node: 1
}
`

const goodKey = "a key for tests only, thirty-two bytes or more"

// root makes a root folder with files; a path that ends in :MODE gets that mode.
func root(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		mode := os.FileMode(0o600)
		if path, m, ok := strings.Cut(name, ":"); ok {
			name = path
			for _, c := range m {
				mode = mode<<3 | os.FileMode(c-'0')
			}
			mode &= 0o777
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func on(addrs ...string) []InterfaceAddr {
	list := []InterfaceAddr{{"lo", netip.MustParsePrefix("127.0.0.1/8")}}
	for _, a := range addrs {
		list = append(list, InterfaceAddr{"eth0", netip.MustParsePrefix(a)})
	}
	return list
}

func TestLoadCorosync(t *testing.T) {
	both := map[string]string{"etc/corosync/corosync.conf": corosyncConf, "etc/corosync/authkey": goodKey}
	with := func(changes map[string]string) map[string]string {
		files := map[string]string{}
		for k, v := range both {
			files[k] = v
		}
		for k, v := range changes {
			if v == "-" {
				delete(files, k)
			} else {
				files[k] = v
			}
		}
		return files
	}
	for _, tc := range []struct {
		name  string
		files map[string]string
		paths Paths
		local crm.NodeName
		keys  int
		want  string // part of the error
	}{
		{"by address", both, Paths{Hostname: "any", Interfaces: on("192.0.2.2/24")}, "server2", 1, ""},
		{"by address of the second link", both, Paths{Hostname: "any", Interfaces: on("198.51.100.1/24")}, "server1", 1, ""},
		{"by host name", both, Paths{Hostname: "server1.example.org", Interfaces: on()}, "server1", 1, ""},
		{"as told", both, Paths{Node: "server2", Hostname: "server1", Interfaces: on()}, "server2", 1, ""},
		{"told a stranger", both, Paths{Node: "server9", Hostname: "server1", Interfaces: on()}, "", 0, `node "server9", which this machine is said to be, is not listed`},
		{"not listed", both, Paths{Hostname: "other", Interfaces: on("203.0.113.1/24")}, "", 0, "this machine (other) is not in the nodelist"},
		{"key missing", with(map[string]string{"etc/corosync/authkey": "-"}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, "authkey: error: the key file is missing (copy it"},
		{"key empty", with(map[string]string{"etc/corosync/authkey": "\n"}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, "the key file is empty"},
		{"key short", with(map[string]string{"etc/corosync/authkey": "secret"}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, "the key has 6 bytes"},
		{"key for all", with(map[string]string{"etc/corosync/authkey": "-", "etc/corosync/authkey:644": goodKey}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, "can be accessed by others (mode 0644) (run: chmod 600 "},
		{"key for the group", with(map[string]string{"etc/corosync/authkey": "-", "etc/corosync/authkey:640": goodKey}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, "mode 0640"},
		{"keys while changing", with(map[string]string{"etc/corosync/authkey.next": goodKey + "!"}), Paths{Hostname: "server1", Interfaces: on()}, "server1", 2, ""},
		{"key elsewhere", with(map[string]string{"etc/corosync/authkey": "-", "etc/other": goodKey,
			"etc/corosync/corosync.conf": strings.Replace(corosyncConf, "version: 2", "version: 2\nkeyfile: /etc/other", 1)}), Paths{Hostname: "server1", Interfaces: on()}, "server1", 1, ""},
		{"nothing", nil, Paths{Hostname: "server1", Interfaces: on()}, "", 0, "no configuration: neither "},
		{"malformed", with(map[string]string{"etc/corosync/corosync.conf": "totem {\n"}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, "corosync.conf:1: error: section totem is not closed"},
		{"own name is loopback", with(map[string]string{"etc/corosync/corosync.conf": strings.Replace(corosyncConf, "192.0.2.1", "localhost", 1)}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, `"localhost" is 127.0.0.1, which no other node can reach`},
		{"unresolvable", with(map[string]string{"etc/corosync/corosync.conf": strings.Replace(corosyncConf, "192.0.2.1", "no-such-host.invalid", 1)}), Paths{Hostname: "server1", Interfaces: on()}, "", 0, `node "server1": host name "no-such-host.invalid": no such host`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.paths.Root = root(t, tc.files)
			c, _, err := Load(t.Context(), tc.paths)
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Fatalf("Load: error %v, want %q", err, tc.want)
				}
				return
			}
			if err != nil || c.Local != tc.local || len(c.Keys) != tc.keys {
				t.Errorf("Load: local %q, %d keys, %v; want %q, %d", c.Local, len(c.Keys), err, tc.local, tc.keys)
			}
		})
	}
}

const haConf = `logfacility local0
keepalive 200ms
deadtime 2
warntime 1
initdead 10
udpport 694
bcast eth0
ucast eth1 198.51.100.1
ucast eth1 198.51.100.2
auto_failback on
node Alpha beta
`

func TestLoadHeartbeat(t *testing.T) {
	ifs := append(on("192.0.2.1/24"), InterfaceAddr{"eth1", netip.MustParsePrefix("198.51.100.1/24")})
	for _, tc := range []struct {
		name, conf, keys string
		host             string
		want             string
	}{
		{"good", haConf, "auth 1\n1 sha1 secret\n", "ALPHA", ""},
		{"local node missing", haConf, "auth 1\n1 sha1 secret\n", "gamma", "this machine (gamma) is not among the nodes (add: node gamma)"},
		{"no such interface", strings.Replace(haConf, "bcast eth0", "bcast eth7", 1), "auth 1\n1 sha1 secret\n", "alpha", `ha.cf:7: error: interface "eth7" is not there`},
		{"no peer", strings.Replace(haConf, "ucast eth1 198.51.100.2\n", "", 1), "auth 1\n1 sha1 secret\n", "alpha", "ucast eth1 names no peer but this machine itself"},
		{"bad key", haConf, "auth 2\n1 sha1 secret\n", "alpha", "authkeys:1: error: auth 2: no key has that index (add: 2 sha1 SECRET)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := root(t, map[string]string{"etc/ha.d/ha.cf": tc.conf, "etc/ha.d/authkeys": tc.keys})
			c, problems, err := Load(t.Context(), Paths{Root: dir, Hostname: tc.host, Interfaces: ifs})
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Fatalf("Load: error %v, want %q", err, tc.want)
				}
				return
			}
			if err != nil || len(c.Keys) != 1 || c.Local != "alpha" || len(c.Links) != 2 {
				t.Fatalf("Load: %+v, %v, %v", c, problems, err)
			}
			beta, _ := c.Node("beta")
			if beta.Addrs[1] != netip.MustParseAddr("198.51.100.2") || c.LocalNode().Addrs[0] != netip.MustParseAddr("192.0.2.1") {
				t.Errorf("addresses: beta %v, alpha %v", beta.Addrs, c.LocalNode().Addrs)
			}
		})
	}
}

func TestBothFormatsPresent(t *testing.T) {
	dir := root(t, map[string]string{"etc/ha.d/ha.cf": haConf, "etc/corosync/corosync.conf": corosyncConf, "etc/corosync/authkey": goodKey})
	c, problems, err := Load(t.Context(), Paths{Root: dir, Hostname: "server1", Interfaces: on()})
	if err != nil || c.ClusterName != "test" || len(problems) != 1 || !strings.Contains(problems[0].Msg, "comes first") {
		t.Errorf("Load: cluster %q, %v, %v; want corosync.conf's and one warning", c.ClusterName, problems, err)
	}
}
