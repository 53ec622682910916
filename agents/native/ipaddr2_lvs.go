package native

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// parked is the file that remembers that the loopback interface had the address before
// it was started; the script of this name writes the same.
func (a address) parked() string { return filepath.Join(a.req.StateDir, a.ip.String()) }

func (a address) loopbackAddr() *netlink.Addr {
	return &netlink.Addr{IPNet: &net.IPNet{IP: a.ip.AsSlice(), Mask: net.CIDRMask(32, 32)}, Scope: int(netlink.SCOPE_HOST)}
}

// takeFromLoopback removes the address from the loopback interface, where it lives
// while this node is only a real server of LVS.
func (a address) takeFromLoopback(h *netlink.Handle) error {
	lo, err := h.LinkByName("lo")
	if err != nil {
		return err
	}
	addrs, err := h.AddrList(lo, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		if !a.is(addr) || ones(addr) != 32 {
			continue
		}
		if err := os.MkdirAll(a.req.StateDir, 0o755); err != nil {
			return err
		}
		line := fmt.Sprintf("%s 32 255.255.255.255 lo\n", a.ip)
		if err := os.WriteFile(a.parked(), []byte(line), 0o644); err != nil {
			return err
		}
		return h.AddrDel(lo, &addr)
	}
	return nil
}

// giveToLoopback puts the address back where takeFromLoopback found it.
func (a address) giveToLoopback(h *netlink.Handle) error {
	data, err := os.ReadFile(a.parked())
	if errors.Is(err, fs.ErrNotExist) || err == nil && strings.TrimSpace(string(data)) == "" {
		return nil
	}
	if err != nil {
		return err
	}
	lo, err := h.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := h.AddrAdd(lo, a.loopbackAddr()); err != nil && !errors.Is(err, unix.EEXIST) {
		return err
	}
	return os.Remove(a.parked())
}

// addrLabel adds or removes an entry of the table that RFC 6724 chooses source addresses
// by (what `ip addrlabel` does).
func addrLabel(message int, ip netip.Addr, label uint32) error {
	flags := unix.NLM_F_ACK
	if message == unix.RTM_NEWADDRLABEL {
		flags |= unix.NLM_F_CREATE | unix.NLM_F_EXCL
	}
	req := nl.NewNetlinkRequest(message, flags)
	// struct ifaddrlblmsg: family, padding, prefix length, flags, interface, sequence
	req.AddRawData([]byte{unix.AF_INET6, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	value := make([]byte, 4)
	binary.NativeEndian.PutUint32(value, label)
	const ifalAddress, ifalLabel = 1, 2
	req.AddData(nl.NewRtAttr(ifalAddress, ip.AsSlice()))
	req.AddData(nl.NewRtAttr(ifalLabel, value))
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// flushRoutes empties the routing cache, on kernels that have one.
func flushRoutes() { _ = os.WriteFile("/proc/sys/net/ipv4/route/flush", []byte("1\n"), 0o200) }
