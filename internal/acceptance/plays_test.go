package acceptance

import (
	"os"
	"strings"
	"testing"
)

// TestPlays: one cluster, and on it what operators configure, each with the end that
// Pacemaker documents for it.
func TestPlays(t *testing.T) {
	w := trio(t, nil)
	play := func(name string, fn func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			w.T = t
			fn(t)
		})
		w.T = t
	}
	crm := func(line string) { w.Helper(); w.must("server1", line+"\ncommit\n", "crm", "configure") }
	kill := func(node, resource string) {
		w.Helper()
		if err := os.Remove(w.Node(node).Path("run/Dummy-" + resource + ".state")); err != nil {
			w.Fatal(err)
		}
	}
	failures := func(node, resource string) string {
		return strings.TrimSpace(w.run("server1", "", "crm_failcount", "-G", "-q", "-r", resource, "-N", node).Stdout)
	}

	play("on-fail=restart", func(t *testing.T) {
		before := w.starts("server1", "a")
		kill("server1", "a")
		w.until("the failure is counted", func() bool { return failures("server1", "a") == "1" })
		w.until("a was started again in place", func() bool { return w.active("server1", "a") && w.starts("server1", "a") != before })
		w.must("server1", "", "crm_resource", "--cleanup", "-r", "a")
		w.until("nothing is counted", func() bool { return failures("server1", "a") == "0" })
	})
	for _, tc := range []struct{ policy, shown string }{{"block", "blocked"}, {"stop", "Stopped"}, {"ignore", "Started server2"}} {
		play("on-fail="+tc.policy, func(t *testing.T) {
			crm("primitive f ocf:tactus:Dummy op monitor interval=1s on-fail=" + tc.policy + "\nlocation f-2 f 100: server2")
			w.awaitAt("f", "server2")
			kill("server2", "f")
			w.until("the failure is shown", func() bool { return strings.Contains(w.status("server1"), "f 1s-interval monitor on server2") })
			if got, want := failures("server2", "f"), map[bool]string{true: "0", false: "1"}[tc.policy == "ignore"]; got != want {
				t.Errorf("failures of f: %s, want %s", got, want)
			}
			w.until("f is "+tc.shown, func() bool {
				for line := range strings.Lines(w.status("server1")) {
					if strings.Contains(line, "* f\t") && strings.Contains(line, tc.shown) {
						return true
					}
				}
				return false
			})
			w.must("server1", "", "crm_resource", "--cleanup", "-r", "f")
			w.must("server1", "", "crm", "-F", "configure", "delete", "f")
			w.until("f is gone", func() bool { return !w.active("server2", "f") && w.where("server1", "f") == "" })
		})
	}
	play("is-managed=false", func(t *testing.T) {
		w.must("server1", "", "crm", "resource", "unmanage", "b")
		w.must("server1", "", "crm", "node", "standby", "server2")
		w.until("the node is in standby", func() bool { return strings.Contains(w.status("server1"), "Node server2: standby") })
		w.contains(w.status("server1"), "unmanaged")
		if !w.active("server2", "b") {
			t.Error("b was stopped though nobody manages it")
		}
		w.must("server1", "", "crm", "node", "online", "server2")
		w.must("server1", "", "crm", "resource", "manage", "b")
		w.awaitAt("b", "server2")
	})
	play("maintenance-mode", func(t *testing.T) {
		w.option("maintenance-mode", "true")
		w.contains(w.status("server1"), "maintenance")
		kill("server1", "a")
		w.option("maintenance-mode", "false")
		w.awaitAt("a", "server1")
		w.until("a runs", func() bool { return w.active("server1", "a") })
	})
	play("stickiness", func(t *testing.T) {
		crm("primitive s ocf:tactus:Dummy meta resource-stickiness=200\nlocation s-2 s 100: server2")
		w.awaitAt("s", "server2")
		w.must("server1", "", "crm", "node", "standby", "server2")
		w.until("s has left server2", func() bool { at := w.where("server1", "s"); return at != "" && at != "server2" })
		at := w.where("server1", "s")
		w.must("server1", "", "crm", "node", "online", "server2")
		w.awaitAt("b", "server2") // has no stickiness
		if now := w.where("server1", "s"); now != at {
			t.Errorf("s went back to %s, want it to stay on %s", now, at)
		}
	})
	play("order and colocation", func(t *testing.T) {
		crm("primitive p ocf:tactus:Dummy\nprimitive q ocf:tactus:Dummy\ncolocation q-with-p inf: q p\norder p-then-q p q\nlocation p-3 p 100: server3")
		w.awaitAt("p", "server3")
		w.awaitAt("q", "server3")
		w.must("server1", "", "crm", "resource", "stop", "p")
		w.awaitAt("q", "")
		w.must("server1", "", "crm", "resource", "start", "p")
		w.awaitAt("q", "server3")
	})
	play("start failures", func(t *testing.T) {
		crm("primitive bad ocf:heartbeat:IPaddr2 params ip=10.99.99.99 nic=nothere\nlocation bad-3 bad 100: server3")
		w.until("every node was tried, once each", func() bool {
			return failures("server1", "bad")+failures("server2", "bad")+failures("server3", "bad") == "INFINITYINFINITYINFINITY"
		})
		w.awaitAt("bad", "")
	})
	play("clone with a node that joins", func(t *testing.T) {
		w.Node("server3").Kill()
		w.awaitMembers(2)
		crm("primitive c ocf:tactus:Dummy op monitor interval=1s\nclone cc c")
		w.until("c runs on two nodes", func() bool { return w.active("server1", "c") && w.active("server2", "c") })
		w.boot("server3")
		w.until("c runs on three nodes", func() bool { return w.active("server3", "c") })
		w.contains(w.status("server1"), "Clone Set: cc [c]")
	})
}
