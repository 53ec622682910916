package gossip

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/internal/testcluster"
	"github.com/tactus-ha/tactus/membership"
)

// The tests run in a network namespace of their own. All nodes are in this process, with
// addresses 10.77.LINK.NODE on one pair of interfaces a link.
func TestMain(m *testing.M) { testcluster.Main(m) }

func wire(link int) string { return fmt.Sprintf("wire%d", link) }

// network makes the interfaces of a link with the addresses of n nodes.
func network(t testing.TB, links, n int) {
	t.Helper()
	for l := range links {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = wire(l)
		veth := &netlink.Veth{LinkAttrs: attrs, PeerName: attrs.Name + "p"}
		must(t, netlink.LinkAdd(veth))
		t.Cleanup(func() { // by name: a test may have made it anew
			if now, err := netlink.LinkByName(attrs.Name); err == nil {
				_ = netlink.LinkDel(now)
			}
		})
		peer, err := netlink.LinkByName(attrs.Name + "p")
		must(t, err)
		must(t, netlink.LinkSetUp(peer))
		must(t, netlink.LinkSetUp(veth))
		for i := 1; i <= n; i++ {
			must(t, netlink.AddrAdd(veth, address(l, i)))
		}
	}
}

func address(link, node int) *netlink.Addr {
	a, err := netlink.ParseAddr(fmt.Sprintf("10.77.%d.%d/24", link, node))
	if err != nil {
		panic(err)
	}
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cut takes a node's address off a link; mend puts it back.
func cut(t *testing.T, link, node int) {
	l, err := netlink.LinkByName(wire(link))
	must(t, err)
	must(t, netlink.AddrDel(l, address(link, node)))
}

func mend(t *testing.T, link, node int) {
	l, err := netlink.LinkByName(wire(link))
	must(t, err)
	must(t, netlink.AddrAdd(l, address(link, node)))
}

func wired(n, links int, token time.Duration) membership.Config {
	c := cluster(n, links, token, 5405)
	for i := range c.Nodes {
		for l := range links {
			c.Nodes[i].Addrs[l] = netip.MustParseAddr(fmt.Sprintf("10.77.%d.%d", l, i+1))
		}
	}
	return c
}

func waitLinks(t *testing.T, g *Gossip, want ...bool) {
	t.Helper()
	var got []bool
	for range 12_000 {
		got = nil
		for _, l := range g.Links() {
			got = append(got, l.Up)
		}
		if slices.Equal(got, want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: links up %v, want %v: %+v", g.self.Name, got, want, g.Links())
}

func TestTwoLinks(t *testing.T) {
	network(t, 2, 2)
	token := time.Second
	c := wired(2, 2, token)
	n1, n2 := start(t, c, "n1"), start(t, c, "n2")
	defer n2.Close()
	defer n1.Close()
	expect(t, n1, membership.NodeUp, "n2")
	expect(t, n2, membership.NodeUp, "n1")
	waitLinks(t, n1, true, true)

	cut(t, 0, 2)
	expect(t, n1, membership.LinkDown, "n2")
	waitLinks(t, n2, false, true)
	if states := n2.Links(); states[0].Error == "" {
		t.Errorf("link 0 of n2 lost its address: no error in %+v", states[0])
	}
	time.Sleep(2 * token)
	for len(n1.Events()) > 0 {
		if e := <-n1.Events(); e.Kind == membership.NodeDown { // late it may be on a slow machine
			t.Errorf("one link cut: %v %s", e.Kind, e.Detail)
		}
	}
	mend(t, 0, 2)
	waitLinks(t, n1, true, true)
	waitLinks(t, n2, true, true)

	cut(t, 0, 2)
	cut(t, 1, 2)
	at := time.Now()
	e := expect(t, n1, membership.NodeDown, "n2")
	if took := e.At.Sub(at); took > token+200*time.Millisecond || took < token-400*time.Millisecond {
		t.Logf("both links cut: down after %v with token %v", took, token)
	}
	expect(t, n2, membership.NodeDown, "n1")
	mend(t, 1, 2)
	expect(t, n1, membership.NodeUp, "n2")
	expect(t, n2, membership.NodeUp, "n1")
}

func TestInterfaceDeletedAndMadeAnew(t *testing.T) {
	network(t, 2, 2)
	c := wired(2, 2, time.Second)
	n1, n2 := start(t, c, "n1"), start(t, c, "n2")
	defer n2.Close()
	defer n1.Close()
	waitLinks(t, n1, true, true)
	l, err := netlink.LinkByName(wire(1))
	must(t, err)
	must(t, netlink.LinkDel(l))
	waitLinks(t, n1, true, false)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = wire(1)
	must(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: attrs.Name + "p"}))
	l, err = netlink.LinkByName(wire(1))
	must(t, err)
	must(t, netlink.LinkSetUp(l))
	mend(t, 1, 1)
	mend(t, 1, 2)
	waitLinks(t, n1, true, true)
	for len(n1.Events()) > 0 {
		if e := <-n1.Events(); e.Kind == membership.NodeDown {
			t.Errorf("an interface was deleted: %v %s", e.Kind, e.Detail)
		}
	}
}

func TestGroupLinks(t *testing.T) {
	for _, kind := range []membership.LinkKind{membership.Multicast, membership.Broadcast} {
		t.Run(string(kind), func(t *testing.T) {
			network(t, 1, 3)
			c := wired(3, 1, time.Second)
			c.Links[0].Kind, c.Links[0].Loop = kind, true
			c.Links[0].Group = netip.MustParseAddr("239.192.7.7")
			var all []*Gossip
			for _, n := range c.Nodes {
				all = append(all, start(t, c, n.Name))
			}
			for _, g := range all {
				waitLinks(t, g, true, true)
			}
			must(t, all[0].SetMeta(Meta{CIBDigest: "abc"}))
			for all[2].Metas()[1].CIBDigest != "abc" {
				expect(t, all[2], membership.NodeMeta, "n1")
			}
			all[1].Leave(t.Context())
			if e := expect(t, all[0], membership.NodeDown, "n2"); !e.Left {
				t.Errorf("goodbye over %s: %+v", kind, e)
			}
			for _, g := range all {
				g.Close()
			}
		})
	}
}

func TestAddressesAreLearned(t *testing.T) {
	network(t, 1, 2)
	c := wired(2, 1, time.Second)
	one, two := c, c
	one.Nodes, two.Nodes = slices.Clone(c.Nodes), slices.Clone(c.Nodes)
	one.Nodes[1].Addrs = []netip.Addr{{}}
	two.Nodes[0].Addrs = []netip.Addr{{}}
	peers := []netip.Addr{c.Nodes[0].Addrs[0], c.Nodes[1].Addrs[0]}
	one.Links, two.Links = slices.Clone(c.Links), slices.Clone(c.Links)
	one.Links[0].Peers, two.Links[0].Peers = peers, peers
	n1, n2 := start(t, one, "n1"), start(t, two, "n2")
	defer n2.Close()
	defer n1.Close()
	if e := expect(t, n1, membership.NodeAddr, "n2"); e.Addr != peers[1] {
		t.Errorf("learned %v, want %v", e.Addr, peers[1])
	}
	expect(t, n1, membership.NodeUp, "n2")
	expect(t, n1, membership.NodeMeta, "n2")
}

func TestStrangersAndGarbage(t *testing.T) {
	network(t, 1, 3)
	c := wired(3, 1, time.Second)
	other := c
	other.Keys = [][]byte{[]byte("another key, also long enough")}
	n1, n2 := start(t, c, "n1"), start(t, c, "n2")
	defer n1.Close()
	defer n2.Close()
	expect(t, n1, membership.NodeUp, "n2")
	n3 := start(t, other, "n3")
	defer n3.Close()
	if e := expect(t, n1, membership.PeerRefused, ""); e.Addr != c.Nodes[2].Addrs[0] || !bytes.Contains([]byte(e.Detail), []byte("another key")) {
		t.Errorf("wrong key: %+v", e)
	}
	conn, err := net.Dial("udp", "10.77.0.1:5405")
	must(t, err)
	defer conn.Close()
	before := n1.Refused()
	for i := range 2000 {
		_, _ = conn.Write(bytes.Repeat([]byte{byte(i)}, i%3000))
	}
	tcp, err := net.Dial("tcp", "10.77.0.1:5405")
	must(t, err)
	_, _ = tcp.Write(bytes.Repeat([]byte("GET / HTTP/1.0\r\n"), 1000))
	tcp.Close()
	expect(t, n1, membership.NodeDown, "n3")
	refused := 0
	for len(n1.Events()) > 0 {
		switch e := <-n1.Events(); e.Kind {
		case membership.PeerRefused:
			refused++
		case membership.NodeDown: // late it may be on a slow machine
			t.Errorf("garbage on the port: %v %s %s", e.Kind, e.Node, e.Detail)
		}
	}
	if refused > 1 || n1.Refused() == before {
		t.Errorf("%d reports, %d packets dropped; want each source reported once", refused, n1.Refused()-before)
	}
	if !n1.Alive()[2] {
		t.Error("the cluster did not survive the garbage")
	}
}

// BenchmarkIdle reports the processor time that one idle node of three costs a minute.
func BenchmarkIdle(b *testing.B) {
	network(b, 1, 3)
	c := wired(3, 1, 0)
	for _, n := range c.Nodes {
		c.Local = n.Name
		g, err := Start(b.Context(), Config{Cluster: c, Realtime: os.Getenv("TACTUS_REALTIME") != ""})
		must(b, err)
		defer g.Close()
	}
	time.Sleep(3 * time.Second)
	cpu := func() time.Duration {
		var u unix.Rusage
		must(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start, used := time.Now(), cpu()
	for b.Loop() {
		time.Sleep(time.Second)
	}
	spent := (cpu() - used).Seconds() / time.Since(start).Seconds() * 60 / float64(len(c.Nodes))
	b.ReportMetric(spent, "cpu-s/min/node")
	b.ReportMetric(0, "ns/op")
}

func TestALinkThatWorksOneWayIsNone(t *testing.T) {
	network(t, 1, 2)
	c := wired(2, 1, time.Second)
	deaf := c
	deaf.Nodes = slices.Clone(c.Nodes)
	deaf.Nodes[0].Addrs = []netip.Addr{netip.MustParseAddr("10.77.0.99")} // n2 sends into the void
	n1, n2 := start(t, c, "n1"), start(t, deaf, "n2")
	defer n1.Close()
	defer n2.Close()
	for _, p := range []struct {
		g    *Gossip
		peer crm.NodeName
	}{{n1, "n2"}, {n2, "n1"}} {
		for e := range p.g.Events() {
			if e.Kind == membership.NodeUp {
				t.Errorf("%s takes %s for up, though it is heard in one direction only", p.g.self.Name, p.peer)
			}
			if e.Kind == membership.NodeDown {
				break
			}
		}
	}
	if states := n2.Links(); states[0].LastHeard.IsZero() || states[0].Up {
		t.Errorf("n2 hears n1: %+v; want heard, but not up", states[0])
	}
}

func TestAnotherClusterIsRefused(t *testing.T) {
	network(t, 1, 2)
	c := wired(2, 1, time.Second)
	other := c
	other.ClusterName = "another"
	n1, n2 := start(t, c, "n1"), start(t, other, "n2")
	defer n1.Close()
	defer n2.Close()
	if e := expect(t, n1, membership.PeerRefused, ""); !strings.Contains(e.Detail, "another cluster (check cluster_name)") {
		t.Errorf("refused as %q", e.Detail)
	}
}

func TestDifferentFilesAreNoticed(t *testing.T) {
	network(t, 1, 2)
	c := wired(2, 1, time.Second)
	other := c
	other.Quorum.TwoNode = true
	var log strings.Builder
	c.Local = "n1"
	n1, err := Start(t.Context(), Config{Cluster: c, Log: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, err)
	n2 := start(t, other, "n2")
	expect(t, n1, membership.NodeUp, "n2")
	n2.Close()
	n1.Close()
	if n := strings.Count(log.String(), "configuration files differ"); n != 1 {
		t.Errorf("the log says %d times that the files differ, want once:\n%s", n, log.String())
	}
}
