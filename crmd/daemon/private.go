package daemon

import (
	"maps"
	"slices"
	"sync"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// private keeps attributes that never reach the CIB (attrd_updater -p). They live as long
// as this daemon.
type private struct {
	mu     sync.Mutex // guards values
	values map[string]crmd.AttributeWanted
}

func (p *private) set(node crm.NodeName, name string, value *string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.values == nil {
		p.values = map[string]crmd.AttributeWanted{}
	}
	key := string(node) + "/" + name
	if value == nil {
		delete(p.values, key)
		return
	}
	p.values[key] = crmd.AttributeWanted{Node: node, Name: name, Value: value}
}

func (p *private) list() (list []crmd.AttributeWanted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(p.values)) {
		list = append(list, p.values[key])
	}
	return list
}
