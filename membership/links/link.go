package links

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// link is one network: a socket, those it reaches, and its troubles.
type link struct {
	cfg   membership.LinkConfig
	local netip.Addr // the local node's address here; may be invalid for multicast and broadcast

	mu      sync.Mutex // guards all following fields
	conn    *net.UDPConn
	raw     syscall.RawConn
	targets []target
	err     error // why nothing can be sent or received; nil when all is well
}

// target is one address that heartbeats go to; id is zero when it is a group, or a node
// not yet known by name.
type target struct {
	id   crm.NodeID
	addr netip.AddrPort
	sock unix.Sockaddr
}

func newTarget(id crm.NodeID, addr netip.Addr, port int) target {
	addr = addr.Unmap()
	t := target{id: id, addr: netip.AddrPortFrom(addr, uint16(port))}
	if addr.Is4() {
		t.sock = &unix.SockaddrInet4{Port: port, Addr: addr.As4()}
	} else {
		t.sock = &unix.SockaddrInet6{Port: port, Addr: addr.As16()}
	}
	return t
}

const reopenPause = time.Second

// run opens the socket and reads from it until ctx ends, for ever anew.
func (l *link) run(ctx context.Context, deliver func(l *link, packet []byte, from netip.AddrPort)) {
	buf := make([]byte, 2048)
	for ctx.Err() == nil {
		err := l.open(ctx)
		if err == nil {
			stop := context.AfterFunc(ctx, l.close)
			err = l.read(buf, deliver)
			stop()
			l.close()
		}
		l.setError(err)
		select {
		case <-ctx.Done():
		case <-time.After(reopenPause):
		}
	}
}

func (l *link) read(buf []byte, deliver func(*link, []byte, netip.AddrPort)) error {
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	failures := 0
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err == nil {
			failures = 0
			deliver(l, buf[:n], from)
			continue
		}
		// ICMP errors of a peer that is not up come back as read errors; they say
		// nothing about the socket. A socket that only fails is opened anew.
		if failures++; errors.Is(err, net.ErrClosed) || failures > 100 {
			return err
		}
	}
}

// drain delivers what has arrived but was not read yet, without waiting.
func (l *link) drain(buf []byte, deliver func(*link, []byte, netip.AddrPort)) {
	l.mu.Lock()
	raw := l.raw
	l.mu.Unlock()
	if raw == nil {
		return
	}
	for range 1000 {
		var n int
		var sa unix.Sockaddr
		err := errors.New("not read")
		// Control, not Read: the reader holds the read side while it waits.
		_ = raw.Control(func(fd uintptr) { n, sa, err = unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT) })
		if err != nil {
			return
		}
		deliver(l, buf[:n], addrPort(sa))
	}
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// send hands the packet to the kernel, without waiting for room.
func (l *link) send(packet []byte, t target) error {
	l.mu.Lock()
	raw := l.raw
	l.mu.Unlock()
	if raw == nil {
		return errNotOpen
	}
	var err error
	if e := raw.Write(func(fd uintptr) bool {
		err = unix.Sendto(int(fd), packet, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, t.sock)
		if err == unix.ECONNREFUSED { // the answer to an earlier packet; this one was not sent
			err = unix.Sendto(int(fd), packet, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, t.sock)
		}
		return true
	}); e != nil {
		err = e
	}
	if err == unix.ECONNREFUSED {
		err = nil // nobody listens there: about the peer, not about the link
	}
	l.setError(err)
	return err
}

var errNotOpen = errors.New("not open yet")

func (l *link) setError(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !errors.Is(err, net.ErrClosed) {
		l.err = err
	}
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		l.conn.Close()
		l.conn, l.raw = nil, nil
	}
}

// open makes the socket. Unicast sockets are bound to the local address even while no
// interface has it: when it appears, the link works.
func (l *link) open(ctx context.Context) error {
	bind, ifi, err := l.bindAddress()
	if err != nil {
		return err
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) { err = l.prepare(int(fd), bind, ifi) }); e != nil {
			return e
		}
		return err
	}}
	pc, err := lc.ListenPacket(ctx, "udp", netip.AddrPortFrom(bind, uint16(l.cfg.Port)).String())
	if err != nil {
		return err
	}
	conn := pc.(*net.UDPConn)
	raw, err := conn.SyscallConn()
	if err == nil && l.cfg.Kind == membership.Multicast {
		err = joinGroup(raw, l.cfg, ifi, l.local)
	}
	if err != nil {
		conn.Close()
		return err
	}
	l.mu.Lock()
	l.conn, l.raw, l.err = conn, raw, nil
	l.mu.Unlock()
	return nil
}

// bindAddress finds what to bind to, and the interface of a multicast or broadcast link.
func (l *link) bindAddress() (netip.Addr, *net.Interface, error) {
	if l.cfg.Kind == membership.Unicast {
		return l.local, nil, nil
	}
	ifi, network, err := l.findInterface()
	if err != nil {
		return netip.Addr{}, nil, err
	}
	if l.cfg.Kind == membership.Multicast {
		return l.cfg.Group, ifi, nil
	}
	if !network.Addr().Is4() {
		return netip.Addr{}, nil, fmt.Errorf("interface %s: broadcast needs an IPv4 address", ifi.Name)
	}
	b := network.Addr().As4()
	for bit := network.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	all := netip.AddrFrom4(b)
	l.mu.Lock()
	l.targets = []target{newTarget(0, all, l.cfg.Port)}
	l.mu.Unlock()
	return all, ifi, nil
}

func (l *link) findInterface() (*net.Interface, netip.Prefix, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, netip.Prefix{}, err
	}
	for _, ifi := range all {
		addrs, _ := ifi.Addrs()
		for _, a := range addrs {
			p, err := netip.ParsePrefix(a.String())
			if err != nil || p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() && !l.local.IsLinkLocalUnicast() {
				continue
			}
			if l.cfg.Interface == ifi.Name || l.cfg.Interface == "" && p.Addr() == l.local {
				return &ifi, p, nil
			}
		}
	}
	if l.cfg.Interface != "" {
		return nil, netip.Prefix{}, fmt.Errorf("interface %s: not there, or without an address", l.cfg.Interface)
	}
	return nil, netip.Prefix{}, fmt.Errorf("no interface has the address %s", l.local)
}

// prepare sets the options that must be set before binding.
func (l *link) prepare(fd int, bind netip.Addr, ifi *net.Interface) error {
	// Best effort: they make heartbeats prompt, but none is needed.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PRIORITY, 6)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20)
	if bind.Is4() {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, 0xc0) // CS6, network control
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_FREEBIND, 1)
	} else {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, 0xc0)
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1)
	}
	if l.cfg.Kind == membership.Unicast {
		return nil
	}
	_ = unix.BindToDevice(fd, ifi.Name)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if l.cfg.Kind == membership.Broadcast {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
	}
	return nil
}

func joinGroup(raw syscall.RawConn, cfg membership.LinkConfig, ifi *net.Interface, local netip.Addr) error {
	ttl, loop := max(1, cfg.TTL), 0
	if cfg.Loop {
		loop = 1
	}
	var errs []error
	set := func(err error) { errs = append(errs, err) }
	err := raw.Control(func(fd uintptr) {
		f := int(fd)
		if cfg.Group.Is4() {
			m := &unix.IPMreqn{Multiaddr: cfg.Group.As4(), Ifindex: int32(ifi.Index)}
			set(unix.SetsockoptIPMreqn(f, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, m))
			set(unix.SetsockoptIPMreqn(f, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, m))
			set(unix.SetsockoptInt(f, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, ttl))
			set(unix.SetsockoptInt(f, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, loop))
			return
		}
		set(unix.SetsockoptIPv6Mreq(f, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &unix.IPv6Mreq{Multiaddr: cfg.Group.As16(), Interface: uint32(ifi.Index)}))
		set(unix.SetsockoptInt(f, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, ifi.Index))
		set(unix.SetsockoptInt(f, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, ttl))
		set(unix.SetsockoptInt(f, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, loop))
	})
	if err := errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("multicast group %s on %s: %w", cfg.Group, ifi.Name, err)
	}
	return nil
}

// errorText says what is wrong with the link, "" when nothing is.
func (l *link) errorText() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		return ""
	}
	return strings.TrimPrefix(l.err.Error(), "write udp ")
}
