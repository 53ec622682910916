package daemon

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestMain gives the tests namespaces of their own, with a /run that agents may write to.
func TestMain(m *testing.M) {
	testcluster.Enter()
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		fmt.Fprintln(os.Stderr, "lrmd/daemon: a /run of the tests' own:", err)
		os.Exit(1)
	}
	_ = os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin") // an ordinary user's has none
	os.Exit(m.Run())
}

// manyUsers skips where there is only one user: a daemon that changes to another needs
// real root.
func manyUsers(t *testing.T, daemon, user string) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/uid_map")
	if f := strings.Fields(string(data)); err != nil || len(f) == 3 && f[2] == "1" {
		t.Skipf("needs root: %s changes to user %s", daemon, user)
	}
}
