package gossip

import (
	"sync"

	"github.com/tactus-ha/tactus/membership"
)

// queue hands events on in order without ever blocking who puts them in: the detector
// must not wait for a slow listener.
type queue struct {
	out  chan membership.Event
	wake chan struct{}
	end  chan struct{}
	done chan struct{}

	mu     sync.Mutex // guards events
	events []membership.Event
}

func newQueue() *queue {
	q := &queue{out: make(chan membership.Event, 16), wake: make(chan struct{}, 1), end: make(chan struct{}), done: make(chan struct{})}
	go q.run()
	return q
}

func (q *queue) put(e membership.Event) {
	q.mu.Lock()
	q.events = append(q.events, e)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) run() {
	defer close(q.done)
	defer close(q.out)
	for {
		q.mu.Lock()
		batch := q.events
		q.events = nil
		q.mu.Unlock()
		for _, e := range batch {
			select {
			case q.out <- e:
			case <-q.end:
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-q.wake:
		case <-q.end:
			return
		}
	}
}

// close ends the queue; events that nobody took are gone.
func (q *queue) close() {
	close(q.end)
	<-q.done
}
