package vm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/internal/vm/guest"
)

// errReset means that the machine was reset while it was to do something.
var errReset = errors.New("the machine was reset or lost its power")

// control is the test's end of the port to a machine's attendant.
type control struct {
	conn net.Conn

	mu      sync.Mutex // guards all following fields
	next    int
	waiting map[int]chan guest.Reply
	boots   int           // how often the attendant has come up
	up      chan struct{} // closed at the next time it does
}

func newControl(conn net.Conn) *control {
	c := &control{conn: conn, waiting: map[int]chan guest.Reply{}, up: make(chan struct{})}
	go c.read()
	return c
}

func (c *control) read() {
	lines := bufio.NewScanner(c.conn)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r guest.Reply
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue // cut short by a reset
		}
		if r.ID == 0 {
			c.rebooted()
			continue
		}
		c.mu.Lock()
		if ch, ok := c.waiting[r.ID]; ok {
			ch <- r
			delete(c.waiting, r.ID)
		}
		c.mu.Unlock()
	}
	c.rebooted()
}

// rebooted ends what the machine of before will not answer.
func (c *control) rebooted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, ch := range c.waiting {
		close(ch)
		delete(c.waiting, id)
	}
	c.boots++
	close(c.up)
	c.up = make(chan struct{})
}

// ask sends a request and waits for its reply.
func (c *control) ask(ctx context.Context, req guest.Request) (guest.Reply, error) {
	ch := make(chan guest.Reply, 1)
	c.mu.Lock()
	c.next++
	req.ID = c.next
	c.waiting[req.ID] = ch
	data, err := json.Marshal(req)
	if err == nil {
		_, err = c.conn.Write(append(data, '\n'))
	}
	c.mu.Unlock()
	if err != nil {
		return guest.Reply{}, err
	}
	select {
	case r, ok := <-ch:
		switch {
		case !ok:
			return r, errReset
		case r.Error != "":
			return r, errors.New(r.Error)
		}
		return r, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.waiting, req.ID)
		c.mu.Unlock()
		return guest.Reply{}, ctx.Err()
	}
}

// AwaitBoot waits until the machine has come up more than seen times since it has
// power, and returns how often.
func (m *Machine) AwaitBoot(ctx context.Context, seen int) (int, error) {
	c := m.controlNow()
	if c == nil {
		return 0, fmt.Errorf("machine %s has no power", m.Name)
	}
	for {
		c.mu.Lock()
		boots, up := c.boots, c.up
		c.mu.Unlock()
		if boots > seen {
			return boots, nil
		}
		select {
		case <-up:
		case <-ctx.Done():
			return boots, fmt.Errorf("machine %s does not come up: %w", m.Name, ctx.Err())
		}
	}
}

func (m *Machine) controlNow() *control {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.control
}

func (m *Machine) ask(ctx context.Context, req guest.Request) (guest.Reply, error) {
	c := m.controlNow()
	if c == nil {
		return guest.Reply{}, fmt.Errorf("machine %s has no power", m.Name)
	}
	r, err := c.ask(ctx, req)
	if err != nil {
		return r, fmt.Errorf("machine %s: %w", m.Name, err)
	}
	return r, nil
}

// Run runs a program in the machine to its end; an exit code other than 0 is an error
// with what the program said.
func (m *Machine) Run(ctx context.Context, argv ...string) (string, error) {
	r, err := m.ask(ctx, guest.Request{Verb: "run", Argv: argv})
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("machine %s: %s: exit code %d: %s", m.Name, strings.Join(argv, " "), r.Code, r.Stderr)
	}
	return r.Stdout, err
}

// Start starts a daemon in the machine under a name.
func (m *Machine) Start(ctx context.Context, name string, argv ...string) error {
	_, err := m.ask(ctx, guest.Request{Verb: "start", Name: name, Argv: argv})
	return err
}

// Signal sends a signal to what Start has started.
func (m *Machine) Signal(ctx context.Context, name string, sig syscall.Signal) error {
	_, err := m.ask(ctx, guest.Request{Verb: "signal", Name: name, Signal: int(sig)})
	return err
}

// API is a client of the machine's crmd.
func (m *Machine) API() *api.Client { return api.NewClientOver(tunnel{m}) }

// tunnel hands HTTP requests to the machine's crmd through the serial port.
type tunnel struct{ machine *Machine }

func (t tunnel) RoundTrip(r *http.Request) (*http.Response, error) {
	req := guest.Request{Verb: "http", Method: r.Method, Path: r.URL.RequestURI()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		req.Body = body
	}
	rep, err := t.machine.ask(r.Context(), req)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: rep.Code, Status: http.StatusText(rep.Code), Header: rep.Header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(rep.Body)), ContentLength: int64(len(rep.Body)), Request: r}, nil
}
