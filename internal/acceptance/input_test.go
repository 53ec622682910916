package acceptance

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// logOf is everything a program of a node has logged.
func (w *world) logOf(node, program string) string {
	data, err := os.ReadFile(w.Node(node).LogFile(program))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}

// TestConfigurationRefused: crmd does not start on a configuration it cannot trust, and
// says which file, what, and what to do.
func TestConfigurationRefused(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(etc string) error
		says  []string
	}{
		{"key readable by others", func(etc string) error { return os.Chmod(filepath.Join(etc, "authkey"), 0o644) }, []string{"authkey", "chmod"}},
		{"key missing", func(etc string) error { return os.Remove(filepath.Join(etc, "authkey")) }, []string{"authkey"}},
		{"node twice", replaceIn("name: server2", "name: server1"), []string{"corosync.conf", "server1"}},
		{"brace missing", replaceIn("}\nnodelist", "\nnodelist"), []string{"corosync.conf"}},
		{"this node not listed", replaceIn("name: server1", "name: elsewhere"), []string{"server1"}},
		{"nonsense for token", replaceIn("version: 2", "version: 2\n\ttoken: soon"), []string{"corosync.conf:", "token", "soon"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := testcluster.New(testcluster.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			n := c.Node("server1")
			if err := tc.spoil(filepath.Join(n.Root, "etc/corosync")); err != nil {
				t.Fatal(err)
			}
			out, err := n.Run(t.Context(), "", filepath.Join(c.Bin(), "crmd"))
			if err != nil {
				t.Fatal(err)
			}
			if out.Code == 0 {
				t.Error("crmd ended with exit code 0")
			}
			for _, part := range tc.says {
				if !strings.Contains(out.Stdout+out.Stderr, part) {
					t.Errorf("%q is missing in:\n%s%s", part, out.Stdout, out.Stderr)
				}
			}
			check, err := n.Run(t.Context(), "", filepath.Join(c.Bin(), "crmd"), "--check")
			if err != nil || check.Code == 0 {
				t.Errorf("--check = %+v, %v; want a refusal", check, err)
			}
		})
	}
}

// replaceIn replaces the first occurrence of a text in corosync.conf.
func replaceIn(old, new string) func(etc string) error {
	return func(etc string) error {
		file := filepath.Join(etc, "corosync.conf")
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		changed := strings.Replace(string(data), old, new, 1)
		if changed == string(data) {
			return fmt.Errorf("%q is not in %s", old, file)
		}
		return os.WriteFile(file, []byte(changed), 0o644)
	}
}

// TestStrangersAreRefused: a peer with another key or another cluster's name is refused
// and named once, not once a packet; the cluster goes on without it.
func TestStrangersAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(etc string) error
	}{
		{"other key", func(etc string) error {
			return os.WriteFile(filepath.Join(etc, "authkey"), []byte(strings.Repeat("another key ", 4)), 0o600)
		}},
		{"other cluster", replaceIn("cluster_name: test", "cluster_name: other")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := trio(t, nil)
			n := w.Node("server3")
			n.Kill()
			w.awaitMembers(2)
			if err := tc.spoil(filepath.Join(n.Root, "etc/corosync")); err != nil {
				t.Fatal(err)
			}
			if err := n.Boot(); err != nil {
				t.Fatal(err)
			}
			if err := n.StartDaemons(); err != nil {
				t.Fatal(err)
			}
			w.until("the stranger is noticed", func() bool { return strings.Contains(w.logOf("server1", "crmd"), "refused") })
			w.must("server1", "", "crm_attribute", "-t", "crm_config", "-n", "still-here", "-v", "1")
			if w.where("server1", "ip") != "server1" {
				t.Error("the cluster was disturbed")
			}
			// Once a minute for each way of knocking (heartbeats, streams) and address.
			if n := strings.Count(w.logOf("server1", "crmd"), "refused"); n > 8 {
				t.Errorf("the stranger was logged %d times", n)
			}
		})
	}
}

// TestGarbageOnEveryPort: random bytes, of all sizes, to every port and socket: nothing
// happens.
func TestGarbageOnEveryPort(t *testing.T) {
	w := trio(t, nil)
	before := w.starts("server2", "a")
	sent := 0
	for _, target := range w.garbageTargets("server1") {
		for _, size := range []int{0, 1, 7, 100, 1400, 65000, 1 << 20} {
			junk := make([]byte, size)
			_, _ = rand.Read(junk)
			if target.network == "udp" {
				junk = junk[:min(size, 65000)]
			}
			conn, err := net.Dial(target.network, target.address)
			if err != nil {
				w.Fatalf("%s %s: %v", target.network, target.address, err)
			}
			_, _ = conn.Write(junk) // refusing to read it all is an answer too
			conn.Close()
			sent++
		}
	}
	if sent < 20 {
		w.Fatalf("only %d pieces of garbage were sent", sent)
	}
	w.must("server1", "", "crm_attribute", "-t", "crm_config", "-n", "still-here", "-v", "1")
	w.awaitMembers(3)
	if after := w.starts("server2", "a"); after != before {
		w.Errorf("a was started again: %s, before %s", after, before)
	}
}

type target struct{ network, address string }

// garbageTargets lists a node's open ports and sockets, by looking at them.
func (w *world) garbageTargets(node string) []target {
	n := w.Node(node)
	targets := []target{
		{"unix", filepath.Join(n.Root, "run/tactus/crmd.sock")},
		{"unix", filepath.Join(n.Root, "run/tactus/lrmd.sock")},
	}
	for _, network := range []string{"tcp", "udp"} {
		out, err := n.Run(w.ctx, "", "ss", "-Hln", "--"+network)
		if err != nil || out.Code != 0 {
			w.Fatalf("ss: %v %s", err, out.Stderr)
		}
		for line := range strings.Lines(out.Stdout) {
			fields := strings.Fields(line)
			_, port, err := net.SplitHostPort(fields[3])
			if err != nil {
				w.Fatalf("ss printed %q", line)
			}
			targets = append(targets, target{network, net.JoinHostPort(n.Addrs[0].String(), port)})
		}
	}
	return targets
}

// TestMalformedCIB: what is not a CIB is refused with the reason, and the old one kept.
func TestMalformedCIB(t *testing.T) {
	w := trio(t, nil)
	before := w.must("server1", "", "cibadmin", "-Q", "-o", "configuration")
	for name, xml := range map[string]string{
		"not XML":            "<cib><configuration>",
		"not a CIB":          "<html/>",
		"unknown element":    `<resources><primitive id="x" class="ocf" provider="tactus" type="Dummy"><surprise/></primitive></resources>`,
		"id twice":           `<resources><primitive id="x" class="ocf" provider="tactus" type="Dummy"/><primitive id="x" class="ocf" provider="tactus" type="Dummy"/></resources>`,
		"no agent":           `<resources><primitive id="x"/></resources>`,
		"binary":             "\x00\x01\x02",
		"a hundred entities": "<!DOCTYPE a [<!ENTITY b 'bbbb'>]><resources>&b;</resources>",
	} {
		out := w.run("server1", xml, "cibadmin", "-R", "-o", "resources", "-p")
		if out.Code == 0 || out.Stderr == "" {
			w.Errorf("%s: exit code %d, message %q; want a refusal", name, out.Code, out.Stderr)
		}
	}
	if after := w.must("server1", "", "cibadmin", "-Q", "-o", "configuration"); after != before {
		w.Errorf("the CIB changed:\n%s\nbefore:\n%s", after, before)
	}
}

// TestBrokenStore: a truncated or flipped raft file is noticed at the start, set aside,
// and the node comes back clean from its peers.
func TestBrokenStore(t *testing.T) {
	for name, spoil := range map[string]func(file string, size int64) error{
		"truncated": truncate,
		"flipped":   flip,
	} {
		t.Run(name, func(t *testing.T) {
			w := trio(t, nil)
			n := w.Node("server3")
			n.Kill()
			file := filepath.Join(n.Root, "var/lib/tactus/raft.db")
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(file, info.Size()); err != nil {
				t.Fatal(err)
			}
			w.must("server1", "", "crm_attribute", "-t", "crm_config", "-n", "meanwhile", "-v", "1")
			if err := n.Boot(); err != nil {
				t.Fatal(err)
			}
			if err := n.StartDaemons(); err != nil {
				t.Fatal(err)
			}
			w.awaitMembers(3)
			w.until("server3 has what it missed", func() bool {
				return strings.TrimSpace(w.run("server3", "", "crm_attribute", "-t", "crm_config", "-n", "meanwhile", "-G", "-q").Stdout) == "1"
			})
			if log := w.logOf("server3", "crmd"); !strings.Contains(log, "raft.db") {
				t.Errorf("crmd did not name the broken file:\n%s", log)
			}
		})
	}
}

// truncate cuts the used part of the file, which ends in empty pages, in half.
func truncate(file string, _ int64) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.Truncate(file, int64(len(bytes.TrimRight(data, "\x00"))/2))
}

// flip changes a byte in every page that is not empty, past the first two.
func flip(file string, _ int64) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	const page = 4096
	for at := 2 * page; at+page <= len(data); at += page {
		if !bytes.Equal(data[at:at+page], make([]byte, page)) {
			data[at+page/2] ^= 0x55
		}
	}
	return os.WriteFile(file, data, 0o600)
}

// TestFullDisk: writes are refused with a clear error, the node gives the DC up, and
// what runs goes on running.
func TestFullDisk(t *testing.T) {
	w := trio(t, func(o *testcluster.Options) {
		o.Prepare = func(c *testcluster.Cluster) error {
			for _, n := range c.Nodes {
				dir := filepath.Join(n.Root, "var/lib/tactus")
				if out, err := n.Run(t.Context(), "", "sh", "-c", "mkdir -p "+dir+" && mount -t tmpfs -o size=24m none "+dir); err != nil || out.Code != 0 {
					return fmt.Errorf("small disk: %w %s", err, out.Stderr)
				}
			}
			return nil
		}
	})
	dc := w.dc("server1")
	before := w.starts("server2", "a")
	full := filepath.Join(w.Node(dc).Root, "var/lib/tactus", "ballast")
	if out, err := w.Node(dc).Run(w.ctx, "", "sh", "-c", "cat /dev/zero >"+full+"; true"); err != nil {
		w.Fatalf("%v %s", err, out.Stderr)
	}
	// Room left in the store's own pages is used up by writing.
	other := "server1"
	if dc == other {
		other = "server2"
	}
	w.until("the DC has moved", func() bool {
		w.run(other, "", "crm_attribute", "-t", "crm_config", "-n", "filler", "-v", strings.Repeat("x", 20000))
		now := w.dc(other)
		return now != "" && now != dc
	})
	w.must(other, "", "crm_attribute", "-t", "crm_config", "-n", "filler", "-v", "none")
	w.contains(w.logOf(dc, "crmd"), "no space left")
	if after := w.starts(other, "a"); after != before {
		w.Errorf("a was started again: %s, before %s", after, before)
	}
	if out, err := w.Node(dc).Run(w.ctx, "", "rm", full); err != nil || out.Code != 0 {
		w.Fatalf("%v %s", err, out.Stderr)
	}
	w.awaitMembers(3)
	w.until("the full node writes again", func() bool {
		return w.run(dc, "", "crm_attribute", "-t", "crm_config", "-n", "room", "-v", "1").Code == 0
	})
}

// TestExecutorKilled: lrmd dies by kill -9 and is started again: what runs is found
// running and is not started twice.
func TestExecutorKilled(t *testing.T) {
	w := trio(t, nil)
	n := w.Node("server1")
	if err := n.Signal("lrmd", syscall.SIGKILL); err != nil {
		w.Fatal(err)
	}
	if err := n.Wait("lrmd"); err != nil {
		w.Fatal(err)
	}
	if err := n.Start("lrmd", nil, filepath.Join(w.Bin(), "lrmd")); err != nil {
		w.Fatal(err)
	}
	w.awaitMembers(3)
	w.awaitAt("a", "server1")
	w.awaitAt("ip", "server1")
	w.until("the address is on server1 only", func() bool { return w.holders(vip) == "server1" })
}
