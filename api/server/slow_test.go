package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// piped is a listener of one connection.
type piped chan net.Conn

func (p piped) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p piped) Close() error   { return nil }
func (p piped) Addr() net.Addr { return &net.UnixAddr{} }

// TestSlowRequestsEnd: a client that sends a part of its request and then nothing is
// answered, and its connection ends, in bounded time; nothing was done for it.
func TestSlowRequestsEnd(t *testing.T) {
	for name, start := range map[string]string{
		"half a body":   "POST /v1/cib HTTP/1.1\r\nHost: crmd\r\nContent-Length: 100\r\n\r\n{\"ops\":",
		"half a header": "POST /v1/cib HTTP/1.1\r\nHost: crmd\r\nX-",
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			l := make(piped, 1)
			l <- far
			back := &fake{}
			s := &http.Server{Handler: New(back), ReadHeaderTimeout: 10 * time.Second,
				ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
					return WithCaller(ctx, Caller{User: "alice", Access: Full})
				}}
			go s.Serve(l)
			go func() { _, _ = near.Write([]byte(start)) }()
			began := time.Now()
			resp, err := http.ReadResponse(bufio.NewReader(near), nil)
			if err == nil {
				if resp.StatusCode != http.StatusBadRequest && resp.StatusCode != http.StatusRequestTimeout {
					t.Errorf("%s: status %d", name, resp.StatusCode)
				}
				_, err = io.Copy(io.Discard, near)
			}
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(began); took > bodyTime+10*time.Second {
				t.Errorf("%s: it took %v to give up", name, took)
			}
			if len(back.asked) > 0 {
				t.Errorf("%s: done for it: %v", name, back.asked)
			}
			close(l)
			_ = s.Close()
		})
	}
}
