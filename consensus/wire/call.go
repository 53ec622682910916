package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// ErrBroken means that a connection broke between a call and its answer: the peer may
// have done what was asked, or not.
var ErrBroken = errors.New("the connection broke before the answer came")

// Handle sets who answers calls of a kind (at most 255 bytes).
func (w *Wire) Handle(kind string, fn Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers[kind] = fn
}

// Call asks a peer and waits for its answer. While the peer cannot be reached it waits,
// as long as ctx allows. A call to the node itself goes to its own handler. The peer's own error is a *RemoteError.
func (w *Wire) Call(ctx context.Context, to crm.NodeID, kind string, payload []byte) ([]byte, error) {
	if to == w.cfg.Self {
		return w.dispatch(ctx, to, kind, payload)
	}
	answer, err := w.call(ctx, to, kind, payload)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("node %d does not answer: %w", to, context.Cause(ctx))
	}
	return answer, err
}

func (w *Wire) call(ctx context.Context, to crm.NodeID, kind string, payload []byte) ([]byte, error) {
	l := w.bestTo(to)
	for l == nil {
		if w.ctx.Err() != nil || !sleep(ctx, 10*time.Millisecond) {
			return nil, ctx.Err()
		}
		l = w.bestTo(to)
	}
	id := w.nextID.Add(1)
	ch := make(chan response, 1)
	w.mu.Lock()
	w.calls[id] = call{l, ch}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.calls, id)
		w.mu.Unlock()
	}()
	if !w.cut(to) && !l.enqueue(appendFrame(nil, frameRequest, requestBody(id, kind, payload)...)) {
		return nil, fmt.Errorf("node %d: too much is waiting to be sent", to)
	}
	if !l.up.Load() {
		return nil, ErrBroken
	}
	select {
	case r := <-ch:
		return r.payload, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.ctx.Done():
		return nil, ErrBroken
	}
}

func (w *Wire) answer(id uint64, r response) {
	w.mu.Lock()
	c, ok := w.calls[id]
	delete(w.calls, id)
	w.mu.Unlock()
	if ok {
		c.answer <- r
	}
}

// failCalls ends the calls that went over a connection that broke.
func (w *Wire) failCalls(l *link) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, c := range w.calls {
		if c.link == l {
			delete(w.calls, id)
			c.answer <- response{nil, ErrBroken}
		}
	}
}
