package files

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/heartbeat"
	"github.com/tactus-ha/tactus/membership"
)

// loadHeartbeat reads ha.cf and authkeys and adds what only this machine knows: which
// node it is, and the addresses of its interfaces.
func (p *Paths) loadHeartbeat(ctx context.Context) (membership.Config, []membership.Problem) {
	r := membership.Report{File: p.HA}
	data := readFile(p.HA, &r)
	if membership.Failed(r.Problems) {
		return membership.Config{}, r.Problems
	}
	ha, problems := heartbeat.ParseHA(p.HA, data)
	c, more := ha.Config()
	problems = append(problems, more...)
	if !membership.Failed(problems) {
		p.localByName(&c, &r)
		p.addresses(ctx, ha, &c, &r)
	}
	problems = append(problems, r.Problems...)

	k := membership.Report{File: p.Authkeys}
	if data := readKey(p.Authkeys, &k); !membership.Failed(k.Problems) {
		keys, found := heartbeat.ParseAuthkeys(p.Authkeys, data)
		k.Problems = append(k.Problems, found...)
		if !membership.Failed(found) {
			c.Keys = keys.Secrets(c.ClusterName)
		}
	}
	return c, append(problems, k.Problems...)
}

// localByName finds the local node as Heartbeat does: by `uname -n`, in lower case.
func (p *Paths) localByName(c *membership.Config, r *membership.Report) {
	name := crm.NodeName(strings.ToLower(p.Hostname))
	if p.Node != "" {
		name = crm.NodeName(strings.ToLower(string(p.Node)))
	}
	if _, ok := c.Node(name); !ok {
		r.Errorf(0, "add: node "+string(name), "this machine (%s) is not among the nodes", name)
	}
	c.Local = name
}

// addresses fills in the addresses of this node, and of peers as far as they are known.
func (p *Paths) addresses(ctx context.Context, ha heartbeat.HA, c *membership.Config, r *membership.Report) {
	for i := range c.Nodes {
		c.Nodes[i].Addrs = make([]netip.Addr, len(c.Links))
	}
	for i := range c.Links {
		l := &c.Links[i]
		line := mediumLine(ha, l)
		p.resolvePeers(ctx, ha, l, r)
		own := p.ownAddress(l)
		if !own.IsValid() {
			r.Errorf(line, "name an interface of this machine: "+strings.Join(p.interfaceNames(), ", "), "interface %q is not there, or has no address", l.Interface)
			continue
		}
		// The file may be equal on all nodes: this machine's own address is no peer.
		l.Peers = slices.DeleteFunc(l.Peers, p.has)
		if l.Kind == membership.Unicast && len(l.Peers) == 0 {
			r.Errorf(line, fmt.Sprintf("ucast %s ADDRESS-OF-PEER", l.Interface), "ucast %s names no peer but this machine itself", l.Interface)
		}
		for j := range c.Nodes {
			n := &c.Nodes[j]
			if n.Name == c.Local {
				n.Addrs[i] = own
			} else {
				n.Addrs[i] = p.peerAddress(ctx, c, l, n.Name)
			}
		}
	}
}

func mediumLine(ha heartbeat.HA, l *membership.LinkConfig) int {
	for _, m := range ha.Media {
		if m.Kind == l.Kind && m.Interface == l.Interface {
			return m.Line
		}
	}
	return 0
}

// resolvePeers adds the ucast peers of the link that are written as host names.
func (p *Paths) resolvePeers(ctx context.Context, ha heartbeat.HA, l *membership.LinkConfig, r *membership.Report) {
	for _, m := range ha.Media {
		if m.Kind != membership.Unicast || m.Interface != l.Interface || m.Host == "" || l.Kind != membership.Unicast {
			continue
		}
		a, err := lookup(ctx, m.Host)
		if err != nil {
			r.Errorf(m.Line, "write its address, or put it into /etc/hosts", "ucast: host name %q: %v", m.Host, err)
			continue
		}
		l.Peers = append(l.Peers, a)
	}
}

// ownAddress is this machine's address on the link's interface, of the right family.
func (p *Paths) ownAddress(l *membership.LinkConfig) netip.Addr {
	v6 := l.Group.Is6() || len(l.Peers) > 0 && l.Peers[0].Is6()
	for _, i := range p.Interfaces {
		a := i.Prefix.Addr().Unmap()
		if i.Interface == l.Interface && a.Is6() == v6 && (!v6 || !a.IsLinkLocalUnicast()) {
			return a
		}
	}
	return netip.Addr{}
}

func (p *Paths) interfaceNames() []string {
	var names []string
	for _, i := range p.Interfaces {
		if !slices.Contains(names, i.Interface) {
			names = append(names, i.Interface)
		}
	}
	return names
}

// peerAddress is where a peer is on the link, as far as that can be known before it is
// heard: the only ucast peer of two nodes, or what its name resolves to when that lies
// on the link. The zero Addr otherwise.
func (p *Paths) peerAddress(ctx context.Context, c *membership.Config, l *membership.LinkConfig, name crm.NodeName) netip.Addr {
	if len(c.Nodes) == 2 && len(l.Peers) == 1 {
		return l.Peers[0]
	}
	a, err := lookup(ctx, string(name))
	if err != nil || p.has(a) {
		return netip.Addr{}
	}
	if slices.Contains(l.Peers, a) {
		return a
	}
	for _, i := range p.Interfaces {
		if i.Interface == l.Interface && l.Kind != membership.Unicast && i.Prefix.Contains(a) {
			return a
		}
	}
	return netip.Addr{}
}
