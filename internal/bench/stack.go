package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/internal/selfagent"
	"github.com/tactus-ha/tactus/internal/testcluster"
)

// vip is the address that the measured service answers at.
const vip = "10.7.36.142"

// profile is a timing that both stacks are given.
type profile struct {
	name  string
	token time.Duration // zero: the stack's default

	clients bool // clients have a network of their own: a node can be cut off from its peers only
	fencing bool // fencing is on, and a power switch can be used for it
}

var (
	byDefault = profile{name: "default"}
	fast      = profile{name: "fast", token: 300 * time.Millisecond}
	apart     = profile{name: "default", clients: true}
	fencing   = profile{name: "default", fencing: true}
)

// stack is a kind of cluster that can be measured.
type stack interface {
	name() string
	// missing says what is not installed; "" when it can be measured.
	missing() string
	options(p profile) (testcluster.Options, error)
	start(n *testcluster.Node, p profile) error
	// dc names the DC that the node knows of, "" when it knows none or is not idle yet.
	dc(ctx context.Context, n *testcluster.Node) string
	// tool prefixes a classic command so that it is this stack's.
	tool(args ...string) []string
	// dummies are the resource types of the mass figure, PROVIDER:TYPE.
	dummies() []string
	// addresses are the providers of IPaddr2 that a move is measured with.
	addresses() []string
}

// bed is a running cluster of one stack.
type bed struct {
	stack   stack
	profile profile
	cluster *testcluster.Cluster
	formed  time.Duration // daemons started -> every node knows the DC
}

// newBed starts a cluster and waits until it has a DC.
func newBed(ctx context.Context, s stack, nodes int, p profile) (*bed, error) {
	opts, err := s.options(p)
	if err != nil {
		return nil, err
	}
	opts.Clients = p.clients
	opts.Wake = func(n *testcluster.Node) error { return s.start(n, p) }
	for i := range nodes {
		opts.Nodes = append(opts.Nodes, fmt.Sprintf("server%d", i+1))
	}
	cluster, err := testcluster.New(opts)
	if err != nil {
		return nil, err
	}
	b := &bed{stack: s, profile: p, cluster: cluster}
	began := time.Now()
	for _, n := range cluster.Nodes {
		if err := s.start(n, p); err != nil {
			b.close()
			return nil, err
		}
	}
	if err := b.awaitDC(ctx); err != nil {
		b.close()
		return nil, err
	}
	b.formed = time.Since(began)
	return b, nil
}

func (b *bed) close() { b.cluster.Close() }

// limit bounds every wait; past it the run has failed.
const limit = 2 * time.Minute

func (b *bed) await(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: waited %v in vain until %s\n%s", b.stack.name(), limit, what, b.logs())
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// statusLines is how much of a status a failed wait shows.
const statusLines = 40

func (b *bed) logs() string {
	var all strings.Builder
	for _, n := range b.cluster.Nodes {
		all.WriteString(n.Logs(15))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	got, _ := b.first().Run(ctx, "", b.stack.tool("crm_mon", "-1rf")...)
	lines := strings.SplitAfterN(got.Stdout+got.Stderr, "\n", statusLines+1)
	return all.String() + "--- what its crm_mon says\n" + strings.Join(lines[:min(len(lines), statusLines)], "")
}

func (b *bed) awaitDC(ctx context.Context) error {
	return b.await(ctx, "every node knows the DC", func() bool {
		seen := ""
		for _, n := range b.cluster.Nodes {
			if !n.Up() {
				continue
			}
			dc := b.stack.dc(ctx, n)
			if dc == "" || seen != "" && dc != seen {
				return false
			}
			seen = dc
		}
		return seen != ""
	})
}

// first is the first node that is up: where commands are given.
func (b *bed) first() *testcluster.Node {
	for _, n := range b.cluster.Nodes {
		if n.Up() {
			return n
		}
	}
	panic("bench: no node is up")
}

// run gives a command on a node; an exit code other than 0 is an error.
func (b *bed) run(ctx context.Context, n *testcluster.Node, args ...string) (string, error) {
	got, err := n.Run(ctx, "", b.stack.tool(args...)...)
	if err != nil {
		return "", err
	}
	if got.Code != 0 {
		return "", fmt.Errorf("%s: %s: exit code %d: %s", b.stack.name(), strings.Join(args, " "), got.Code, strings.TrimSpace(got.Stdout+got.Stderr))
	}
	return got.Stdout, nil
}

// properties sets the cluster options that every figure uses.
func (b *bed) properties(ctx context.Context) error {
	policy := "stop"
	if len(b.cluster.Nodes) == 2 && !b.profile.fencing {
		policy = "ignore"
	}
	props := [][2]string{{"stonith-enabled", strconv.FormatBool(b.profile.fencing)}, {"no-quorum-policy", policy}}
	var xml strings.Builder
	xml.WriteString(`<configuration><crm_config><cluster_property_set id="cib-bootstrap-options">`)
	for _, p := range props {
		fmt.Fprintf(&xml, `<nvpair id="cib-bootstrap-options-%s" name="%s" value="%s"/>`, p[0], p[0], p[1])
	}
	xml.WriteString(`</cluster_property_set></crm_config><rsc_defaults><meta_attributes id="rsc-options"><nvpair id="rsc-options-stickiness" name="resource-stickiness" value="100"/></meta_attributes></rsc_defaults></configuration>`)
	_, err := b.run(ctx, b.first(), "cibadmin", "-M", "-c", "-o", "configuration", "-X", xml.String())
	return err
}

// resources replaces the resources section.
func (b *bed) resources(ctx context.Context, inner string) error {
	if b.profile.fencing {
		inner += powerDevice
	}
	file := filepath.Join(b.first().Root, "load.xml")
	if err := os.WriteFile(file, []byte("<resources>"+inner+"</resources>"), 0o644); err != nil {
		return err
	}
	_, err := b.run(ctx, b.first(), "cibadmin", "-R", "-o", "resources", "-x", file)
	return err
}

// where names the node on which a resource is active, "" when none.
func (b *bed) where(ctx context.Context, resource string) string {
	got, err := b.first().Run(ctx, "", b.stack.tool("crm_resource", "--locate", "-r", resource)...)
	if err != nil {
		return ""
	}
	_, after, ok := strings.Cut(got.Stdout, "is running on: ")
	if !ok {
		return ""
	}
	return strings.Fields(after)[0]
}

// runner waits until a resource is active somewhere and returns that node.
func (b *bed) runner(ctx context.Context, resource string) (*testcluster.Node, error) {
	at := ""
	err := b.await(ctx, resource+" is active", func() bool {
		at = b.where(ctx, resource)
		return b.cluster.Has(at)
	})
	if err != nil {
		return nil, err
	}
	return b.cluster.Node(at), nil
}

// primitive renders a primitive with one recurring monitor.
func primitive(id, class, provider, kind, interval string, params ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<primitive id="%s" class="%s" provider="%s" type="%s">`, id, class, provider, kind)
	if len(params) > 0 {
		fmt.Fprintf(&b, `<instance_attributes id="%s-ia">`, id)
		for i := 0; i < len(params); i += 2 {
			fmt.Fprintf(&b, `<nvpair id="%s-%s" name="%s" value="%s"/>`, id, params[i], params[i], params[i+1])
		}
		b.WriteString(`</instance_attributes>`)
	}
	fmt.Fprintf(&b, `<operations><op id="%s-m" name="monitor" interval="%s" timeout="20s"/></operations></primitive>`, id, interval)
	return b.String()
}

// serviceGroup is the address and the web service behind it. The address is of the
// given provider: heartbeat's script, or tactus' native agent.
func serviceGroup(provider string) string {
	return `<group id="svc">` +
		primitive("vip", "ocf", provider, "IPaddr2", "1s", "ip", vip, "cidr_netmask", "24", "nic", "eth0") +
		primitive("web", "ocf", "bench", "web", "1s") + `</group>`
}

// ocfTree makes a copy of the machine's OCF folder with the bench provider added.
func ocfTree() (string, error) {
	dir, err := os.MkdirTemp("", "tactus-ocf")
	if err != nil {
		return "", err
	}
	if out, err := exec.Command("cp", "-a", "/usr/lib/ocf/.", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("copying /usr/lib/ocf: %w: %s", err, out)
	}
	return dir, selfagent.Install(filepath.Join(dir, "resource.d", "bench", "web"), AgentCommand)
}
