package gossip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"
	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
	"github.com/tactus-ha/tactus/membership/identity"
	"github.com/tactus-ha/tactus/membership/links"
)

// maxPacket is what memberlist may put into one packet.
const maxPacket = links.MaxPacket

// Limits of streams.
const (
	handshakeTimeout = 3 * time.Second
	maxHandshakes    = 16
	relistenPause    = time.Second
)

// transport carries memberlist: packets over every live link, streams over TCP with
// mutual TLS on the first link that works.
type transport struct {
	cluster membership.Config
	self    membership.Node
	set     *links.Set
	tls     *tls.Config // of credentials
	keys    *identity.Credentials
	log     *slog.Logger
	packets chan *memberlist.Packet
	streams chan net.Conn
	slots   chan struct{} // one for each handshake that may run at once
	cancel  context.CancelFunc
	ctx     context.Context // of the listeners' lifetime; ends with Shutdown
	done    sync.WaitGroup
	refused atomic.Uint64 // streams of those who are no members
}

var _ memberlist.NodeAwareTransport = (*transport)(nil)

func newTransport(ctx context.Context, c membership.Config, self membership.Node, set *links.Set, log *slog.Logger) (*transport, error) {
	keys, err := identity.NewCredentials(c.Keys, c.ClusterName, self.Name, self.ID)
	if err != nil {
		return nil, err
	}
	t := &transport{cluster: c, self: self, set: set, tls: keys.TLSConfig(), keys: keys, log: log,
		packets: make(chan *memberlist.Packet, 256), streams: make(chan net.Conn), slots: make(chan struct{}, maxHandshakes)}
	t.ctx, t.cancel = context.WithCancel(ctx)
	listen := map[netip.Addr]bool{}
	for _, a := range self.Addrs {
		if a.IsValid() {
			listen[a] = true
		}
	}
	if len(listen) == 0 {
		listen[netip.IPv6Unspecified()] = true
	}
	for a := range listen {
		t.done.Go(func() { t.listen(a) })
	}
	return t, nil
}

// listen accepts streams at one address, for ever: an address may come later.
func (t *transport) listen(addr netip.Addr) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { // before the interface has the address
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_FREEBIND, 1)
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1)
		})
	}}
	at := netip.AddrPortFrom(addr, uint16(t.cluster.Port)).String()
	for t.ctx.Err() == nil {
		l, err := lc.Listen(t.ctx, "tcp", at)
		if err == nil {
			stop := context.AfterFunc(t.ctx, func() { l.Close() })
			err = t.accept(l)
			stop()
			l.Close()
		}
		if t.ctx.Err() == nil {
			t.log.Warn("gossip streams not accepted; trying again", "address", at, "error", err)
		}
		select {
		case <-t.ctx.Done():
		case <-time.After(relistenPause):
		}
	}
}

func (t *transport) accept(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		select {
		case t.slots <- struct{}{}:
			t.done.Go(func() {
				defer func() { <-t.slots }()
				t.welcome(conn)
			})
		default:
			conn.Close() // a flood; peers try again
		}
	}
}

// welcome lets in who proves to be a configured node.
func (t *transport) welcome(conn net.Conn) {
	s := tls.Server(conn, t.tls)
	ctx, cancel := context.WithTimeout(t.ctx, handshakeTimeout)
	defer cancel()
	if err := s.HandshakeContext(ctx); err != nil {
		t.refused.Add(1)
		t.log.Debug("gossip stream refused", "address", conn.RemoteAddr().String(), "error", err)
		conn.Close()
		return
	}
	if name, id, err := identity.Peer(s.ConnectionState()); err != nil || !t.configured(name, id) {
		t.refused.Add(1)
		t.log.Warn("gossip stream of a node that is not configured here refused", "node", name, "address", conn.RemoteAddr().String())
		conn.Close()
		return
	}
	select {
	case t.streams <- s:
	case <-t.ctx.Done():
		conn.Close()
	}
}

func (t *transport) configured(name crm.NodeName, id crm.NodeID) bool {
	n, ok := t.cluster.Node(name)
	return ok && n.ID == id
}

// deliver hands a packet to memberlist; when that is slow it is dropped, as UDP does.
func (t *transport) deliver(now time.Time, from crm.NodeID, payload []byte) {
	select {
	case t.packets <- &memberlist.Packet{Buf: payload, From: t.addressOf(from), Timestamp: now}:
	default:
	}
}

func (t *transport) addressOf(id crm.NodeID) net.Addr {
	remote, _ := t.set.Addrs(id)
	if len(remote) == 0 {
		return &net.UDPAddr{Port: t.cluster.Port}
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote[0], uint16(t.cluster.Port)))
}

// FinalAdvertiseAddr is this node's address on the first link that has one.
func (t *transport) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	for _, a := range t.self.Addrs {
		if a.IsValid() {
			return a.AsSlice(), t.cluster.Port, nil
		}
	}
	return nil, 0, errors.New("gossip: this node has no address on any link")
}

// node finds who is meant: by name, else by address.
func (t *transport) node(a memberlist.Address) (membership.Node, error) {
	if n, ok := t.cluster.Node(crm.NodeName(a.Name)); ok {
		return n, nil
	}
	if ap, err := netip.ParseAddrPort(a.Addr); err == nil {
		for _, n := range t.cluster.Peers() {
			remote, _ := t.set.Addrs(n.ID)
			for _, r := range remote {
				if r == ap.Addr().Unmap() {
					return n, nil
				}
			}
		}
	}
	return membership.Node{}, fmt.Errorf("gossip: no configured node is at %s", a.String())
}

// WriteTo sends to an address.
func (t *transport) WriteTo(b []byte, addr string) (time.Time, error) {
	return t.WriteToAddress(b, memberlist.Address{Addr: addr})
}

// WriteToAddress sends to a node over its live links.
func (t *transport) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	n, err := t.node(a)
	if err == nil {
		err = t.set.Send(n.ID, b)
	}
	return time.Now(), err
}

// DialTimeout opens a stream to an address.
func (t *transport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	return t.DialAddressTimeout(memberlist.Address{Addr: addr}, timeout)
}

// DialAddressTimeout opens a stream to a node, on the first link that works.
func (t *transport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	n, err := t.node(a)
	if err != nil {
		return nil, err
	}
	remote, local := t.set.Addrs(n.ID)
	if len(remote) == 0 {
		return nil, fmt.Errorf("gossip: no address of node %q is known yet", n.Name)
	}
	ctx, cancel := context.WithTimeout(t.ctx, timeout)
	defer cancel()
	var errs []error
	for i := range remote {
		d := net.Dialer{Timeout: timeout / time.Duration(len(remote))}
		if local[i].IsValid() {
			d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local[i], 0))
		}
		td := tls.Dialer{NetDialer: &d, Config: identity.ForPeer(t.tls, n.ID)}
		conn, err := td.DialContext(ctx, "tcp", net.JoinHostPort(remote[i].String(), strconv.Itoa(t.cluster.Port)))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// PacketCh is where packets arrive.
func (t *transport) PacketCh() <-chan *memberlist.Packet { return t.packets }

// StreamCh is where streams arrive.
func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// Shutdown ends the listeners and waits for them.
func (t *transport) Shutdown() error {
	t.cancel()
	t.done.Wait()
	return nil
}
