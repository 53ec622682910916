package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// FenceRequest asks that a node be fenced.
type FenceRequest struct {
	Target    crm.NodeName  `json:"target"`
	Action    string        `json:"action"`              // off, reboot or on
	Client    string        `json:"client,omitempty"`    // the tool that asks
	Reason    string        `json:"reason,omitempty"`    // why, for people
	Timeout   time.Duration `json:"timeout,omitempty"`   // of each attempt whose device says nothing else; zero: stonith-timeout
	Delay     time.Duration `json:"delay,omitempty"`     // on top of the devices' own; negative: no delay at all
	Tolerance time.Duration `json:"tolerance,omitempty"` // a success that is not older will do
}

// FenceEvent is one request for fencing as it is on record. While it is pending, Attempts
// and ExitReason tell what went wrong so far, and Next when it is tried again.
type FenceEvent struct {
	ID         string       `json:"id"`
	Target     crm.NodeName `json:"target"`
	Action     string       `json:"action"`
	Client     string       `json:"client"`
	Origin     crm.NodeName `json:"origin"`
	Reason     string       `json:"reason,omitempty"`
	Status     string       `json:"status"`             // pending, success, failed
	Delegate   string       `json:"delegate,omitempty"` // the node whose device did it; "a human": an operator's word
	Device     string       `json:"device,omitempty"`
	ExitReason string       `json:"exit_reason,omitempty"`
	Attempts   int          `json:"attempts"`
	Requested  time.Time    `json:"requested"`
	Next       time.Time    `json:"next"`      // zero: now, or never
	Completed  time.Time    `json:"completed"` // zero: still open
	Trouble    string       `json:"trouble,omitempty"`
}

// FenceDevice is one configured fence device.
type FenceDevice struct {
	ID      crm.ResourceID `json:"id"`
	Agent   string         `json:"agent"`
	Check   string         `json:"check"`   // how it is found out whom it can fence: static-list, dynamic-list, status, none
	Targets []crm.NodeName `json:"targets"` // nodes that it can fence, as far as the configuration says; all, for check none
	Active  []crm.NodeName `json:"active"`  // where it is started and monitored
	Problem string         `json:"problem,omitempty"`
}

// FenceTarget says how a node can be fenced.
type FenceTarget struct {
	Node   crm.NodeName       `json:"node"`
	Levels [][]crm.ResourceID `json:"levels"` // of the topology; without one each device is a level
	Doubt  string             `json:"doubt,omitempty"`
}

// Fencing is what a node knows about fencing.
type Fencing struct {
	Enabled    bool          `json:"enabled"`    // stonith-enabled
	Protection string        `json:"protection"` // as in Status
	Devices    []FenceDevice `json:"devices"`
	Nodes      []FenceTarget `json:"nodes"`
	Events     []FenceEvent  `json:"events"` // the newest first
}

// FenceCleanup says how much of the history was forgotten.
type FenceCleanup struct {
	Removed int `json:"removed"`
	Open    int `json:"open"` // requests that are kept, because they are not done
}

// Delete sends a DELETE and decodes the answer into out.
func (c *Client) Delete(ctx context.Context, path string, query url.Values, out any) error {
	return c.decode(ctx, http.MethodDelete, path, query, out)
}

// Fencing asks what the node knows about fencing.
func (c *Client) Fencing(ctx context.Context) (f Fencing, err error) {
	return f, c.Get(ctx, "/v1/fencing", nil, &f)
}

// fenceLook is how often Fence looks whether a request is closed.
const fenceLook = 100 * time.Millisecond

// Fence asks for fencing and waits until the request is closed, or ctx ends; then the
// request goes on without the caller. The event that comes with an error is the last one
// seen.
func (c *Client) Fence(ctx context.Context, req FenceRequest) (e FenceEvent, err error) {
	if err := c.Post(ctx, "/v1/fencing", nil, req, &e); err != nil {
		return e, err
	}
	for e.Status == "pending" {
		select {
		case <-ctx.Done():
			return e, fmt.Errorf("request %s is still open: %w", e.ID, ctx.Err())
		case <-time.After(fenceLook):
		}
		now := FenceEvent{}
		if err := c.Get(ctx, "/v1/fencing/request", url.Values{"id": {e.ID}}, &now); err != nil {
			if ctx.Err() != nil {
				continue
			}
			return e, err
		}
		e = now
	}
	return e, nil
}
