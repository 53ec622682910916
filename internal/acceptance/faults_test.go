package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// dummies is a configuration that needs nothing but the native Dummy.
const dummies = `primitive a ocf:tactus:Dummy op monitor interval=1s
primitive b ocf:tactus:Dummy op monitor interval=1s
primitive ip ocf:heartbeat:IPaddr2 params ip=10.7.36.142 op monitor interval=1s
location a-1 a 100: server1
location b-2 b 100: server2
location ip-1 ip 100: server1
commit
`

func trio(t *testing.T, change func(*testcluster.Options)) *world {
	w := newWorld(t, 3, change)
	w.unfenced()
	w.must("server1", dummies, "crm", "configure")
	w.awaitAt("a", "server1")
	w.awaitAt("b", "server2")
	w.awaitAt("ip", "server1")
	return w
}

// starts counts how often a resource was started on a node: its start's call id changes
// with every start.
func (w *world) starts(node, resource string) string {
	status := w.must(node, "", "cibadmin", "-Q", "-o", "status")
	var ids []string
	for op := range strings.SplitSeq(status, "<lrm_rsc_op ") {
		tag, _, _ := strings.Cut(op, ">")
		if strings.Contains(tag, `operation_key="`+resource+`_start_0"`) {
			_, id, _ := strings.Cut(tag, `call-id="`)
			id, _, _ = strings.Cut(id, `"`)
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ",")
}

// TestOneLinkCut: a dead link is reported and moves nothing.
func TestOneLinkCut(t *testing.T) {
	w := trio(t, nil)
	before := w.starts("server2", "a")
	if err := w.Node("server1").Cut(1); err != nil {
		w.Fatal(err)
	}
	w.until("the dead link is reported", func() bool {
		return strings.Contains(w.run("server2", "", "crm", "cluster", "status").Stdout, "DOWN")
	})
	time.Sleep(5 * time.Second) // five dead times: long enough for a mistake to show
	w.contains(w.status("server2"), "Online: [ server1 server2 server3 ]")
	if after := w.starts("server2", "a"); after != before || w.where("server2", "a") != "server1" {
		w.Errorf("a was started again (%s, before %s) or moved to %s", after, before, w.where("server2", "a"))
	}
	if err := w.Node("server1").Mend(1); err != nil {
		w.Fatal(err)
	}
}

// TestMinorityStops: a node cut off from the majority stops what it runs; the majority
// takes over; healed, there is one of each.
func TestMinorityStops(t *testing.T) {
	w := trio(t, nil)
	for link := range 2 {
		if err := w.Node("server1").Cut(link); err != nil {
			w.Fatal(err)
		}
	}
	w.until("the majority runs ip", func() bool { at := w.where("server2", "ip"); return at == "server2" || at == "server3" })
	w.until("server1 has given the address up", func() bool { return !strings.Contains(w.holders(vip), "server1") })
	for link := range 2 {
		if err := w.Node("server1").Mend(link); err != nil {
			w.Fatal(err)
		}
	}
	w.awaitMembers(3)
	w.awaitAt("ip", "server1")
	w.until("the address is on server1 only", func() bool { return w.holders(vip) == "server1" })
}

// TestCrmdKilled: crmd dies by kill -9 and comes back: no resource is restarted.
func TestCrmdKilled(t *testing.T) {
	w := trio(t, unhurried)
	before := w.starts("server2", "a")
	for range 3 {
		n := w.Node("server1")
		if err := n.Signal("crmd", syscall.SIGKILL); err != nil {
			w.Fatal(err)
		}
		if err := n.Wait("crmd"); err != nil {
			w.Fatal(err)
		}
		if err := n.Start("crmd", nil, filepath.Join(w.Bin(), "crmd")); err != nil {
			w.Fatal(err)
		}
		w.until("server1's crmd knows the DC", func() bool { return w.dc("server1") != "" })
		w.awaitMembers(3)
		w.awaitAt("a", "server1")
	}
	if after := w.starts("server2", "a"); after != before {
		w.Errorf("a was started again: call ids %s, before %s", after, before)
	}
}

// TestDCPaused: the DC is stopped for a while, as a hypervisor stops a machine, and
// wakes: others have gone on, and afterwards everything runs once.
func TestDCPaused(t *testing.T) {
	w := trio(t, nil)
	dc := w.dc("server1")
	if err := w.Node(dc).Pause(); err != nil {
		w.Fatal(err)
	}
	asked := "server1"
	if dc == asked {
		asked = "server2"
	}
	w.until("another DC acts", func() bool { now := w.dc(asked); return now != "" && now != dc })
	w.until("everything runs elsewhere", func() bool {
		return !strings.Contains(w.where(asked, "a")+w.where(asked, "b")+w.where(asked, "ip"), dc) && w.where(asked, "ip") != ""
	})
	if err := w.Node(dc).Resume(); err != nil {
		w.Fatal(err)
	}
	w.awaitMembers(3)
	w.awaitAt("a", "server1")
	w.awaitAt("b", "server2")
	w.awaitAt("ip", "server1")
	w.until("the address is on server1 only", func() bool { return w.holders(vip) == "server1" })
}

// TestStandbyAndMaintenance: an operator's two ways to take a node out.
func TestStandbyAndMaintenance(t *testing.T) {
	w := trio(t, nil)
	w.must("server2", "", "crm", "node", "standby", "server1")
	w.until("a has left server1", func() bool { at := w.where("server2", "a"); return at != "" && at != "server1" })
	w.contains(w.status("server2"), "server1: standby")
	w.must("server2", "", "crm", "node", "online", "server1")
	w.awaitAt("a", "server1")
	w.must("server2", "", "crm", "node", "maintenance", "server1")
	w.contains(w.status("server2"), "server1: maintenance")
	w.must("server2", "", "crm", "node", "ready", "server1")
}

// TestOrderlyStop: a node that is stopped in order hands its resources over first.
func TestOrderlyStop(t *testing.T) {
	w := trio(t, nil)
	if err := w.Node("server1").Signal("crmd", syscall.SIGTERM); err != nil {
		w.Fatal(err)
	}
	if err := w.Node("server1").Wait("crmd"); err != nil {
		w.Fatal(err)
	}
	if got := w.holders(vip); strings.Contains(got, "server1") {
		w.Errorf("crmd has ended and the address is still on %s", got)
	}
	w.until("ip runs elsewhere", func() bool { at := w.where("server2", "ip"); return at == "server2" || at == "server3" })
	w.contains(w.status("server2"), "OFFLINE: [ server1 ]")
}

// TestStopWithoutQuorum: a node that has applied its policy, alone, can be stopped.
func TestStopWithoutQuorum(t *testing.T) {
	w := trio(t, nil)
	w.Node("server2").Kill()
	w.Node("server3").Kill()
	w.until("server1 has applied its policy", func() bool {
		return strings.Contains(w.logOf("server1", "crmd"), "the policy for acting alone is applied")
	})
	if err := w.Node("server1").Signal("crmd", syscall.SIGTERM); err != nil {
		w.Fatal(err)
	}
	if err := w.Node("server1").Wait("crmd"); err != nil {
		w.Fatal(err)
	}
	if got := w.holders(vip); got != "" {
		w.Errorf("crmd has ended and the address is still on %s", got)
	}
}

// TestAgentTroubles: an agent that is missing or not executable is "not installed"; the
// resource is not bounced about for ever, and the others are not disturbed.
func TestAgentTroubles(t *testing.T) {
	w := trio(t, nil)
	for _, n := range w.Nodes {
		dir := filepath.Join(n.Root, "usr/lib/ocf/resource.d/mine")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "Locked"), []byte("#!/bin/sh\nexit 0\n"), 0o644); err != nil {
			w.Fatal(err)
		}
	}
	w.must("server1", `<primitive id="gone" class="ocf" provider="mine" type="Gone"/>`, "cibadmin", "-C", "-o", "resources", "-p")
	w.must("server1", `<primitive id="locked" class="ocf" provider="mine" type="Locked"/>`, "cibadmin", "-C", "-o", "resources", "-p")
	w.until("both are reported", func() bool {
		s := w.status("server1")
		return strings.Contains(s, "not installed") && strings.Contains(s, "gone") && strings.Contains(s, "locked")
	})
	w.until("nothing is being done any more", func() bool {
		return strings.Contains(w.run("server1", "", "crmadmin", "-S", w.dc("server1")).Stdout, "S_IDLE")
	})
	if w.where("server1", "gone")+w.where("server1", "locked") != "" || w.where("server1", "a") != "server1" {
		w.Errorf("gone is on %q, locked on %q, a on %q", w.where("server1", "gone"), w.where("server1", "locked"), w.where("server1", "a"))
	}
}

// TestDroppedInAgent: a script put into the agents' folder is listed and usable at once.
func TestDroppedInAgent(t *testing.T) {
	w := trio(t, nil)
	const script = `#!/bin/sh
state="${HA_RSCTMP:-/run/resource-agents}/mine-$OCF_RESOURCE_INSTANCE"
case "$1" in
meta-data) echo '<resource-agent name="Mine"><version>1.1</version><shortdesc>Mine</shortdesc><longdesc>Mine</longdesc><parameters/><actions><action name="start" timeout="10s"/><action name="stop" timeout="10s"/><action name="monitor" timeout="10s" interval="10s"/></actions></resource-agent>';;
start) mkdir -p "${state%/*}"; : >"$state";;
stop) rm -f "$state";;
monitor) [ -e "$state" ] || exit 7;;
*) exit 3;;
esac
`
	for _, n := range w.Nodes {
		dir := filepath.Join(n.Root, "usr/lib/ocf/resource.d/mine")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "Mine"), []byte(script), 0o755); err != nil {
			w.Fatal(err)
		}
	}
	w.contains(w.must("server1", "", "crm", "ra", "list", "ocf"), "Mine")
	w.must("server1", "", "crm", "configure", "primitive", "mine", "ocf:mine:Mine", "op", "monitor", "interval=5s")
	w.until("mine runs", func() bool { return w.where("server1", "mine") != "" })
}
