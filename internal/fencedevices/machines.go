package fencedevices

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Machines are the outlets of a device, numbered from 1. It is safe for concurrent use.
type Machines struct {
	mu    sync.Mutex // guards all following fields
	names []string
	on    []bool
	stuck bool
	done  []string
}

// NewMachines gives outlets that are on, by the names of what hangs on them.
func NewMachines(names ...string) *Machines {
	m := &Machines{names: names, on: make([]bool, len(names))}
	for i := range m.on {
		m.on[i] = true
	}
	return m
}

// SetStuck makes the relays stick: the device obeys in words, and nothing changes.
func (m *Machines) SetStuck(stuck bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stuck = stuck
}

// On reports whether an outlet has power; name may be its number.
func (m *Machines) On(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.indexLocked(name)
	return i >= 0 && m.on[i]
}

// Done lists what was done to outlets since the last call: "off n2", "on n2".
func (m *Machines) Done() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	done := m.done
	m.done = nil
	return done
}

// has reports whether there is such an outlet.
func (m *Machines) has(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.indexLocked(name) >= 0
}

// turn switches an outlet; it returns false when there is none of that name or number.
func (m *Machines) turn(name string, on bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.indexLocked(name)
	if i < 0 {
		return false
	}
	word := map[bool]string{true: "on", false: "off"}[on]
	m.done = append(m.done, word+" "+m.names[i])
	if !m.stuck {
		m.on[i] = on
	}
	return true
}

func (m *Machines) indexLocked(name string) int {
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(m.names) {
		return n - 1
	}
	return slices.Index(m.names, name)
}

// outlet is a state to show.
type outlet struct {
	number int
	name   string
	state  string // ON, OFF
}

func (m *Machines) outlets() []outlet {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []outlet
	for i, name := range m.names {
		out = append(out, outlet{i + 1, name, strings.ToUpper(map[bool]string{true: "on", false: "off"}[m.on[i]])})
	}
	return out
}
