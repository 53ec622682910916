package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

const (
	handshakeTimeout = 3 * time.Second
	maxHandshakes    = 64 // at a time; more have to wait
	maxRequests      = 64 // that one connection may have open
	maxStrangers     = 16 // connections from one address that have not yet proved who they are
)

func (w *Wire) serve(l net.Listener) {
	w.mu.Lock()
	w.listeners = append(w.listeners, l)
	w.mu.Unlock()
	w.wg.Go(func() {
		slots, strangers := make(chan struct{}, maxHandshakes), newStrangers()
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) || w.ctx.Err() != nil {
				return
			}
			if err != nil { // out of file descriptors, most likely
				if !w.sleep(100 * time.Millisecond) {
					return
				}
				continue
			}
			host := hostOf(conn)
			if !strangers.enter(host) { // one that holds connections open must not keep peers out
				w.stats.refused.Add(1)
				conn.Close()
				continue
			}
			slots <- struct{}{}
			w.wg.Go(func() {
				w.welcome(conn, func() {
					strangers.leave(host)
					<-slots
				})
			})
		}
	})
}

// welcome finds out who dialled, and serves a peer until the connection breaks.
func (w *Wire) welcome(conn net.Conn, handshaken func()) {
	defer conn.Close()
	release := sync.OnceFunc(handshaken)
	defer release()
	if !w.register(conn, true) {
		return
	}
	defer w.register(conn, false)
	tc := tls.Server(conn, w.cfg.TLS)
	ctx, cancel := context.WithTimeout(w.ctx, handshakeTimeout)
	err := tc.HandshakeContext(ctx)
	cancel()
	release()
	var from crm.NodeID
	if err == nil {
		from, err = w.whoIs(tc)
	}
	if err == nil {
		err = w.listen(from, tc)
	}
	if err != nil && !ordinary(err) && w.ctx.Err() == nil {
		w.stats.refused.Add(1)
		host := hostOf(conn)
		if w.quiet.allow("from " + host) {
			w.cfg.Log.Warn("peer refused: check key, cluster name and node list, or who else uses this port",
				"source", host, "why", err, "refused", w.stats.refused.Load())
		}
	}
}

// register remembers an accepted connection for Close; it reports false when the wire
// is closed already.
func (w *Wire) register(conn net.Conn, open bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return false
	}
	if open {
		w.conns[conn] = true
	} else {
		delete(w.conns, conn)
	}
	return true
}

func (w *Wire) whoIs(tc *tls.Conn) (crm.NodeID, error) {
	name, id, err := w.cfg.PeerOf(tc.ConnectionState())
	if err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.peers[id] == nil {
		return 0, fmt.Errorf("node %s (%d) has the key but is not in the node list", name, id)
	}
	return id, nil
}

// ordinary reports whether an error is just the end of a connection.
func ordinary(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT)
}

// listen takes a peer's messages and calls.
func (w *Wire) listen(from crm.NodeID, tc *tls.Conn) error {
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	var writing sync.Mutex
	send := func(t frameType, parts ...[]byte) {
		writing.Lock()
		defer writing.Unlock()
		_ = tc.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, _ = tc.Write(appendFrame(nil, t, parts...))
	}
	open := make(chan struct{}, maxRequests)
	r := bufio.NewReaderSize(tc, 32<<10)
	for {
		t, body, err := readFrame(r)
		if err != nil {
			return err
		}
		if w.cut(from) {
			continue
		}
		switch t {
		case framePing:
			send(framePong)
		case frameMessage:
			w.stats.received.Add(1)
			w.cfg.Receive(from, body)
		case frameRequest:
			id, kind, payload, ok := parseRequest(body)
			if !ok {
				return errors.New("a request that cannot be read")
			}
			open <- struct{}{}
			w.wg.Go(func() {
				defer func() { <-open }()
				answer, err := w.dispatch(ctx, from, kind, payload)
				send(frameResponse, responseBody(id, answer, err)...)
			})
		}
	}
}

func (w *Wire) dispatch(ctx context.Context, from crm.NodeID, kind string, payload []byte) ([]byte, error) {
	w.mu.Lock()
	h := w.handlers[kind]
	w.mu.Unlock()
	if h == nil {
		return nil, fmt.Errorf("this node does not answer %q calls", kind)
	}
	return h(ctx, from, payload)
}
