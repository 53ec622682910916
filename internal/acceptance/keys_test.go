package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestKeyChangedLive: the cluster's key is changed node by node while everything runs, as
// docs/membership.md tells: nobody is lost, nothing is restarted; who has only the old key
// then is refused.
func TestKeyChangedLive(t *testing.T) {
	w := trio(t, unhurried)
	before := w.starts("server1", "a") + "/" + w.starts("server1", "b") + "/" + w.starts("server1", "ip")
	file := func(node, name string) string { return filepath.Join(w.Node(node).Root, "etc/corosync", name) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reload := func(node string) {
		t.Helper()
		told := strings.Count(w.logOf(node, "crmd"), `msg="the keys were changed"`)
		check(w.Node(node).Signal("crmd", syscall.SIGHUP))
		w.until("crmd on "+node+" uses the keys", func() bool { return strings.Count(w.logOf(node, "crmd"), `msg="the keys were changed"`) > told })
	}
	old, err := os.ReadFile(file("server1", "authkey"))
	check(err)
	for _, step := range []func(node string){
		func(n string) {
			check(os.WriteFile(file(n, "authkey.next"), []byte(strings.Repeat("the next key of the cluster ", 8)), 0o600))
		},
		func(n string) {
			check(os.Rename(file(n, "authkey"), file(n, "authkey.old")))
			check(os.Rename(file(n, "authkey.next"), file(n, "authkey")))
		},
		func(n string) { check(os.Remove(file(n, "authkey.old"))) },
	} {
		for _, n := range w.Nodes {
			step(n.Name)
			reload(n.Name)
			w.must(n.Name, "", "crm_attribute", "-t", "crm_config", "-n", "key-changed-on", "-v", n.Name)
		}
	}
	w.awaitMembers(3)
	w.settled()
	if after := w.starts("server1", "a") + "/" + w.starts("server1", "b") + "/" + w.starts("server1", "ip"); after != before {
		t.Errorf("resources were started again: call ids %s, before %s", after, before)
	}
	for _, n := range w.Nodes {
		if log := w.logOf(n.Name, "crmd"); strings.Contains(log, "node is lost") || strings.Contains(log, "peer refused") {
			t.Errorf("%s lost or refused somebody:\n%s", n.Name, log)
		}
	}

	w.end("server3", "crmd", syscall.SIGKILL)
	check(os.WriteFile(file("server3", "authkey"), old, 0o600))
	w.begin("server3", "crmd")
	w.until("the old key is refused", func() bool { return strings.Contains(w.logOf("server1", "crmd"), "packet sealed with another key") })
	w.end("server3", "crmd", syscall.SIGKILL)
	check(os.WriteFile(file("server3", "authkey"), []byte(strings.Repeat("the next key of the cluster ", 8)), 0o600))
	w.begin("server3", "crmd")
	w.awaitMembers(3)
	w.settled()
	w.sameCIB()
}
