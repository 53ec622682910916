package gossip

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

var key = []byte("a key for tests only, long enough")

// cluster configures n nodes at 127.LINK.0.N.
func cluster(n, links int, token time.Duration, port int) membership.Config {
	c := membership.Config{ClusterName: "test", Keys: [][]byte{key}, Port: port, Source: "test", Timing: membership.TimingFromToken(token, 0, "test")}
	for i := 1; i <= n; i++ {
		node := membership.Node{Name: crm.NodeName(fmt.Sprintf("n%d", i)), ID: crm.NodeID(i), Votes: 1}
		for l := range links {
			node.Addrs = append(node.Addrs, netip.AddrFrom4([4]byte{127, byte(l + 1), 0, byte(i)}))
		}
		c.Nodes = append(c.Nodes, node)
	}
	for l := range links {
		c.Links = append(c.Links, membership.LinkConfig{Number: l, Kind: membership.Unicast, Port: port})
	}
	return c
}

func start(t *testing.T, c membership.Config, local crm.NodeName) *Gossip {
	t.Helper()
	c.Local = local
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("self", local)
	}
	g, err := Start(t.Context(), Config{Cluster: c, Meta: Meta{Version: "test"}, Log: log})
	if err != nil {
		t.Fatalf("Start(%s): %v", local, err)
	}
	return g
}

// patience bounds every wait. It measures nothing: a slow machine may need much of it.
const patience = 2 * time.Minute

// expect reads events until one of that kind about that node.
func expect(t *testing.T, g *Gossip, kind membership.EventKind, node crm.NodeName) membership.Event {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e, ok := <-g.Events():
			if !ok {
				t.Fatalf("%s: events ended while waiting for %v of %s", g.self.Name, kind, node)
			}
			if e.Kind == kind && e.Node == node {
				return e
			}
		case <-deadline:
			t.Fatalf("%s: no event %v of %s within %v", g.self.Name, kind, node, patience)
		}
	}
}

func TestThreeNodesMeetLeaveAndReturn(t *testing.T) {
	c := cluster(3, 2, 2*time.Second, 15405)
	n1, n2, n3 := start(t, c, "n1"), start(t, c, "n2"), start(t, c, "n3")
	for _, p := range []struct {
		g     *Gossip
		peers []crm.NodeName
	}{{n1, []crm.NodeName{"n2", "n3"}}, {n2, []crm.NodeName{"n1", "n3"}}, {n3, []crm.NodeName{"n1", "n2"}}} {
		up := map[crm.NodeName]bool{}
		for len(up) < 2 {
			if e := <-p.g.Events(); e.Kind == membership.NodeUp {
				up[e.Node] = true
			}
		}
	}
	if err := n1.SetMeta(Meta{Version: "test", CIBDigest: "abc"}); err != nil {
		t.Fatal(err)
	}
	for n2.Metas()[1].CIBDigest != "abc" {
		expect(t, n2, membership.NodeMeta, "n1")
	}

	n3.Leave(t.Context())
	if e := expect(t, n1, membership.NodeDown, "n3"); !e.Left {
		t.Errorf("goodbye: event %+v; want Left", e)
	}
	n3.Close()
	expect(t, n2, membership.NodeDown, "n3")
	n3 = start(t, c, "n3")
	expect(t, n1, membership.NodeUp, "n3")
	expect(t, n3, membership.NodeUp, "n1")

	n3.Close() // without a goodbye
	if e := expect(t, n1, membership.NodeDown, "n3"); e.Left {
		t.Errorf("killed: event %+v, want Left false", e)
	}
	n1.Close()
	n2.Close()
}
