package acceptance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// fenced is a cluster whose nodes hang on one power switch, and that runs the resources of
// dummies.
func fenced(t *testing.T, nodes int) *world {
	w := newWorld(t, nodes, nil)
	w.must("server1", "primitive power stonith:fence_testpower\nproperty stonith-enabled=true\ncommit\n"+dummies, "crm", "configure")
	w.settled()
	w.until("the fence device is started", func() bool { return w.where("server1", "power") != "" })
	return w
}

// script puts an agent of provider test on every node.
func (w *world) script(name, text string) {
	w.Helper()
	for _, n := range w.Nodes {
		dir := filepath.Join(n.Root, "usr/lib/ocf/resource.d/test")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			w.Fatal(err)
		}
	}
}

// history is what is on record about fencing, in one line for each request.
func (w *world) history(asked string) string {
	w.Helper()
	return w.run(asked, "", "cibadmin", "-Q", "--local", "--xpath", "//status/fencing").Stdout
}

// actions lists what the switch was asked to do to a node.
func (w *world) actions(node string) (list []string) {
	for _, u := range w.Power.Uses() {
		if u.Plug == node && (u.Action == "off" || u.Action == "reboot" || u.Action == "on") {
			list = append(list, u.Action)
		}
	}
	return list
}

// another names some other node.
func (w *world) another(than string) string {
	i := slices.IndexFunc(w.Nodes, func(n *testcluster.Node) bool { return n.Name != than })
	return w.Nodes[i].Name
}

// awaitElsewhere waits until a resource is active on some node, and not on that one.
func (w *world) awaitElsewhere(resource, not string) {
	w.Helper()
	w.until(resource+" is active, and not on "+not, func() bool {
		at := w.where(w.another(not), resource)
		return w.Has(at) && at != not
	})
}

// landed counts the shots at a node that hit it.
func (w *world) landed(node string) (count int) {
	for _, u := range w.Power.Uses() {
		if u.Plug == node && u.Code == 0 && (u.Action == "off" || u.Action == "reboot") {
			count++
		}
	}
	return count
}

// TestFencingADeadNode: everything on a node is killed; it is fenced, its resources start
// elsewhere only after that, and it comes back.
func TestFencingADeadNode(t *testing.T) {
	w := fenced(t, 3)
	w.Power.KeepDown("server1", true)
	died := time.Now()
	w.Node("server1").Kill()
	w.until("another node has the address", func() bool { return w.holders(vip) != "" })
	t.Logf("from death to the address: %v", time.Since(died).Round(10*time.Millisecond))
	w.awaitElsewhere("ip", "server1")
	if got := w.actions("server1"); len(got) != 1 {
		t.Errorf("the switch was asked for %v, want one reboot", got)
	}
	if h := w.history("server2"); !strings.Contains(h, `target="server1"`) || !strings.Contains(h, `status="success"`) {
		t.Errorf("on record:\n%s\nwant a success", h)
	}
	w.Power.KeepDown("server1", false)
	w.awaitMembers(3)
}

// TestFencingAStoppedNode: a node that is stopped, not dead, keeps its address. Nobody
// takes it before the node is off.
func TestFencingAStoppedNode(t *testing.T) {
	w := fenced(t, 3)
	w.Power.SetFaults("server1", testcluster.Fault{Delay: 2 * time.Second})
	if err := w.Node("server1").Pause(); err != nil {
		t.Fatal(err)
	}
	w.until("the switch has acted", func() bool {
		if h := w.holders(vip); h != "server1" && w.Node("server1").Up() && len(w.actions("server1")) == 0 {
			t.Fatalf("%s has the address, and server1 was not fenced", h)
		}
		return len(w.actions("server1")) > 0
	})
	w.awaitElsewhere("ip", "server1")
	w.awaitMembers(3)
}

// TestFencingThatFailsIsRetried: as long as the switch refuses, nothing is recovered and
// status says why; then it works.
func TestFencingThatFailsIsRetried(t *testing.T) {
	w := fenced(t, 3)
	w.Power.SetFaults("server1", testcluster.Fault{Fail: "authentication failed"})
	w.Node("server1").Kill()
	dc := "server2"
	w.until("the failure is on record", func() bool { return strings.Contains(w.history(dc), "authentication failed") })
	w.until("it was tried again", func() bool { return len(w.actions("server1")) >= 4 })
	if at := w.where(dc, "ip"); strings.Contains(at, "server2") || strings.Contains(at, "server3") {
		t.Errorf("ip is at %q before server1 was fenced", at)
	}
	w.Power.SetFaults("server1")
	w.awaitElsewhere("ip", "server1")
	w.awaitMembers(3)
}

// TestFencingOutlivesTheDC: the DC dies while a request is open; the next one goes on.
func TestFencingOutlivesTheDC(t *testing.T) {
	w := fenced(t, 3)
	dc := w.dc("server3")
	victim := "server1"
	if dc == victim {
		victim = "server2"
	}
	w.Power.SetFaults(victim, testcluster.Fault{Fail: "not now"})
	w.Node(victim).Kill()
	other := ""
	for _, n := range w.Nodes {
		if n.Name != dc && n.Name != victim {
			other = n.Name
		}
	}
	w.until("the request is on record", func() bool { return strings.Contains(w.history(other), "not now") })
	w.Power.SetFaults(victim)
	w.Power.SetFaults(victim, testcluster.Fault{Fail: "not from the old DC", From: []string{dc}})
	w.end(dc, "crmd", syscall.SIGKILL)
	w.begin(dc, "crmd")
	w.awaitMembers(3)
	w.until("nothing is open", func() bool { return !strings.Contains(w.history(other), `status="pending"`) })
}

// TestTwoNodesTheSurvivorFences: one of two nodes dies; the other one makes sure that it is
// off, and serves alone.
func TestTwoNodesTheSurvivorFences(t *testing.T) {
	w := fenced(t, 2)
	w.Power.KeepDown("server1", true)
	died := time.Now()
	w.Node("server1").Kill()
	w.until("the survivor has the address", func() bool { return w.holders(vip) == "server2" })
	t.Logf("from death to recovery: %v", time.Since(died).Round(10*time.Millisecond))
	if got := w.actions("server1"); len(got) != 1 {
		t.Errorf("the switch was asked for %v, want one reboot", got)
	}
	w.until("it is on record", func() bool { return strings.Contains(w.history("server2"), `status="success"`) })
	w.Power.KeepDown("server1", false)
	w.awaitMembers(2)
	w.settled()
}

// TestTwoNodesCutFromEachOther: each could fence the other one; the one that runs more
// shoots first, the other one comes back and joins.
func TestTwoNodesCutFromEachOther(t *testing.T) {
	w := fenced(t, 2)
	w.cutOff("server2")
	w.until("one of them was fenced", func() bool { return len(w.actions("server1"))+len(w.actions("server2")) > 0 })
	w.reconnect("server2")
	w.awaitMembers(2)
	w.settled()
	if a, b := w.actions("server1"), w.actions("server2"); len(a) != 0 || len(b) == 0 {
		t.Errorf("server1 was asked for %v and server2 for %v; want only server2, which runs less, to be fenced", a, b)
	}
}

// TestTwoNodesShootAtOnce: no delay, a slow switch: one dies, or both, and all comes back.
func TestTwoNodesShootAtOnce(t *testing.T) {
	w := newWorld(t, 2, nil)
	w.must("server1", "primitive power stonith:fence_testpower params pcmk_delay_max=1ms\nproperty stonith-enabled=true\ncommit\n"+dummies, "crm", "configure")
	w.settled()
	w.Power.SetFaults("", testcluster.Fault{Delay: time.Second, Actions: []string{"off", "reboot"}})
	w.cutOff("server2")
	w.until("one was fenced", func() bool { return w.landed("server1")+w.landed("server2") > 0 })
	w.reconnect("server2")
	w.Power.SetFaults("")
	w.awaitMembers(2)
	w.settled()
}

// TestFencingByHand: an operator fences a node that is well; its resources are recovered,
// it comes back, and the tool tells the end. A device that fails is told, too, and nothing
// is done later.
func TestFencingByHand(t *testing.T) {
	w := fenced(t, 3)
	w.must("server2", "", "stonith_admin", "--reboot", "server1")
	if got := w.actions("server1"); len(got) != 1 || got[0] != "reboot" {
		t.Errorf("the switch was asked for %v, want one reboot", got)
	}
	w.awaitMembers(3)
	w.settled()
	w.Power.SetFaults("server1", testcluster.Fault{Fail: "authentication failed"})
	if out := w.run("server2", "", "stonith_admin", "--fence", "server1"); out.Code == 0 || !strings.Contains(out.Stdout+out.Stderr, "authentication failed") {
		t.Errorf("a device that fails: exit code %d\n%s%s\nwant the reason", out.Code, out.Stdout, out.Stderr)
	}
	w.Power.SetFaults("server1")
	if strings.Contains(w.history("server2"), `status="pending"`) {
		t.Error("a request that failed is still open")
	}
	dc := w.dc("server2")
	w.must(w.another(dc), "", "stonith_admin", "--reboot", dc)
	w.awaitMembers(3)
	w.settled()
}

// TestAStopThatFailsFencesItsNode: what cannot be stopped on a node is stopped by fencing
// it, and only then started elsewhere.
func TestAStopThatFailsFencesItsNode(t *testing.T) {
	w := newWorld(t, 3, nil)
	w.script("stubborn", `#!/bin/sh
case $1 in
meta-data) echo '<?xml version="1.0"?><resource-agent name="stubborn"><version>1</version><parameters/><actions><action name="start" timeout="20"/><action name="stop" timeout="20"/><action name="monitor" timeout="20" interval="10"/></actions></resource-agent>'; exit 0;;
start) : > "${0%/*}/stubborn.runs"; exit 0;;
stop) [ -e "${0%/*}/stubborn.runs" ] || exit 0; exit 1;;
monitor) [ -e "${0%/*}/stubborn.runs" ] && exit 0; exit 7;;
esac
exit 3
`)
	w.must("server1", "primitive power stonith:fence_testpower\nprimitive s ocf:test:stubborn\nlocation s-1 s 100: server1\nproperty stonith-enabled=true\ncommit\n", "crm", "configure")
	w.awaitAt("s", "server1")
	w.must("server2", "location s-not s -inf: server1\ncommit\n", "crm", "configure")
	w.awaitElsewhere("s", "server1")
	if got := w.actions("server1"); len(got) == 0 {
		t.Error("s is elsewhere, and server1 was not fenced")
	}
	w.awaitMembers(3)
}

// TestANodeThatIsBackIsNotFencedLate: the switch refuses until the lost node has come back
// by itself and serves again. That it is mended later does not end the node.
func TestANodeThatIsBackIsNotFencedLate(t *testing.T) {
	w := fenced(t, 3)
	w.Power.SetFaults("server1", testcluster.Fault{Fail: "authentication failed"})
	w.Node("server1").Kill()
	w.until("the failure is on record", func() bool { return strings.Contains(w.history("server2"), "authentication failed") })
	if err := w.Node("server1").Boot(); err != nil {
		t.Fatal(err)
	}
	if err := w.Node("server1").StartDaemons(); err != nil {
		t.Fatal(err)
	}
	w.awaitMembers(3)
	w.until("the request is closed", func() bool { return strings.Contains(w.history("server2"), "not needed any more") })
	w.awaitAt("ip", "server1")
	tried := len(w.actions("server1"))
	w.Power.SetFaults("server1")
	w.must("server2", "", "crm_attribute", "-t", "crm_config", "-n", "said", "-v", "1") // something to decide about
	w.sameCIB()
	if got := w.actions("server1"); len(got) != tried || !w.Node("server1").Up() {
		t.Errorf("after the request was closed the switch was asked for %v", got[tried:])
	}
	w.contains(w.history("server2"), `status="failed"`)
}

// TestFencingOutlivesARestartOfAll: every node goes down while a request is open. Those
// that come back fence the one that does not.
func TestFencingOutlivesARestartOfAll(t *testing.T) {
	w := fenced(t, 3)
	w.Power.SetFaults("server1", testcluster.Fault{Fail: "authentication failed"})
	w.Power.KeepDown("server1", true)
	w.Node("server1").Kill()
	w.until("the failure is on record", func() bool { return strings.Contains(w.history("server2"), "authentication failed") })
	w.Node("server2").Kill()
	w.Node("server3").Kill()
	before := w.landed("server1")
	w.Power.SetFaults("server1")
	w.boot("server2")
	w.boot("server3")
	w.until("server1 was fenced", func() bool { return w.landed("server1") > before })
	w.until("nothing is open", func() bool {
		h := w.history("server2")
		return strings.Contains(h, `status="success"`) && !strings.Contains(h, `status="pending"`)
	})
	w.awaitElsewhere("ip", "server1")
}
