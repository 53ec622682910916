package native

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestMain gives the tests namespaces of their own: networks can be made in them without
// root, and nothing is left behind. Named networks want a /run that can be written to.
func TestMain(m *testing.M) {
	testcluster.Enter()
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		fmt.Fprintln(os.Stderr, "agents/native: a /run of the tests' own:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
