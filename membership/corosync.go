package membership

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// ParseCorosync reads a corosync.conf. The configuration is usable when no problem is an
// error (see Failed). Host names among the addresses stay in Node.Hosts with a zero Addr;
// the local node and the keys are found by membership/files.
// Source: corosync.conf(5), votequorum(5).
func ParseCorosync(file string, data []byte) (Config, []Problem) {
	p := corosyncParser{Report: Report{File: file}}
	p.cfg.Source, p.cfg.Port = file, DefaultPort
	root := readSections(data, &p.Report)
	totem := p.merged(root, "totem")
	p.totem(totem)
	for _, s := range root.all("nodelist.node") {
		p.node(s)
	}
	if len(p.cfg.Nodes) == 0 {
		p.Errorf(0, "add nodelist { node { name: server1 nodeid: 1 ring0_addr: 192.0.2.1 } ... }, one key a line", "no nodelist: the members must be listed")
	}
	p.interfaces(root.all("totem.interface"), totem)
	p.quorum(p.merged(root, "quorum"))
	p.logging(p.merged(root, "logging"))
	p.timing(totem)
	Check(&p.cfg, &p.Report)
	return p.cfg, p.Sorted()
}

type corosyncParser struct {
	Report
	cfg Config
}

// merged joins all sections of one path: corosync reads them as one.
func (p *corosyncParser) merged(root *section, path string) *section {
	all := &section{path: path}
	for _, s := range root.all(path) {
		all.line = cmp.Or(all.line, s.line)
		all.keys = append(all.keys, s.keys...)
	}
	return all
}

func (p *corosyncParser) totem(s *section) {
	switch v, ok := s.last("version"); {
	case !ok:
		p.Errorf(s.line, "add version: 2 to totem", "totem.version is missing")
	case v.value != "2":
		p.Errorf(v.line, "version: 2", "totem.version %q: only 2 is known", v.value)
	}
	p.cfg.ClusterName = "cluster"
	if v, ok := s.last("cluster_name"); ok && v.value != "" {
		p.cfg.ClusterName = v.value
	}
	if v, ok := s.last("keyfile"); ok {
		p.cfg.KeyFile = v.value
	}
	for _, key := range []string{"crypto_cipher", "crypto_hash", "secauth"} {
		if v, ok := s.last(key); ok && (v.value == "none" || v.value == "off") {
			p.Warnf(v.line, "", "%s: %s is ignored: all packets are encrypted and signed with the key file", key, v.value)
		}
	}
	if v, ok := s.last("transport"); ok && !slices.Contains([]string{"knet", "udpu", "udp"}, v.value) {
		p.Errorf(v.line, "transport: knet", "transport %q is not known: knet, udpu and udp are", v.value)
	}
}

func (p *corosyncParser) node(s *section) {
	n := Node{Votes: 1, Line: s.line}
	for _, k := range s.keys {
		switch {
		case k.key == "name":
			n.Name = crm.NodeName(k.value)
		case k.key == "nodeid":
			id, err := strconv.ParseUint(k.value, 10, 32)
			if err != nil || id == 0 {
				p.Errorf(k.line, "nodeid: 1", "nodeid %q: want a whole number of 1 or more", k.value)
			}
			n.ID = crm.NodeID(id)
		case k.key == "quorum_votes":
			n.Votes, _ = p.within(k, 0, MaxVotes, 1)
		case k.key == "witness":
			n.Witness = p.bool(k)
		case strings.HasPrefix(k.key, "ring") && strings.HasSuffix(k.key, "_addr"):
			p.address(&n, k)
		}
	}
	if len(n.Hosts) == 0 || n.Hosts[0] == "" {
		p.Errorf(s.line, "add ring0_addr: ADDRESS", "node %q has no ring0_addr", n.Name)
		return
	}
	if n.Name == "" {
		if n.Addrs[0].IsValid() {
			p.Errorf(s.line, "add name: NAME, as uname -n prints it on that machine", "the node with address %s has no name", n.Hosts[0])
			return
		}
		n.Name = crm.NodeName(n.Hosts[0])
	}
	if n.ID == 0 {
		n.ID = DeriveID(n.Name, n.Addrs[0])
	}
	p.cfg.Nodes = append(p.cfg.Nodes, n)
}

func (p *corosyncParser) address(n *Node, k setting) {
	link, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(k.key, "ring"), "_addr"))
	if err != nil || link < 0 || link >= MaxLinks {
		return // reported as unknown key
	}
	for len(n.Hosts) <= link {
		n.Hosts, n.Addrs = append(n.Hosts, ""), append(n.Addrs, netip.Addr{})
	}
	n.Hosts[link], n.Addrs[link] = k.value, netip.Addr{}
	if a, err := netip.ParseAddr(k.value); err == nil {
		n.Addrs[link] = a.Unmap()
	} else if strings.Trim(k.value, "0123456789.") == "" || strings.ContainsAny(k.value, ":/ \t") {
		p.Errorf(k.line, k.key+": 192.0.2.1", "%s %q is neither an address nor a host name", k.key, k.value)
	}
}

// interfaces makes one link per ring address and applies the interface sections to them.
func (p *corosyncParser) interfaces(sections []*section, totem *section) {
	links := 0
	for _, n := range p.cfg.Nodes {
		links = max(links, len(n.Hosts))
	}
	transport, _ := totem.last("transport")
	for i := range links {
		l := LinkConfig{Number: i, Kind: Unicast, Port: DefaultPort, TTL: 1, Loop: false}
		if transport.value == "udp" {
			l.Kind = Multicast
		}
		p.cfg.Links = append(p.cfg.Links, l)
	}
	for _, s := range sections {
		p.oneInterface(s)
	}
	for i, l := range p.cfg.Links {
		if l.Kind == Multicast && !l.Group.IsValid() {
			// corosync derives the group from the cluster's name; so do we, in the same range.
			id := uint32(DeriveID(crm.NodeName(p.cfg.ClusterName), netip.Addr{}))
			p.cfg.Links[i].Group = netip.AddrFrom4([4]byte{239, 192, byte(id >> 8), byte(id)})
		}
	}
	if len(p.cfg.Links) > 0 {
		p.cfg.Port = p.cfg.Links[0].Port
	}
}

func (p *corosyncParser) oneInterface(s *section) {
	number := setting{value: "0", line: s.line}
	for _, key := range []string{"ringnumber", "linknumber"} {
		if k, ok := s.last(key); ok {
			number = k
		}
	}
	n := p.number(number, 0, MaxLinks-1)
	if n >= len(p.cfg.Links) {
		if len(p.cfg.Nodes) > 0 {
			p.Warnf(number.line, fmt.Sprintf("add ring%d_addr to every node", n), "interface %d has no address on any node, ignored", n)
		}
		return
	}
	l := &p.cfg.Links[n]
	for _, k := range s.keys {
		switch k.key {
		case "mcastport":
			l.Port = p.number(k, 1, 65534)
		case "ttl":
			l.TTL = p.number(k, 0, 255)
		case "bindnetaddr":
			p.bindNet(l, k)
		case "broadcast":
			if k.value == "yes" {
				l.Kind = Broadcast
			}
		case "mcastaddr":
			a, err := netip.ParseAddr(k.value)
			if err != nil || !a.IsMulticast() {
				p.Errorf(k.line, "mcastaddr: 239.192.1.1", "mcastaddr %q is not a multicast address (224.0.0.0/4 or ff00::/8)", k.value)
				continue
			}
			l.Group = a.Unmap()
		}
	}
}

func (p *corosyncParser) bindNet(l *LinkConfig, k setting) {
	if prefix, err := netip.ParsePrefix(k.value); err == nil {
		l.BindNet = prefix.Masked()
	} else if a, err := netip.ParseAddr(k.value); err == nil {
		l.BindNet = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
	} else {
		p.Errorf(k.line, "bindnetaddr: 192.0.2.0", "bindnetaddr %q is not an address", k.value)
	}
}

func (p *corosyncParser) logging(s *section) {
	l := &p.cfg.Log
	l.ToStderr, l.ToSyslog, l.Facility = true, true, "daemon"
	for _, k := range s.keys {
		switch k.key {
		case "to_stderr":
			l.ToStderr = p.bool(k)
		case "to_syslog":
			l.ToSyslog = p.bool(k)
		case "to_logfile":
			l.ToFile = p.bool(k)
		case "logfile":
			l.File = k.value
		case "syslog_facility":
			l.Facility = k.value
		case "debug":
			l.Debug = k.value == "trace" || p.bool(k)
		}
	}
	if l.ToFile && l.File == "" {
		p.Errorf(s.line, "add logfile: /var/log/cluster/corosync.log", "to_logfile is on, but no logfile is named")
	}
}

func (p *corosyncParser) timing(s *section) {
	token, percent, source := time.Duration(0), 0, "built-in defaults (corosync.conf names no token)"
	if k, ok := s.last("token"); ok {
		ms, ok := p.within(k, 1, 3600_000, int(DefaultToken.Milliseconds()))
		token, source = time.Duration(ms)*time.Millisecond, fmt.Sprintf("corosync.conf: totem.token %d", ms)
		if ok && token < MinToken {
			p.Warnf(k.line, "token: 300", "token %d ms is below what an ordinary kernel can keep; %d ms is used", ms, MinToken.Milliseconds())
		}
	}
	if k, ok := s.last("token_coefficient"); ok {
		ms := p.number(k, 0, 60_000)
		// corosync adds 650 ms per node beyond two because its token travels round a ring.
		// Heartbeats go all to all, so only what is written is added.
		if extra := time.Duration(ms*max(0, len(p.cfg.Nodes)-2)) * time.Millisecond; extra > 0 {
			token = cmp.Or(token, DefaultToken) + extra
			source += fmt.Sprintf(" + token_coefficient %d x %d nodes", ms, len(p.cfg.Nodes)-2)
		}
	}
	if k, ok := s.last("token_warning"); ok {
		percent = p.number(k, 0, 100)
	}
	p.cfg.Timing = TimingFromToken(token, percent, source)
}

// number reads a whole number; it reports and returns low when it is none in [low, high].
func (p *corosyncParser) number(k setting, low, high int) int {
	n, _ := p.within(k, low, high, low)
	return n
}

// within reads a whole number; when it is none in [low, high] it reports that, with
// instead as what could stand there, and returns instead.
func (p *corosyncParser) within(k setting, low, high, instead int) (n int, ok bool) {
	n, err := strconv.Atoi(k.value)
	if err != nil || n < low || n > high {
		p.Errorf(k.line, fmt.Sprintf("%s: %d", k.key, instead), "%s %q: want a whole number from %d to %d", k.key, clip(k.value), low, high)
		return instead, false
	}
	return n, true
}

// bool reads yes, on, 1, true and their opposites.
func (p *corosyncParser) bool(k setting) bool {
	switch k.value {
	case "yes", "on", "1", "true":
		return true
	case "no", "off", "0", "false":
		return false
	}
	p.Errorf(k.line, k.key+": yes", "%s %q: want yes or no", k.key, clip(k.value))
	return false
}
