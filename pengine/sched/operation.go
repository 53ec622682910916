package sched

import (
	"maps"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/pengine/state"
)

type metaKey struct {
	rsc      *resource
	task     string
	interval int64
}

// configured is what configure gave the last action of a resource: probes of many nodes
// are all alike.
type configured struct {
	task       string
	intervalMS int64
	config     *state.OpConfig
	meta       map[string]string
	needs      requirement
}

// derivedMeta names a table of meta-attributes in which one has another value.
type derivedMeta struct {
	metaKey
	name, value string
}

// configure gives a resource's action what is configured for it: meta-attributes
// (timeout, on-fail ...) and what it requires.
func (p *plan) configure(a *Action) {
	r := a.rsc
	if c := &r.configured; c.task == a.Task && c.intervalMS == a.intervalMS && !r.FenceDevice && a.Task != taskNotify && a.Task != taskNotified {
		a.config, a.meta, a.needs = c.config, c.meta, c.needs
		return
	}
	interval := time.Duration(a.intervalMS) * time.Millisecond
	a.config = r.Op(a.Task, interval, true)
	if a.config == nil && strings.Contains(a.Key, "_notify_") {
		a.config = r.Op(taskNotify, 0, true)
	}
	a.meta = p.operationMeta(r, a.node, a.Task, interval, a.config)
	a.needs = requires(r, a.Task)
	r.configured = configured{a.Task, a.intervalMS, a.config, a.meta, a.needs}
}

// requires tells what the cluster must have before r may do task.
func requires(r *resource, task string) requirement {
	switch {
	case task != taskStart && task != taskPromote:
		return needsNothing
	case r.NeedsFencing:
		return needsFencing
	case r.NeedsQuorum:
		return needsQuorum
	}
	return needsNothing
}

// operationMeta evaluates the meta-attributes of an operation. The table is shared,
// except for fence devices, whose timeouts may depend on the node.
func (p *plan) operationMeta(r *resource, n *node, task string, interval time.Duration, cfg *state.OpConfig) map[string]string {
	k := metaKey{r, task, interval.Milliseconds()}
	if m, ok := p.metas[k]; ok && !r.FenceDevice {
		return m
	}
	m := r.OpMeta(cfg, stateNode(n), task, interval)
	p.metas[k] = m
	return m
}

// shareMeta writes a meta-attribute of an action, as setMeta does, into a table that is
// shared by all actions of the operation that have that value.
func (p *plan) shareMeta(a *Action, name, value string) {
	k := derivedMeta{metaKey{a.rsc, a.Task, a.intervalMS}, name, value}
	if a.metaOwned || a.rsc.FenceDevice {
		a.setMeta(name, value)
		return
	}
	m, ok := p.derived[k]
	if !ok {
		m = maps.Clone(a.meta)
		m[name] = value
		p.derived[k] = m
	}
	a.meta = m
}

// metaName is the name under which agents know a meta-attribute; "" when they do not.
func (p *plan) metaName(name string) string {
	known, ok := p.metaNames[name]
	if !ok {
		if !strings.ContainsAny(name, "#:") {
			known = state.MetaName(name)
		}
		p.metaNames[name] = known
	}
	return known
}

func stateNode(n *node) *state.Node {
	if n == nil {
		return nil
	}
	return n.Node
}

// params are r's parameters as seen from n; nil: from no node.
func (p *plan) params(r *resource, n *node) map[string]string { return r.Params(stateNode(n)) }

// isTrue reads a boolean as the CIB writes it; anything unknown is false.
func isTrue(s string) bool {
	v, _ := parseBool(s)
	return v
}

// parseBool reads a boolean; ok is false when it is none.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "on", "yes", "y", "1":
		return true, true
	case "false", "off", "no", "n", "0":
		return false, true
	}
	return false, false
}
