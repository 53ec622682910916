package sched

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Flag is a set of properties of an action.
type Flag uint16

// The properties of actions.
const (
	Pseudo       Flag = 1 << iota // a milestone: nothing is executed
	Runnable                      // may be executed
	Optional                      // need not be executed
	AlwaysGraph                   // belongs into the graph even if optional
	Migratable                    // part of a live migration
	Graphed                       // has been put into the graph
	OnDC                          // carried out by the DC, whatever its node's state
	attrsDone                     // the operation's own parameters were evaluated
	abortsMove                    // a stop that cleans up after a migration
	loopGuard                     // being visited
	deduplicated                  // its inputs were sorted and merged
	rescheduleIt                  // a recurring operation with new parameters
)

// requirement is what the cluster must have before an action may run.
type requirement uint8

const (
	needsNothing requirement = iota
	needsQuorum
	needsFencing
)

// Action is one thing that may have to be done.
type Action struct {
	ID       int
	Task     string // start, stop, monitor ...; cancel for the end of a recurring operation
	Cancels  string // the task that a cancel ends
	Key      string // RESOURCE_TASK_INTERVAL, or the name of a milestone
	Flags    Flag
	Reason   string // why it is required or cannot run; "" when nothing was noted
	Priority crm.Score

	rsc  *resource
	node *node

	because *Action // what required it or, when it cannot run, what prevents it; nil: itself

	intervalMS int64
	needs      requirement
	prevented  bool // because is what prevents it
	meta       map[string]string
	metaOwned  bool // meta may be written
	extra      map[string]string
	config     *state.OpConfig

	before []*relation
	after  []*relation

	olderHere *Action // see actionIndex

	requiredBefore, runnableBefore int // of one-or-more milestones
	visited                        int // generation of the last walk that saw it
}

// Is reports whether all flags of f are set.
func (a *Action) Is(f Flag) bool { return a.Flags&f == f }

// Any reports whether any flag of f is set.
func (a *Action) Any(f Flag) bool { return a.Flags&f != 0 }

// Resource is the resource that is acted upon; nil for actions on nodes and milestones.
func (a *Action) Resource() *state.Resource {
	if a.rsc == nil {
		return nil
	}
	return a.rsc.Resource
}

// Node is where it is done; nil when it has no place.
func (a *Action) Node() *state.Node {
	if a.node == nil {
		return nil
	}
	return a.node.Node
}

// Meta returns a meta-attribute of the action.
func (a *Action) Meta(name string) string { return a.meta[name] }

func (a *Action) set(f Flag)   { a.Flags |= f }
func (a *Action) clear(f Flag) { a.Flags &^= f }

// setMeta writes a meta-attribute. Tables are shared between actions of the same
// configured operation until the first write.
func (a *Action) setMeta(name, value string) {
	if value != "" {
		a.putMeta(name, value)
	}
}

// putMeta is setMeta for values that may be empty and are written all the same.
func (a *Action) putMeta(name, value string) {
	if !a.metaOwned {
		m := make(map[string]string, len(a.meta)+4)
		for k, v := range a.meta {
			m[k] = v
		}
		a.meta, a.metaOwned = m, true
	}
	a.meta[name] = value
}

// recurring reports whether the action repeats.
func (a *Action) recurring() bool {
	n, err := strconv.ParseInt(a.meta["interval"], 10, 64)
	return err == nil && n > 0
}

// zeroInterval reports whether the action's meta-attributes name no interval.
func (a *Action) zeroInterval() bool {
	v, ok := a.meta["interval"]
	return !ok || v == "0"
}

// action finds or makes the action with that key. An existing one becomes required
// unless optional is asked for; whether it can run is judged anew.
func (p *plan) action(r *resource, key, task string, n *node, optional bool) *Action {
	a := p.existing(r, key, n)
	if a == nil {
		a = p.newAction(r, key, task, n, optional)
	}
	p.setRequired(a, optional)
	if r != nil {
		if a.node != nil && a.config != nil && !a.Is(attrsDone) {
			a.extra = a.rsc.OpParams(a.config, a.node.Node)
			a.set(attrsDone)
		}
		p.judgeRunnable(a)
	}
	return a
}

// existing finds an action by key and node; one that has no node yet takes this node.
func (p *plan) existing(r *resource, key string, n *node) *Action {
	if r != nil {
		return r.existing(key, n)
	}
	for _, a := range p.singletons[key] {
		switch {
		case n == nil, a.node == n:
			return a
		case a.node == nil:
			a.node = n
			return a
		}
	}
	return nil
}

func (p *plan) newAction(r *resource, key, task string, n *node, optional bool) *Action {
	if len(p.spareActions) == 0 {
		p.spareActions = make([]Action, slab)
	}
	a := &p.spareActions[0]
	p.spareActions = p.spareActions[1:]
	*a = Action{ID: len(p.actions) + 1, Task: task, Key: key, Flags: Runnable, rsc: r, node: n}
	if task == taskClearHistory {
		a.set(OnDC)
	}
	if optional {
		a.set(Optional)
	}
	if r == nil {
		a.meta, a.metaOwned = map[string]string{}, true
		p.singletons[key] = append(p.singletons[key], a)
	} else {
		a.intervalMS = keyInterval(key)
		p.configure(a)
		r.file(a)
	}
	p.actions = append(p.actions, a)
	return a
}

// keyInterval is the interval at the end of an operation key, in milliseconds.
func keyInterval(key string) int64 {
	i := strings.LastIndexByte(key, '_')
	n, err := strconv.ParseInt(key[i+1:], 10, 64)
	if i < 0 || err != nil {
		return 0
	}
	return n
}

// setRequired makes a required unless optional; what an unmanaged resource would need
// at once stays optional.
func (p *plan) setRequired(a *Action, optional bool) {
	if _, recurs := a.meta["interval"]; a.rsc != nil && a.node != nil && !a.Is(Pseudo) && !a.rsc.is(fManaged) && !recurs {
		a.set(Optional)
	} else if !optional {
		a.clear(Optional)
	}
}

// judgeRunnable decides whether a resource's action can run where it shall.
func (p *plan) judgeRunnable(a *Action) {
	n := a.node
	switch {
	case a.Is(Pseudo):
	case n == nil:
		a.clear(Runnable)
	case !a.Is(OnDC) && !n.online && (!n.isGuest() || n.remoteReset):
		a.clear(Runnable)
		if a.rsc.is(fManaged) && a.Task == taskStop && !n.unclean {
			p.fenceNode(n, "stop is unrunnable", false)
		}
	case !a.Is(OnDC) && n.pending:
		a.clear(Runnable)
	case a.needs == needsNothing:
		a.Reason = ""
		if n.isGuest() && !p.canFence(n) {
			a.clear(Runnable)
		} else {
			a.set(Runnable)
		}
	default:
		p.judgeQuorum(a)
	}
}

// pseudo makes a milestone of a resource.
func (p *plan) pseudo(r *resource, task string, optional, runnable bool) *Action {
	a := p.action(r, r.key(task), task, nil, optional)
	a.set(Pseudo)
	if runnable {
		a.set(Runnable)
	}
	return a
}

// milestone finds or makes a milestone that belongs to no resource.
func (p *plan) milestone(name string) *Action {
	if list := p.singletons[name]; len(list) > 0 {
		return list[0]
	}
	a := p.action(nil, name, name, nil, true)
	a.set(Pseudo | Runnable)
	return a
}

func (p *plan) start(r *resource, n *node, optional bool) *Action {
	return p.action(r, r.key(taskStart), taskStart, n, optional)
}

func (p *plan) stop(r *resource, n *node, optional bool) *Action {
	return p.action(r, r.key(taskStop), taskStop, n, optional)
}

func (p *plan) promote(r *resource, n *node, optional bool) *Action {
	return p.action(r, r.key(taskPromote), taskPromote, n, optional)
}

func (p *plan) demote(r *resource, n *node, optional bool) *Action {
	return p.action(r, r.key(taskDemote), taskDemote, n, optional)
}

// firstAction returns the newest action of a task (on a node, if given), or nil.
func (r *resource) firstAction(task string, n *node) *Action {
	if n != nil {
		return r.newestOn(n, func(a *Action) bool { return a.Task == task })
	}
	return r.newestOf(task)
}

// firstByKey returns the newest action with a key, or nil.
func (r *resource) firstByKey(key string, n *node) *Action {
	if n != nil {
		return r.newestOn(n, func(a *Action) bool { return a.Key == key })
	}
	if list := r.withKey(key); len(list) > 0 {
		return list[len(list)-1]
	}
	return nil
}

// actionsByKey lists the actions with a key, oldest first; those without a node take n.
func (r *resource) actionsByKey(key string, n *node) []*Action {
	list := r.withKey(key)
	if n == nil {
		return list[:len(list):len(list)]
	}
	if r.nodeless > 0 {
		for _, a := range list {
			if a.node == nil {
				r.claim(a, n)
			}
		}
	}
	return r.actionsOn(key, n)
}

// actionsOn lists the actions with a key on exactly this node, oldest first.
func (r *resource) actionsOn(key string, n *node) []*Action {
	if n == nil {
		return nil
	}
	var out []*Action
	for a := r.newestAt(n); a != nil; a = a.olderHere {
		if a.Key == key {
			out = append(out, a)
		}
	}
	slices.Reverse(out)
	return out
}
