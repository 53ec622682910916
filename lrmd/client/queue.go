package client

import "sync"

// queue hands values from the reader of the connection to a consumer of any speed, in
// order and without ever blocking the reader. When the connection is over, what came before
// is still handed out (as long as somebody takes it), then out is closed.
type queue[T any] struct {
	out  chan T
	wake chan struct{}

	mu    sync.Mutex // guards items
	items []T
}

// maxUnread is how many values wait for a consumer that takes none; beyond it the
// oldest go.
const maxUnread = 100_000

func newQueue[T any](over <-chan struct{}) *queue[T] {
	q := &queue[T]{out: make(chan T, 16), wake: make(chan struct{}, 1)}
	go q.run(over)
	return q
}

func (q *queue[T]) put(v T) {
	q.mu.Lock()
	if len(q.items) >= maxUnread {
		q.items = q.items[1:]
	}
	q.items = append(q.items, v)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue[T]) take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

func (q *queue[T]) run(over <-chan struct{}) {
	defer close(q.out)
	for {
		for _, v := range q.take() {
			select {
			case q.out <- v:
			case <-over:
				// The end: what fits into the channel is still handed out.
				select {
				case q.out <- v:
				default:
					return
				}
			}
		}
		select {
		case <-q.wake:
		case <-over:
			for _, v := range q.take() {
				select {
				case q.out <- v:
				default:
					return
				}
			}
			return
		}
	}
}
