package acceptance

import (
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestFencingAsOperatorsSeeIt walks through docs/fencing.md: the device is looked at and
// asked, a node is fenced by hand, and the record tells of it.
func TestFencingAsOperatorsSeeIt(t *testing.T) {
	w := fenced(t, 3)
	w.contains(w.status("server2"), "  * Protected by: fencing\n")
	w.contains(w.must("server2", "", "crm", "fencing", "devices"), "power (stonith:fence_testpower) fences whom its list names; watched on server")
	w.contains(w.must("server3", "", "crm", "fencing", "who-can", "server1"), "power can\n")
	w.contains(w.must("server3", "", "crm", "fencing", "test", "power", "server1"), "monitor: well\n", "status of server1: on\n")
	w.contains(w.must("server3", "", "stonith_admin", "-L"), "power\n1 fence device found\n")
	w.contains(w.must("server3", "", "stonith_admin", "-l", "server1"), "power\n1 fence device found\n")
	w.must("server3", "", "stonith_admin", "-Q", "power")
	if dry := w.run("server2", "", "crm", "node", "fence", "server3", "--dry-run"); !strings.Contains(dry.Stdout, "  * fence node server3: ") || len(w.actions("server3")) > 0 {
		t.Errorf("a dry run says\n%s\nand the switch was asked for %v", dry.Stdout, w.actions("server3"))
	}
	if careless := w.run("server2", "", "crm", "node", "fence", "server3"); careless.Code != 1 || len(w.actions("server3")) > 0 {
		t.Errorf("without -F: exit code %d, %v", careless.Code, w.actions("server3"))
	}

	w.contains(w.must("server2", "", "crm", "-F", "node", "fence", "server3"), "reboot of server3 is done by server", " with power")
	w.awaitMembers(3)
	w.must("server1", "", "stonith_admin", "--reboot", "server3", "--tag", "test")
	w.awaitMembers(3)
	w.contains(w.must("server3", "", "crm", "fencing", "history"), "reboot of server3 by server", " for crm@server2 successful at ", " for stonith_admin.test.")
	w.contains(w.must("server2", "", "stonith_admin", "-H", "server3", "-V"), "reboot of server3 successful: delegate=server", "2 events found\n")
	w.contains(w.must("server2", "", "crm_mon", "-1m3"), "Fencing History:\n  * reboot of server3 by server")
	w.contains(w.must("server2", "", "crm_mon", "--output-as=xml"), `<fence_event action="reboot" target="server3" client="crm" origin="server2" status="success" delegate="server`)
	if nobody := w.run("server2", "", "stonith_admin", "-F", "nobody"); nobody.Code != 105 {
		t.Errorf("fencing a node that does not exist: exit code %d, want 105: %s", nobody.Code, nobody.Stderr)
	}
}

// TestCannotFenceIsTold: the device refuses; every display says so, with the reason and
// with what waits, until an operator vouches. Cleaning the history does not forget it.
func TestCannotFenceIsTold(t *testing.T) {
	w := fenced(t, 3)
	at := w.where("server1", "ip")
	asked := w.another(at)
	w.Power.SetFaults(at, testcluster.Fault{Fail: "authentication failed"})
	refused := w.run(asked, "", "stonith_admin", "-F", at)
	if refused.Code != 1 || !strings.Contains(refused.Stderr, "Couldn't fence "+at+": No data available (device power: ") {
		t.Errorf("stonith_admin -F %s: exit code %d, %s", at, refused.Code, refused.Stderr)
	}
	if !w.Node(at).Up() {
		t.Fatalf("%s is down though the switch refused", at)
	}

	w.Power.KeepDown(at, true)
	w.Node(at).Kill()
	w.until("the trouble is told", func() bool {
		return strings.Contains(w.run(asked, "", "crm_mon", "-1").Stdout, "cannot fence "+at+": device power: ")
	})
	w.contains(w.run(asked, "", "crm_mon", "-1").Stdout, "authentication failed", "; resources wait: ", "Pending Fencing Actions:\n  * reboot of "+at)
	w.contains(w.run(asked, "", "crm", "fencing", "status").Stdout, "cannot fence "+at, "Open: reboot of "+at)
	w.contains(w.run(asked, "", "crm_mon", "-s").Stdout, "CLUSTER WARN: cannot fence "+at)
	if health := w.run(asked, "", "crm", "cluster", "health"); health.Code != 1 || !strings.Contains(health.Stdout, "cannot fence "+at) {
		t.Errorf("crm cluster health: exit code %d\n%s", health.Code, health.Stdout)
	}
	w.must(asked, "", "stonith_admin", "--history", "*", "--cleanup")
	if h := w.history(asked); !strings.Contains(h, `status="pending"`) || strings.Contains(h, `status="failed"`) {
		t.Errorf("after a cleanup there is on record:\n%s\nwant only what is open", h)
	}
	if now := w.where(asked, "ip"); w.Has(now) && now != at {
		t.Errorf("ip is at %s before %s is off", now, at)
	}

	w.must(asked, "", "crm", "-F", "fencing", "confirm", at)
	w.awaitElsewhere("ip", at)
	w.until("nothing is open", func() bool { return !strings.Contains(w.history(asked), `status="pending"`) })
	w.contains(w.must(asked, "", "crm_mon", "-1m3"), " of "+at+" by a human for ")
}
