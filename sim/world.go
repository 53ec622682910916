package sim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// World is virtual time and the things that happen in it, in one order.
type World struct {
	Now   time.Duration // since the beginning
	Rand  *rand.Rand
	Trace bool // keep a record of what happened

	Events int // that happened so far

	queue  eventQueue
	serial uint64
	record []string
}

// NewWorld makes a world in which everything follows from the seed.
func NewWorld(seed uint64) *World {
	return &World{Rand: rand.New(rand.NewPCG(seed, 0x7ac705))}
}

// After runs f when d has passed. Things at the same time happen in the order in which
// they were asked for.
func (w *World) After(d time.Duration, f func()) {
	w.serial++
	heap.Push(&w.queue, event{w.Now + max(d, 0), w.serial, f})
}

// RunUntil lets time pass until the given moment, or until stop says so.
func (w *World) RunUntil(t time.Duration, stop func() bool) {
	for len(w.queue) > 0 && w.queue[0].at <= t && !stop() {
		e := heap.Pop(&w.queue).(event)
		w.Now = e.at
		w.Events++
		e.f()
	}
	if !stop() {
		w.Now = t
	}
}

// Between draws a duration.
func (w *World) Between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.Rand.Int64N(int64(high-low)+1))
}

// Chance draws true with probability p.
func (w *World) Chance(p float64) bool { return w.Rand.Float64() < p }

// Logf records what happened, when the world keeps a record.
func (w *World) Logf(format string, args ...any) {
	if w.Trace {
		w.record = append(w.record, fmt.Sprintf("%9.3fs ", w.Now.Seconds())+fmt.Sprintf(format, args...))
	}
}

// Record returns what was recorded.
func (w *World) Record() string { return strings.Join(w.record, "\n") }

type event struct {
	at     time.Duration
	serial uint64
	f      func()
}

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || (q[i].at == q[j].at && q[i].serial < q[j].serial)
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = event{}
	*q = old[:len(old)-1]
	return e
}
