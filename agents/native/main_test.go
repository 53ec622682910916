package native

import (
	"os"
	"testing"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// TestMain gives the tests namespaces of their own: networks can be made in them without
// root, and nothing is left behind. Named networks want a /run that can be written to.
func TestMain(m *testing.M) {
	testcluster.EnterWithRun()
	os.Exit(m.Run())
}
