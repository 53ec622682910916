package heartbeat

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

func (p *parser) node(line int, args []string) {
	for _, a := range args {
		p.ha.Nodes = append(p.ha.Nodes, NodeLine{Name: crm.NodeName(strings.ToLower(a)), Line: line})
	}
}

func (p *parser) witness(line int, args []string) {
	p.node(line, args)
	for i := len(p.ha.Nodes) - len(args); i < len(p.ha.Nodes); i++ {
		p.ha.Nodes[i].Witness = true
	}
}

func (p *parser) bcast(line int, args []string) {
	for _, ifi := range args {
		p.ha.Media = append(p.ha.Media, Medium{Kind: membership.Broadcast, Interface: ifi, Port: p.port, Line: line})
	}
}

func (p *parser) udp(line int, args []string) {
	p.Warnf(line, "bcast "+strings.Join(args, " "), "udp is the old name of bcast")
	p.bcast(line, args)
}

func (p *parser) mcast(line int, args []string) {
	m := Medium{Kind: membership.Multicast, Interface: args[0], Line: line}
	v6, groups, good := p.word == "mcast6", "224.0.0.0 to 239.255.255.255", "239.0.0.1"
	if v6 {
		groups, good = "ff00::/8", "ff02::1:1"
	}
	group, err := netip.ParseAddr(args[1])
	if err != nil || !group.IsMulticast() || group.Is6() != v6 {
		p.Errorf(line, strings.Join(append([]string{p.word, args[0], good}, args[2:]...), " "), "%s: %q is not a multicast group (%s)", p.word, clip(args[1]), groups)
	}
	m.Group = group
	m.Port = p.number(line, "port", args[2], 1, 65534)
	m.TTL = p.number(line, "ttl", args[3], 0, 4) // the manual says 255; the program refused more than 4
	m.Loop = p.number(line, "loop", args[4], 0, 1) == 1
	p.ha.Media = append(p.ha.Media, m)
}

func (p *parser) ucast(line int, args []string) {
	for _, a := range args[1:] {
		m := Medium{Kind: membership.Unicast, Interface: args[0], Port: p.port, Line: line}
		if addr, err := netip.ParseAddr(a); err != nil {
			m.Host = a
		} else if m.Peer = addr.Unmap(); m.Peer.Is6() != (p.word == "ucast6") {
			p.Errorf(line, "ucast is for IPv4, ucast6 for IPv6", "%s: %q is of the other address family", p.word, a)
		}
		p.ha.Media = append(p.ha.Media, m)
	}
}

func (p *parser) udpPort(line int, args []string) {
	p.port = p.number(line, "udpport", args[0], 1, 65534)
	for _, m := range p.ha.Media {
		if m.Kind != membership.Multicast {
			p.Warnf(line, "put udpport before bcast and ucast", "udpport comes after a medium (line %d), which keeps its port %d", m.Line, m.Port)
			return
		}
	}
}

func (p *parser) time(line int, args []string) {
	text := strings.Join(args, " ")
	d, err := ParseTime(text)
	if err != nil {
		p.Errorf(line, p.usage, "%s %q: %v", p.word, clip(text), err)
	}
	p.times[p.word] = d
}

func (p *parser) failback(line int, args []string) {
	if strings.EqualFold(args[0], "legacy") {
		p.Warnf(line, "auto_failback on", "auto_failback legacy is treated as on")
		p.ha.Failback = "legacy"
		return
	}
	p.ha.Failback = "off"
	if on, err := ParseBool(args[0]); err != nil {
		p.Errorf(line, "auto_failback off", "auto_failback %q: want on, off or legacy", clip(args[0]))
	} else if on {
		p.ha.Failback = "on"
	}
}

func (p *parser) niceFailback(line int, args []string) {
	nice, err := ParseBool(args[0])
	if err != nil {
		p.Errorf(line, "auto_failback off", "nice_failback %q: %v", clip(args[0]), err)
		return
	}
	p.ha.Failback = "on"
	if nice {
		p.ha.Failback = "off"
	}
	p.Warnf(line, "auto_failback "+p.ha.Failback, "nice_failback is obsolete")
}

func (p *parser) crm(line int, args []string) {
	switch v := strings.ToLower(args[0]); v {
	case "respawn", "manual", "minimal", "valgrind":
		p.ha.CRM = true
	default:
		on, err := ParseBool(v)
		if err != nil {
			p.Errorf(line, p.word+" on", "%s %q: want on, off or respawn", p.word, clip(args[0]))
		}
		p.ha.CRM = on
	}
}

func (p *parser) cluster(_ int, args []string) { p.ha.Cluster = args[0] }

func (p *parser) logFile(line int, args []string) {
	if !strings.HasPrefix(args[0], "/") {
		p.Errorf(line, p.word+" /var/log/"+args[0], "%s %q: want an absolute path", p.word, clip(args[0]))
	}
	if p.word == "debugfile" {
		p.ha.Log.DebugFile = args[0]
		return
	}
	p.ha.Log.File, p.ha.Log.ToFile = args[0], true
}

// facilities of syslog, lower case only.
var facilities = []string{"auth", "authpriv", "cron", "daemon", "ftp", "kern", "local0", "local1", "local2", "local3",
	"local4", "local5", "local6", "local7", "lpr", "mail", "news", "syslog", "user", "uucp"}

func (p *parser) facility(line int, args []string) {
	switch {
	case args[0] == "none":
		p.ha.Log.Facility, p.ha.Log.ToSyslog = "", false
	case slices.Contains(facilities, args[0]):
		p.ha.Log.Facility, p.ha.Log.ToSyslog = args[0], true
	default:
		p.Errorf(line, "logfacility local0", "logfacility %q is not known (names are in lower case)", clip(args[0]))
	}
}

func (p *parser) boolean(line int, args []string) {
	v, err := ParseBool(args[0])
	if err != nil {
		p.Errorf(line, p.word+" on", "%s %q: %v", p.word, clip(args[0]), err)
	}
	if p.word == "use_logd" {
		p.ha.UseLogd = v
	}
}

func (p *parser) debug(line int, args []string) {
	p.ha.Log.Debug = p.number(line, "debug", args[0], 0, 255) > 0
}

func (p *parser) autojoin(line int, args []string) {
	if !slices.Contains([]string{"none", "other", "any"}, args[0]) {
		p.Errorf(line, "autojoin none", "autojoin %q: want none, other or any", clip(args[0]))
		return
	}
	p.ha.Autojoin = args[0]
	if args[0] != "none" {
		p.Warnf(line, "autojoin none", "autojoin %s is treated as none: list every node", args[0])
	}
}

func (p *parser) serial(line int, args []string) {
	for _, a := range args {
		if !strings.HasPrefix(a, "/") {
			p.Errorf(line, "serial /dev/ttyS0", "serial %q: want the absolute path of a device", clip(a))
		}
	}
}

func (p *parser) baud(line int, args []string) {
	if !slices.Contains([]string{"9600", "19200", "38400", "57600", "115200", "230400", "460800"}, args[0]) {
		p.Errorf(line, "baud 19200", "baud %q: want 9600, 19200, 38400, 57600, 115200, 230400 or 460800", clip(args[0]))
	}
}

// number reads a whole number in [low, high], or reports and returns low.
func (p *parser) number(line int, what, text string, low, high int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		p.Errorf(line, p.usage, "%s: %s %q: want a whole number from %d to %d", p.word, what, clip(text), low, high)
		return low
	}
	return n
}
