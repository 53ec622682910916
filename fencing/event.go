package fencing

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Action is what is done to a node.
type Action string

// The actions. Monitor, Status and List ask a device and change nothing.
const (
	On      Action = "on" // unfencing
	Off     Action = "off"
	Reboot  Action = "reboot"
	Monitor Action = "monitor"
	Status  Action = "status" // of the target: exit code 0 is on, 2 is off
	List    Action = "list"   // of the targets that the device knows
)

// Stops reports whether a node on which the action succeeded runs nothing any more.
func (a Action) Stops() bool { return a == Off || a == Reboot }

// Status says how far a request has come.
type State string

// The states of a request. Only Pending is open.
const (
	Pending State = "pending"
	Success State = "success"
	Failed  State = "failed"
)

// Clients that ask for fencing.
const (
	ClientDC       = "pacemaker-controld" // the DC's own decision; displays of the field know this name
	ClientOperator = "stonith_admin"
)

// Operator is the delegate of a request that an operator closed with his word.
const Operator = "a human"

// Event is one request for fencing, open or closed, as it is on record in the CIB.
type Event struct {
	ID        string
	Target    crm.NodeName
	Action    Action
	Client    string       // who asked: ClientDC, or the name of a tool
	Origin    crm.NodeName // where it was asked
	Reason    string       // why, for people
	Requested time.Time
	Delay     time.Duration // before the first device acts, on top of the devices' own; negative: none at all
	Timeout   time.Duration // of each attempt whose device says nothing else; zero: stonith-timeout
	Tolerance time.Duration // a success that is not older will do
	// Once closes the request as failed when its first round fails: somebody waits for the
	// answer, and nothing may happen hours after he went away. Requests of the DC never end so.
	Once bool

	State      State
	Delegate   crm.NodeName // the node whose device did it; Operator
	Device     string       // that did it (several: with blanks), or that failed last
	ExitReason string       // why the last round failed
	Attempts   int          // rounds that failed
	Next       time.Time    // of the next round, while a failed one is being waited out
	Completed  time.Time    // zero while open
}

// Open reports whether something is still to be done.
func (e Event) Open() bool { return e.State == Pending }

// merges reports whether what e demands is done when a is done to its target.
func (e Event) merges(a Action) bool { return e.Action == a || e.Action == Reboot && a == Off }
