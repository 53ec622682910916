package acceptance

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/ldapresponder"
	"github.com/tactus-ha/tactus/internal/probe"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// guide is the classic LDAP pair, exactly as its guide prints it.
const guide = `primitive ldap_service ocf:heartbeat:ldap \
  meta migration-threshold="2" failure-timeout="90s" \
  op monitor interval="5s" timeout="15s" start_delay="15s" disabled="false" on_fail="standby"
primitive ldap_vip ocf:heartbeat:IPaddr2 params ip="10.7.36.142"
group ldap ldap_service ldap_vip meta target_role="started" collocated="true"
location prefer_server1 ldap 10: server1
`

const vip = "10.7.36.142"

// pair starts the two-node LDAP cluster with a configuration.
func pair(t *testing.T, text string) *world {
	w := newWorld(t, 2, nil)
	w.unfenced()
	for _, n := range w.Nodes {
		w.serve(n.Name)
	}
	said := w.must("server1", text+"verify\ncommit\n", "crm", "configure")
	for _, spelling := range []string{"target_role", "on_fail", "start_delay"} {
		want := min(1, strings.Count(text, spelling))
		if got := strings.Count(said, spelling); got != want {
			w.Errorf("the old spelling %s is named %d times, want %d, in:\n%s", spelling, got, want, said)
		}
	}
	w.awaitAt("ldap_vip", "server1")
	return w
}

// TestGuide is the guide's promise: a failed monitor puts its node in standby and moves
// the group; 90 s later the failure has expired and the node serves again.
func TestGuide(t *testing.T) {
	w := pair(t, guide)
	stored := w.must("server2", "", "cibadmin", "-Q", "-o", "resources")
	w.contains(stored, `on-fail="standby"`, `start-delay="15s"`, `name="target-role"`)
	if strings.Contains(stored, "on_fail") || strings.Contains(stored, "collocated") {
		w.Errorf("old spellings are stored:\n%s", stored)
	}
	client := probe.Start(w.ctx, func(ctx context.Context) (string, error) { return ldapresponder.Ask(ctx, vip+":389") })
	defer client.Stop()
	began := time.Now()
	w.until("the VIP answers from server1", func() bool { return client.Answers("server1", began) > 20 })

	before := time.Now()
	w.unserve("server1")
	w.awaitAt("ldap_vip", "server2")
	failed := time.Now()
	w.contains(w.status("server2"), "server1: standby (on-fail)")
	w.until("the VIP answers from server2", func() bool { return client.Answers("server2", failed) > 20 })
	w.serve("server1")
	w.awaitAt("ldap_vip", "server1")
	if early := time.Since(before); early < 88*time.Second { // the CIB has whole seconds
		w.Errorf("server1 serves again %v after its service ended, want at least 90 s after that was noticed", early)
	}
	w.until("server1 is online", func() bool { return strings.Contains(w.status("server2"), "Online: [ server1 server2 ]") })
	if got := w.holders(vip); got != "server1" {
		w.Errorf("the address is on %q, want server1 only", got)
	}
}

// quick is the guide's pair with the reaction left to migration-threshold. A failure expires
// when a test says so: one that expired by itself might do so before a slow machine has seen it.
var quick = strings.NewReplacer(
	`interval="5s" timeout="15s" start_delay="15s" disabled="false" on_fail="standby"`, `interval="1s" timeout="15s"`,
	` failure-timeout="90s"`, ``).Replace(guide)

// TestSecondFailureMoves: the first failure restarts in place, the second moves the
// group, and it returns when the failures have expired.
func TestSecondFailureMoves(t *testing.T) {
	w := pair(t, quick)
	failcount := func(want string) func() bool {
		return func() bool {
			return strings.TrimSpace(w.run("server2", "", "crm_failcount", "-G", "-q", "-r", "ldap_service", "-N", "server1").Stdout) == want
		}
	}
	w.unserve("server1")
	w.until("the failure is counted", failcount("1"))
	w.serve("server1")
	w.awaitAt("ldap_vip", "server1")
	w.contains(w.status("server1"), "fail-count=1")
	w.unserve("server1")
	w.until("the second failure is counted", failcount("2"))
	w.serve("server1")
	w.awaitAt("ldap_vip", "server2")
	w.must("server2", "", "crm_resource", "--meta", "-r", "ldap_service", "-p", "failure-timeout", "-v", "3s")
	w.awaitAt("ldap_vip", "server1")
	w.until("the failures are forgotten", failcount("0"))
}

// TestMoveByHand: a manual move works, is shown in the status, and can be undone.
func TestMoveByHand(t *testing.T) {
	w := pair(t, quick)
	w.must("server1", "", "crm_resource", "-M", "-r", "ldap", "-N", "server2")
	w.awaitAt("ldap_vip", "server2")
	w.contains(w.must("server1", "", "crm_mon", "-1"), "ldap is tied to server2 (undo: crm_resource --clear --resource ldap)")
	if again := w.run("server1", "", "crm_resource", "-M", "-r", "ldap", "-N", "server2"); again.Code != 108 {
		w.Errorf("moving to where it is: exit code %d, want 108", again.Code)
	}
	w.must("server1", "", "crm_resource", "--clear", "-r", "ldap")
	w.awaitAt("ldap_vip", "server1")
	if strings.Contains(w.must("server1", "", "crm_mon", "-1"), "is tied to") {
		w.Error("the undone move is still shown")
	}
}

// TestNodeDies: the node's death moves the group, its return brings it back; whether or
// not the node was the DC.
func TestNodeDies(t *testing.T) {
	w := pair(t, quick)
	for range 2 {
		w.Node("server1").Kill()
		w.awaitAt("ldap_vip", "server2")
		w.contains(w.status("server2"), "OFFLINE: [ server1 ]", "UNPROTECTED")
		w.boot("server1", w.serve)
		w.awaitMembers(2) // asks server1, which must not answer with what it remembers
		w.awaitAt("ldap_vip", "server1")
		if got := w.holders(vip); got != "server1" {
			w.Errorf("the address is on %q, want server1 only", got)
		}
	}
}

// TestBootedNodeIsNotBelieved: the first answer of a node that has just booted is what
// the cluster knows, not what the node remembers; while it cannot know, it says so.
func TestBootedNodeIsNotBelieved(t *testing.T) {
	w := pair(t, quick)
	w.Node("server1").Kill()
	w.awaitAt("ldap_vip", "server2")
	w.must("server2", "", "crm_attribute", "-t", "crm_config", "-n", "while-away", "-v", "1")
	w.boot("server1", w.serve)
	asked := []string{"crm_attribute", "-t", "crm_config", "-n", "while-away", "-G", "-q"}
	var first testcluster.Output
	w.until("crmd answers", func() bool { first = w.run("server1", "", asked...); return first.Code != 102 })
	if !notCurrent(first) && strings.TrimSpace(first.Stdout) != "1" {
		t.Errorf("the first answer is %q and does not say that it is old:\n%s", first.Stdout, first.Stderr)
	}
	w.until("it is current", func() bool { return !notCurrent(w.run("server1", "", asked...)) })
	if got := w.must("server1", "", asked...); strings.TrimSpace(got) != "1" {
		t.Errorf("while-away is %q on the node that came back, want 1", got)
	}
	w.awaitAt("ldap_vip", "server1")
}
