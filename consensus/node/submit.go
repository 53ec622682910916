package node

import (
	"context"
	"errors"
	"time"
)

// answer is what a waiting Submit or ReadBarrier gets.
type answer struct {
	response []byte
	err      error
}

// waiter is a command or a read that is not answered yet. It is offered again when the
// leader changes, and after a while; the command itself says that it is the same.
type waiter struct {
	command []byte // nil: a read
	index   uint64 // of a read that waits for this to be applied
	retryAt time.Time
	answer  chan answer
}

// retryAfter is how long a proposal may be silent before it is made again.
const retryAfter = time.Second

// Submit has a command agreed on and returns the state machine's response once it is
// applied on this node: then a majority has it on disk. It tries again, through changes
// of leader, until ctx is done. The command must carry an identity of its own, because
// it may be proposed more than once. Errors: *DiskError, *NotAgreedError, ErrStopped.
func (n *Node) Submit(ctx context.Context, command []byte) ([]byte, error) {
	return n.wait(ctx, &waiter{command: append([]byte{}, command...)})
}

// ReadBarrier returns when the local state is at least as new as anything that was
// acknowledged anywhere before the call.
func (n *Node) ReadBarrier(ctx context.Context) error {
	_, err := n.wait(ctx, &waiter{})
	return err
}

func (n *Node) wait(ctx context.Context, w *waiter) ([]byte, error) {
	w.answer = make(chan answer, 1)
	key := make(chan uint64, 1)
	if err := n.do(ctx, func(l *loop) { key <- l.admit(w) }); err != nil {
		return nil, n.explain(err)
	}
	select {
	case a := <-w.answer:
		return a.response, a.err
	case <-n.stopped:
		return nil, ErrStopped
	case <-ctx.Done():
		n.post(func(l *loop) { delete(l.waiters, <-key) })
		return nil, n.explain(ctx.Err())
	}
}

// explain adds why there was no agreement.
func (n *Node) explain(err error) error {
	if errors.Is(err, ErrStopped) {
		return err
	}
	s := n.Status()
	reason := s.QuorumReason
	if s.Quorate {
		reason = "the leader did not answer"
	}
	return &NotAgreedError{reason, err}
}
