package daemon_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/crmd/daemon"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// fail makes resource a fail on a node: its next monitor finds it gone.
func (c *cluster) fail(node, resource string) {
	c.t.Helper()
	removed := 0
	_ = filepath.WalkDir(c.Node(node).Root, func(path string, _ os.DirEntry, _ error) error {
		if strings.HasSuffix(path, "-"+resource+".state") && os.Remove(path) == nil {
			removed++
		}
		return nil
	})
	if removed != 1 {
		c.t.Fatalf("%d state files of %s on %s found, want 1", removed, resource, node)
	}
}

// runs says whether a resource really runs on a node: its state file is there.
func (c *cluster) runs(node, resource string) (yes bool) {
	_ = filepath.WalkDir(c.Node(node).Root, func(path string, _ os.DirEntry, _ error) error {
		yes = yes || strings.HasSuffix(path, "-"+resource+".state")
		return nil
	})
	return yes
}

// The guide's promise: a failed monitor puts the node in standby; when the failure has
// expired it serves again.
func TestStandbyOnFailureAndExpiry(t *testing.T) {
	c := start(t, "server1", "server2", "server3")
	c.formed("server1", "server2", "server3")
	c.dummies()
	c.configure("server1", "resources", `<resources><group id="g"><primitive id="a"><operations><op id="a-monitor" on-fail="standby"/></operations></primitive></group></resources>`)
	c.until("the group runs on server1", func() bool {
		return c.on("server2", "b") == "server1" && c.status("server1").State != "S_TRANSITION_ENGINE"
	})
	before := time.Now()
	c.fail("server1", "a")
	c.until("the group left the failed node", func() bool { n := c.on("server2", "b"); return n == "server2" || n == "server3" })
	// Only now: it must not expire before it was seen, however slow the machine is.
	c.configure("server1", "rsc_defaults", `<rsc_defaults><meta_attributes id="d"><nvpair id="d-ft" name="failure-timeout" value="6s"/></meta_attributes></rsc_defaults>`)
	c.until("the failure expired and the group is back", func() bool { return c.on("server2", "b") == "server1" })
	if d := time.Since(before); d < 5*time.Second { // the CIB has whole seconds
		t.Errorf("back %v after the failure already, failure-timeout is 6 s", d)
	}
}

func TestTwoNodes(t *testing.T) {
	c := start(t, "server1", "server2")
	c.formed("server1", "server2")
	c.configure("server1", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-nq" name="no-quorum-policy" value="ignore"/></cluster_property_set>`)
	c.dummies()
	c.until("the group runs on server1", func() bool { return c.on("server2", "b") == "server1" })
	c.Node("server1").Kill()
	c.until("the group runs on server2", func() bool { return c.on("server2", "b") == "server2" })
	if s := c.status("server2"); s.Protected {
		t.Error("a cluster that goes on without proof must say that it is unprotected")
	}
	c.boot("server1")
	c.until("the group is back on server1", func() bool { return c.on("server2", "b") == "server1" })
	c.formed("server1", "server2")
}

// Two nodes lose sight of each other and both go on, as they were told to. When they meet
// again one gives way: at no time after that do both run the group.
func TestTwoNodesMerge(t *testing.T) {
	c := start(t, "server1", "server2")
	c.formed("server1", "server2")
	c.configure("server1", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-nq" name="no-quorum-policy" value="ignore"/></cluster_property_set>`)
	c.dummies()
	c.until("the group runs on server1", func() bool { return c.on("server2", "b") == "server1" })
	if err := c.Node("server2").Cut(0); err != nil {
		t.Fatal(err)
	}
	c.until("server2 goes on alone", func() bool { return c.on("server2", "b") == "server2" })
	if got := c.on("server1", "b"); got != "server1" {
		t.Errorf("on server1's side the group runs on %q, want server1", got)
	}
	if err := c.Node("server2").Mend(0); err != nil {
		t.Fatal(err)
	}
	c.until("they are one again and the group runs on server1", func() bool {
		return c.on("server1", "b") == "server1" && c.on("server2", "b") == "server1" && c.runs("server1", "b") && !c.runs("server2", "b")
	})
	c.formed("server1", "server2")
}

// The part without quorum stops what it runs, the other part takes it over.
func TestMinorityStops(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	if err := c.Node("server1").Cut(0); err != nil {
		t.Fatal(err)
	}
	c.until("server1 stopped the group", func() bool { return !c.runs("server1", "a") && !c.runs("server1", "b") })
	c.until("the others run it", func() bool { n := c.on("server2", "b"); return n == "server2" || n == "server3" })
	if err := c.Node("server1").Mend(0); err != nil {
		t.Fatal(err)
	}
	c.until("the group is back on server1", func() bool { return c.on("server2", "b") == "server1" && c.runs("server1", "b") })
	c.formed("server1", "server2", "server3")
}

// A DC that was stopped for a while wakes up to another one: it must not do harm.
func TestDCPaused(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	dc := ""
	c.until("a DC is known", func() bool { dc = string(c.status("server2").DC); return dc != "" })
	other := map[string]string{"server1": "server2", "server2": "server3", "server3": "server2"}[dc]
	if err := c.Node(dc).Pause(); err != nil {
		t.Fatal(err)
	}
	c.until("another node is the DC", func() bool { s := c.status(other); return s.DC != "" && string(s.DC) != dc })
	c.until("the group runs on a living node", func() bool { n := c.on(other, "b"); return n != "" && n != dc && !strings.Contains(n, "+") })
	if err := c.Node(dc).Resume(); err != nil {
		t.Fatal(err)
	}
	c.until("all is as it was", func() bool { return c.on(other, "b") == "server1" && c.runs("server1", "b") })
	c.formed("server1", "server2", "server3")
	for _, n := range []string{"server2", "server3"} {
		if c.runs(n, "b") {
			t.Errorf("b still runs on %s, too", n)
		}
	}
}

// Resources survive the death of the executor; its successor's node probes and finds them.
func TestExecutorKilled(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	before := c.history("server1")
	c.kill("server1", "lrmd")
	c.until("the group was probed, and is watched again", func() bool {
		h := c.history("server1")
		return h != before && strings.Contains(h, "a_monitor_1000") && c.on("server2", "b") == "server1"
	})
	if !c.runs("server1", "a") || !c.runs("server1", "b") {
		t.Error("the group was stopped")
	}
	c.formed("server1", "server2", "server3")
	c.fail("server1", "a") // it is watched again: the failure is noticed
	c.until("a is recovered", func() bool { return c.runs("server1", "a") || c.runs("server2", "a") || c.runs("server3", "a") })
}

// Everybody is told to stop at once: all leave in order, whatever quorum is left meanwhile.
func TestAllStopAtOnce(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	began := time.Now()
	for _, n := range c.Nodes {
		if err := n.Signal("crmd", syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range c.Nodes {
		if err := n.Wait("crmd"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%.3f s until all were gone", time.Since(began).Seconds())
	for _, n := range c.Nodes {
		if c.runs(n.Name, "a") || c.runs(n.Name, "b") {
			t.Errorf("the group still runs on %s", n.Name)
		}
		if err := n.Start("crmd", nil, filepath.Join(bin(t), "crmd")); err != nil {
			t.Fatal(err)
		}
	}
	c.formed("server1", "server2", "server3")
	c.until("the group runs on server1 again", func() bool { return c.on("server2", "b") == "server1" && c.runs("server1", "b") })
}

// Without a quorum a change is refused within seconds, and with the reason.
func TestChangeWithoutQuorum(t *testing.T) {
	c := start(t, "server1", "server2", "server3")
	c.formed("server1", "server2", "server3")
	c.Node("server2").Kill()
	c.Node("server3").Kill()
	c.until("the quorum is lost", func() bool { return !c.status("server1").Quorate })
	client := c.api("server1")
	defer client.Close()
	began := time.Now()
	_, err := client.Change(c.ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: "bump"}}})
	if err == nil || !strings.Contains(err.Error(), "quorum") {
		t.Errorf("change without a quorum: %v, want a refusal that says so", err)
	}
	t.Logf("refused after %.1f s: %v", time.Since(began).Seconds(), err)
	if _, err := client.CIB(c.ctx, "", ""); err != nil {
		t.Errorf("reading without a quorum: %v", err)
	}
}

// A node whose disk is full gives up being the DC, says why it refuses changes, and keeps
// its resources; with room again it takes part as before.
func TestFullDisk(t *testing.T) {
	c := &cluster{t: t}
	var cancel context.CancelFunc
	c.ctx, cancel = context.WithTimeout(context.Background(), bound)
	t.Cleanup(cancel)
	world, err := testcluster.New(testcluster.Options{Nodes: []string{"server1", "server2", "server3"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	c.Cluster = world
	n := c.Node("server1")
	dir := daemon.StateDir(n.Root)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	sh := func(script string) {
		t.Helper()
		if out, err := n.Run(c.ctx, "", "/bin/sh", "-c", script); err != nil || out.Code != 0 {
			t.Fatalf("%s: %v %+v", script, err, out)
		}
	}
	sh("mount -t tmpfs -o size=4m tmpfs " + dir)
	if err := c.StartDaemons(); err != nil {
		t.Fatal(err)
	}
	c.formed("server1", "server2", "server3")
	c.dummies()
	c.until("the group runs on server1", func() bool { return c.on("server2", "b") == "server1" })
	sh("dd if=/dev/zero of=" + dir + "/filler bs=4k 2>/dev/null; true")
	for i := range 400 { // until the log must grow
		client, began := c.api("server2"), time.Now()
		_, err := client.Change(c.ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: "modify", Scope: "crm_config", AllowCreate: true,
			XML: `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-x" name="x" value="` + strings.Repeat("x", 40000) + strconv.Itoa(i) + `"/></cluster_property_set>`}}})
		client.Close()
		if took := time.Since(began); took > time.Second || err != nil {
			t.Logf("change %d took %.2f s: %v", i, took.Seconds(), err)
		}
		if c.status("server1").DiskError != "" {
			break
		}
	}
	c.until("server1 says that its disk is full", func() bool { return c.status("server1").DiskError != "" })
	c.until("another node is the DC", func() bool { s := c.status("server2"); return s.DC != "" && s.DC != "server1" })
	if !c.runs("server1", "a") || !c.runs("server1", "b") {
		t.Error("a full disk stopped the group")
	}
	client := c.api("server1")
	_, err = client.Change(c.ctx, api.CIBRequest{Ops: []api.CIBOp{{Kind: "bump"}}})
	client.Close()
	t.Logf("change on the node with the full disk: %v", err)
	c.configure("server2", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-y" name="y" value="1"/></cluster_property_set>`)
	sh("rm " + dir + "/filler")
	c.until("server1 has room again and is up to date", func() bool {
		s := c.status("server1")
		return s.DiskError == "" && s.CIBVersion == c.status("server2").CIBVersion
	})
}

// With fencing on, a lost node must be fenced before anything is recovered. While no device
// can do it the cluster waits, quietly, for an operator's word.
func TestLostNodeAwaitsConfirmation(t *testing.T) {
	c := running(t, "server1", "server2", "server3")
	c.configure("server1", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-probe" name="enable-startup-probes" value="false"/></cluster_property_set>`)
	c.configure("server1", "resources", `<resources><primitive id="fence" class="stonith" type="fence_none"><meta_attributes id="fence-m"><nvpair id="fence-role" name="target-role" value="Stopped"/></meta_attributes></primitive></resources>`)
	c.configure("server1", "crm_config", `<cluster_property_set id="cib-bootstrap-options"><nvpair id="o-stonith" name="stonith-enabled" value="true"/></cluster_property_set>`)
	c.until("the DC is idle", func() bool { s := c.status("server2"); return s.DC != "" && c.status(string(s.DC)).State == "S_IDLE" })
	c.Node("server1").Kill()
	c.until("server1 is lost", func() bool { s := c.status("server2"); return s.DC != "" && s.DC != "server1" && !s.Members[0].Joined })
	c.until("the DC tells that nothing can fence it", func() bool {
		s := c.status("server2")
		return s.DC != "" && len(c.status(string(s.DC)).FencingTrouble) > 0
	})
	if got := c.on("server2", "b"); got != "server1" {
		t.Errorf("b is on %q in the CIB, want server1 still: nobody confirmed that it is off", got)
	}
	dc := ""
	c.until("a DC is known", func() bool { dc = string(c.status("server2").DC); return dc != "" })
	before := c.status(dc).Transition.ID
	time.Sleep(2 * time.Second) // long enough for a loop to show
	if after := c.status(dc); after.DC == c.status("server2").DC && string(after.DC) == dc && after.Transition.ID > before+3 {
		t.Errorf("%d decisions in 2 s: the DC spins", after.Transition.ID-before)
	}
	client := c.api("server2")
	defer client.Close()
	if err := client.Post(c.ctx, "/v1/confirm-off", map[string][]string{"node": {"server3"}}, nil, nil); err == nil {
		t.Error("a node that is alive was confirmed off")
	}
	if err := client.Post(c.ctx, "/v1/confirm-off", map[string][]string{"node": {"server1"}}, nil, nil); err != nil {
		t.Fatal(err)
	}
	c.until("the group runs elsewhere", func() bool { n := c.on("server2", "b"); return n == "server2" || n == "server3" })
}
