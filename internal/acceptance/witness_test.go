package acceptance

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// withWitness is a cluster of two nodes that run resources and a third machine that only
// votes.
func withWitness(t *testing.T) *world {
	t.Helper()
	w := &world{t, t.Context(), testcluster.ForTest(t, testcluster.Options{Links: 2, Nodes: []string{"server1", "server2", "witness"}, Witness: "witness"})}
	w.awaitMembers(2)
	w.option("stonith-enabled", "false")
	w.must("server1", dummies, "crm", "configure")
	w.settled()
	w.until("the witness votes", func() bool { return strings.Contains(w.status("server1"), "3 of 3 votes are present") })
	return w
}

// TestWitnessIsNoNode: nothing can run on a witness, and it is shown on a line of its own.
func TestWitnessIsNoNode(t *testing.T) {
	w := withWitness(t)
	w.contains(w.status("server1"), "2 nodes configured", "Witness: witness is there", "3 of 3 votes are present")
	w.contains(w.status("witness"), "2 nodes configured", "Online: [ server1 server2 ]")
	w.contains(w.must("server1", "", "crm", "cluster", "status"), "Witness witness (id 3): there")
	for _, where := range []string{w.must("server1", "", "crm_node", "-l"), w.must("server1", "", "cibadmin", "-Q")} {
		if strings.Contains(where, "witness") {
			t.Errorf("the witness is taken for a node:\n%s", where)
		}
	}
	if w.Node("witness").Runs("lrmd") {
		t.Error("an executor runs on the witness")
	}
}

// TestWitnessDecides: of two nodes the one that the witness hears goes on, the other one
// stops what it runs, however they lose each other.
func TestWitnessDecides(t *testing.T) {
	for _, tc := range []struct {
		name       string
		lose, back func(*world)
		stops      bool // server1 can stop what it runs
	}{
		{"cut", func(w *world) { w.cutOff("server1") }, func(w *world) { w.reconnect("server1") }, true},
		{"killed", func(w *world) { w.Node("server1").Kill() }, func(w *world) { w.boot("server1") }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := withWitness(t)
			tc.lose(w)
			w.until("server2 runs everything", func() bool {
				return w.where("server2", "a")+w.where("server2", "b")+w.where("server2", "ip") == "server2server2server2"
			})
			if tc.stops {
				w.until("server1 has stopped what it ran", func() bool { return !w.active("server1", "a") && w.holders(vip) == "server2" })
			}
			w.contains(w.status("server2"), "2 of 3 votes are present")
			tc.back(w)
			w.awaitMembers(2)
			w.settled()
			w.sameCIB()
		})
	}
}

// TestWitnessLost: the cluster goes on and says what it lacks; if a node is lost then, too,
// the other one has no quorum and says why. The witness's return gives it back.
func TestWitnessLost(t *testing.T) {
	w := withWitness(t)
	started := w.starts("server1", "a")
	w.Node("witness").Kill()
	w.until("the loss is told", func() bool { return strings.Contains(w.status("server1"), "Witness: witness is LOST") })
	w.contains(w.status("server1"), "2 of 3 votes are present")
	if out := w.run("server1", "", "crm", "cluster", "health"); out.Code == 0 || !strings.Contains(out.Stdout, "witness witness is lost") {
		t.Errorf("crm cluster health: exit code %d, %s", out.Code, out.Stdout)
	}
	if after := w.starts("server1", "a"); after != started {
		t.Errorf("a was started again when the witness was lost: call ids %s, before %s", after, started)
	}
	w.Node("server2").Kill()
	w.until("server1 has no quorum and says why", func() bool {
		return strings.Contains(w.run("server1", "", "crm", "cluster", "status").Stdout, "1 of 3 votes are present, 2 are needed; missing: server2, witness")
	})
	w.until("server1 stops what it ran", func() bool { return !w.active("server1", "a") })
	w.boot("witness")
	w.until("server1 has everything", func() bool {
		return w.where("server1", "a")+w.where("server1", "b")+w.where("server1", "ip") == "server1server1server1"
	})
	w.boot("server2")
	w.awaitMembers(2)
	w.settled()
}

// TestWitnessPaused: a witness that hangs for a while costs nothing, before and after.
func TestWitnessPaused(t *testing.T) {
	w := withWitness(t)
	started := w.starts("server1", "a") + w.starts("server2", "b")
	if err := w.Node("witness").Signal("crmd", syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.until("the loss is told", func() bool { return strings.Contains(w.status("server1"), "Witness: witness is LOST") })
	time.Sleep(2 * time.Second) // how long a pause lasts is the case, not a wait for something
	if err := w.Node("witness").Signal("crmd", syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.until("the witness is back", func() bool { return strings.Contains(w.status("server1"), "3 of 3 votes are present") })
	if after := w.starts("server1", "a") + w.starts("server2", "b"); after != started {
		t.Errorf("resources were started again: call ids %s, before %s", after, started)
	}
	w.sameCIB()
}

// TestWitnessAddedLater: two nodes that go on without fencing get a witness while they run,
// as docs/membership.md says: the file is changed everywhere, the witness is started, the
// nodes are restarted one after the other. From then on a majority decides.
func TestWitnessAddedLater(t *testing.T) {
	for _, tc := range []struct {
		name  string
		first string // what is started first
	}{
		{"the witness first", "witness"},
		{"a node first", "server1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := testcluster.New(testcluster.Options{Links: 2, Nodes: []string{"server1", "server2", "witness"}, Witness: "witness"})
			if err != nil {
				t.Fatal(err)
			}
			w := &world{t, t.Context(), c}
			t.Cleanup(func() {
				for _, n := range c.Nodes {
					if t.Failed() {
						t.Log(n.Logs(60))
					}
				}
				c.Close()
			})
			both := []string{"server1", "server2"}
			before, after := twoNodes(c.CorosyncConf()), c.CorosyncConf()
			for _, n := range both {
				w.configure(n, before)
				if err := w.Node(n).StartDaemons(); err != nil {
					t.Fatal(err)
				}
			}
			w.awaitMembers(2)
			w.must("server1", "", "crm_attribute", "--type", "crm_config", "-n", "stonith-enabled", "-v", "false")
			w.must("server1", dummies, "crm", "configure")
			w.settled()

			for _, n := range both {
				w.configure(n, after)
			}
			if tc.first == "witness" {
				w.restart("witness")
			}
			for _, n := range both {
				w.restart(n)
				w.awaitMembers(2)
				w.until("both serve", func() bool { return w.where("server1", "a") != "" && w.where("server2", "a") != "" })
			}
			if tc.first != "witness" {
				w.restart("witness")
			}
			for _, n := range both {
				w.until(n+" counts the witness", func() bool { return strings.Contains(w.status(n), "3 of 3 votes are present") })
				w.contains(w.status(n), "2 nodes configured", "Witness: witness is there")
			}
			w.settled()
			w.sameCIB()

			w.cutOff("server1")
			w.until("server2 runs everything, server1 nothing", func() bool {
				return w.where("server2", "a")+w.where("server2", "b")+w.where("server2", "ip") == "server2server2server2" &&
					!w.active("server1", "a") && w.holders(vip) == "server2"
			})
			w.contains(w.status("server2"), "2 of 3 votes are present")
			w.reconnect("server1")
			w.awaitMembers(2)
			w.settled()
			w.sameCIB()
		})
	}
}

// twoNodes is a configuration with a witness as it was before: two nodes of their own.
func twoNodes(conf string) string {
	nodes := strings.Split(conf, "\tnode {\n")
	last := len(nodes) - 1
	_, rest, _ := strings.Cut(nodes[last], "\t}\n")
	return strings.Replace(strings.Join(nodes[:last], "\tnode {\n")+rest, "quorum {\n", "quorum {\n\ttwo_node: 1\n", 1)
}

// configure writes a node's corosync.conf.
func (w *world) configure(node, conf string) {
	w.Helper()
	if err := os.WriteFile(w.Node(node).Path("etc/corosync/corosync.conf"), []byte(conf), 0o644); err != nil {
		w.Fatal(err)
	}
}

// restart stops in order what runs of a node's daemons, and starts all of them.
func (w *world) restart(node string) {
	w.Helper()
	for _, daemon := range []string{"crmd", "lrmd"} {
		if w.Node(node).Runs(daemon) {
			w.end(node, daemon, syscall.SIGTERM)
		}
	}
	if err := w.Node(node).StartDaemons(); err != nil {
		w.Fatal(err)
	}
}
