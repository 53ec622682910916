package bench

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/tactus-ha/tactus/internal/testcluster"
)

// tactus is ours.
type tactus struct{ bin, ocf string }

func (tactus) name() string    { return "tactus" }
func (tactus) missing() string { return "" }

func (t tactus) options(p profile) (testcluster.Options, error) {
	return testcluster.Options{Bin: t.bin, OCFRoot: t.ocf, Token: p.token}, nil
}

func (tactus) start(n *testcluster.Node, _ profile) error { return n.StartDaemons() }

func (t tactus) dc(ctx context.Context, n *testcluster.Node) string {
	got, err := n.Run(ctx, "", t.tool("crmadmin", "-D", "-q")...)
	if dc := strings.TrimSpace(got.Stdout); err == nil && strings.HasPrefix(dc, "server") {
		return dc
	}
	return ""
}

func (t tactus) tool(args ...string) []string {
	return append([]string{filepath.Join(t.bin, "tactus")}, args...)
}

func (tactus) dummies() []string { return []string{"pacemaker:Dummy", "tactus:Dummy"} }

func (tactus) addresses() []string { return []string{"heartbeat", "tactus"} }
