package lrmd

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// State tells all that is remembered, by resource.
func (e *Executor) State() []ResourceState {
	out := []ResourceState{}
	for _, r := range e.sorted() {
		if r.forgotten {
			continue
		}
		s := ResourceState{Resource: r.id, Agent: r.agent, History: []Result{}, Recurring: []crm.OpKey{}, InFlight: []crm.OpKey{}, Restored: r.restored}
		s.History = append(s.History, slices.SortedFunc(maps.Values(r.history), byCall)...)
		for _, n := range r.sortedRecurring() {
			s.Recurring = append(s.Recurring, n.order.Op)
		}
		if r.active != nil && !r.active.repeated {
			s.InFlight = append(s.InFlight, r.active.order.Op)
		}
		for _, n := range append(slices.Clone(r.queue), r.delayed...) {
			if !n.repeated {
				s.InFlight = append(s.InFlight, n.order.Op)
			}
		}
		out = append(out, s)
	}
	return out
}

func byCall(a, b Result) int {
	return cmp.Or(cmp.Compare(a.Call, b.Call), strings.Compare(a.Op.String(), b.Op.String()))
}

func (e *Executor) sorted() []*resource {
	return slices.SortedFunc(maps.Values(e.resources), func(a, b *resource) int { return strings.Compare(string(a.id), string(b.id)) })
}

// Counts tells how many resources are known, operations running, queued and recurring.
func (e *Executor) Counts() (resources, running, queued, recurring int) {
	for _, r := range e.resources {
		queued += len(r.queue) + len(r.delayed)
		recurring += len(r.recurring)
	}
	for _, d := range e.devices {
		queued += len(d.waiting)
	}
	return len(e.resources), len(e.running) + len(e.fencing), queued, recurring
}

// Memory is what outlives the executor's own process.
type Memory struct {
	LastCall int      `json:"last_call"`
	Results  []Result `json:"results"` // the histories
	Started  []Run    `json:"started"` // one-off orders that had no result yet, with ID and Call
	// Lived has the parameters each resource was last started with: a stop needs them even
	// when no history speaks of the start any more.
	Lived map[crm.ResourceID]map[string]string `json:"lived,omitempty"`
}

// Remember gives the present Memory.
func (e *Executor) Remember() Memory {
	m := Memory{LastCall: e.lastCall}
	for _, r := range e.sorted() {
		if r.forgotten {
			continue
		}
		m.Results = append(m.Results, slices.SortedFunc(maps.Values(r.history), byCall)...)
		if r.lived != nil {
			if m.Lived == nil {
				m.Lived = map[crm.ResourceID]map[string]string{}
			}
			m.Lived[r.id] = r.lived
		}
		if r.active != nil && r.active.order.Op.Interval == 0 {
			m.Started = append(m.Started, Run{ID: r.active.run, Call: r.active.call, Order: r.active.order})
		}
	}
	for _, run := range slices.Sorted(maps.Keys(e.fencing)) {
		m.Started = append(m.Started, Run{ID: run, Call: e.fencing[run].call, Order: e.fencing[run].order})
	}
	return m
}

// Restore takes up the memory of an executor that is gone, into an empty Executor. Its
// results become history marked as restored; what it had started and not finished is
// lost: such an operation gets a result of its own, an error that says so, which is
// also returned for reporting. Nothing recurs until it is ordered anew.
func (e *Executor) Restore(now time.Time, m Memory) []Effect {
	e.lastCall = max(e.lastCall, m.LastCall)
	var effects []Effect
	for _, res := range m.Results {
		e.recall(res)
	}
	for id, params := range m.Lived {
		if r := e.resources[id]; r != nil {
			r.lived = params
		}
	}
	for _, run := range m.Started {
		res := Result{
			Call: run.Call, Op: run.Order.Op, Agent: run.Order.Agent, RC: crm.GenericError, Status: crm.ExecError,
			ExitReason: "the executor was restarted while " + run.Order.Op.Name + " ran; its outcome is not known",
			LastRun:    now.Round(0), LastChange: now.Round(0), UserData: run.Order.UserData, Params: run.Order.Params, Fence: run.Order.Fence, Unknown: true,
		}
		if res.Fence == nil {
			if r := e.recall(res); r.lived == nil {
				r.lived = m.Lived[r.id]
			}
		}
		e.lastCall = max(e.lastCall, run.Call)
		effects = append(effects, Effect{Report: &res})
	}
	return effects
}

func (e *Executor) recall(res Result) *resource {
	id := res.Op.Resource
	r := e.resources[id]
	if r == nil {
		r = &resource{id: id, recurring: map[crm.OpKey]*op{}, history: map[crm.OpKey]Result{}, restored: true}
		e.resources[id] = r
	}
	r.agent = res.Agent
	r.history[res.Op] = res
	r.begins(res.Op.Name, res.Params)
	r.lives(res)
	e.lastCall = max(e.lastCall, res.Call)
	return r
}
