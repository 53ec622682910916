package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// option sets a cluster option.
func (w *world) option(name, value string) {
	w.Helper()
	w.must(w.up(), "", "crm_attribute", "-t", "crm_config", "-n", name, "-v", value)
}

// active reports whether a node's native Dummy of that name is active, by its state file:
// it needs no quorum to look.
func (w *world) active(node, resource string) bool {
	_, err := os.Stat(w.Node(node).Path("run/Dummy-" + resource + ".state"))
	return err == nil
}

// TestNoQuorumPolicy: what a node does that is cut off from the other two.
func TestNoQuorumPolicy(t *testing.T) {
	for _, tc := range []struct {
		policy string
		keeps  bool
	}{{"freeze", true}, {"stop", false}} {
		t.Run(tc.policy, func(t *testing.T) {
			w := trio(t, nil)
			w.option("no-quorum-policy", tc.policy)
			w.cutOff("server1")
			w.until("the majority has server1's resources", func() bool {
				at := w.where("server2", "a")
				return at != "" && at != "server1" && strings.Contains(w.status("server2"), "OFFLINE: [ server1 ]")
			})
			if !tc.keeps {
				w.until("server1 has stopped what it ran", func() bool { return !w.active("server1", "a") && !strings.Contains(w.holders(vip), "server1") })
			} else {
				w.until("server1 says what it does", func() bool { return strings.Contains(w.logOf("server1", "crmd"), "resources stay as they are") })
				if !w.active("server1", "a") || !strings.Contains(w.holders(vip), "server1") {
					t.Error("the policy is freeze and server1 stopped what it ran")
				}
			}
			w.contains(w.status("server1"), "OFFLINE: [ server2 server3 ]", "NOT CURRENT: this node is without quorum since")
			w.reconnect("server1")
			w.awaitMembers(3)
			w.settled()
			w.sameCIB()
		})
	}
}

// TestRollingRestart: every node of three is restarted in turn, as for an upgrade:
// always somebody has the address, and no change is lost.
func TestRollingRestart(t *testing.T) {
	w := trio(t, nil)
	for _, n := range []string{"server3", "server2", "server1"} {
		w.end(n, "crmd", syscall.SIGTERM)
		w.end(n, "lrmd", syscall.SIGTERM)
		other := map[bool]string{true: "server2", false: "server1"}[n == "server1"]
		w.must(other, "", "crm_attribute", "-t", "crm_config", "-n", "while-away-"+n, "-v", "1")
		w.begin(n, "lrmd")
		w.begin(n, "crmd")
		w.awaitMembers(3)
		w.settled()
	}
	w.sameCIB()
	for _, n := range []string{"server3", "server2", "server1"} {
		if got := w.setting("server2", "while-away-"+n); got != "1" {
			t.Errorf("while-away-%s is %q, want 1", n, got)
		}
	}
}

// TestDCKilledAgainAndAgain: the DC's crmd dies ten times in a row; the cluster goes on
// and nothing that runs is touched.
func TestDCKilledAgainAndAgain(t *testing.T) {
	w := trio(t, unhurried)
	before := w.starts("server1", "a") + "/" + w.starts("server1", "b") + "/" + w.starts("server1", "ip")
	for range 10 {
		var dc string
		w.until("there is a DC", func() bool { dc = w.dc("server1"); return dc != "" })
		w.end(dc, "crmd", syscall.SIGKILL)
		w.begin(dc, "crmd")
		w.until("the CIB can be changed", func() bool {
			return w.run("server2", "", "crm_attribute", "-t", "crm_config", "-n", "killed", "-v", dc).Code == 0
		})
	}
	w.awaitMembers(3)
	w.settled()
	if after := w.starts("server1", "a") + "/" + w.starts("server1", "b") + "/" + w.starts("server1", "ip"); after != before {
		t.Errorf("resources were started again: call ids %s, before %s", after, before)
	}
	w.sameCIB()
}

// TestOneWayLoss: a node that hears the others but is not heard, or is heard and hears
// nothing, is no use: what it ran runs elsewhere, and once.
func TestOneWayLoss(t *testing.T) {
	for _, tc := range []struct {
		name     string
		from, to []string
	}{
		{"mute", []string{"server1"}, []string{"server2", "server3"}},
		{"deaf", []string{"server2", "server3"}, []string{"server1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := trio(t, nil)
			routes := func(verb string) {
				t.Helper()
				for _, from := range tc.from {
					for _, to := range tc.to {
						for _, a := range w.Node(to).Addrs {
							if out, err := w.Node(from).Run(w.ctx, "", "ip", "route", verb, "blackhole", a.String()); err != nil || out.Code != 0 {
								t.Fatalf("ip route: %v %s", err, out.Stderr)
							}
						}
					}
				}
			}
			routes("add")
			w.until("the others run what server1 ran", func() bool {
				at := w.where("server2", "ip")
				return at == "server2" || at == "server3"
			})
			w.until("the address is in one place", func() bool { h := w.holders(vip); return h == "server2" || h == "server3" })
			routes("del")
			w.awaitMembers(3)
			w.settled()
			w.sameCIB()
		})
	}
}

// TestWipedNode: a node that lost its disk comes back and is given everything.
func TestWipedNode(t *testing.T) {
	w := trio(t, nil)
	n := w.Node("server1")
	n.Kill()
	w.awaitMembers(2)
	if err := os.RemoveAll(n.Path("var/lib/tactus")); err != nil {
		t.Fatal(err)
	}
	w.boot(n.Name)
	w.awaitMembers(3)
	w.settled()
	w.sameCIB()
}

// TestNodeRemovedAndAdded: a node is taken out of corosync.conf, and put back.
func TestNodeRemovedAndAdded(t *testing.T) {
	w := trio(t, nil)
	full := w.Node("server1").CorosyncConf()
	i := strings.Index(full, "\tnode {\n\t\tname: server3")
	j := i + strings.Index(full[i:], "\t}\n") + len("\t}\n")
	without := full[:i] + full[j:]
	restart := func(conf string, nodes ...string) {
		t.Helper()
		for _, n := range nodes {
			if err := os.WriteFile(filepath.Join(w.Node(n).Root, "etc/corosync/corosync.conf"), []byte(conf), 0o644); err != nil {
				t.Fatal(err)
			}
			w.end(n, "crmd", syscall.SIGTERM)
			w.begin(n, "crmd")
			w.awaitMembers(len(nodes))
		}
	}
	w.end("server3", "crmd", syscall.SIGTERM)
	w.until("server3 has left", func() bool { return strings.Contains(w.status("server1"), "OFFLINE: [ server3 ]") })
	restart(without, "server1", "server2")
	w.must("server1", "", "crm", "node", "delete", "server3")
	w.settled()
	if s := w.status("server1"); strings.Contains(s, "server3") {
		t.Errorf("server3 is still shown:\n%s", s)
	}
	for _, n := range []string{"server1", "server2"} {
		if err := os.WriteFile(filepath.Join(w.Node(n).Root, "etc/corosync/corosync.conf"), []byte(full), 0o644); err != nil {
			t.Fatal(err)
		}
		w.end(n, "crmd", syscall.SIGTERM)
		w.begin(n, "crmd")
		w.until("server1 and server2 are members", func() bool {
			return strings.Contains(w.run("server1", "", "crm_mon", "-1").Stdout, "Online: [ server1 server2 ]")
		})
	}
	w.begin("server3", "crmd")
	w.awaitMembers(3)
	w.settled()
	w.sameCIB()
}
