package api

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// A request may rightly take long: a change waits for a majority. A crmd that works
// answers a trivial question at once all the same, so that is what tells a slow answer
// from none.
const (
	askAfter   = 2 * time.Second // how long an answer may take before crmd is asked whether it lives
	aliveBound = 3 * time.Second // how long it may take to say so
)

// SilenceBound is how long a tool waits for a crmd that does not answer at all: one that
// is stopped, or hangs.
const SilenceBound = askAfter + aliveBound

// ErrSilent means that crmd takes connections and answers nothing. Tools exit with 124.
var ErrSilent error = silent{}

type silent struct{}

func (silent) Error() string {
	return "crmd on this node does not answer (" + SilenceBound.String() + "): it is stopped or hangs; continue it (kill -CONT) or restart it: resources go on meanwhile"
}

// Is makes it a deadline that was missed, which it is.
func (silent) Is(target error) bool { return target == context.DeadlineExceeded }

// watched gives a request a context that ends early when crmd does not even say that it
// lives. The caller calls stop when it has its answer.
func (c *Client) watched(ctx context.Context) (request context.Context, stop func()) {
	request, end := context.WithCancelCause(ctx)
	go func() {
		pause := time.NewTicker(askAfter)
		defer pause.Stop()
		for {
			select {
			case <-request.Done():
				return
			case <-pause.C:
			}
			if !c.lives(request) {
				end(ErrSilent)
				return
			}
		}
	}()
	return request, func() { end(nil) }
}

// lives asks for what crmd can always answer.
func (c *Client) lives(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, aliveBound)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://crmd/v1/timing", nil)
	if err != nil {
		return true
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return !errors.Is(ctx.Err(), context.DeadlineExceeded)
	}
	_ = resp.Body.Close()
	return true
}

// causeOf is the reason a request ended early, where err only says that it did.
func causeOf(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), ErrSilent) {
		return ErrSilent
	}
	return err
}
