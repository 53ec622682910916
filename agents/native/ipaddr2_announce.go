package native

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
)

// announcer tells the neighbours of one interface where an address is now.
type announcer interface {
	announce() error
	close()
}

// announce sends the first announcement at once and the others, with a question whether
// somebody else has the address too, in the background (or before it returns, with arp_bg=false).
func (a address) announce(ctx context.Context, t target) {
	if t.loopback() || a.count == 0 {
		return
	}
	out, err := a.announcer(t)
	if err == nil && out == nil {
		return
	}
	if err == nil {
		err = out.announce()
	}
	if err != nil {
		a.req.log("announcing %s on %s: %v; neighbours may keep the old place for a while", a.ip, t.name(), err)
		if out != nil {
			out.close()
		}
		return
	}
	// The sockets and the handle stay in the namespace they were made in.
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		out.close()
		return
	}
	repeat := func(ctx context.Context) {
		defer h.Close()
		defer out.close()
		a.repeat(ctx, h, t, out)
	}
	if !a.background {
		repeat(ctx)
		return
	}
	go repeat(context.WithoutCancel(ctx))
}

// repeat sends the rest of the announcements, as long as the address is there: after a
// stop another node may have it.
func (a address) repeat(ctx context.Context, h *netlink.Handle, t target, out announcer) {
	if arp, ok := out.(*arpSocket); ok {
		if mac := arp.question(ctx, t, 100*time.Millisecond); mac != "" {
			a.req.log("%s is also in use by %s on the network of %s", a.ip, mac, t.name())
		}
	}
	for i := 1; i < a.count; i++ {
		if !sleep(ctx, a.interval) {
			return
		}
		held, err := a.held(h)
		if err != nil || len(held) == 0 {
			return
		}
		if err := out.announce(); err != nil {
			a.req.log("announcing %s on %s: %v", a.ip, t.name(), err)
			return
		}
	}
}

// Announce tells the neighbours anew where the address of r is, if it is on this machine:
// who was on another side of a network that is whole again may look for it elsewhere. It
// has the parameters of IPaddr2, and whichever agent started it.
func Announce(ctx context.Context, r Request) Response {
	return vip(func(ctx context.Context, a address, h *netlink.Handle) Response {
		t, bad := a.place(h)
		if bad != nil {
			return *bad
		}
		if t.present && t.up {
			a.announce(ctx, t)
		}
		return Response{}
	})(ctx, r)
}

// refresh sends the announcements that arp_count_refresh asks for in a monitor.
func (a address) refresh(ctx context.Context, t target) {
	if a.refreshing == 0 || t.loopback() || !a.ip.Is4() {
		return
	}
	b := a
	b.count = a.refreshing
	b.announce(ctx, t)
}

// announcer opens what announcements are sent through; nil where nobody is to be told.
func (a address) announcer(t target) (announcer, error) {
	if a.ip.Is6() {
		return openNDP(a, t)
	}
	if !t.speaksARP() {
		return nil, nil
	}
	s, err := openARP(a, t)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// probe asks the network whether somebody has the address, before it is added here.
// It gives the hardware address of who answers.
func (a address) probe(ctx context.Context, t target) (mac string, err error) {
	if !t.up {
		return "", nil
	}
	s, err := openARP(a, t)
	if err != nil {
		return "", err
	}
	defer s.close()
	for range 2 {
		if mac := s.question(ctx, t, 150*time.Millisecond); mac != "" {
			return mac, nil
		}
	}
	return "", nil
}

// arpSocket sends and receives ARP on one interface.
type arpSocket struct {
	conn     *packet.Conn
	mac      net.HardwareAddr
	own      []net.HardwareAddr // of all interfaces here: another one on the same network answers too
	ip       [4]byte
	requests bool
	replies  bool
}

const etherARP = unix.ETH_P_ARP

func openARP(a address, t target) (*arpSocket, error) {
	at := t.link.Attrs()
	ifi := &net.Interface{Index: at.Index, MTU: at.MTU, Name: at.Name, HardwareAddr: at.HardwareAddr}
	conn, err := packet.Listen(ifi, packet.Datagram, etherARP, nil)
	if err != nil {
		return nil, err
	}
	s := &arpSocket{conn: conn, mac: at.HardwareAddr, ip: a.ip.As4(), requests: a.requests, replies: a.repliesToo}
	all, err := net.Interfaces()
	if err != nil {
		s.close()
		return nil, err
	}
	for _, i := range all {
		s.own = append(s.own, i.HardwareAddr)
	}
	return s, nil
}

func (s *arpSocket) close() { _ = s.conn.Close() }

var broadcastMAC = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// announce sends a request and a reply: some switches and hosts learn from only one of the two.
func (s *arpSocket) announce() error {
	var errs []error
	if s.requests {
		errs = append(errs, s.send(1, s.ip, s.ip))
	}
	if s.replies {
		errs = append(errs, s.send(2, s.ip, s.ip))
	}
	return errors.Join(errs...)
}

// send broadcasts an ARP packet for Ethernet and IPv4 (RFC 826).
func (s *arpSocket) send(op uint16, sender, about [4]byte) error {
	p := make([]byte, 28)
	binary.BigEndian.PutUint16(p[0:], 1)      // Ethernet
	binary.BigEndian.PutUint16(p[2:], 0x0800) // IPv4
	p[4], p[5] = 6, 4
	binary.BigEndian.PutUint16(p[6:], op)
	copy(p[8:], s.mac)
	copy(p[14:], sender[:])
	if op == 2 {
		copy(p[18:], s.mac)
	}
	copy(p[24:], about[:])
	_, err := s.conn.WriteTo(p, &packet.Addr{HardwareAddr: broadcastMAC})
	return err
}

// question asks once, with no sender address (RFC 5227, a probe), and listens for an answer or for
// somebody who asks the same. It gives the other's hardware address, or "".
func (s *arpSocket) question(ctx context.Context, t target, wait time.Duration) string {
	if err := s.send(1, [4]byte{}, s.ip); err != nil {
		return ""
	}
	end := time.Now().Add(wait)
	if d, ok := ctx.Deadline(); ok && d.Before(end) {
		end = d
	}
	_ = s.conn.SetReadDeadline(end)
	buf := make([]byte, 128)
	for {
		n, _, err := s.conn.ReadFrom(buf)
		if err != nil {
			return ""
		}
		if mac, conflict := s.conflict(buf[:n]); conflict {
			return mac.String()
		}
	}
}

// conflict reports whether an ARP packet shows somebody else with the address.
func (s *arpSocket) conflict(p []byte) (net.HardwareAddr, bool) {
	if len(p) < 28 || binary.BigEndian.Uint16(p[2:]) != 0x0800 || p[4] != 6 || p[5] != 4 {
		return nil, false
	}
	mac := net.HardwareAddr(append([]byte(nil), p[8:14]...))
	sender, about := [4]byte(p[14:18]), [4]byte(p[24:28])
	probing := sender == [4]byte{} && about == s.ip && binary.BigEndian.Uint16(p[6:]) == 1
	ours := slices.ContainsFunc(s.own, func(own net.HardwareAddr) bool { return bytes.Equal(own, mac) })
	if ours || sender != s.ip && !probing {
		return nil, false
	}
	return mac, true
}

// ndpSocket sends unsolicited neighbour advertisements.
type ndpSocket struct {
	conn *ndp.Conn
	na   *ndp.NeighborAdvertisement
}

func openNDP(a address, t target) (announcer, error) {
	at := t.link.Attrs()
	if len(at.HardwareAddr) != 6 {
		return nil, nil
	}
	ifi := &net.Interface{Index: at.Index, MTU: at.MTU, Name: at.Name, HardwareAddr: at.HardwareAddr}
	conn, _, err := ndp.Listen(ifi, ndp.Addr(a.ip.String()))
	if err != nil {
		return nil, err
	}
	return &ndpSocket{conn, &ndp.NeighborAdvertisement{
		Override: true, TargetAddress: a.ip,
		Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: at.HardwareAddr}},
	}}, nil
}

func (s *ndpSocket) close() { _ = s.conn.Close() }

func (s *ndpSocket) announce() error {
	return s.conn.WriteTo(s.na, nil, netip.MustParseAddr("ff02::1"))
}

// awaitUsable waits until the kernel has looked for duplicates of an IPv6 address. If it found
// one the address is taken off again.
func (a address) awaitUsable(ctx context.Context, h *netlink.Handle, t target) Response {
	for {
		addrs, err := h.AddrList(t.link, netlink.FAMILY_V6)
		if err != nil {
			return kernelFailure("listing addresses", err)
		}
		tentative := false
		for _, addr := range addrs {
			switch {
			case !a.is(addr):
			case addr.Flags&unix.IFA_F_DADFAILED != 0:
				_ = h.AddrDel(t.link, &addr)
				return fail(crm.GenericError, "%s is already in use on the network of %s", a.ip, t.name())
			case addr.Flags&unix.IFA_F_TENTATIVE != 0:
				tentative = true
			}
		}
		if !tentative {
			return Response{}
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return fail(crm.GenericError, "%s: the kernel still looks for duplicates", a.ip)
		}
	}
}
