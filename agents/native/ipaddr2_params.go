package native

import (
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
)

// address is what the parameters of IPaddr2 ask for.
type address struct {
	req        Request
	ip         netip.Addr
	bits       int    // length of the mask; -1: find it
	nic        string // "": find it
	label      string // without the interface's name
	broadcast  string // an address, "+", "-" or ""
	namespace  string
	labelled   bool // lvs_ipv6_addrlabel
	labelValue uint32
	preferred  int // IPv6 preferred lifetime in seconds; -1: for ever
	interval   time.Duration
	count      int // announcements after start
	refreshing int // announcements in each monitor
	background bool
	repliesToo bool
	requests   bool
}

// parseAddress reads and checks the parameters.
func parseAddress(r Request) (address, *Response) {
	a := address{req: r, bits: -1, nic: r.param("nic", ""), label: r.param("iflabel", ""), namespace: r.param("network_namespace", ""), requests: true, repliesToo: true}
	text := r.param("ip", "")
	if text == "" {
		return a, bad(crm.NotConfigured, "parameter ip is missing: the address to manage")
	}
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" {
		return a, bad(crm.NotConfigured, "ip %q is not an IPv4 or IPv6 address (no mask: that is cidr_netmask)", text)
	}
	a.ip = ip.Unmap()
	for _, parse := range []func() *Response{a.parseMask, a.parseNIC, a.parseClone, a.parseFamily, a.parseAnnouncements} {
		if res := parse(); res != nil {
			return a, res
		}
	}
	return a, nil
}

func bad(rc crm.ExitCode, format string, args ...any) *Response {
	res := fail(rc, format, args...)
	return &res
}

func (a *address) parseMask() *Response {
	text := a.req.param("cidr_netmask", a.req.param("netmask", ""))
	if text == "" {
		return nil
	}
	if m, err := netip.ParseAddr(text); err == nil && m.Is4() && a.ip.Is4() {
		b := m.As4()
		ones, size := net.IPMask(b[:]).Size()
		if size == 0 {
			return bad(crm.NotConfigured, "cidr_netmask %q is not a mask", text)
		}
		a.bits = ones
		return nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(text, "/"))
	if err != nil || n < 0 || n > a.ip.BitLen() {
		return bad(crm.NotConfigured, "cidr_netmask %q is not a number from 0 to %d", text, a.ip.BitLen())
	}
	a.bits = n
	return nil
}

// parseNIC also takes the old form nic=eth0:label.
func (a *address) parseNIC() *Response {
	if nic, label, ok := strings.Cut(a.nic, ":"); ok {
		a.nic, a.label = nic, label
	}
	if a.nic == "" && a.ip.Is6() && a.ip.IsLinkLocalUnicast() {
		return bad(crm.NotConfigured, "nic is needed for the link-local address %s", a.ip)
	}
	return nil
}

// parseClone refuses Cluster IP and makes the address of a unique clone's instance.
func (a *address) parseClone() *Response {
	clones, _ := strconv.Atoi(a.req.param("CRM_meta_clone_max", "1"))
	switch {
	case clones <= 1:
		return nil
	case a.req.flag("lvs_support"):
		return bad(crm.NotConfigured, "lvs_support does not go together with a clone")
	case !a.req.flag("unique_clone_address"):
		return bad(crm.NotConfigured, "a clone that shares one address (Cluster IP) is not offered, kernels no longer have it: run the address as a plain primitive, or set unique_clone_address")
	case !a.ip.Is4():
		return bad(crm.NotConfigured, "unique_clone_address is for IPv4 addresses only")
	}
	instance, _ := strconv.Atoi(a.req.param("CRM_meta_clone", "0"))
	b := a.ip.As4()
	if int(b[3])+instance > 255 {
		return bad(crm.NotConfigured, "unique_clone_address: %s plus %d leaves its network", a.ip, instance)
	}
	b[3] += byte(instance)
	a.ip = netip.AddrFrom4(b)
	return nil
}

func (a *address) parseFamily() *Response {
	a.broadcast = a.req.param("broadcast", "")
	a.labelled = a.req.flag("lvs_ipv6_addrlabel")
	a.preferred = -1
	if a.ip.Is4() {
		if a.labelled {
			return bad(crm.NotConfigured, "lvs_ipv6_addrlabel is for IPv6 addresses only")
		}
		if b, err := netip.ParseAddr(a.broadcast); a.broadcast != "" && a.broadcast != "+" && a.broadcast != "-" && (err != nil || !b.Is4()) {
			return bad(crm.NotConfigured, "broadcast %q is not an IPv4 address, + or -", a.broadcast)
		}
		return nil
	}
	if a.req.flag("lvs_support") {
		return bad(crm.NotConfigured, "lvs_support is for IPv4 addresses only; IPv6 has lvs_ipv6_addrlabel")
	}
	value, err := strconv.ParseUint(a.req.param("lvs_ipv6_addrlabel_value", "99"), 10, 32)
	if err != nil {
		return bad(crm.NotConfigured, "lvs_ipv6_addrlabel_value %q is not a number", a.req.Params["lvs_ipv6_addrlabel_value"])
	}
	a.labelValue = uint32(value)
	if lft := a.req.param("preferred_lft", "forever"); lft != "forever" {
		n, err := strconv.Atoi(lft)
		if err != nil || n < 0 {
			return bad(crm.NotConfigured, "preferred_lft %q is neither a number of seconds nor forever", lft)
		}
		a.preferred = n
	}
	return nil
}

func (a *address) parseAnnouncements() *Response {
	for _, p := range []struct {
		name, def string
		to        *int
	}{{"arp_count", "5", &a.count}, {"arp_count_refresh", "0", &a.refreshing}} {
		n, err := strconv.Atoi(a.req.param(p.name, p.def))
		if err != nil || n < 0 || n > 10_000 {
			return bad(crm.NotConfigured, "%s %q is not a number from 0 to 10000", p.name, a.req.Params[p.name])
		}
		*p.to = n
	}
	ms, err := strconv.Atoi(a.req.param("arp_interval", "200"))
	if err != nil || ms < 0 || ms > 3_600_000 {
		return bad(crm.NotConfigured, "arp_interval %q is not a number of milliseconds", a.req.Params["arp_interval"])
	}
	a.interval = time.Duration(ms) * time.Millisecond
	a.background = a.req.param("arp_bg", "") == "" || a.req.flag("arp_bg")
	for _, o := range strings.Fields(a.req.Params["send_arp_opts"]) {
		if o == "-A" {
			a.requests = false
		}
	}
	switch sender := a.req.param("arp_sender", "send_arp"); sender {
	case "send_arp", "iputils_arping", "libnet_arping", "ipoibarping":
	default:
		return bad(crm.NotConfigured, "arp_sender %q is unknown", sender)
	}
	return nil
}

// kernelAddr is the address as the kernel takes it.
func (a address) kernelAddr(t target) *netlink.Addr {
	out := &netlink.Addr{IPNet: &net.IPNet{IP: a.ip.AsSlice(), Mask: net.CIDRMask(t.bits, a.ip.BitLen())}}
	if a.ip.IsLoopback() {
		out.Scope = int(netlink.SCOPE_HOST)
	}
	if a.label != "" && a.ip.Is4() {
		out.Label = t.name() + ":" + a.label
	}
	if a.req.flag("noprefixroute") {
		out.Flags |= unix.IFA_F_NOPREFIXROUTE
	}
	if a.ip.Is6() {
		if a.req.flag("nodad") {
			out.Flags |= unix.IFA_F_NODAD
		}
		if a.preferred >= 0 {
			out.ValidLft, out.PreferedLft = math.MaxUint32, a.preferred
		}
		return out
	}
	out.Broadcast = a.broadcastFor(t)
	return out
}

// broadcastFor gives the broadcast address: the one given, else that of this node's own
// address in the network. 0.0.0.0 means none; nil, the highest of the network.
func (a address) broadcastFor(t target) net.IP {
	switch {
	case t.loopback(), a.broadcast == "" && t.network == nil:
		return net.IPv4zero
	case a.broadcast == "":
		return t.network
	case a.broadcast == "+":
		return nil
	case a.broadcast == "-":
		b := netip.PrefixFrom(a.ip, t.bits).Masked().Addr().As4()
		return b[:]
	}
	return net.ParseIP(a.broadcast).To4()
}
