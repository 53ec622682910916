package acceptance

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// duo is a cluster of two nodes that go on without fencing, which the status calls unprotected.
func duo(t *testing.T, change ...func(*testcluster.Options)) *world {
	w := newWorld(t, 2, append(change, nil)[0])
	w.unfenced()
	w.must("server1", dummies, "crm", "configure")
	w.settled()
	return w
}

// unhurried gives a crmd that died seconds to be back before what it left running must stop:
// a slow machine may need more than the default's one second to start it.
func unhurried(o *testcluster.Options) { o.Token = 5 * time.Second }

// settled waits until everything of dummies runs where it should.
func (w *world) settled() {
	w.Helper()
	w.awaitAt("a", "server1")
	w.awaitAt("b", "server2")
	w.awaitAt("ip", "server1")
	w.until("the address is on server1 only", func() bool { return w.holders(vip) == "server1" })
}

// cutOff takes all links of a node down; reconnect takes them up again.
func (w *world) cutOff(node string) {
	w.Helper()
	for link := range w.Node(node).Addrs {
		if err := w.Node(node).Cut(link); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) reconnect(node string) {
	w.Helper()
	for link := range w.Node(node).Addrs {
		if err := w.Node(node).Mend(link); err != nil {
			w.Fatal(err)
		}
	}
}

// end ends a daemon by a signal and waits until it is gone.
func (w *world) end(node, daemon string, sig syscall.Signal) {
	w.Helper()
	if err := w.Node(node).Signal(daemon, sig); err != nil {
		w.Fatal(err)
	}
	if err := w.Node(node).Wait(daemon); err != nil {
		w.Fatal(err)
	}
}

// begin starts a daemon on a node.
func (w *world) begin(node, daemon string) {
	w.Helper()
	if err := w.Node(node).Start(daemon, nil, filepath.Join(w.Bin(), daemon)); err != nil {
		w.Fatal(err)
	}
}

// sameCIB waits until all nodes that are up hold the same CIB.
func (w *world) sameCIB() {
	w.Helper()
	w.until("all nodes have the same CIB", func() bool {
		var first string
		for _, n := range w.Nodes {
			if !n.Up() {
				continue
			}
			out := w.run(n.Name, "", "cibadmin", "-Q", "--local")
			if out.Code != 0 || first != "" && out.Stdout != first {
				return false
			}
			first = out.Stdout
		}
		return true
	})
}

// setting is a cluster option's value, as a node knows it.
func (w *world) setting(node, name string) string {
	w.Helper()
	return strings.TrimSpace(w.run(node, "", "crm_attribute", "-t", "crm_config", "-n", name, "-G", "-q").Stdout)
}

// TestBothGoOnAlone: two nodes that cannot see each other both go on, as they were told
// to; healed, one of them has won, what the winner runs was never disturbed, and both
// hold one CIB.
func TestBothGoOnAlone(t *testing.T) {
	w := duo(t)
	started := map[string]string{"server1": w.starts("server1", "a"), "server2": w.starts("server2", "b")}
	w.cutOff("server1")
	for _, n := range []string{"server1", "server2"} {
		w.until(n+" runs everything", func() bool { return w.where(n, "a")+w.where(n, "b")+w.where(n, "ip") == n+n+n })
		w.must(n, "", "crm_attribute", "-t", "crm_config", "-n", "said-on-"+n, "-v", "1")
		w.contains(w.status(n), "UNPROTECTED")
	}
	w.until("both have the address", func() bool { return w.holders(vip) == "server1 server2" })
	w.reconnect("server1")
	w.awaitMembers(2)
	w.settled()
	w.sameCIB()
	var winner string
	for _, n := range []string{"server1", "server2"} {
		if w.setting(n, "said-on-server1")+w.setting(n, "said-on-server2") != "1" {
			w.Errorf("%s knows %q and %q, want exactly one side's change", n, w.setting(n, "said-on-server1"), w.setting(n, "said-on-server2"))
		}
		if w.setting("server1", "said-on-"+n) == "1" {
			winner = n
		}
	}
	own := map[string]string{"server1": "a", "server2": "b"}[winner]
	if after := w.starts(winner, own); after != started[winner] {
		w.Errorf("%s won and %s was started again there: call ids %s, before %s", winner, own, after, started[winner])
	}
}

// TestCrmdKilledOfTwo: crmd of either node dies by kill -9 and is started again at once:
// no resource is restarted.
func TestCrmdKilledOfTwo(t *testing.T) {
	w := duo(t, unhurried)
	before := w.starts("server1", "a") + "/" + w.starts("server1", "b") + "/" + w.starts("server1", "ip")
	for _, n := range []string{"server1", "server2", "server2", "server1"} {
		w.end(n, "crmd", syscall.SIGKILL)
		w.begin(n, "crmd")
		w.until(n+"'s crmd knows the DC", func() bool { return w.dc(n) != "" })
		w.awaitMembers(2)
		w.settled()
	}
	if after := w.starts("server1", "a") + "/" + w.starts("server1", "b") + "/" + w.starts("server1", "ip"); after != before {
		w.Errorf("resources were started again: call ids %s, before %s", after, before)
	}
	w.sameCIB()
}

// TestOneOfTwoPaused: a whole node stands still, as under a hypervisor: the other takes
// over; the node wakes and everything runs once, where it belongs.
func TestOneOfTwoPaused(t *testing.T) {
	for _, n := range []string{"server1", "server2"} {
		t.Run(n, func(t *testing.T) {
			w := duo(t)
			other := map[string]string{"server1": "server2", "server2": "server1"}[n]
			if err := w.Node(n).Pause(); err != nil {
				t.Fatal(err)
			}
			w.until(other+" runs everything", func() bool {
				return w.where(other, "a")+w.where(other, "b")+w.where(other, "ip") == other+other+other
			})
			if err := w.Node(n).Resume(); err != nil {
				t.Fatal(err)
			}
			w.awaitMembers(2)
			w.settled()
			w.sameCIB()
		})
	}
}

// TestOrderlyStopOfTwo: one node is stopped, then the other; started again, the CIB is
// there and everything runs. One started alone says what it waits for.
func TestOrderlyStopOfTwo(t *testing.T) {
	w := duo(t)
	w.must("server1", "", "crm_attribute", "-t", "crm_config", "-n", "remember", "-v", "me")
	w.end("server1", "crmd", syscall.SIGTERM)
	w.until("server2 runs everything", func() bool {
		return w.where("server2", "a")+w.where("server2", "b")+w.where("server2", "ip") == "server2server2server2"
	})
	w.end("server2", "crmd", syscall.SIGTERM)
	if got := w.holders(vip); got != "" {
		w.Errorf("both nodes were stopped and the address is on %s", got)
	}
	w.begin("server2", "crmd")
	w.until("server2 says what it does", func() bool {
		out := w.run("server2", "", "crm", "cluster", "status")
		return out.Code == 0 && strings.Contains(out.Stdout, "server1")
	})
	w.begin("server1", "crmd")
	w.awaitMembers(2)
	w.settled()
	for _, n := range []string{"server1", "server2"} {
		if got := w.setting(n, "remember"); got != "me" {
			w.Errorf("%s: remember is %q, want me", n, got)
		}
	}
}

// fencer is a device that nobody can use: enough for a cluster to count on fencing.
const fencer = `<primitive id="fencer" class="stonith" type="fence_nothing"><meta_attributes id="fencer-meta"><nvpair id="fencer-role" name="target-role" value="Stopped"/></meta_attributes></primitive>`

// TestFencedPairWaits: with fencing on, a node whose peer dies recovers nothing until
// somebody vouches that the peer is off, and says so. The peer comes back as a member.
func TestFencedPairWaits(t *testing.T) {
	for _, dead := range []string{"server1", "server2"} { // the DC, and the other
		t.Run(dead, func(t *testing.T) {
			w := newWorld(t, 2, nil)
			w.unfenced()
			w.must("server1", dummies, "crm", "configure")
			w.settled()
			w.must("server1", fencer, "cibadmin", "-C", "-o", "resources", "-p")
			w.must("server1", "", "crm", "configure", "property", "stonith-enabled=true", "no-quorum-policy=stop")
			survivor, lost := map[string]string{"server1": "server2", "server2": "server1"}[dead], map[string]string{"server1": "a", "server2": "b"}[dead]
			w.Node(dead).Kill()
			for _, tool := range [][]string{{"crm", "cluster", "status"}, {"crm_mon", "-1"}, {"crm", "status"}} {
				w.until(strings.Join(tool, " ")+" says what is waited for", func() bool {
					out := w.run(survivor, "", tool...).Stdout
					return strings.Contains(out, "node "+dead+" does not answer, and nothing proves that it is off")
				})
			}
			w.contains(w.status(survivor), "UNCLEAN")
			if at := w.where(survivor, lost); strings.Contains(at, survivor) {
				t.Errorf("%s is on %s before %s was confirmed off", lost, at, dead)
			}
			if out := w.run(survivor, "", "crm", "node", "clearstate", dead); out.Code == 0 {
				t.Errorf("clearstate without -F = %+v, want a question", out)
			}
			w.must(survivor, "", "crm", "-F", "node", "clearstate", dead)
			w.until("everything runs on "+survivor, func() bool {
				return w.where(survivor, "a")+w.where(survivor, "b")+w.where(survivor, "ip") == survivor+survivor+survivor
			})
			w.boot(dead)
			w.awaitMembers(2)
			w.settled()
			w.sameCIB()
		})
	}
}
