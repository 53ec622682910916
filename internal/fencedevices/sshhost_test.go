package fencedevices

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// sshHostAddr is the address of the machine n2, on the loopback device of the tests' own
// network namespace.
const sshHostAddr = "10.77.0.2"

// TestSSHPlugin plays external/ssh of cluster-glue, unmodified, against Debian's sshd.
func TestSSHPlugin(t *testing.T) {
	const plugin = "/usr/lib/stonith/plugins/external/ssh"
	if _, err := os.Stat(plugin); err != nil {
		t.Skip("cluster-glue is not installed (internal/setup.sh installs what the tests need)")
	}
	needs(t, "ssh", "/usr/sbin/sshd", "ssh-keygen", "ping")
	if data, _ := os.ReadFile("/proc/self/uid_map"); !strings.Contains(string(data), "4294967295") {
		t.Skip("sshd lets nobody log in inside a user namespace: run as root")
	}
	t.Parallel()
	key := filepath.Join(home, ".ssh", "id_ed25519")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %s", out)
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	host, err := StartSSHHost(t.Context(), dir, sshHostAddr, key+".pub")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Stop)
	r := newRig(t, "external/ssh", map[string]string{"hostlist": "n1,n2"})
	r.wants("start", r.start(), crm.OK)
	if got := r.do("list", "", ""); got.RC != crm.OK || got.Output != "n1\nn2\n" {
		t.Errorf("list = %+v, want n1 and n2", got)
	}
	r.fails("off, which this plugin does not do", r.do("off", "n2", ""), "exited with 1")
	r.fails("reboot of a host that it does not know", r.do("reboot", "n9", ""), "exited with 1")
	if got := host.Asked(); len(got) != 0 {
		t.Fatalf("the machine was told %q before its reboot", got)
	}
	r.wants("reboot", r.do("reboot", "N2", ""), crm.OK)
	want := []string{`echo 'sleep 2; /sbin/reboot -nf' | SHELL=/bin/sh at now >/dev/null 2>&1`}
	if got := host.Asked(); !slices.Equal(got, want) {
		t.Errorf("the machine was told %q, want %q", got, want)
	}
	r.fails("start without a list of hosts", r.with("hostlist", "").start(), "exited with 1")
}
