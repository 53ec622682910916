package daemon_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/internal/testcluster"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/gossip"
	"github.com/tactus-ha/tactus/membership/identity"
)

// refused is how often a node dropped something for a reason.
func (c *cluster) refused(node, kind string) uint64 {
	for _, r := range c.status(node).Refused {
		if r.Kind == kind {
			return r.Count
		}
	}
	return 0
}

// calm checks that whatever was sent has moved nothing: members, DC and quorum are as before.
func (c *cluster) calm(before api.Status) {
	c.t.Helper()
	now := c.status(string(before.Node))
	if now.DC != before.DC || now.Stamp != before.Stamp || !now.Quorate {
		c.t.Errorf("the cluster changed: DC %s at %s quorate %v, before: DC %s at %s", now.DC, now.Stamp, now.Quorate, before.DC, before.Stamp)
	}
	for _, m := range now.Members {
		if !m.Alive || !m.Joined {
			c.t.Errorf("node %s: alive %v, joined %v", m.Name, m.Alive, m.Joined)
		}
	}
}

// sniff captures UDP payloads that one node sends to another, on the switch.
func sniff(t *testing.T, from, to netip.Addr, many int) (payloads [][]byte) {
	t.Helper()
	const everything = 0x0300 // ETH_P_ALL in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, everything)
	if err != nil {
		t.Skipf("packets cannot be captured here: %v", err)
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 30})
	bridge, err := net.InterfaceByName("br0")
	if err != nil {
		t.Fatal(err)
	}
	member := unix.PacketMreq{Ifindex: int32(bridge.Index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &member); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for len(payloads) < many {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR { // the runtime's own signals
			continue
		}
		if err != nil {
			t.Fatalf("capturing packets: %v", err)
		}
		f := buf[:n]
		if n < 42 || binary.BigEndian.Uint16(f[12:]) != 0x0800 || f[23] != 17 || !bytes.Equal(f[26:30], from.AsSlice()) || !bytes.Equal(f[30:34], to.AsSlice()) {
			continue
		}
		payloads = append(payloads, bytes.Clone(f[42:14+binary.BigEndian.Uint16(f[16:])]))
	}
	return payloads
}

// TestHostilePacketsAreCountedAndDropped: what was recorded, changed, or sealed with
// another key reaches nobody: it is counted by kind, and the cluster goes on as before.
func TestHostilePacketsAreCountedAndDropped(t *testing.T) {
	c := unhurried(t, "server1", "server2")
	server1, server2 := c.Node("server1").Addrs[0], c.Node("server2").Addrs[0]
	before := c.status("server1")
	conn, err := net.Dial("udp", net.JoinHostPort(server1.String(), fmt.Sprint(membership.DefaultPort)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	send := func(packets ...[]byte) {
		t.Helper()
		for _, p := range packets {
			if _, err := conn.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	counted := func(kind string) {
		t.Helper()
		c.until("packets of kind "+kind+" are counted", func() bool { return c.refused("server1", kind) > 0 })
	}

	recorded := sniff(t, server2, server1, 8)
	send(recorded...)
	counted("replay")
	for _, p := range recorded {
		forged := bytes.Clone(p)
		forged[len(forged)-1] ^= 1
		send(forged)
	}
	counted("key")
	send(bytes.Repeat([]byte("x"), 60), []byte{}, []byte("GET / HTTP/1.0\r\n"))
	counted("garbage")
	send(bytes.Repeat(recorded[0], 30)) // longer than any frame
	counted("oversized")
	c.calm(before)

	metrics := c.metrics("server1")
	for _, kind := range []string{"replay", "key", "garbage", "oversized"} {
		if !strings.Contains(metrics, `tactus_refused_total{kind="`+kind+`"}`) {
			t.Errorf("the metrics have no tactus_refused_total of kind %s", kind)
		}
	}
	out, err := c.Node("server1").Tool(c.ctx, "crm", "cluster", "status")
	if err != nil || !strings.Contains(out.Stdout, "Refused since start: ") || !strings.Contains(out.Stdout, " x packet seen before\n") {
		t.Errorf("crm cluster status: %v\n%s\nwant a line that counts packets seen before", err, out.Stdout)
	}
}

func (c *cluster) metrics(node string) string {
	client := c.api(node)
	defer client.Close()
	text, _, err := client.Text(c.ctx, "/metrics", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// strangers configures the cluster as the test's own machine would be in it as server3, with
// another key.
func strangersConfig(c *cluster, key string) membership.Config {
	cfg := membership.Config{ClusterName: "test", Keys: [][]byte{[]byte(key)}, Port: membership.DefaultPort, Local: "server2", Source: "test", Timing: membership.TimingFromToken(0, 0, "test")}
	for _, n := range c.Nodes {
		addr := n.Addrs[0]
		if n.Name == "server2" {
			addr = netip.MustParseAddr("10.7.36.1") // the test itself
		}
		cfg.Nodes = append(cfg.Nodes, membership.Node{Name: crm.NodeName(n.Name), ID: crm.NodeID(n.ID), Votes: 1, Addrs: []netip.Addr{addr}})
	}
	cfg.Links = []membership.LinkConfig{{Number: 0, Kind: membership.Unicast, Port: cfg.Port}}
	return cfg
}

// TestAnotherKeyIsNoMember: a machine that takes a member's name and place, with the key
// that was used before, is not heard, and gets nothing from any port.
func TestAnotherKeyIsNoMember(t *testing.T) {
	c := unhurried(t, "server1", "server2")
	before := c.status("server1")
	cfg := strangersConfig(c, "the key of last year, thirty-two bytes and more")
	g, err := gossip.Start(t.Context(), gossip.Config{Cluster: cfg, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	c.until("its packets are counted", func() bool { return c.refused("server1", "key") > 10 })
	if g.Alive()[crm.NodeID(c.Node("server1").ID)] {
		t.Error("the stranger believes to hear server1")
	}
	own, err := identity.NewCredentials(cfg.Keys, cfg.ClusterName, "server2", crm.NodeID(c.Node("server2").ID))
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range []int{cfg.Port, cfg.WirePort()} {
		for name, config := range map[string]*tls.Config{
			"with a certificate of its own": func() *tls.Config {
				t := own.TLSConfig().Clone()
				t.InsecureSkipVerify = true
				t.VerifyConnection = nil
				t.VerifyPeerCertificate = nil
				return t
			}(),
			"without a certificate": {InsecureSkipVerify: true, MinVersion: tls.VersionTLS13},
		} {
			if got := takeFrom(t, c.Node("server1").Addrs[0], port, config); len(got) > 0 {
				t.Errorf("port %d gives to a stranger %s: %q", port, name, got)
			}
		}
	}
	c.until("its connections are counted", func() bool { return c.refused("server1", "connection") > 0 && c.refused("server1", "stream") > 0 })
	c.calm(before)
}

// takeFrom connects, says something, and returns what comes back behind the handshake.
func takeFrom(t *testing.T, addr netip.Addr, port int, config *tls.Config) []byte {
	t.Helper()
	raw, err := net.Dial("tcp", netip.AddrPortFrom(addr, uint16(port)).String())
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(raw, config)
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // bounds a hang
	if err := conn.Handshake(); err != nil {
		return nil
	}
	_, _ = conn.Write(bytes.Repeat([]byte{0, 0, 0, 1, 1}, 10)) // pings of the peers' protocol
	got, _ := io.ReadAll(conn)
	return got
}

// TestSilentConnectionsKeepNobodyOut: a host holds hundreds of connections open and says
// nothing. They are ended in bounded time, and a member that is restarted meanwhile joins.
func TestSilentConnectionsKeepNobodyOut(t *testing.T) {
	c := running(t, "server1", "server2")
	addr := c.Node("server1").Addrs[0]
	var silent []net.Conn
	cfg := strangersConfig(c, testcluster.Key)
	for _, port := range []int{cfg.Port, cfg.WirePort()} {
		for range 200 {
			conn, err := net.Dial("tcp", netip.AddrPortFrom(addr, uint16(port)).String())
			if err != nil {
				continue // the backlog is full: as good as refused
			}
			silent = append(silent, conn)
		}
	}
	c.kill("server2", "crmd")
	c.formed("server1", "server2")
	for _, conn := range silent {
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute)) // bounds a hang
		if _, err := conn.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
			t.Fatalf("a silent connection to %s is still open: %v", conn.RemoteAddr(), err)
		}
		conn.Close()
	}
}

// TestOutsidersGetNothingFromSockets: a user who is neither root nor in group haclient
// cannot connect to any socket of a node, and is told why.
func TestOutsidersGetNothingFromSockets(t *testing.T) {
	if os.Getuid() != 0 || !canBecome(12345) {
		t.Skip("only root can try what other users may")
	}
	c := running(t, "server1", "server2")
	n := c.Node("server1")
	as := func(argv ...string) testcluster.Output {
		t.Helper()
		out, err := n.Run(c.ctx, "", append([]string{"setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"}, argv...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	// The test's own folders are root's alone; outsiders must fail at the socket, not before.
	for dir := n.Root; dir != "/"; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o005 != 0o005 {
			if err := os.Chmod(dir, info.Mode().Perm()|0o055); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(dir, info.Mode().Perm()) })
		}
	}
	for _, tool := range [][]string{{"crm_mon", "-1"}, {"cibadmin", "-Q"}, {"crm", "cluster", "status"}, {"crm_resource", "-L"}, {"crm_attribute", "-n", "x", "-v", "1"}} {
		out := as(append([]string{filepath.Join(bin(t), "tactus")}, tool...)...)
		if out.Code == 0 || strings.TrimSpace(out.Stdout) != "" || !strings.Contains(out.Stderr, "permission denied: it takes root, or a member of group haclient") {
			t.Errorf("%s as an outsider: exit code %d\n%s%s\nwant a refusal that says why, and nothing else", strings.Join(tool, " "), out.Code, out.Stdout, out.Stderr)
		}
	}
	sockets := 0
	_ = filepath.WalkDir(n.Root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Type()&os.ModeSocket == 0 {
			return nil
		}
		sockets++
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s: mode %v, error %v; want nothing for others", path, info.Mode(), err)
		}
		return nil
	})
	if sockets < 2 {
		t.Errorf("%d sockets found below %s, want those of crmd and lrmd", sockets, n.Root)
	}
}

// canBecome reports whether this process may change to another user: in a user namespace
// with one user only, root may not.
func canBecome(uid int) bool {
	data, err := os.ReadFile("/proc/self/uid_map")
	var inside, outside, count int
	_, scanErr := fmt.Sscan(string(data), &inside, &outside, &count)
	return err == nil && scanErr == nil && uid >= inside && uid < inside+count
}
