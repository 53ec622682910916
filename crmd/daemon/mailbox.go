package daemon

import (
	"sync"

	"github.com/tactus-ha/tactus/crmd"
)

// question is a look at the controller from another goroutine, answered by the loop.
type question func(*crmd.Controller)

// mailbox keeps what happened until the loop takes it. It never blocks those who put.
type mailbox struct {
	wake chan struct{}

	mu    sync.Mutex // guards all following fields
	items []any      // crmd.Input or question
	dirty bool       // the CIB changed: one CIBChanged stands for all that are waiting
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) put(item any) {
	m.mu.Lock()
	m.items = append(m.items, item)
	m.mu.Unlock()
	m.ring()
}

// touch notes that there is a newer CIB.
func (m *mailbox) touch() {
	m.mu.Lock()
	m.dirty = true
	m.mu.Unlock()
	m.ring()
}

func (m *mailbox) ring() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take returns everything that waits, in order. The CIB comes first: answers to commits
// must find it at least as new as they are.
func (m *mailbox) take() (items []any, dirty bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	items, dirty = m.items, m.dirty
	m.items, m.dirty = nil, false
	return items, dirty
}
