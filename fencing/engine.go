package fencing

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Input is one thing that the engine is told.
type Input interface{ input() }

// Seen brings the newest CIB: devices, topology, and the requests on record. A request
// that is open there and new to the engine is begun; one that vanished is written again.
type Seen struct{ Snapshot *cib.Snapshot }

// World says who is there.
type World struct {
	Executors []crm.NodeName        // nodes that can be ordered to use a device
	Heard     []crm.NodeName        // nodes whose heartbeats arrive
	Prefer    crm.NodeName          // of equals; usually the node that runs the engine
	Quorate   bool                  // this partition may act (watchdogs count only then)
	Watchdogs map[crm.NodeName]bool // nodes that are known to reset themselves
	Watchdog  time.Duration         // the watchdogs' own timeout, for a negative stonith-watchdog-timeout
	Guess     bool                  // try devices of which only they know whom they can fence: asking costs time
	Agents    map[string]Agent      // by type; nothing begins while a configured device's is missing
}

// Asked opens a request that is not on record: a survivor without a DC cannot write.
type Asked struct{ Event Event }

// Answered is the result of a Try. An attempt that cannot be carried out is Lost: nothing
// was done, or nobody knows; it never counts as success.
type Answered struct {
	Attempt string
	OK      bool // the agent said that it is done
	Code    crm.ExitCode
	Reason  string
	Output  string
	Lost    bool
}

// Moot says that the DC needs some of its requests no more, those for Targets: the nodes are
// members again, and a decision about everything does not want them fenced. An attempt
// that is under way cannot be called back; its success still counts.
type Moot struct{ Targets []crm.NodeName }

// Tick says that time went by; see Engine.Wake.
type Tick struct{}

func (Seen) input()     {}
func (World) input()    {}
func (Asked) input()    {}
func (Answered) input() {}
func (Moot) input()     {}
func (Tick) input()     {}

// Effect is one thing that the caller has to do.
type Effect interface{ effect() }

// Try asks a node to run a device; Answered answers it.
type Try struct{ Attempt Attempt }

// Record asks for an open request to be written, as it is now.
type Record struct{ Event Event }

// Failed says that a round failed and that the request is still open: Event says why,
// and when the next round is. It is to be written, and told.
type RoundFailed struct{ Event Event }

// Ended says that a request is closed: Event.State is Success or Failed. It is to be
// written, unless OnRecord.
type Ended struct {
	Event    Event
	OnRecord bool
}

func (Try) effect()         {}
func (Record) effect()      {}
func (RoundFailed) effect() {}
func (Ended) effect()       {}

// Attempt is one run of one device.
type Attempt struct {
	ID      string
	Request string // Event.ID; "" for a List
	Node    crm.NodeName
	Device  crm.ResourceID
	Agent   string
	Params  map[string]string
	Action  Action
	Target  crm.NodeName // "" for a List
	Plug    string
	Timeout time.Duration
}

// Engine runs requests for fencing. It is not safe for concurrent use.
type Engine struct {
	now     time.Time
	effects []Effect

	snap      *cib.Snapshot
	equipment *Equipment
	world     World
	requests  map[string]*request
	closed    map[string]bool // requests that this engine closed: their record may still be open
	lists     map[crm.ResourceID]*deviceList
	attempts  map[string]*attempt
	demanded  map[string]Event // by id: requests that are not on record yet
	vouched   map[string]bool  // those of them that an operator's word came for
	words     map[string]bool  // operators' words that are on record, by id
	serial    int
	name      string // makes the ids of attempts unique
}

// New makes an engine that knows nothing. name makes the ids of its attempts unique: each
// engine of a cluster needs one of its own.
func New(name string) *Engine {
	return &Engine{name: name, equipment: &Equipment{}, requests: map[string]*request{}, closed: map[string]bool{},
		lists: map[crm.ResourceID]*deviceList{}, attempts: map[string]*attempt{}, demanded: map[string]Event{}, vouched: map[string]bool{}, words: map[string]bool{}}
}

// Step takes one input and returns what is to be done, in order.
func (e *Engine) Step(now time.Time, in Input) []Effect {
	e.now, e.effects = now, nil
	switch in := in.(type) {
	case Seen:
		e.seen(in.Snapshot)
	case World:
		e.newWorld(in)
	case Asked:
		e.open(in.Event, false)
	case Answered:
		e.answered(in)
	case Moot:
		e.moot(in.Targets)
	case Tick:
	default:
		panic(fmt.Sprintf("fencing: unknown input %T", in))
	}
	e.overdue()
	e.begin()
	return e.effects
}

func (e *Engine) do(x Effect) { e.effects = append(e.effects, x) }

// seen takes a new CIB.
func (e *Engine) seen(snap *cib.Snapshot) {
	if e.snap == snap {
		return
	}
	old := e.snap
	e.snap = snap
	if old == nil || old.Section(cib.TagConfiguration) != snap.Section(cib.TagConfiguration) {
		if fresh := Read(snap, e.now); !reflect.DeepEqual(fresh, e.equipment) {
			e.equipment = fresh
			clear(e.lists)
			e.hurry()
		}
	}
	if old == nil || old.Section(cib.TagStatus).Child(TagFencing) != snap.Section(cib.TagStatus).Child(TagFencing) {
		e.compare(History(snap))
		e.takeWords(History(snap), old == nil)
	}
}

// compare takes over what is on record.
func (e *Engine) compare(events []Event) {
	there := map[string]bool{}
	for _, ev := range events {
		there[ev.ID] = true
		switch r := e.requests[ev.ID]; {
		case r == nil && ev.Open() && !e.closed[ev.ID]:
			e.open(ev, true)
		case r != nil && !ev.Open():
			e.drop(r)
			e.do(Ended{Event: ev, OnRecord: true})
		case r != nil:
			r.recorded = true
		}
		if !ev.Open() {
			delete(e.closed, ev.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(e.requests)) {
		if r := e.requests[id]; r.recorded && !there[id] {
			e.do(Record{r.Event}) // somebody replaced or erased the status: that closes nothing
		}
	}
}

// newWorld takes news of the nodes. More hands are a reason to try again now.
func (e *Engine) newWorld(w World) {
	more := slices.ContainsFunc(w.Executors, func(n crm.NodeName) bool { return !slices.Contains(e.world.Executors, n) })
	e.world = w
	if more {
		e.hurry()
	}
	for _, id := range slices.Sorted(maps.Keys(e.attempts)) {
		if a := e.attempts[id]; a != nil && !slices.Contains(w.Executors, a.Node) && a.Device != Watchdog {
			e.answered(Answered{Attempt: id, Lost: true, Reason: "node " + string(a.Node) + " was lost"})
		}
	}
}

// hurry makes requests that wait after a failure try again now.
func (e *Engine) hurry() {
	for _, r := range e.requests {
		if r.round == nil && !r.Next.IsZero() {
			r.Next = e.now
		}
	}
}

// Wake is when to call Step with Tick at the latest; zero: no time matters.
func (e *Engine) Wake() (at time.Time) {
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, r := range e.requests {
		if r.round == nil {
			if r.Next.After(e.now) {
				sooner(r.Next)
			}
		} else if !r.round.wait.IsZero() {
			sooner(r.round.wait)
		}
	}
	for _, a := range e.attempts {
		sooner(a.until)
	}
	return at
}

// Covers gives the open request that a demand to fence target would be merged with: none
// that is moot, for that one is given up when its attempt fails.
func (e *Engine) Covers(target crm.NodeName, action Action) (Event, bool) {
	for _, r := range e.sorted() {
		if r.Target == target && !r.moot && (Event{Action: action}).merges(r.Action) {
			return r.Event, true
		}
	}
	return Event{}, false
}

// Open lists the open requests, the oldest first, as the engine knows them.
func (e *Engine) Open() (list []Event) {
	for _, r := range e.sorted() {
		list = append(list, r.Event)
	}
	return list
}

// Waits reports whether the result of an attempt is waited for.
func (e *Engine) Waits(attempt string) bool { return e.attempts[attempt] != nil }

// Outstanding lists the attempts whose results are waited for, in order.
func (e *Engine) Outstanding() (list []Attempt) {
	for _, id := range slices.Sorted(maps.Keys(e.attempts)) {
		list = append(list, e.attempts[id].Attempt)
	}
	return list
}

// Busy reports whether something is under way for a request, rather than waited for.
func (e *Engine) Busy(id string) bool { r := e.requests[id]; return r != nil && r.round != nil }

func (e *Engine) sorted() []*request {
	return slices.SortedFunc(maps.Values(e.requests), func(a, b *request) int {
		if c := a.Requested.Compare(b.Requested); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
}

// CanFence reports whether some device could stop target as far as the configuration
// says, without asking any.
func (e *Equipment) CanFence(target crm.NodeName, agents map[string]Agent) bool {
	for _, d := range e.Devices {
		if d.Check(agents[d.Agent]) != StaticList || d.Names(target) {
			return true
		}
	}
	return false
}
