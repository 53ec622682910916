package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// heartbeatFiles puts ha.cf and authkeys in place of corosync.conf and authkey.
func heartbeatFiles(c *testcluster.Cluster) error {
	var cf strings.Builder
	cf.WriteString("logfacility daemon\nkeepalive 200ms\nwarntime 1\ndeadtime 2\ninitdead 20\nudpport 694\nauto_failback on\ncrm respawn\n")
	for link := range c.Nodes[0].Addrs {
		for _, n := range c.Nodes {
			fmt.Fprintf(&cf, "ucast eth%d %s\n", link, n.Addrs[link])
		}
	}
	for _, n := range c.Nodes {
		fmt.Fprintf(&cf, "node %s\n", n.Name)
	}
	for _, n := range c.Nodes {
		if err := os.RemoveAll(filepath.Join(n.Root, "etc/corosync")); err != nil {
			return err
		}
		etc := filepath.Join(n.Root, "etc/ha.d")
		if err := os.MkdirAll(etc, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(etc, "ha.cf"), []byte(cf.String()), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(etc, "authkeys"), []byte("auth 1\n1 sha1 a-key-for-tests-only-long-enough\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// TestHeartbeatConfiguration: two nodes that have Heartbeat's files only are a cluster,
// with Heartbeat's times, and fail over.
func TestHeartbeatConfiguration(t *testing.T) {
	w := newWorld(t, 2, func(o *testcluster.Options) { o.Prepare = heartbeatFiles })
	w.unfenced()
	timing := w.must("server1", "", "crm", "cluster", "timing")
	w.contains(timing, "0.20 s  ha.cf: keepalive", "2.00 s  ha.cf: deadtime", "20.00 s  ha.cf: initdead")
	w.must("server1", dummies, "crm", "configure")
	w.settled()
	if err := w.Node("server1").Cut(0); err != nil {
		t.Fatal(err)
	}
	w.until("the dead link is reported", func() bool {
		return strings.Contains(w.run("server2", "", "crm", "cluster", "status").Stdout, "DOWN")
	})
	w.contains(w.status("server2"), "Online: [ server1 server2 ]")
	if err := w.Node("server1").Mend(0); err != nil {
		t.Fatal(err)
	}
	w.Node("server1").Kill()
	w.until("server2 runs everything", func() bool {
		return w.where("server2", "a")+w.where("server2", "b")+w.where("server2", "ip") == "server2server2server2"
	})
	w.boot("server1")
	w.awaitMembers(2)
	w.settled()
	w.sameCIB()
}
