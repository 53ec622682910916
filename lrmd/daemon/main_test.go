package daemon

import (
	"os"
	"strings"
	"testing"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestMain gives the tests namespaces of their own, with a /run that agents may write to.
func TestMain(m *testing.M) {
	testcluster.EnterWithRun()
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
