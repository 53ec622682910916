package native

import (
	"net"
	"net/netip"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
)

// target is where an address belongs on this node.
type target struct {
	link    netlink.Link
	bits    int
	present bool   // the address is there
	up      bool   // the interface is
	source  net.IP // of the route to the address's network: this node's own address there
	network net.IP // broadcast address of that; nil: none
}

func (t target) name() string   { return t.link.Attrs().Name }
func (t target) loopback() bool { return t.link.Attrs().RawFlags&unix.IFF_LOOPBACK != 0 }
func (t target) speaksARP() bool {
	at := t.link.Attrs()
	return at.RawFlags&(unix.IFF_LOOPBACK|unix.IFF_NOARP|unix.IFF_POINTOPOINT) == 0 && len(at.HardwareAddr) == 6
}

// place finds the interface and the mask: those that are given, and what the routing
// table says about the network that the address is in.
func (a address) place(h *netlink.Handle) (target, *Response) {
	t := target{bits: a.bits}
	if a.nic != "" {
		link, err := h.LinkByName(a.nic)
		if err != nil {
			// "Not installed" keeps the resource off this node; "not configured", which
			// the script says, would keep it off every node.
			return t, bad(crm.NotInstalled, "interface %q does not exist on this node", a.nic)
		}
		t.link = link
	}
	if res := a.ask(h, &t); res != nil {
		return t, res
	}
	if label := t.name() + ":" + a.label; a.label != "" && len(label) > 15 {
		return t, bad(crm.NotConfigured, "interface label %q is longer than 15 characters", label)
	}
	t.up = t.link.Attrs().RawFlags&unix.IFF_UP != 0
	addrs, err := h.AddrList(t.link, a.family())
	if err != nil {
		return t, bad(crm.GenericError, "listing addresses of %s: %v", t.name(), err)
	}
	for _, addr := range addrs {
		t.present = t.present || a.is(addr) && ones(addr) == t.bits
		if t.source != nil && addr.IP.Equal(t.source) {
			t.network = addr.Broadcast
		}
	}
	return t, nil
}

func (a address) family() int {
	if a.ip.Is4() {
		return netlink.FAMILY_V4
	}
	return netlink.FAMILY_V6
}

// ask fills in what is not given and the routing table knows: of the directly connected
// networks the address is in, the narrowest.
func (a address) ask(h *netlink.Handle, t *target) *Response {
	if a.ip.IsLoopback() && t.link == nil {
		link, err := h.LinkByName("lo")
		if err != nil {
			return bad(crm.GenericError, "loopback interface: %v", err)
		}
		t.link = link
		if t.bits < 0 {
			t.bits = map[bool]int{true: 8, false: 128}[a.ip.Is4()]
		}
		return nil
	}
	if t.link != nil && t.bits >= 0 && (a.broadcast != "" || a.ip.Is6()) {
		return nil
	}
	routes, err := h.RouteList(t.link, a.family())
	if err != nil {
		return kernelFailurePtr("reading the routing table", err)
	}
	best := netip.Prefix{}
	index := 0
	for _, r := range routes {
		p, ok := a.connected(r)
		if ok && p.Bits() > best.Bits() {
			best, index, t.source = p, r.LinkIndex, r.Src
		}
	}
	if index == 0 && t.link != nil && t.bits >= 0 {
		return nil // all is given; the table could only have told a broadcast address
	}
	if index == 0 {
		where := "on this node"
		if a.nic != "" {
			where = "through " + a.nic
		}
		return bad(crm.GenericError, "no network %s holds %s: set nic and cidr_netmask, or give an interface a static address of that network", where, a.ip)
	}
	if t.link == nil {
		if t.link, err = h.LinkByIndex(index); err != nil {
			return kernelFailurePtr("interface of the route", err)
		}
	}
	if t.bits < 0 {
		t.bits = best.Bits()
	}
	return nil
}

// connected gives the network of a route to directly connected machines that the
// address is in.
func (a address) connected(r netlink.Route) (netip.Prefix, bool) {
	if r.Dst == nil || len(r.Gw) != 0 || r.LinkIndex == 0 || r.Table != unix.RT_TABLE_MAIN || r.Type != unix.RTN_UNICAST {
		return netip.Prefix{}, false
	}
	if a.ip.Is4() && r.Scope != netlink.SCOPE_LINK {
		return netip.Prefix{}, false
	}
	ip, ok := netip.AddrFromSlice(r.Dst.IP)
	bits, _ := r.Dst.Mask.Size()
	p := netip.PrefixFrom(ip.Unmap(), bits)
	// A default route and the address's own host route say nothing about its network.
	if !ok || bits == 0 || !p.Contains(a.ip) || a.bits >= 0 && bits > a.bits || a.bits < 0 && bits == a.ip.BitLen() {
		return netip.Prefix{}, false
	}
	return p, true
}

func kernelFailurePtr(what string, err error) *Response {
	res := kernelFailure(what, err)
	return &res
}

// held lists where the address is now: on nic when that is given, else on any interface
// but the loopback (where lvs_support parks it), with the mask that is given, else any.
func (a address) held(h *netlink.Handle) ([]netlink.Addr, error) {
	var link netlink.Link
	if a.nic != "" {
		l, err := h.LinkByName(a.nic)
		if err != nil {
			return nil, nil // no interface, no address
		}
		link = l
	}
	all, err := h.AddrList(link, a.family())
	if err != nil {
		return nil, err
	}
	var out []netlink.Addr
	for _, addr := range all {
		if !a.is(addr) || a.bits >= 0 && ones(addr) != a.bits {
			continue
		}
		if link == nil && !a.ip.IsLoopback() {
			l, err := h.LinkByIndex(addr.LinkIndex)
			if err != nil || l.Attrs().RawFlags&unix.IFF_LOOPBACK != 0 {
				continue
			}
		}
		out = append(out, addr)
	}
	return out, nil
}

func (a address) is(addr netlink.Addr) bool {
	ip, ok := netip.AddrFromSlice(addr.IP)
	return ok && ip.Unmap() == a.ip
}

func ones(addr netlink.Addr) int {
	n, _ := addr.Mask.Size()
	return n
}

// inNamespace runs f in a network namespace; "" is the executor's own.
func inNamespace(name string, f func() error) error {
	if name == "" {
		return f()
	}
	// A thread that cannot go back home ends with its goroutine: it stays locked.
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := netns.Get()
		if err != nil {
			failed <- err
			return
		}
		defer home.Close()
		ns, err := netns.GetFromName(name)
		if err != nil {
			failed <- &net.OpError{Op: "network namespace " + name, Err: err}
			return
		}
		defer ns.Close()
		if err := netns.Set(ns); err != nil {
			failed <- &net.OpError{Op: "network namespace " + name, Err: err}
			return
		}
		err = f()
		if netns.Set(home) == nil {
			runtime.UnlockOSThread()
		}
		failed <- err
	}()
	return <-failed
}
