package demo

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/internal/ldapresponder"
)

// Client asks the service's address again and again, each time over a new connection,
// and remembers every answer.
type Client struct {
	addr string
	stop context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex // guards all following fields
	answers []answer
}

// answer is one reply: when it arrived, and which machine gave it.
type answer struct {
	at   time.Time
	host string
}

// askEvery is the client's pace, patience how long it waits for one answer.
const (
	askEvery = 10 * time.Millisecond
	patience = 500 * time.Millisecond
)

// StartClient begins to ask host:port.
func StartClient(ctx context.Context, addr string) *Client {
	ctx, stop := context.WithCancel(ctx)
	c := &Client{addr: addr, stop: stop}
	c.done.Add(1)
	go func() {
		defer c.done.Done()
		tick := time.NewTicker(askEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				c.done.Add(1)
				go c.ask(ctx)
			}
		}
	}()
	return c
}

// Stop ends the asking.
func (c *Client) Stop() {
	c.stop()
	c.done.Wait()
}

func (c *Client) ask(ctx context.Context) {
	defer c.done.Done()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	host, err := ldapresponder.Ask(ctx, c.addr)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, answer{time.Now(), host})
}

// Answers counts the answers from a host ("" for any) since a time.
func (c *Client) Answers(host string, since time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, a := range c.answers {
		if a.at.After(since) && (host == "" || a.host == host) {
			n++
		}
	}
	return n
}

// Last names the machine that answered last, "" when none did since the time.
func (c *Client) Last(since time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.answers); n > 0 && c.answers[n-1].at.After(since) {
		return c.answers[n-1].host
	}
	return ""
}

// Outage is the longest time without an answer that overlaps the time since.
func (c *Client) Outage(since time.Time) time.Duration {
	c.mu.Lock()
	times := make([]time.Time, 0, len(c.answers))
	for _, a := range c.answers {
		times = append(times, a.at)
	}
	c.mu.Unlock()
	slices.SortFunc(times, time.Time.Compare)
	var longest time.Duration
	for i := 1; i < len(times); i++ {
		if times[i].After(since) {
			longest = max(longest, times[i].Sub(times[i-1]))
		}
	}
	return longest
}
