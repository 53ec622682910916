package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// commitBound is how long one commit may take before the controller is told that its
// outcome is unknown.
const commitBound = 10 * time.Second

// maxBatch bounds how many commits travel as one command.
const maxBatch = 64

// commits submits the controller's changes of the CIB in order. While one command is on
// its way the next ones gather and then travel together.
type commits struct {
	agreement Agreement
	origin    crm.NodeName
	seed      string
	done      func(crmd.Committed)
	wake      chan struct{}
	count     int // of commands; only the worker uses it

	mu       sync.Mutex // guards all following fields
	queue    []crmd.Commit
	taken    int                     // commits taken from the queue so far
	over     int                     // commits whose outcome is known
	given    int                     // how often everything was given up
	cancel   context.CancelCauseFunc // gives up the command on its way; nil: there is none
	barriers []barrier
}

func newCommits(a Agreement, origin crm.NodeName, seed string, done func(crmd.Committed)) *commits {
	return &commits{agreement: a, origin: origin, seed: seed, done: done, wake: make(chan struct{}, 1)}
}

func (q *commits) put(c crmd.Commit) {
	q.mu.Lock()
	q.queue = append(q.queue, c)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// errAbandoned is what a commit is answered that was given up.
var errAbandoned = errors.New("given up: this node's history gives way to the others'")

// abandon gives up what waits, and what is on its way.
func (q *commits) abandon() {
	q.mu.Lock()
	waiting, cancel := q.queue, q.cancel
	q.queue = nil
	q.taken += len(waiting)
	q.given++
	q.mu.Unlock()
	if cancel != nil {
		cancel(errAbandoned)
	}
	q.answer(waiting, cib.Response{}, errAbandoned)
	q.finished(len(waiting))
}

// run submits until ctx ends.
func (q *commits) run(ctx context.Context) {
	for {
		batch, given := q.next()
		if batch == nil {
			select {
			case <-ctx.Done():
				return
			case <-q.wake:
			}
			continue
		}
		q.submit(ctx, batch, given)
		q.finished(len(batch))
	}
}

// next takes the commits that may travel together, and how often everything was given up
// until then.
func (q *commits) next() ([]crmd.Commit, int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.queue) && n < maxBatch {
		if q.queue[n].Solo {
			if n == 0 {
				n = 1
			}
			break
		}
		n++
	}
	if n == 0 {
		return nil, 0
	}
	batch := q.queue[:n:n]
	q.queue = q.queue[n:]
	q.taken += n
	return batch, q.given
}

// submit sends a batch as one command. When it is refused, each commit is tried alone, so
// that one bad commit stops no other.
func (q *commits) submit(ctx context.Context, batch []crmd.Commit, given int) {
	var ops []cib.Op
	for _, c := range batch {
		ops = append(ops, c.Ops...)
	}
	r, err := q.send(ctx, ops, given)
	if err == nil && r.ExitCode != 0 && len(batch) > 1 {
		for _, c := range batch {
			q.submit(ctx, []crmd.Commit{c}, given)
		}
		return
	}
	q.answer(batch, r, err)
}

func (q *commits) answer(batch []crmd.Commit, r cib.Response, err error) {
	for _, c := range batch {
		answer := crmd.Committed{Tag: c.Tag, ExitCode: r.ExitCode, Err: r.Error}
		if err != nil {
			answer.Err = err.Error()
		}
		q.done(answer)
	}
}

func (q *commits) send(ctx context.Context, ops []cib.Op, given int) (cib.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, commitBound)
	defer cancel()
	ctx, abandon := context.WithCancelCause(ctx)
	defer abandon(nil)
	if !q.begin(given, abandon) {
		return cib.Response{}, errAbandoned
	}
	defer q.begin(given, nil)
	q.count++
	command := cib.Command{ID: fmt.Sprintf("%s/%s/%d", q.origin, q.seed, q.count), Origin: q.origin, Client: "crmd", User: "hacluster", Ops: ops, Now: time.Now()}
	data, err := q.agreement.Submit(ctx, cib.EncodeCommand(command))
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, errAbandoned) {
			err = cause
		}
		return cib.Response{}, err
	}
	return cib.DecodeResponse(data)
}

// begin notes what gives up the command on its way, nil when there is none any more. It
// reports whether nothing was given up since.
func (q *commits) begin(given int, abandon context.CancelCauseFunc) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cancel = abandon
	return q.given == given
}

// barrier waits until everything put so far was submitted.
func (q *commits) barrier(ctx context.Context) error {
	passed := make(chan struct{})
	q.mu.Lock()
	q.barriers = append(q.barriers, barrier{q.taken + len(q.queue), passed})
	q.releaseLocked()
	q.mu.Unlock()
	select {
	case <-passed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// barrier is passed when that many commits are over.
type barrier struct {
	at     int
	passed chan struct{}
}

func (q *commits) releaseLocked() {
	for len(q.barriers) > 0 && q.barriers[0].at <= q.over {
		close(q.barriers[0].passed)
		q.barriers = q.barriers[1:]
	}
}

// finished notes that n more commits are over.
func (q *commits) finished(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over += n
	q.releaseLocked()
}
