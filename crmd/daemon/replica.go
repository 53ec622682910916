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

	mu      sync.Mutex // guards machine
	machine cib.Machine

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
		r.changed()
	}
	return response
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
		r.changed()
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
