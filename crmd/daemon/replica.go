package daemon

import (
	"sync"
	"sync/atomic"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/schemas"
)

// Replica is this node's copy of the CIB: what agreement applies commands to, and what
// everybody else reads without waiting.
type Replica struct {
	changed func() // called after every change; must not block

	mu       sync.Mutex // guards machine
	machine  cib.Machine
	watching sync.Mutex // guards watchers
	watchers map[chan struct{}]bool

	current atomic.Pointer[cib.Snapshot]
}

// NewReplica makes an empty replica.
func NewReplica(changed func()) *Replica {
	r := &Replica{changed: changed, machine: cib.Machine{Validate: schemas.Check}}
	r.current.Store(r.machine.Current())
	return r
}

// Apply does one command.
func (r *Replica) Apply(index uint64, command []byte) []byte {
	r.mu.Lock()
	response := r.machine.Apply(index, command)
	now := r.machine.Current()
	r.mu.Unlock()
	if r.current.Swap(now) != now {
		r.touched()
	}
	return response
}

// touched tells everybody that the CIB changed.
func (r *Replica) touched() {
	r.changed()
	r.watching.Lock()
	defer r.watching.Unlock()
	for w := range r.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// watch gives a channel that gets a value after changes, until unwatch.
func (r *Replica) watch() chan struct{} {
	r.watching.Lock()
	defer r.watching.Unlock()
	if r.watchers == nil {
		r.watchers = map[chan struct{}]bool{}
	}
	w := make(chan struct{}, 1)
	r.watchers[w] = true
	return w
}

func (r *Replica) unwatch(w chan struct{}) {
	r.watching.Lock()
	defer r.watching.Unlock()
	delete(r.watchers, w)
}

// Snapshot writes the whole state.
func (r *Replica) Snapshot() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.machine.Snapshot()
}

// Restore replaces the whole state.
func (r *Replica) Restore(data []byte) error {
	r.mu.Lock()
	err := r.machine.Restore(data)
	now := r.machine.Current()
	r.mu.Unlock()
	if err == nil {
		r.current.Store(now)
		r.touched()
	}
	return err
}

// Current is the newest CIB.
func (r *Replica) Current() *cib.Snapshot { return r.current.Load() }

// Patches returns the patches since a version; false when they are not remembered.
func (r *Replica) Patches(since cib.Version) ([]*cib.Patch, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.machine.Patches(since)
}
