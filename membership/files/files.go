package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// Paths says where to look. The zero value is a machine's usual places.
type Paths struct {
	Root     string       // prefix of every path; "" is /
	Corosync string       // corosync.conf; "": ROOT/etc/corosync/corosync.conf
	Authkey  string       // "": totem.keyfile, else ROOT/etc/corosync/authkey
	HA       string       // ha.cf; "": ROOT/etc/ha.d/ha.cf
	Authkeys string       // "": authkeys beside ha.cf
	Node     crm.NodeName // this machine's node name; "": found by address, then by host name

	Hostname   string          // "": the machine's
	Interfaces []InterfaceAddr // nil: the machine's
}

// InterfaceAddr is one address of this machine.
type InterfaceAddr struct {
	Interface string
	Prefix    netip.Prefix
}

// resolveTimeout bounds how long one host name may take.
const resolveTimeout = 5 * time.Second

// Load reads the configuration. The error, when there is one, is a
// membership.ProblemsError or says that there is no configuration at all. The warnings
// are among the problems in either case.
func Load(ctx context.Context, p Paths) (membership.Config, []membership.Problem, error) {
	if err := p.fill(); err != nil {
		return membership.Config{}, nil, err
	}
	haveCorosync, haveHA := exists(p.Corosync), exists(p.HA)
	var c membership.Config
	var problems []membership.Problem
	switch {
	case haveCorosync:
		c, problems = p.loadCorosync(ctx)
		if haveHA {
			problems = append(problems, membership.Problem{File: p.HA, Level: membership.Warning,
				Msg: "not read: " + p.Corosync + " is there too and comes first", Fix: "remove one of them"})
		}
	case haveHA:
		c, problems = p.loadHeartbeat(ctx)
	default:
		return membership.Config{}, nil, fmt.Errorf("no configuration: neither %s nor %s is there", p.Corosync, p.HA)
	}
	if membership.Failed(problems) {
		return c, problems, membership.ProblemsError(problems)
	}
	return c, problems, nil
}

func (p *Paths) fill() error {
	under := func(path *string, usual string) {
		if *path == "" {
			*path = filepath.Join("/", p.Root, usual)
		}
	}
	under(&p.Corosync, "etc/corosync/corosync.conf")
	under(&p.HA, "etc/ha.d/ha.cf")
	if p.Authkeys == "" {
		p.Authkeys = filepath.Join(filepath.Dir(p.HA), "authkeys")
	}
	if p.Hostname == "" {
		name, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("this machine's host name: %w", err)
		}
		p.Hostname = name
	}
	if p.Interfaces == nil {
		var err error
		if p.Interfaces, err = interfaces(); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func interfaces() ([]InterfaceAddr, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("this machine's network interfaces: %w", err)
	}
	list := []InterfaceAddr{}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil {
			continue // gone meanwhile
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				list = append(list, InterfaceAddr{i.Name, prefix})
			}
		}
	}
	return list, nil
}

func (p *Paths) loadCorosync(ctx context.Context) (membership.Config, []membership.Problem) {
	r := membership.Report{File: p.Corosync}
	data := readFile(p.Corosync, &r)
	if membership.Failed(r.Problems) {
		return membership.Config{}, r.Problems
	}
	c, problems := membership.ParseCorosync(p.Corosync, data)
	if !membership.Failed(problems) {
		resolve(ctx, &c, &r)
		if p.findLocal(&c, &r); c.Local == "" {
			r.Errorf(0, fmt.Sprintf("add a node with one of this machine's addresses, or with the name %q", p.Hostname),
				"this machine (%s) is not in the nodelist", p.Hostname)
		}
	}
	path := p.Authkey
	if path == "" {
		path = filepath.Join(filepath.Dir(p.Corosync), "authkey")
		if c.KeyFile != "" {
			path = filepath.Join("/", p.Root, c.KeyFile)
		}
	}
	keys, keyProblems := readAuthkeys(path)
	c.Keys = keys
	return c, append(append(problems, r.Problems...), keyProblems...)
}

// readAuthkeys reads the key that signs and, while a key is changed, the ones beside it
// that are accepted too: authkey.next (before) and authkey.old (after).
func readAuthkeys(path string) ([][]byte, []membership.Problem) {
	var keys [][]byte
	var problems []membership.Problem
	for _, suffix := range []string{"", ".next", ".old"} {
		if suffix != "" && !exists(path+suffix) {
			continue
		}
		r := membership.Report{File: path + suffix}
		if data := readKey(path+suffix, &r); !membership.Failed(r.Problems) {
			key, more := membership.ParseAuthkey(path+suffix, data)
			r.Problems = append(r.Problems, more...)
			if key != nil {
				keys = append(keys, key)
			}
		}
		problems = append(problems, r.Problems...)
	}
	return keys, problems
}

// resolve turns host names among the nodes' addresses into addresses.
func resolve(ctx context.Context, c *membership.Config, r *membership.Report) {
	for i := range c.Nodes {
		n := &c.Nodes[i]
		for link, host := range n.Hosts {
			if host == "" || n.Addrs[link].IsValid() {
				continue
			}
			a, err := lookup(ctx, host)
			if err != nil {
				r.Errorf(n.Line, "write its address, or put it into /etc/hosts", "node %q: host name %q: %v", n.Name, host, err)
				continue
			}
			n.Addrs[link] = a
		}
	}
	for _, n := range c.Nodes {
		for link, a := range n.Addrs {
			if a.IsLoopback() && othersElsewhere(c, n, link) {
				r.Errorf(n.Line, "write its address, or correct /etc/hosts", "node %q: %q is %s, which no other node can reach", n.Name, n.Hosts[link], a)
			}
		}
	}
	if !membership.Failed(r.Problems) {
		membership.Check(c, r) // what was hidden by names may be double now
	}
}

// othersElsewhere reports whether another node is on a real network on that link.
// (Distributions put a machine's own name into /etc/hosts as 127.0.1.1.)
func othersElsewhere(c *membership.Config, n membership.Node, link int) bool {
	for _, o := range c.Nodes {
		if o.ID != n.ID && link < len(o.Addrs) && o.Addrs[link].IsValid() && !o.Addrs[link].IsLoopback() {
			return true
		}
	}
	return false
}

func lookup(ctx context.Context, host string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	for _, network := range []string{"ip4", "ip6"} {
		all, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
		if err == nil && len(all) > 0 {
			return all[0].Unmap(), nil
		}
	}
	return netip.Addr{}, errors.New("no such host")
}

// findLocal finds which node this machine is: as told, by address, or by host name.
func (p *Paths) findLocal(c *membership.Config, r *membership.Report) {
	if p.Node != "" {
		if _, ok := c.Node(p.Node); ok {
			c.Local = p.Node
		} else {
			r.Errorf(0, "", "node %q, which this machine is said to be, is not listed", p.Node)
			c.Local = p.Node
		}
		return
	}
	var byAddr []crm.NodeName
	for _, n := range c.Nodes {
		for _, a := range n.Addrs {
			if p.has(a) {
				byAddr = append(byAddr, n.Name)
				break
			}
		}
	}
	if len(byAddr) == 1 {
		c.Local = byAddr[0]
		return
	}
	// None, or several (all of loopback is one machine's): the name decides.
	short, _, _ := strings.Cut(p.Hostname, ".")
	for _, name := range []string{p.Hostname, short} {
		if _, ok := c.Node(crm.NodeName(name)); ok {
			c.Local = crm.NodeName(name)
			return
		}
	}
	if len(byAddr) > 1 {
		r.Errorf(0, "set TACTUS_NODE to the name of this one", "this machine has the addresses of several nodes: %q", byAddr)
		c.Local = byAddr[0]
	}
}

func (p *Paths) has(a netip.Addr) bool {
	for _, i := range p.Interfaces {
		if i.Prefix.Addr() == a {
			return true
		}
	}
	return false
}
