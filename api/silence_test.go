package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a server whose connections are in memory, so that time in a test is virtual.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Net: "unix", Name: "test"} }

// inMemory gives a client of a crmd that serves with handler; nil takes connections and
// never answers, as a stopped process does.
func inMemory(t *testing.T, handler http.Handler) (c *Client, stop func()) {
	t.Helper()
	p := &pipes{make(chan net.Conn, 16), make(chan struct{})}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		p.conns <- far
		return near, nil
	}}
	c = &Client{http: &http.Client{Transport: transport}}
	if handler == nil {
		return c, func() {}
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(p) }()
	return c, func() { _ = server.Close() }
}

// A crmd that is stopped costs a tool a few seconds, not the time a change may take.
func TestSilentDaemon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stop := inMemory(t, nil)
		defer stop()
		began := time.Now()
		_, err := c.Status(t.Context())
		if !errors.Is(err, ErrSilent) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Status = %v, want ErrSilent, which is a missed deadline", err)
		}
		if took := time.Since(began); took != SilenceBound {
			t.Errorf("it took %v, want %v", took, SilenceBound)
		}
	})
}

// A slow answer of a crmd that lives is waited for.
func TestSlowDaemon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stop := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/status" {
				time.Sleep(20 * time.Second)
			}
			_, _ = w.Write([]byte(`{"node":"n1"}`))
		}))
		defer stop()
		began := time.Now()
		s, err := c.Status(t.Context())
		if err != nil || s.Node != "n1" || time.Since(began) != 20*time.Second {
			t.Errorf("Status = %+v, %v after %v; want the answer after 20 s", s, err, time.Since(began))
		}
	})
}

// Who reads the CIB hears why it is not the cluster's present one.
func TestStaleIsTold(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	why := "NOT CURRENT: test"
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if why != "" {
			w.Header().Set(StaleHeader, why)
		}
		_, _ = w.Write([]byte("<cib/>"))
	})}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	c := NewClient(socket)
	defer c.Close()
	var told []string
	c.OnStale = func(text string) { told = append(told, text) }
	for range 2 {
		if _, err := c.CIB(t.Context(), "", ""); err != nil {
			t.Fatal(err)
		}
		why = ""
	}
	if len(told) != 1 || told[0] != "NOT CURRENT: test" {
		t.Errorf("told %q, want the first answer's reason only", told)
	}
}
