package simulate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Result is what became of the CIB.
type Result struct {
	Root     *cib.Element
	Events   []Event // what was done, in order
	Errors   []string
	Complete bool // no action was left over
}

// Execute carries a graph out on a CIB. c is the cluster that the graph was made for;
// fails lists operations that shall fail, as RESOURCE_TASK_INTERVAL@NODE=RC.
func Execute(c *state.Cluster, g *graph.Graph, fails []string, wall time.Time) Result {
	return execute(newWorld(c.Root, wall), c, g, fails)
}

// ExecuteInventing is Execute after an injection that brought nodes up: every node that
// something is done to is then also configured, guests and remote nodes too.
func ExecuteInventing(c *state.Cluster, g *graph.Graph, fails []string, wall time.Time) Result {
	w := newWorld(c.Root, wall)
	w.invent = true
	return execute(w, c, g, fails)
}

func execute(w *world, c *state.Cluster, g *graph.Graph, fails []string) Result {
	e := &execution{w: w, c: c, g: g, fails: fails, confirmed: map[int]bool{}, broken: map[int]bool{},
		fired: make([]bool, len(g.Synapses))}
	for e.pass() {
	}
	complete := e.left == 0 || e.abort > 0
	return Result{e.w.root, e.events, e.errors, complete}
}

// execution is one graph on its way.
type execution struct {
	w                 *world
	c                 *state.Cluster
	g                 *graph.Graph
	fails             []string
	events            []Event
	errors            []string
	fired             []bool
	confirmed, broken map[int]bool // actions by id
	abort             int          // synapses of less priority are skipped
	left              int
}

// pass fires every synapse that is ready, in order; it reports whether any was.
func (e *execution) pass() bool {
	any := false
	e.left = 0
	for i := range e.g.Synapses {
		s := &e.g.Synapses[i]
		if e.fired[i] {
			continue
		}
		if !e.ready(s) {
			e.left++
			continue
		}
		e.fired[i], any = true, true
		e.do(&s.Action)
		e.confirmed[s.Action.ID] = true
	}
	return any
}

func (e *execution) ready(s *graph.Synapse) bool {
	for _, id := range s.Inputs {
		if !e.confirmed[id] || e.broken[id] && s.Priority < int(crm.Infinity) {
			return false
		}
	}
	return s.Action.Kind == graph.PseudoEvent || s.Priority >= e.abort
}

func (e *execution) say(ev Event) { e.events = append(e.events, ev) }

func (e *execution) do(a *graph.Action) {
	switch {
	case a.Kind == graph.PseudoEvent:
		e.say(Event{Kind: PseudoAction, Task: a.Key, Node: string(a.Node)})
	case a.Kind == graph.ResourceOp:
		e.resourceOp(a)
	case a.Operation == "stonith":
		e.fence(a)
	default:
		e.say(Event{Kind: ClusterAction, Task: a.Operation, Resource: string(a.Resource.ID), Node: string(a.Node)})
	}
}

// fence takes a node out, unless it is switched on.
func (e *execution) fence(a *graph.Action) {
	op := a.Attributes["CRM_meta_stonith_action"]
	e.say(Event{Kind: FencingAction, Node: string(a.Node), Task: op})
	if !strings.EqualFold(op, "on") {
		node := e.w.nodeUp(string(a.Node), false)
		set(node, "crm-debug-origin", "simulate_fencing_action")
		e.w.updated()
		e.w.forget(node)
	}
}

func (e *execution) resourceOp(a *graph.Action) {
	if a.Operation == "probe_complete" {
		return
	}
	config := string(a.Resource.ID)
	name := config
	if e.c.Resource(name) == nil && a.Resource.LongID != "" && e.c.Resource(string(a.Resource.LongID)) != nil {
		name = string(a.Resource.LongID)
	}
	if strings.EqualFold(a.Operation, "delete") || strings.EqualFold(a.Operation, "meta-data") {
		e.say(Event{Kind: ResourceAction, Resource: name, Task: a.Operation, Node: string(a.Node)})
		return
	}
	want, _ := strconv.Atoi(a.Attributes["CRM_meta_op_target_rc"])
	ms, _ := strconv.ParseInt(a.Attributes["CRM_meta_interval"], 10, 64)
	uuid := a.NodeUUID
	if a.RouterNode != "" {
		uuid = string(a.Node)
	}
	node := e.w.node(string(a.Node), uuid)
	h := e.w.history(node, name, config, a.Resource.Class, a.Resource.Provider, a.Resource.Type)
	e.say(Event{Kind: ResourceAction, Resource: name, Task: a.Operation, IntervalMS: ms, Node: string(a.Node)})
	o := outcome{resource: config, task: a.Operation, interval: time.Duration(ms) * time.Millisecond, rc: crm.ExitCode(want),
		want: crm.ExitCode(want), node: string(a.Node), params: a.Attributes, reason: "User-injected result"}
	e.injectFailure(a, node, name, &o)
	e.w.record(h, o)
	e.w.store(node, h)
}

// injectFailure makes an operation fail that is on the list.
func (e *execution) injectFailure(a *graph.Action, node *cib.Element, name string, o *outcome) {
	for _, spec := range e.fails {
		match := ""
		for _, id := range []string{name, o.resource} {
			key := fmt.Sprintf("%s_%s_%d@%s=", id, o.task, o.interval.Milliseconds(), o.node)
			if match == "" && len(spec) >= len(key) && strings.EqualFold(spec[:len(key)], key) {
				match = id
			}
		}
		if match == "" {
			continue
		}
		rc, err := strconv.Atoi(spec[strings.IndexByte(spec, '=')+1:])
		if err != nil {
			e.errors = append(e.errors, "Invalid failed operation '"+spec+"' (result code must be integer)")
			continue
		}
		o.rc = crm.ExitCode(rc)
		e.say(Event{Kind: PretendFailure, Value: fmt.Sprintf("Pretending action %d failed with rc=%d", a.ID, rc)})
		e.broken[a.ID], e.abort = true, int(crm.Infinity)
		offset := "1"
		switch o.task {
		case "start":
			offset = e.g.FailedStartOffset
		case "stop":
			offset = e.g.FailedStopOffset
		}
		e.events = append(e.events, e.w.failed(node, match, o.task, o.interval, o.rc, offset == "INFINITY")...)
		return
	}
}
