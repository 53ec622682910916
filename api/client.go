package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"
)

// DefaultTimeout bounds every call whose context has no deadline: no tool hangs
// because a daemon or a peer does.
const DefaultTimeout = 30 * time.Second

// ErrNotConnected means that no crmd answers on the socket. Tools exit with 102.
var ErrNotConnected = errors.New("cluster is not running on this node (cannot reach crmd)")

// StaleHeader of an answer with the CIB says why it is not the cluster's present one.
const StaleHeader = "X-Cib-Stale"

// Client talks to one crmd. It is safe for concurrent use.
type Client struct {
	// OnStale, if set before the first call, is told why an answer is not the cluster's
	// present state, each time one is not.
	OnStale func(why string)

	socket string
	http   *http.Client
}

// NewClient makes a client for the unix socket (usually /run/tactus/crmd.sock).
// It does not connect: the first call does.
func NewClient(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &Client{socket: socket, http: &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 4}}}
}

// NewClientOver makes a client whose requests rt answers instead of a socket: a rehearsal,
// or a test.
func NewClientOver(rt http.RoundTripper) *Client {
	return &Client{http: &http.Client{Transport: rt}}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// RemoteError is an answer of crmd that says no.
type RemoteError struct {
	ExitCode int // for the tool to exit with
	Message  string
}

func (e *RemoteError) Error() string { return e.Message }

// Get asks for path with query and decodes JSON into out.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return c.decode(ctx, http.MethodGet, path, query, out)
}

func (c *Client) decode(ctx context.Context, method, path string, query url.Values, out any) error {
	body, _, err := c.raw(ctx, method, path, query, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, out)
}

// Post sends in as JSON and decodes the answer into out, which may be nil.
func (c *Client) Post(ctx context.Context, path string, query url.Values, in, out any) error {
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	body, _, err := c.raw(ctx, http.MethodPost, path, query, data)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(body, out)
}

// Text asks for path and returns the body as it is (XML, metrics), with its headers.
func (c *Client) Text(ctx context.Context, path string, query url.Values) ([]byte, http.Header, error) {
	return c.raw(ctx, http.MethodGet, path, query, nil)
}

func (c *Client) raw(ctx context.Context, method, path string, query url.Values, data []byte) ([]byte, http.Header, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}
	ctx, answered := c.watched(ctx)
	defer answered()
	u := url.URL{Scheme: "http", Host: "crmd", Path: path, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" && errors.Is(err, fs.ErrPermission) {
			return nil, nil, &RemoteError{4, c.socket + ": permission denied: it takes root, or a member of group haclient"}
		}
		if errors.As(err, &op) && op.Op == "dial" {
			return nil, nil, fmt.Errorf("%w: %s", ErrNotConnected, c.socket)
		}
		return nil, nil, unanswered(causeOf(ctx, err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, unanswered(causeOf(ctx, err))
	}
	if stale := resp.Header.Get(StaleHeader); stale != "" && c.OnStale != nil && resp.StatusCode < 400 {
		c.OnStale(stale)
	}
	if resp.StatusCode >= 400 {
		var e Error
		if json.Unmarshal(body, &e) != nil || e.Message == "" {
			e = Error{1, fmt.Sprintf("crmd: %s: %s", resp.Status, bytes.TrimSpace(body))}
		}
		return nil, nil, &RemoteError{e.ExitCode, e.Message}
	}
	return body, resp.Header, nil
}

// unanswered says in words that the time for an answer was over.
func unanswered(err error) error {
	if errors.Is(err, ErrSilent) {
		return ErrSilent
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("crmd on this node does not answer in time: is it stopped, or its disk stuck? (%w)", context.DeadlineExceeded)
	}
	return err
}

// CIB returns the CIB, or the part that scope or xpath names, as XML.
func (c *Client) CIB(ctx context.Context, scope, xpath string) ([]byte, error) {
	q := url.Values{}
	if scope != "" {
		q.Set("scope", scope)
	}
	if xpath != "" {
		q.Set("xpath", xpath)
	}
	body, _, err := c.Text(ctx, "/v1/cib", q)
	return body, err
}

// Change applies operations to the CIB, all or none. A refused change comes back as
// *RemoteError with the exit code that cibadmin would give.
func (c *Client) Change(ctx context.Context, req CIBRequest) (CIBReply, error) {
	var reply CIBReply
	if err := c.Post(ctx, "/v1/cib", nil, req, &reply); err != nil {
		return reply, err
	}
	if reply.ExitCode != 0 {
		return reply, &RemoteError{reply.ExitCode, reply.Error}
	}
	return reply, nil
}

// Status returns this node's view of the cluster.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	err := c.Get(ctx, "/v1/status", nil, &s)
	return s, err
}
