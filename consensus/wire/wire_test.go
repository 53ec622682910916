package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership/identity"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), what)
}

type node struct {
	*Wire
	log  *lines
	mu   sync.Mutex // guards got
	got  []string
	port string
}

func (n *node) received() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.got)
}

func tlsFor(t *testing.T, key, cluster string, id crm.NodeID) *tls.Config {
	t.Helper()
	c, err := identity.TLSConfig([][]byte{[]byte(key + " and enough of it to be a key")}, cluster, crm.NodeName(fmt.Sprint("n", id)), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t *testing.T, id crm.NodeID, config *tls.Config, peers ...consensus.Peer) *node {
	t.Helper()
	n := &node{log: &lines{}}
	w, err := Start(t.Context(), Config{Self: id, Peers: peers, Listen: []string{"127.0.0.1:0"}, TLS: config, PeerOf: identity.Peer,
		Log: slog.New(slog.NewTextHandler(n.log, nil)),
		Receive: func(_ crm.NodeID, b []byte) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.got = append(n.got, string(b))
		}})
	if err != nil {
		t.Fatal(err)
	}
	n.Wire, n.port = w, w.Addrs()[0]
	t.Cleanup(w.Close)
	return n
}

func peerAt(id crm.NodeID, addrs ...string) consensus.Peer {
	return consensus.Peer{ID: id, Name: crm.NodeName(fmt.Sprint("n", id)), Addrs: addrs}
}

// until waits; the limit is only there so that a broken test ends.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for began := time.Now(); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 60*time.Second {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// arrives sends until something arrives: connections need a moment.
func arrives(t *testing.T, from, to *node, id crm.NodeID) {
	t.Helper()
	before := to.received()
	until(t, "a message arrives", func() bool { from.Send(id, []byte("x")); return to.received() > before })
}

func TestMessagesAndCalls(t *testing.T) {
	b := start(t, 2, tlsFor(t, "k", "c", 2), peerAt(1, "127.0.0.1:1"))
	a := start(t, 1, tlsFor(t, "k", "c", 1), peerAt(2, b.port))
	arrives(t, a, b, 2)
	b.Handle("sum", func(_ context.Context, from crm.NodeID, p []byte) ([]byte, error) {
		return fmt.Appendf(nil, "%d bytes from %d", len(p), from), nil
	})
	got, err := a.Call(t.Context(), 2, "sum", make([]byte, 3<<20))
	if err != nil || string(got) != "3145728 bytes from 1" {
		t.Errorf("got %q, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Call(ctx, 1, "sum", nil); err == nil || !strings.Contains(err.Error(), "node 1 does not answer") {
		t.Errorf("call to a node that is not there: %v", err)
	}
}

func TestStrangersAreRefusedAndLoggedOnce(t *testing.T) {
	for _, tc := range []struct {
		name string
		peer func(t *testing.T) *tls.Config
	}{
		{"wrong key", func(t *testing.T) *tls.Config { return tlsFor(t, "other", "c", 1) }},
		{"wrong cluster name", func(t *testing.T) *tls.Config { return tlsFor(t, "k", "d", 1) }},
		{"not in the node list", func(t *testing.T) *tls.Config { return tlsFor(t, "k", "c", 7) }},
		{"no certificate", func(*testing.T) *tls.Config { return &tls.Config{InsecureSkipVerify: true} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := start(t, 2, tlsFor(t, "k", "c", 2), peerAt(1, "127.0.0.1:1"))
			for i := range 5 {
				if c, err := tls.Dial("tcp", b.port, tc.peer(t)); err == nil {
					_, _ = c.Write(appendFrame(nil, frameMessage, []byte("let me in")))
					_, _ = c.Read(make([]byte, 1)) // ends when the other side closes
					_ = c.Close()
				}
				until(t, "the refusal is counted", func() bool { return b.Stats().Refused > uint64(i) })
			}
			if got := b.log.count("peer refused"); got != 1 {
				t.Errorf("%d log lines, want 1", got)
			}
			if b.received() != 0 {
				t.Error("a stranger's message was taken")
			}
		})
	}
}

func TestGarbageIsDroppedAndPeersAreUnaffected(t *testing.T) {
	b := start(t, 2, tlsFor(t, "k", "c", 2), peerAt(1, "127.0.0.1:1"))
	a := start(t, 1, tlsFor(t, "k", "c", 1), peerAt(2, b.port))
	arrives(t, a, b, 2)
	for i, garbage := range [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0xff}, 70000), {0x16, 3, 1, 0xff, 0xff}, make([]byte, 4096)} {
		c, err := net.Dial("tcp", b.port)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(garbage)
		_ = c.(*net.TCPConn).CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		for buf := make([]byte, 512); err == nil; {
			_, err = c.Read(buf)
		}
		_ = c.Close()
		arrives(t, a, b, 2)
		t.Logf("after garbage %d: %+v", i, b.Stats())
	}
	if b.Stats().Refused == 0 || b.log.count("peer refused") > 1 {
		t.Errorf("refused %d, log lines %d; want some, at most 1", b.Stats().Refused, b.log.count("peer refused"))
	}
}

func TestOversizedFrameFromAPeerEndsItsConnection(t *testing.T) {
	b := start(t, 2, tlsFor(t, "k", "c", 2), peerAt(1, "127.0.0.1:1"))
	c, err := tls.Dial("tcp", b.port, tlsFor(t, "k", "c", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write(binary.BigEndian.AppendUint32(nil, MaxFrame+1))
	_, _ = c.Write([]byte{byte(frameMessage)})
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on")
	}
	until(t, "it is counted", func() bool { return b.Stats().Refused == 1 })
}

// relay is a link that can be cut without anybody being told, as a cable can.
type relay struct {
	l     net.Listener
	mu    sync.Mutex // guards all following fields
	cut   bool
	conns []net.Conn
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{l: l}
	t.Cleanup(func() {
		_ = l.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, c := range r.conns {
			_ = c.Close()
		}
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, in, out)
			r.mu.Unlock()
			go r.copy(in, out)
			go r.copy(out, in)
		}
	}()
	return r
}

func (r *relay) set(cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = cut
}

func (r *relay) copy(dst, src net.Conn) {
	defer dst.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		r.mu.Lock()
		cut := r.cut
		r.mu.Unlock()
		if !cut {
			_, _ = dst.Write(buf[:n])
		}
	}
}

func TestSecondLinkTakesOver(t *testing.T) {
	b := start(t, 2, tlsFor(t, "k", "c", 2), peerAt(1, "127.0.0.1:1"))
	r1, r2 := newRelay(t, b.port), newRelay(t, b.port)
	a := start(t, 1, tlsFor(t, "k", "c", 1), peerAt(2, r1.l.Addr().String(), r2.l.Addr().String()))
	inUse := func(link int) func() bool {
		return func() bool {
			a.Send(2, []byte("x"))
			l := a.Links()
			return l[link].Up && l[link].InUse
		}
	}
	until(t, "both links are up", func() bool { a.Send(2, nil); l := a.Links(); return l[0].Up && l[1].Up })
	until(t, "the first is used", inUse(0))
	r1.set(true)
	began := time.Now()
	arrivesNow := b.received()
	until(t, "the second is used", inUse(1))
	until(t, "messages arrive", func() bool { a.Send(2, []byte("x")); return b.received() > arrivesNow })
	t.Logf("the second link took over after %v", time.Since(began))
	r1.set(false)
	until(t, "the first is used again", inUse(0))
}

func TestNoAddressIsFree(t *testing.T) {
	b := start(t, 2, tlsFor(t, "k", "c", 2))
	_, err := Start(t.Context(), Config{Self: 1, Listen: []string{b.port}, TLS: tlsFor(t, "k", "c", 1), PeerOf: identity.Peer, Receive: func(crm.NodeID, []byte) {}})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(appendFrame(nil, frameMessage, []byte("hello")))
	f.Add(appendFrame(nil, frameRequest, requestBody(7, "kind", []byte("p"))...))
	f.Add(appendFrame(nil, frameResponse, responseBody(7, nil, fmt.Errorf("no"))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, body, err := readFrame(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		if len(body)+5 > len(b) {
			t.Fatalf("a body of %d bytes from %d", len(body), len(b))
		}
		_, _, _, _ = parseRequest(body)
		_, _, _, _ = parseResponse(body)
		if kind < framePing || kind > frameResponse {
			t.Fatalf("type %d", kind)
		}
	})
}
