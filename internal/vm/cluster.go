package vm

import (
	"context"
	_ "embed" // the agents
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/api"
)

// Options say what machines to make.
type Options struct {
	Nodes    int    // how many, 2 or 3: n1, n2 ...
	Corosync string // further lines for corosync.conf, e.g. in section quorum
	Files    []File // further files of every machine
}

// Cluster is some machines on one switch.
type Cluster struct {
	Machines []*Machine
	Timeline *Timeline

	t      testing.TB
	dir    string
	kernel Kernel
	image  string
	ether  *ether

	mu       sync.Mutex // guards all following fields
	consoles map[string][]string
	beats    []Beat
}

// Beat is one sign of life of the service ocf:vm:beat, seen at the switch.
type Beat struct {
	At    time.Time
	From  string
	Heard bool // false: the machine was cut off; only the switch saw it
}

// Token is the totem token of these clusters: emulated machines on a busy one are slow.
const Token = 3 * time.Second

// ForTest makes machines for one test and boots them, all at once; no daemon runs yet.
// A test that fails prints the timeline, consoles and logs.
func ForTest(ctx context.Context, t testing.TB, opts Options) *Cluster {
	t.Helper()
	if err := Missing(); err != nil {
		t.Skipf("no virtual machines: %v", err)
	}
	dir, err := os.MkdirTemp("", "vm") // not t.TempDir: paths of sockets must be short
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{t: t, Timeline: NewTimeline(), dir: dir, consoles: map[string][]string{}}
	c.Timeline.Follow(func(line string) { fmt.Fprintln(t.Output(), line) })
	c.ether = &ether{beat: c.beat}
	t.Cleanup(c.close)
	if err := c.make(opts); err != nil {
		t.Fatal(err)
	}
	c.each(func(m *Machine) error {
		if err := m.PowerOn(ctx); err != nil {
			return err
		}
		_, err := m.AwaitBoot(ctx, 0)
		return err
	})
	return c
}

// make writes image and disks.
func (c *Cluster) make(opts Options) error {
	var err error
	if c.kernel, err = FindKernel(); err != nil {
		return err
	}
	for i := range opts.Nodes {
		c.Machines = append(c.Machines, &Machine{Name: fmt.Sprintf("n%d", i+1), ID: i + 1, Addr: fmt.Sprintf("10.7.40.%d", 11+i), cluster: c})
	}
	p, err := buildOnce()
	if err != nil {
		return err
	}
	c.image = filepath.Join(c.dir, "image")
	if err := image(c.image, c.kernel, p, append(c.configuration(opts), opts.Files...)); err != nil {
		return err
	}
	for _, m := range c.Machines {
		if err := newDisk(m.file("disk")); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) configuration(opts Options) []File {
	var conf, hosts strings.Builder
	fmt.Fprintf(&conf, "totem {\n\tversion: 2\n\tcluster_name: vm\n\ttransport: knet\n\ttoken: %d\n}\nnodelist {\n", Token.Milliseconds())
	for _, m := range c.Machines {
		fmt.Fprintf(&conf, "\tnode {\n\t\tname: %s\n\t\tnodeid: %d\n\t\tring0_addr: %s\n\t}\n", m.Name, m.ID, m.Addr)
		fmt.Fprintf(&hosts, "%s %s\n", m.Addr, m.Name)
	}
	conf.WriteString("}\nquorum {\n\tprovider: corosync_votequorum\n")
	if opts.Nodes == 2 {
		conf.WriteString("\ttwo_node: 1\n")
	}
	conf.WriteString("}\n" + opts.Corosync)
	return []File{
		{Name: "etc/corosync/corosync.conf", Data: []byte(conf.String())},
		{Name: "etc/corosync/authkey", Mode: 0o600, Data: []byte("a key for tests only, thirty-two bytes or more")},
		{Name: "etc/passwd", Data: []byte("root:x:0:0:root:/:/bin/sh\nhacluster:x:90:90::/:/bin/false\n")},
		{Name: "etc/group", Data: []byte("root:x:0:\nhaclient:x:90:\n")},
		{Name: "etc/hosts", Data: []byte(hosts.String())},
		{Name: "usr/lib/ocf/resource.d/vm/beat", Mode: 0o755, Data: beatAgent},
		{Name: "usr/sbin/fence_vm", Mode: 0o755, Data: fenceAgent},
		{Name: "usr/sbin/fence_sysrq", Mode: 0o755, Data: sysrqAgent},
	}
}

// The agents of the machines.
var (
	//go:embed agents/beat.sh
	beatAgent []byte
	//go:embed agents/fence_vm.sh
	fenceAgent []byte
	//go:embed agents/fence_sysrq.sh
	sysrqAgent []byte
)

// each does something with all machines at once; a failure ends the test.
func (c *Cluster) each(do func(*Machine) error) {
	c.t.Helper()
	errs := make([]error, len(c.Machines))
	var wg sync.WaitGroup
	for i, m := range c.Machines {
		wg.Go(func() { errs[i] = do(m) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		c.t.Fatal(err)
	}
}

// Machine returns the machine of that name; it panics when there is none.
func (c *Cluster) Machine(name string) *Machine {
	for _, m := range c.Machines {
		if m.Name == name {
			return m
		}
	}
	panic("vm: no machine " + name)
}

// StartDaemons starts lrmd and crmd on a machine.
func (m *Machine) StartDaemons(ctx context.Context) error {
	m.cluster.Timeline.Add(m.Name, "daemons are started")
	if err := m.Start(ctx, "lrmd", "/usr/sbin/lrmd"); err != nil {
		return err
	}
	return m.Start(ctx, "crmd", "/usr/sbin/crmd")
}

// StartDaemons starts lrmd and crmd on all machines.
func (c *Cluster) StartDaemons(ctx context.Context) {
	c.t.Helper()
	c.each(func(m *Machine) error { return m.StartDaemons(ctx) })
}

// Status is a machine's view of the cluster; the zero Status when its crmd does not answer.
func (m *Machine) Status(ctx context.Context) api.Status {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, err := m.API().Status(ctx)
	if err != nil {
		return api.Status{}
	}
	return s
}

// Section is a part of the configuration.
type Section struct{ Scope, XML string }

// Configure merges sections into the configuration, all at once.
func (c *Cluster) Configure(ctx context.Context, on string, sections ...Section) {
	c.t.Helper()
	var req api.CIBRequest
	for _, s := range sections {
		req.Ops = append(req.Ops, api.CIBOp{Kind: "modify", Scope: s.Scope, XML: s.XML, AllowCreate: true})
	}
	if _, err := c.Machine(on).API().Change(ctx, req); err != nil {
		c.t.Fatalf("configuring: %v", err)
	}
}

// Until polls a condition until it holds, and notes it. It fails the test when ctx ends first.
func (c *Cluster) Until(ctx context.Context, what string, holds func() bool) {
	c.t.Helper()
	for !holds() {
		select {
		case <-ctx.Done():
			c.t.Fatalf("waited in vain until %s", what)
		case <-time.After(50 * time.Millisecond):
		}
	}
	c.Timeline.Add("test", "%s", what)
}

// beat notes a beat of the service; the timeline gets the first of each machine, and
// the first after a silence.
func (c *Cluster) beat(at time.Time, from string, heard bool, _ string) {
	c.mu.Lock()
	last, ok := Beat{}, false
	for i := len(c.beats) - 1; i >= 0 && !ok; i-- {
		if c.beats[i].From == from {
			last, ok = c.beats[i], true
		}
	}
	c.beats = append(c.beats, Beat{at, from, heard})
	c.mu.Unlock()
	if !ok || at.Sub(last.At) > time.Second {
		c.Timeline.AddAt(at, from, "%s", Serves)
	}
}

// Serves is the timeline's word for the first beat of a machine's service.
const Serves = "the service runs here"

// Beats returns every beat so far.
func (c *Cluster) Beats() []Beat {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Beat(nil), c.beats...)
}

// LastBeat is the last beat that a machine sent before a moment.
func (c *Cluster) LastBeat(from string, before time.Time) (Beat, bool) {
	var found Beat
	for _, b := range c.Beats() {
		if b.From == from && b.At.Before(before) {
			found = b
		}
	}
	return found, !found.At.IsZero()
}

func (c *Cluster) keep(machine, line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.consoles[machine] = append(c.consoles[machine], line)
}

// close ends the machines; after a failure it shows what they left.
func (c *Cluster) close() {
	if c.t.Failed() {
		c.showLogs()
	}
	for _, m := range c.Machines {
		m.PowerOff()
	}
	c.Timeline.Follow(nil)
	_ = os.RemoveAll(c.dir)
}

func (c *Cluster) showLogs() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, m := range c.Machines {
		c.mu.Lock()
		console := strings.Join(c.consoles[m.Name], "\n")
		c.mu.Unlock()
		c.t.Logf("console of %s:\n%s", m.Name, console)
		for _, log := range []string{"lrmd", "crmd"} {
			out, err := m.Run(ctx, "tail", "-n", "80", "/var/lib/log/"+log+".log")
			c.t.Logf("%s of %s: %v\n%s", log, m.Name, err, out)
		}
	}
}
