package lrmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Config says how much an Executor does at once.
type Config struct {
	// MaxRunning is how many ordered operations run at the same time; recurring runs
	// have as many places of their own. Zero means no limit.
	MaxRunning int
	// Light tells orders that need no process of their own: they never wait for a
	// place. Nil means there are none.
	Light func(Order) bool
	// Slack is how much earlier than due a recurring operation may run so that the
	// daemon wakes once for several. At most a twentieth of the interval is used.
	Slack time.Duration
}

// Effect is what the daemon has to do, in the order given. Exactly one field is set.
type Effect struct {
	Run    *Run    // start this order; tell the outcome to Finished
	Kill   int     // stop the run of this number; its Finished still follows
	Report *Result // tell whoever listens
	Forget crm.ResourceID
}

// Run is one execution of an order.
type Run struct {
	ID    int // of this run: what Finished wants back
	Call  int
	Order Order
}

// Executor is the state of one node's executor. It is not safe for concurrent use.
type Executor struct {
	cfg       Config
	stamp     crm.Stamp
	lastCall  int
	lastRun   int
	resources map[crm.ResourceID]*resource
	running   map[int]*resource // by run
	devices   map[crm.ResourceID]*device
	fencing   map[int]*op // orders to fence devices that run, by run
	places    [2]int      // taken by runs: ordered, recurring
	timetable timetable
	waiting   []*resource // resources whose head waits for a place, oldest first
	lapsed    bool        // see Lapse
	lapsing   []*resource // still to be stopped, in that order
	lapseStop *resource   // being stopped
	lapseCall int         // the last call before: what was started since is not stopped
}

// resource is what is known about one resource. Only one of its operations runs at a
// time; the others wait in queue, in the order in which they came.
type resource struct {
	id        crm.ResourceID
	agent     Agent
	queue     []*op
	active    *op
	recurring map[crm.OpKey]*op
	delayed   []*op // one-off orders with a start delay that is not over
	history   map[crm.OpKey]Result
	lived     map[string]string // the parameters it was last started, migrated here or reloaded with
	restored  bool
	before    bool // it may be active by the restored history, which was dropped since
	forgotten bool // drop when the active operation is over
	waiting   bool
}

// op is an accepted order.
type op struct {
	call      int
	resource  *resource
	order     Order
	run       int
	slot      int // in the timetable; negative: not there
	queuedAt  time.Time
	startedAt time.Time
	due       time.Time // of the next run, when recurring or delayed
	repeated  bool      // it ran and was reported before
	cancelled bool      // the order was withdrawn: report no outcome of its run
	announce  bool      // report the withdrawal
	light     bool
	preempted bool // ended to make room for fencing
	lastRC    crm.ExitCode
	lastState crm.ExecStatus
	changedAt time.Time
}

// New gives an Executor that knows nothing yet. stamp is the highest authority that was
// remembered from before.
func New(cfg Config, stamp crm.Stamp) *Executor {
	return &Executor{cfg: cfg, stamp: stamp, resources: map[crm.ResourceID]*resource{}, running: map[int]*resource{},
		devices: map[crm.ResourceID]*device{}, fencing: map[int]*op{}}
}

// Stamp is the highest authority seen.
func (e *Executor) Stamp() crm.Stamp { return e.stamp }

// Admit reports whether an order of stamp s may be carried out, and whether s is newer
// than all before. The caller makes a newer stamp durable before it goes on.
func (e *Executor) Admit(s crm.Stamp) (newer bool, err error) {
	if s.Less(e.stamp) {
		return false, &StaleStampError{Have: s, Want: e.stamp}
	}
	return e.stamp.Less(s), nil
}

// Submit accepts an order and gives it a call number. A recurring order replaces the one
// of the same key and runs at once (after StartDelay). An order that changes what a
// resource does (anything but a monitor or a notification) takes the resource's
// recurring operations off the timetable first, as they were ordered for its old state.
func (e *Executor) Submit(now time.Time, o Order) (call int, effects []Effect, err error) {
	if err := e.raise(o.Stamp); err != nil {
		return 0, nil, err
	}
	if err := o.check(); err != nil {
		return 0, nil, err
	}
	if e.lapsed && o.Agent.Class != "stonith" && raises(o.Op.Name) {
		return 0, nil, errLapsed
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Fence != nil {
		call, effects = e.submitFence(now, o)
		return call, effects, nil
	}
	r := e.resource(o)
	e.lastCall++
	n := &op{call: e.lastCall, resource: r, slot: -1, order: o, queuedAt: now, light: e.cfg.Light != nil && e.cfg.Light(o)}
	if o.Op.Interval > 0 {
		if old := r.recurring[o.Op]; old != nil {
			e.withdraw(old)
		}
		r.recurring[o.Op] = n
	} else if changesState(o.Op.Name) {
		for _, old := range r.sortedRecurring() {
			e.withdraw(old)
			delete(r.history, old.order.Op)
		}
	}
	if o.StartDelay > 0 {
		n.due = now.Add(o.StartDelay)
		e.schedule(n)
		if o.Op.Interval == 0 {
			r.delayed = append(r.delayed, n)
		}
		return n.call, nil, nil
	}
	r.queue = append(r.queue, n)
	return n.call, e.pump(now, r), nil
}

// paramsFor gives the parameters of an order. A stop or demote works on what was
// started: it gets the parameters of the last start, migration here or reload (its own
// CRM_meta_ ones kept), because the resource may have been changed in, or removed from, the
// configuration.
func (r *resource) paramsFor(o Order) map[string]string {
	if o.Op.Name != "stop" && o.Op.Name != "demote" {
		return o.Params
	}
	if r.lived == nil {
		return o.Params
	}
	params := map[string]string{}
	for name, value := range r.lived {
		if !isMeta(name) {
			params[name] = value
		}
	}
	for name, value := range o.Params {
		if isMeta(name) {
			params[name] = value
		}
	}
	return params
}

func isMeta(name string) bool {
	return strings.HasPrefix(name, "CRM_meta_") || name == "crm_feature_set"
}

func (o Order) check() error {
	switch {
	case o.Op.Resource == "" || o.Op.Name == "":
		return fmt.Errorf("order %q: no resource or no operation", o.Op.String())
	case o.Agent.Class == "" || o.Agent.Type == "":
		return fmt.Errorf("order %q: no agent", o.Op.String())
	case o.Op.Interval < 0 || o.StartDelay < 0:
		return fmt.Errorf("order %q: negative interval or start delay", o.Op.String())
	}
	return o.checkFence()
}

func (e *Executor) raise(s crm.Stamp) error {
	newer, err := e.Admit(s)
	if newer {
		e.stamp = s
	}
	return err
}

// changesState reports whether an operation makes recurring monitors of the old state void.
func changesState(name string) bool {
	switch name {
	case "monitor", "status", "notify", "meta-data", "metadata", "validate-all":
		return false
	}
	return true
}

// resource gives the record of the order's resource, made when it is new.
func (e *Executor) resource(o Order) *resource {
	r := e.resources[o.Op.Resource]
	if r == nil {
		r = &resource{id: o.Op.Resource, recurring: map[crm.OpKey]*op{}, history: map[crm.OpKey]Result{}}
		e.resources[r.id] = r
	}
	r.agent, r.forgotten = o.Agent, false
	if r.restored { // what is read back must not mix with what is found out now: it may be long untrue
		r.restored, r.before = false, r.isActive()
		clear(r.history)
	}
	return r
}

// withdraw takes an operation off the timetable and out of the queue. A run of it that
// is under way goes on, unreported.
func (e *Executor) withdraw(o *op) {
	r := o.resource
	o.cancelled = true
	e.unschedule(o)
	if r.recurring[o.order.Op] == o {
		delete(r.recurring, o.order.Op)
	}
	is := func(q *op) bool { return q == o }
	r.queue = slices.DeleteFunc(r.queue, is)
	r.delayed = slices.DeleteFunc(r.delayed, is)
}

func (r *resource) sortedRecurring() []*op {
	return slices.SortedFunc(maps.Values(r.recurring), func(a, b *op) int { return a.call - b.call })
}

// pump starts the head of the resource's queue if nothing of it runs and there is a place.
func (e *Executor) pump(now time.Time, r *resource) []Effect {
	if r.active != nil || len(r.queue) == 0 {
		return nil
	}
	n := r.queue[0]
	switch {
	case n.isDeviceProbe():
		r.queue = r.queue[1:]
		n.startedAt = now
		return append(e.conclude(now, r, n, r.deviceStarted()), e.pump(now, r)...)
	case e.held(r, n):
		return nil
	}
	place := n.place()
	if !n.light && e.cfg.MaxRunning > 0 && e.places[place] >= e.cfg.MaxRunning {
		if !r.waiting {
			r.waiting = true
			e.waiting = append(e.waiting, r)
		}
		return nil
	}
	r.queue = r.queue[1:]
	if !n.light {
		e.places[place]++
	}
	e.lastRun++
	n.run, n.startedAt = e.lastRun, now
	n.order.Params = r.paramsFor(n.order) // now: a start that it waited for may have changed them
	r.begins(n.order.Op.Name, n.order.Params)
	r.active = n
	e.running[n.run] = r
	if n.order.Op.Interval > 0 && n.due.IsZero() {
		n.due = now // the timetable's zero
	}
	return []Effect{{Run: &Run{ID: n.run, Call: n.call, Order: n.order}}}
}

// place tells which of the two kinds of places a run takes.
func (n *op) place() int {
	if n.repeated {
		return 1
	}
	return 0
}
