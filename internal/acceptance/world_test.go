package acceptance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/internal/demo"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

func TestMain(m *testing.M) {
	if slices.Contains(os.Args, demo.ResponderCommand) {
		if err := demo.Respond(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	testcluster.Main(m)
}

// world is a running cluster with what the tests ask of it.
type world struct {
	*testing.T
	ctx context.Context
	*testcluster.Cluster
}

// patience bounds every wait. It measures nothing: a slow machine may need much of it.
const patience = 3 * time.Minute

// long is how long a wait takes that is worth a line.
const long = 10 * time.Second

// newWorld starts a cluster of that many nodes and waits until each is a member.
func newWorld(t *testing.T, nodes int, change func(*testcluster.Options)) *world {
	t.Helper()
	opts := testcluster.Options{Links: 2}
	for i := range nodes {
		opts.Nodes = append(opts.Nodes, fmt.Sprintf("server%d", i+1))
	}
	if change != nil {
		change(&opts)
	}
	w := &world{t, t.Context(), testcluster.ForTest(t, opts)}
	w.awaitMembers(nodes)
	return w
}

// unfenced sets the options with which a cluster acts without fencing.
func (w *world) unfenced() {
	w.Helper()
	w.must("server1", "", "crm_attribute", "--type", "crm_config", "-n", "stonith-enabled", "-v", "false")
	if len(w.Nodes) == 2 {
		w.must("server1", "", "crm_attribute", "--type", "crm_config", "-n", "no-quorum-policy", "-v", "ignore")
	}
}

// must runs a tool on a node and returns its output; any exit code but 0 fails the test.
func (w *world) must(node, stdin string, args ...string) string {
	w.Helper()
	out := w.run(node, stdin, args...)
	if out.Code != 0 {
		w.Fatalf("%s on %s: exit code %d\n%s%s", strings.Join(args, " "), node, out.Code, out.Stdout, out.Stderr)
	}
	return out.Stdout + out.Stderr
}

// run runs a tool on a node. When the node's power goes meanwhile, the exit code is -1.
func (w *world) run(node, stdin string, args ...string) testcluster.Output {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	out, err := w.Node(node).ToolWithInput(ctx, stdin, args...)
	if err != nil {
		return testcluster.Output{Code: -1, Stderr: err.Error()}
	}
	return out
}

// until polls a condition.
func (w *world) until(what string, holds func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	began := time.Now()
	testcluster.Until(ctx, w.T, what, holds)
	if took := time.Since(began); took > long {
		w.Logf("it took %.1f s until %s", took.Seconds(), what)
	}
}

// up names the first node that has power: where questions are asked.
func (w *world) up() string {
	for _, n := range w.Nodes {
		if n.Up() {
			return n.Name
		}
	}
	w.Fatal("no node is up")
	return ""
}

// notCurrent reports whether an answer says of itself that it is not the cluster's
// present state.
func notCurrent(out testcluster.Output) bool { return strings.Contains(out.Stderr, "NOT CURRENT") }

// where names the nodes on which a resource is active, as the named node knows it;
// "unknown" when it says that it does not.
func (w *world) where(asked, resource string) string {
	w.Helper()
	var nodes []string
	out := w.run(asked, "", "crm_resource", "--locate", "-r", resource)
	if notCurrent(out) {
		return "unknown"
	}
	for line := range strings.Lines(out.Stdout) {
		if _, node, ok := strings.Cut(line, "is running on: "); ok {
			nodes = append(nodes, strings.Fields(node)[0])
		}
	}
	return strings.Join(nodes, " ")
}

// awaitAt waits until a resource is active on exactly that node ("" for nowhere).
func (w *world) awaitAt(resource, node string) {
	w.Helper()
	w.until(fmt.Sprintf("%s is on %q", resource, node), func() bool { return w.where(w.up(), resource) == node })
}

// awaitMembers waits until the CIB counts that many members.
func (w *world) awaitMembers(n int) {
	w.Helper()
	w.until(fmt.Sprintf("%d nodes are members", n), func() bool {
		out := w.run(w.up(), "", "cibadmin", "-Q", "-o", "status")
		return !notCurrent(out) && strings.Count(out.Stdout, `join="member"`) == n && strings.Count(out.Stdout, `crmd="online"`) == n
	})
}

// status is what crm_mon shows on a node.
func (w *world) status(node string) string {
	w.Helper()
	return w.must(node, "", "crm_mon", "-1", "-r", "-f")
}

// boot gives a node its power back, starts what shall run before its daemons, and them.
func (w *world) boot(node string, before ...func(node string)) {
	w.Helper()
	if err := w.Node(node).Boot(); err != nil {
		w.Fatal(err)
	}
	for _, start := range before {
		start(node)
	}
	if err := w.Node(node).StartDaemons(); err != nil {
		w.Fatal(err)
	}
}

// serve starts the LDAP responder on a node; unserve kills it.
func (w *world) serve(node string) {
	w.Helper()
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	if err := w.Node(node).Start("ldap", nil, self, demo.ResponderCommand); err != nil {
		w.Fatal(err)
	}
}

func (w *world) unserve(node string) {
	w.Helper()
	if err := w.Node(node).Signal("ldap", syscall.SIGKILL); err != nil {
		w.Fatal(err)
	}
}

// contains fails unless text has every part.
func (w *world) contains(text string, parts ...string) {
	w.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			w.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

// dc names the DC that a node knows.
func (w *world) dc(node string) string {
	w.Helper()
	if dc := strings.TrimSpace(w.run(node, "", "crmadmin", "-D", "-q").Stdout); w.Has(dc) {
		return dc
	}
	return ""
}

// holders names the nodes that have an address on an interface, by looking there.
func (w *world) holders(address string) string {
	w.Helper()
	var nodes []string
	for _, n := range w.Nodes {
		if !n.Up() {
			continue
		}
		out, err := n.Run(w.ctx, "", "ip", "-o", "addr")
		if err != nil {
			w.Fatal(err)
		}
		if strings.Contains(out.Stdout, " "+address+"/") {
			nodes = append(nodes, n.Name)
		}
	}
	return strings.Join(nodes, " ")
}
