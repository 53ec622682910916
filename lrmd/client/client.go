package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/lrmd/lease"
)

// ErrClosed is what requests get when the executor is gone.
var ErrClosed = errors.New("executor: connection closed")

// Client is a connection to an executor. Its methods may be called concurrently.
type Client struct {
	conn    net.Conn
	results *queue[lrmd.Result]
	scores  *queue[lrmd.PromotionScore]
	done    chan struct{} // closed when the connection is over

	writing    sync.Mutex // one message at a time
	subscribed sync.Once

	mu      sync.Mutex // guards all following fields
	lastID  uint64
	waiting map[uint64]chan lrmd.Message
	closed  bool
}

// Dial connects to the executor's socket.
func Dial(ctx context.Context, socket string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("executor: %w (is lrmd running?)", err)
	}
	c := &Client{conn: conn, done: make(chan struct{}), waiting: map[uint64]chan lrmd.Message{}}
	c.results, c.scores = newQueue[lrmd.Result](c.done), newQueue[lrmd.PromotionScore](c.done)
	go c.read()
	return c, nil
}

// Close ends the connection. What was ordered goes on.
func (c *Client) Close() error { return c.conn.Close() }

// Done is closed when the connection is over.
func (c *Client) Done() <-chan struct{} { return c.done }

// Results gives the results of operations: at first those that nobody has heard yet.
// The first call of Results or Scores subscribes; before it nothing is sent. The channel
// is closed when the executor is gone.
func (c *Client) Results() <-chan lrmd.Result {
	c.subscribe()
	return c.results.out
}

// Scores gives what native agents say about promotion. It subscribes as Results does.
func (c *Client) Scores() <-chan lrmd.PromotionScore {
	c.subscribe()
	return c.scores.out
}

func (c *Client) subscribe() {
	c.subscribed.Do(func() { _ = c.send(lrmd.Request{ID: c.nextID(), Verb: lrmd.VerbSubscribe}) })
}

// Submit gives an order. An order older than the newest authority the executor has seen is
// refused with *lrmd.StaleStampError.
func (c *Client) Submit(ctx context.Context, o lrmd.Order) (call int, err error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbSubmit, Order: &o, Stamp: o.Stamp})
	return m.Call, err
}

// Cancel withdraws an operation. Found is false when there was none; the withdrawal
// itself is told as a Result with Removed set.
func (c *Client) Cancel(ctx context.Context, s crm.Stamp, key crm.OpKey) (found bool, err error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbCancel, Stamp: s, Key: key})
	return m.Found, err
}

// Forget makes the executor drop a resource, its timetable and its history.
func (c *Client) Forget(ctx context.Context, s crm.Stamp, id crm.ResourceID) error {
	_, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbForget, Stamp: s, Key: crm.OpKey{Resource: id}})
	return err
}

// Flush withdraws everything that waits or recurs.
func (c *Client) Flush(ctx context.Context, s crm.Stamp) error {
	_, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbFlush, Stamp: s})
	return err
}

// Announce has the network told anew where the addresses are that are active here. It does
// not wait for that.
func (c *Client) Announce(ctx context.Context) error {
	_, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbAnnounce})
	return err
}

// State tells what the executor remembers of every resource, sorted by name.
func (c *Client) State(ctx context.Context) ([]lrmd.ResourceState, error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbState})
	return m.State, err
}

// Stats gives the executor's counters.
func (c *Client) Stats(ctx context.Context) (lrmd.Stats, error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbStats})
	if err == nil && m.Stats == nil {
		err = errors.New("executor: stats: empty answer")
	}
	if err != nil {
		return lrmd.Stats{}, err
	}
	return *m.Stats, nil
}

// Instance names the life of the executor: another one after each start of lrmd.
func (c *Client) Instance(ctx context.Context) (string, error) {
	s, err := c.Stats(ctx)
	return s.Instance, err
}

// Metadata gives an agent's meta-data as XML text.
func (c *Client) Metadata(ctx context.Context, a lrmd.Agent) (string, error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbMetadata, Agent: a})
	return m.Text, err
}

// Agents lists the agents of a class, and of a provider unless that is "".
func (c *Client) Agents(ctx context.Context, class, provider string) ([]string, error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbAgents, Agent: lrmd.Agent{Class: class, Provider: provider}})
	return m.Names, err
}

// Providers lists the providers of OCF agents; with agent not "", of that agent.
func (c *Client) Providers(ctx context.Context, agent string) ([]string, error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbProviders, Agent: lrmd.Agent{Class: "ocf", Type: agent}})
	return m.Names, err
}

// Standards lists the classes of agents that the executor can run.
func (c *Client) Standards(ctx context.Context) ([]string, error) {
	m, err := c.ask(ctx, lrmd.Request{Verb: lrmd.VerbStandards})
	return m.Names, err
}

func (c *Client) nextID() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID++
	return c.lastID
}

// ask sends a request and waits for its reply, the end of ctx or of the connection.
func (c *Client) ask(ctx context.Context, req lrmd.Request) (lrmd.Message, error) {
	req.ID = c.nextID()
	if at, ok := ctx.Deadline(); ok {
		req.GiveUp = lease.SinceBoot() + time.Until(at)
	}
	answer := make(chan lrmd.Message, 1)
	c.mu.Lock()
	closed := c.closed
	c.waiting[req.ID] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, req.ID)
	}()
	if closed {
		return lrmd.Message{}, ErrClosed
	}
	if err := c.send(req); err != nil {
		return lrmd.Message{}, err
	}
	select {
	case m := <-answer:
		return m, errorOf(m)
	case <-ctx.Done():
		return lrmd.Message{}, fmt.Errorf("executor: %s: %w", req.Verb, ctx.Err())
	case <-c.done:
		// The answer may have come as the last thing before the end.
		select {
		case m := <-answer:
			return m, errorOf(m)
		default:
			return lrmd.Message{}, ErrClosed
		}
	}
}

func errorOf(m lrmd.Message) error {
	switch {
	case m.Stale != nil:
		return m.Stale
	case m.Error != "":
		return errors.New("executor: " + m.Error)
	}
	return nil
}

func (c *Client) send(req lrmd.Request) error {
	line, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("executor: %s: %w", req.Verb, err)
	}
	if len(line) >= lrmd.MaxMessage {
		return fmt.Errorf("executor: %s: message of %d bytes is too long (at most %d)", req.Verb, len(line), lrmd.MaxMessage)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if _, err := c.conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("executor: %s: %w", req.Verb, err)
	}
	return nil
}

// read takes messages until the connection ends.
func (c *Client) read() {
	defer c.end()
	in := bufio.NewReaderSize(c.conn, 16<<10)
	for {
		line, err := readLine(in)
		if err != nil {
			return
		}
		var m lrmd.Message
		if json.Unmarshal(line, &m) != nil {
			return
		}
		c.deliver(m)
	}
}

func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = in.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}

func (c *Client) deliver(m lrmd.Message) {
	switch {
	case m.Result != nil:
		c.results.put(*m.Result)
	case m.Score != nil:
		c.scores.put(*m.Score)
	default:
		c.mu.Lock()
		answer := c.waiting[m.ID]
		c.mu.Unlock()
		if answer != nil {
			answer <- m
		}
	}
}

func (c *Client) end() {
	_ = c.conn.Close()
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	close(c.done)
}
