package testcluster

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// network is one bridge that all nodes hang on.
type network struct {
	bridge *netlink.Bridge
	prefix netip.Prefix
}

// newNetwork makes a bridge with the test itself at the first address of the prefix.
func newNetwork(number int, prefix netip.Prefix) (*network, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = fmt.Sprintf("br%d", number)
	br := &netlink.Bridge{LinkAttrs: attrs}
	if err := netlink.LinkAdd(br); err != nil {
		return nil, fmt.Errorf("bridge %s: %w", attrs.Name, err)
	}
	// Of its own accord a bridge takes its lowest port's hardware address, and changes it as
	// nodes come and go: then they send their answers to nobody for some seconds.
	if err := netlink.LinkSetHardwareAddr(br, net.HardwareAddr{2, 0, 0, 1, byte(number), 1}); err != nil {
		return nil, fmt.Errorf("bridge %s: %w", attrs.Name, err)
	}
	addr, err := netlink.ParseAddr(netip.PrefixFrom(prefix.Masked().Addr().Next(), prefix.Bits()).String())
	if err != nil {
		return nil, err
	}
	if err := netlink.AddrAdd(br, addr); err != nil {
		return nil, fmt.Errorf("bridge %s: %w", attrs.Name, err)
	}
	return &network{br, prefix}, netlink.LinkSetUp(br)
}

// plug joins the node whose init has that pid to the network, as interface ethN. The
// hardware address is the same at every boot, as a real card's is: peers that still
// have it in their tables find the node again at once.
func (n *network) plug(port string, pid int, ethernet string, mac net.HardwareAddr) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = port
	attrs.MasterIndex = n.bridge.Attrs().Index
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: ethernet, PeerNamespace: netlink.NsPid(pid), PeerHardwareAddr: mac}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("cable %s: %w", port, err)
	}
	return netlink.LinkSetUp(veth)
}

func unplug(port string) {
	if link, err := netlink.LinkByName(port); err == nil {
		_ = netlink.LinkDel(link)
	}
}

func setPort(port string, up bool) error {
	link, err := netlink.LinkByName(port)
	if err != nil {
		return fmt.Errorf("cable %s: %w", port, err)
	}
	if up {
		return netlink.LinkSetUp(link)
	}
	return netlink.LinkSetDown(link)
}

// address returns the host-th address of the network.
func (n *network) address(host int) netip.Addr {
	a := n.prefix.Masked().Addr()
	for range host {
		a = a.Next()
	}
	return a
}
