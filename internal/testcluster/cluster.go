package testcluster

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say what cluster to make. The zero value of each field is a sensible default.
type Options struct {
	Nodes    []string      // names; default server1, server2
	Witness  string        // one of Nodes that only votes; default: none
	Links    int           // networks, 1 to 3; default 1
	Clients  bool          // one more network, number 0, for clients only: corosync.conf does not know it
	Token    time.Duration // totem token; default: not written, so Tactus' own default
	Bin      string        // folder with crmd, lrmd, tactus; default: built now, once a process
	Dir      string        // where the nodes' files go; default: a temporary folder
	OCFRoot  string        // OCF agents' root; default: the node's own <root>/usr/lib/ocf
	Env      []string      // further environment of every program
	Corosync string        // further lines for corosync.conf
	Own      []string      // folders of the machine that every node gets as its own, empty at first, e.g. /var/lib/pacemaker
	Shared   []string      // FROM:OVER, a folder to show on every node in place of another

	DiskSize int64 // bytes of every node's disk below /var/lib/tactus; default: not a disk of its own

	Wake    func(*Node) error    // what a node starts when its power comes back by itself; default: its daemons
	Prepare func(*Cluster) error // for ForTest: what to do between power on and the daemons' start
}

// Cluster is a set of nodes that can see each other.
type Cluster struct {
	Nodes    []*Node
	Power    *Switch // feeds every node
	closing  sync.Once
	starter  starter
	opts     Options
	bin, dir string
	networks []*network
}

// base is the address range of link 0; link i has the third byte raised by i.
var base = netip.MustParsePrefix("10.7.36.0/24")

// New makes the nodes and their configuration and powers them on; no daemon runs yet.
// Call Enter (or Main) first in the process.
func New(opts Options) (*Cluster, error) {
	if os.Getenv(insideVar) == "" {
		return nil, errors.New("testcluster: not in namespaces of its own: call testcluster.Enter first in main")
	}
	if len(opts.Nodes) == 0 {
		opts.Nodes = []string{"server1", "server2"}
	}
	opts.Links = max(1, opts.Links)
	c := &Cluster{opts: opts, bin: opts.Bin, dir: opts.Dir}
	var err error
	if c.bin == "" {
		if c.bin, err = Build(); err != nil {
			return nil, err
		}
	}
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp("", "tactus"); err != nil {
			return nil, err
		}
	}
	for i := range opts.Links + c.firstLink() {
		b := base.Addr().As4()
		b[2] += byte(i)
		net, err := newNetwork(i, netip.PrefixFrom(netip.AddrFrom4(b), base.Bits()))
		if err != nil {
			return nil, err
		}
		c.networks = append(c.networks, net)
	}
	c.starter = newStarter()
	for i, name := range opts.Nodes {
		n := &Node{Name: name, ID: i + 1, Root: filepath.Join(c.dir, name), cluster: c}
		for _, net := range c.networks {
			n.Addrs = append(n.Addrs, net.address(11+i))
		}
		c.Nodes = append(c.Nodes, n)
	}
	if c.Power, err = newSwitch(c); err != nil {
		return nil, err
	}
	for _, n := range c.Nodes {
		if err := c.writeConfig(n); err != nil {
			return nil, err
		}
		if err := c.Power.install(n); err != nil {
			return nil, err
		}
		if opts.DiskSize > 0 {
			if err := n.mountDisk(opts.DiskSize); err != nil {
				return nil, err
			}
		}
		if err := n.Boot(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Key is the shared key of test clusters.
const Key = "a key for tests only, thirty-two bytes or more"

// CorosyncConf is the configuration of the cluster the node belongs to.
func (n *Node) CorosyncConf() string { return n.cluster.CorosyncConf() }

func (c *Cluster) writeConfig(n *Node) error {
	etc := filepath.Join(n.Root, "etc", "corosync")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(etc, "authkey"), []byte(Key), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(etc, "corosync.conf"), []byte(c.CorosyncConf()), 0o644)
}

// firstLink is the number of the network that is link 0 of the cluster.
func (c *Cluster) firstLink() int {
	if c.opts.Clients {
		return 1
	}
	return 0
}

// CorosyncConf is the configuration that every node gets.
func (c *Cluster) CorosyncConf() string {
	var b strings.Builder
	b.WriteString("totem {\n\tversion: 2\n\tcluster_name: test\n\ttransport: knet\n")
	if c.opts.Token > 0 {
		fmt.Fprintf(&b, "\ttoken: %d\n", c.opts.Token.Milliseconds())
	}
	b.WriteString("}\nnodelist {\n")
	for _, n := range c.Nodes {
		fmt.Fprintf(&b, "\tnode {\n\t\tname: %s\n\t\tnodeid: %d\n", n.Name, n.ID)
		for i, a := range n.Addrs[c.firstLink():] {
			fmt.Fprintf(&b, "\t\tring%d_addr: %s\n", i, a)
		}
		if n.Witness() {
			b.WriteString("\t\twitness: yes\n")
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\nquorum {\n\tprovider: corosync_votequorum\n")
	if len(c.Nodes) == 2 {
		b.WriteString("\ttwo_node: 1\n")
	}
	b.WriteString("}\n" + c.opts.Corosync)
	return b.String()
}

// StartDaemons starts lrmd and crmd on every node.
func (c *Cluster) StartDaemons() error {
	for _, n := range c.Nodes {
		if err := n.StartDaemons(); err != nil {
			return err
		}
	}
	return nil
}

// Has reports whether a node of that name is configured.
func (c *Cluster) Has(name string) bool {
	return slices.ContainsFunc(c.Nodes, func(n *Node) bool { return n.Name == name })
}

// Node returns the node of that name; it panics when there is none.
func (c *Cluster) Node(name string) *Node {
	for _, n := range c.Nodes {
		if n.Name == name {
			return n
		}
	}
	panic("testcluster: no node " + name)
}

// Close kills every node and removes the networks and, unless Options named it, the folder.
// A second call does nothing.
func (c *Cluster) Close() { c.closing.Do(c.close) }

func (c *Cluster) close() {
	c.Power.close()
	for _, n := range c.Nodes {
		n.Kill()
		if c.opts.DiskSize > 0 {
			n.unmountDisk()
		}
	}
	for i := range c.networks {
		unplug(fmt.Sprintf("br%d", i))
	}
	if c.opts.Dir == "" {
		_ = os.RemoveAll(c.dir)
	}
	c.starter.close()
}

// ForTest makes a cluster for one test, with its daemons started. When the test fails,
// the end of every log is printed.
func ForTest(t testing.TB, opts Options) *Cluster {
	t.Helper()
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range c.Nodes {
				t.Log(n.Logs(60))
			}
		}
		c.Close()
	})
	if opts.Prepare != nil {
		if err := opts.Prepare(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.StartDaemons(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Until polls a condition until it holds. It fails the test when ctx ends first; ctx
// should be generous, it bounds a hang and measures nothing.
func Until(ctx context.Context, t testing.TB, what string, holds func() bool) {
	t.Helper()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// starter starts commands from one thread that lives as long as the cluster, because
// Pdeathsig fires when the starting thread ends.
type starter chan func()

func newStarter() starter {
	s := make(starter)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this function
		for do := range s {
			do()
		}
	}()
	return s
}

func (s starter) start(cmd *exec.Cmd) error {
	done := make(chan error)
	s <- func() { done <- cmd.Start() }
	return <-done
}

func (s starter) close() { close(s) }

// Bin is the folder of the programs under test.
func (c *Cluster) Bin() string { return c.bin }
