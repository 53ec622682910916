package transition

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// DefaultTimeout bounds an action whose graph says nothing (default-action-timeout).
const DefaultTimeout = 20 * time.Second

// Result says what came of an action.
type Result struct {
	Action int  // its id in the graph
	Failed bool // what waits for it stays undone
	Text   string
}

// State is how far an action has come.
type State uint8

// The states of an action.
const (
	Waiting  State = iota // for inputs, a place, or because of an abort
	InFlight              // given to the caller, no result yet
	Done
	Failed
)

// String is the word that explanations print.
func (s State) String() string { return [...]string{"waiting", "running", "done", "failed"}[s] }

// Walk is one transition on its way. It is not safe for concurrent use.
type Walk struct {
	graph     *graph.Graph
	uuid      string
	nodeLimit int

	state   []State // of the synapses
	missing []int   // inputs not yet confirmed
	texts   []string
	since   []time.Time
	until   []time.Time
	waiters map[int][]int // action id -> synapses that wait for it
	index   map[int]int   // action id -> synapse
	ready   []int         // synapses whose inputs are confirmed, ascending
	flying  map[int]bool  // synapses in flight

	aborted  bool
	priority int // only synapses of at least this priority start
	reason   string
}

// New prepares a walk of g. uuid names the DC that decided; it is part of the transition
// keys. nodeLimit bounds the actions in flight per node (node-action-limit); zero means
// no limit.
func New(g *graph.Graph, uuid string, nodeLimit int) *Walk {
	n := len(g.Synapses)
	w := &Walk{graph: g, uuid: uuid, nodeLimit: nodeLimit, state: make([]State, n), missing: make([]int, n), texts: make([]string, n),
		since: make([]time.Time, n), until: make([]time.Time, n), waiters: map[int][]int{}, index: make(map[int]int, n), flying: map[int]bool{}}
	for i := range g.Synapses {
		w.index[g.Synapses[i].Action.ID] = i
	}
	for i := range g.Synapses {
		for _, in := range g.Synapses[i].Inputs {
			// An input that the graph leaves out (a start that cannot run) is never confirmed:
			// what waits for it is not done.
			w.missing[i]++
			w.waiters[in] = append(w.waiters[in], i)
		}
		if w.missing[i] == 0 {
			w.ready = append(w.ready, i)
		}
	}
	return w
}

// Graph is what is being walked.
func (w *Walk) Graph() *graph.Graph { return w.graph }

// Start returns the actions to begin with. Call it once, then Step for every result.
func (w *Walk) Start(now time.Time) []graph.Action { return w.fire(now) }

// Step records a result and returns the actions that may start now. A result for an
// action that is not in flight is ignored: it was late or came twice.
func (w *Walk) Step(now time.Time, r Result) []graph.Action {
	i, ok := w.index[r.Action]
	if !ok || w.state[i] != InFlight {
		return nil
	}
	w.settle(i, r.Failed, r.Text)
	return w.fire(now)
}

// Abort stops new actions of a priority below the given one; crm.Infinity stops all but
// the most urgent. Actions in flight finish. The first reason of the highest priority is
// kept. It reports whether anything changed.
func (w *Walk) Abort(priority int, reason string) bool {
	if w.aborted && w.priority >= priority {
		return false
	}
	w.aborted, w.priority, w.reason = true, priority, reason
	return true
}

// Aborted returns the reason of an abort.
func (w *Walk) Aborted() (reason string, ok bool) { return w.reason, w.aborted }

// Complete reports that nothing is in flight that must be waited for, and nothing more
// will start. An aborted transition does not wait for monitors that are still in their
// start-delay: they change nothing, and their results count whenever they come.
func (w *Walk) Complete() bool {
	for i := range w.flying {
		if !w.aborted || !isDelayedMonitor(w.graph.Synapses[i].Action) {
			return false
		}
	}
	return true
}

func isDelayedMonitor(a graph.Action) bool {
	return a.Attributes["CRM_meta_interval"] != "" && startDelay(a) > 0
}

func startDelay(a graph.Action) time.Duration {
	ms, err := strconv.ParseInt(a.Attributes["CRM_meta_start_delay"], 10, 64)
	if err != nil || ms < 0 {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// settle makes a synapse done or failed and confirms the inputs that wait for it.
func (w *Walk) settle(i int, failed bool, text string) {
	delete(w.flying, i)
	w.state[i], w.texts[i] = Done, text
	if failed {
		w.state[i] = Failed
	}
	for _, waiter := range w.waiters[w.graph.Synapses[i].Action.ID] {
		// The most urgent synapses start even after a failed input.
		if failed && w.graph.Synapses[waiter].Priority < int(crm.Infinity) {
			continue
		}
		if w.missing[waiter]--; w.missing[waiter] == 0 {
			at, _ := slices.BinarySearch(w.ready, waiter)
			w.ready = slices.Insert(w.ready, at, waiter)
		}
	}
}

// fire starts what may start, pseudo events at once, until nothing more is ready.
func (w *Walk) fire(now time.Time) (actions []graph.Action) {
	for {
		i, ok := w.next()
		if !ok {
			return actions
		}
		w.ready = slices.DeleteFunc(w.ready, func(r int) bool { return r == i })
		a := w.graph.Synapses[i].Action
		w.since[i] = now
		if a.Kind == graph.PseudoEvent && len(a.Maintenance) == 0 {
			w.settle(i, false, "")
			continue
		}
		w.state[i] = InFlight
		w.flying[i] = true
		w.until[i] = now.Add(w.allowance(a))
		actions = append(actions, a)
		if a.Attributes["CRM_meta_op_no_wait"] == "true" {
			w.settle(i, false, "not waited for")
		}
	}
}

// next picks the first ready synapse that is allowed to start.
func (w *Walk) next() (int, bool) {
	for _, i := range w.ready {
		if w.allowed(i) {
			return i, true
		}
	}
	return 0, false
}

func (w *Walk) allowed(i int) bool {
	s := &w.graph.Synapses[i]
	if s.Action.Kind == graph.PseudoEvent {
		return true
	}
	if w.aborted && s.Priority < w.priority {
		return false
	}
	if w.graph.BatchLimit > 0 && len(w.flying) >= w.graph.BatchLimit {
		return false
	}
	if s.Action.Operation == opShutdown && !w.lastOnNode(i) {
		return false
	}
	if s.Action.Operation == "promote" && !w.probed(s.Action.Resource.ID) {
		return false
	}
	return w.roomOnNode(s.Action)
}

// probed reports whether no probe of a resource is still to come, and none found what was not
// expected. The graph orders starts after probes, and promotions not: an instance that is
// probed (its executor was restarted) may be promoted already.
func (w *Walk) probed(id crm.ResourceID) bool {
	for i := range w.graph.Synapses {
		a := &w.graph.Synapses[i].Action
		if a.Operation != "monitor" || a.Resource.ID != id || a.Attributes["CRM_meta_interval"] != "" {
			continue
		}
		if w.state[i] == InFlight || w.state[i] == Failed || w.state[i] == Waiting && w.missing[i] == 0 {
			return false
		}
	}
	return true
}

// opShutdown lets a node go.
const opShutdown = "do_shutdown"

// lastOnNode reports whether nothing else is left to do on the node of synapse i, and
// nothing went wrong there. The graph orders a node's leaving after the stops that are known
// to be needed only: a probe that runs beside them may find more.
func (w *Walk) lastOnNode(i int) bool {
	node := Executor(w.graph.Synapses[i].Action)
	for j := range w.graph.Synapses {
		a := &w.graph.Synapses[j].Action
		if j == i || a.Kind == graph.PseudoEvent || Executor(*a) != node || w.state[j] == Done {
			continue
		}
		if w.state[j] != Waiting || w.missing[j] == 0 {
			return false
		}
	}
	return true
}

// roomOnNode applies node-action-limit and migration-limit.
func (w *Walk) roomOnNode(a graph.Action) bool {
	migration := w.graph.MigrationLimit >= 0 && isMigration(a)
	if a.Kind != graph.ResourceOp || (w.nodeLimit <= 0 && !migration) {
		return true
	}
	jobs, migrations := 0, 0
	for i := range w.flying {
		b := w.graph.Synapses[i].Action
		if Executor(b) == Executor(a) {
			jobs++
		}
		if isMigration(b) && sharesNode(a, b) {
			migrations++
		}
	}
	if w.nodeLimit > 0 && jobs >= w.nodeLimit {
		return false
	}
	return !migration || migrations < w.graph.MigrationLimit
}

func isMigration(a graph.Action) bool {
	return a.Operation == "migrate_to" || a.Operation == "migrate_from"
}

func sharesNode(a, b graph.Action) bool {
	for _, m := range []string{"CRM_meta_migrate_source", "CRM_meta_migrate_target"} {
		for _, n := range []string{"CRM_meta_migrate_source", "CRM_meta_migrate_target"} {
			if v := a.Attributes[m]; v != "" && v == b.Attributes[n] {
				return true
			}
		}
	}
	return a.Node == b.Node
}

// Executor is the cluster node that carries the action out.
func Executor(a graph.Action) crm.NodeName {
	if a.RouterNode != "" {
		return a.RouterNode
	}
	return a.Node
}

// Timeout is how long the action itself may take.
func Timeout(a graph.Action) time.Duration {
	if ms, err := strconv.ParseInt(a.Attributes["CRM_meta_timeout"], 10, 64); err == nil && ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return DefaultTimeout
}

// allowance is how long the result may take to arrive: the timeout, a start delay, and
// cluster-delay for the way there and back.
func (w *Walk) allowance(a graph.Action) time.Duration {
	return Timeout(a) + startDelay(a) + w.graph.ClusterDelay
}

// Deadline is when the next action in flight counts as lost; zero when none is.
func (w *Walk) Deadline() (at time.Time) {
	for i := range w.flying {
		if at.IsZero() || w.until[i].Before(at) {
			at = w.until[i]
		}
	}
	return at
}

// Overdue returns the actions in flight whose time is over, in order. The caller decides
// what to do; usually Step with Failed.
func (w *Walk) Overdue(now time.Time) (lost []graph.Action) {
	for _, i := range w.inFlight() {
		if !now.Before(w.until[i]) {
			lost = append(lost, w.graph.Synapses[i].Action)
		}
	}
	return lost
}

func (w *Walk) inFlight() []int { return slices.Sorted(maps.Keys(w.flying)) }

// On returns the actions in flight that the node carries out, in order.
func (w *Walk) On(node crm.NodeName) (actions []graph.Action) {
	for _, i := range w.inFlight() {
		if a := w.graph.Synapses[i].Action; Executor(a) == node || a.Node == node {
			actions = append(actions, a)
		}
	}
	return actions
}

// Flying returns the actions in flight, in order.
func (w *Walk) Flying() (actions []graph.Action) {
	for _, i := range w.inFlight() {
		actions = append(actions, w.graph.Synapses[i].Action)
	}
	return actions
}

// Action returns an action and its state.
func (w *Walk) Action(id int) (graph.Action, State, bool) {
	i, ok := w.index[id]
	if !ok {
		return graph.Action{}, Waiting, false
	}
	return w.graph.Synapses[i].Action, w.state[i], true
}

// Touches reports whether the transition has begun an action on the resource on that
// node, so that changes of its history there are of its own making.
func (w *Walk) Touches(node crm.NodeName, resource crm.ResourceID) bool {
	for i := range w.graph.Synapses {
		a := &w.graph.Synapses[i].Action
		if w.state[i] != Waiting && a.Node == node && (a.Resource.ID == resource || strings.HasPrefix(string(a.Resource.ID), string(resource)+":")) {
			return true
		}
	}
	return false
}

// Key is the transition key under which the action's result is recorded.
func (w *Walk) Key(a graph.Action) crm.TransitionKey {
	rc, _ := strconv.Atoi(a.Attributes["CRM_meta_op_target_rc"])
	return crm.TransitionKey{Action: a.ID, Transition: w.graph.TransitionID, TargetRC: crm.ExitCode(rc), UUID: w.uuid}
}
