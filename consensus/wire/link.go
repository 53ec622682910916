package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

const (
	pingEvery    = 500 * time.Millisecond // while something is sent, when there is another link to go to
	pingLonely   = 3 * time.Second        // the same, for a peer's only link
	pingTimeout  = 400 * time.Millisecond // without an answer, another link is used
	deadTimeout  = 4 * time.Second        // without an answer, the connection is made anew
	dialTimeout  = 3 * time.Second
	writeTimeout = 4 * time.Second
	maxQueued    = 192 << 20 // bytes waiting on one connection
)

// link is one address of a peer: it dials, and dials again, for ever.
type link struct {
	w     *Wire
	peer  *peer
	index int
	addr  string

	up       atomic.Bool
	pingSent atomic.Int64 // time of the ping that is not answered; 0 means none

	mu     sync.Mutex // guards all following fields
	queue  [][]byte
	queued int
	wake   chan struct{} // has room for one
}

// errPeerClosed is a peer that ends, or ended one of two connections.
var errPeerClosed = fmt.Errorf("the peer closed the connection: %w", io.EOF)

// errSilent is a peer that stopped answering.
var errSilent = fmt.Errorf("the peer does not answer: %w", os.ErrDeadlineExceeded)

func newLink(w *Wire, p *peer, index int, addr string) *link {
	return &link{w: w, peer: p, index: index, addr: addr, wake: make(chan struct{}, 1)}
}

// stale reports whether a ping was not answered in time.
func (l *link) stale(now time.Time) bool {
	sent := l.pingSent.Load()
	return sent != 0 && now.UnixNano()-sent > int64(pingTimeout)
}

// pingInterval spares the peers of one-link clusters: many small wake-ups are what an
// idle node's processor time goes to.
func (l *link) pingInterval() time.Duration {
	if len(l.peer.links) > 1 {
		return pingEvery
	}
	return pingLonely
}

func (l *link) enqueue(frame []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued+len(frame) > maxQueued {
		return false
	}
	l.queue, l.queued = append(l.queue, frame), l.queued+len(frame)
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return true
}

func (l *link) take() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queue
	l.queue, l.queued = nil, 0
	return q
}

func (l *link) run(ctx context.Context) {
	wait := 50 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		err := l.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		l.w.noteRefusal(l.peer.name, l.addr, err)
		if l.w.quiet.allow("dial " + l.addr) {
			l.w.cfg.Log.Debug("peer connection", "node", l.peer.name, "address", l.addr, "why", err)
		}
		if time.Since(began) > 2*time.Second {
			wait = 50 * time.Millisecond
		}
		if !sleep(ctx, wait) {
			return
		}
		wait = min(wait*3/2, time.Second)
	}
}

// connect dials and serves one connection until it breaks.
func (l *link) connect(ctx context.Context) error {
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	d := tls.Dialer{NetDialer: &net.Dialer{KeepAlive: 5 * time.Second}, Config: l.w.cfg.TLS}
	conn, err := d.DialContext(dialCtx, "tcp", l.addr)
	if err != nil {
		return err
	}
	tc := conn.(*tls.Conn)
	defer tc.Close()
	if name, id, err := l.w.cfg.PeerOf(tc.ConnectionState()); err != nil || id != l.peer.id {
		if err == nil {
			err = fmt.Errorf("node %s (%d) answers there, not node %s (%d)", name, id, l.peer.name, l.peer.id)
		}
		return err
	}
	l.take() // what waited for an older connection is out of date
	l.pingSent.Store(0)
	l.up.Store(true)
	defer l.w.failCalls(l)
	defer l.up.Store(false)
	stop := context.AfterFunc(ctx, func() { _ = tc.Close() })
	defer stop()
	done := make(chan error, 1)
	go func() { done <- l.read(tc); _ = tc.Close() }()
	err = l.write(ctx, tc)
	if tcp, ok := tc.NetConn().(*net.TCPConn); ok && err != nil {
		// What the kernel still holds for a peer that is silent must not arrive when the
		// network is back, minutes later: it was sent over another link by then, and commands
		// are recognised as the same for a limited time only.
		_ = tcp.SetLinger(0)
	}
	_ = tc.Close()
	return errors.Join(err, <-done)
}

// write sends what is queued, many frames at once, with a ping now and then. The first
// ping tells whether the peer accepted us.
func (l *link) write(ctx context.Context, conn net.Conn) error {
	var lastPing time.Time
	check := time.NewTimer(deadTimeout)
	defer check.Stop()
	for first := true; ; first = false {
		if !first {
			check.Reset(deadTimeout)
			select {
			case <-ctx.Done():
				return nil
			case <-l.wake:
			case <-check.C:
			}
		}
		now := time.Now()
		if sent := l.pingSent.Load(); sent != 0 && now.UnixNano()-sent > int64(deadTimeout) {
			return errSilent
		}
		if !l.up.Load() {
			return nil
		}
		frames := l.take()
		if (first || len(frames) > 0) && l.pingSent.Load() == 0 && now.Sub(lastPing) > l.pingInterval() {
			frames = append([][]byte{appendFrame(nil, framePing)}, frames...)
			lastPing = now
			l.pingSent.Store(now.UnixNano())
		}
		if len(frames) == 0 {
			continue
		}
		_ = conn.SetWriteDeadline(now.Add(writeTimeout))
		if _, err := conn.Write(slices.Concat(frames...)); err != nil {
			return err
		}
	}
}

// read takes pongs and responses.
func (l *link) read(conn net.Conn) error {
	defer func() {
		l.up.Store(false)
		l.enqueue(nil) // wakes the writer
	}()
	r := bufio.NewReaderSize(conn, 32<<10)
	for {
		t, body, err := readFrame(r)
		switch {
		case err == io.EOF:
			return errPeerClosed
		case err != nil:
			return err
		case l.w.cut(l.peer.id):
		case t == framePong:
			l.pingSent.Store(0)
		case t == frameResponse:
			if id, payload, err, ok := parseResponse(body); ok {
				l.w.answer(id, response{payload, err})
			}
		}
	}
}

func sortedKeys[V any](m map[crm.NodeID]V) []crm.NodeID { return slices.Sorted(maps.Keys(m)) }
