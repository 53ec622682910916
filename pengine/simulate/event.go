package simulate

import (
	"fmt"
	"strconv"
)

// EventKind says what happened.
type EventKind uint8

// The kinds of events, each with the fields that it has.
const (
	SetQuorum      EventKind = iota // Value
	SetWatchdog                     // Value
	NodeChange                      // Task ("Online", "Offline", "Failing"), Node
	TicketChange                    // Task ("Granting", "Revoking", "Standby", "Activating"), Name
	Injection                       // Value: the specification of an operation
	AttributeSet                    // Name, Value, Node (its id)
	PseudoAction                    // Task, Node ("": none)
	ResourceAction                  // Resource, Task, IntervalMS, Node
	ClusterAction                   // Task, Node, Resource ("": none)
	FencingAction                   // Node, Task
	PretendFailure                  // Value: what is pretended
)

// Event is one thing that was done to the CIB, or would be done to the cluster.
type Event struct {
	Kind           EventKind
	Task           string
	Resource, Node string
	Name, Value    string
	IntervalMS     int64
}

// NodePath is where an attribute is set, as libxml names the place.
const NodePath = "/node_state"

// String is the event as crm_simulate prints it.
func (e Event) String() string {
	switch e.Kind {
	case SetQuorum:
		return "Setting quorum: " + e.Value
	case SetWatchdog:
		return "Setting watchdog: " + e.Value
	case NodeChange:
		return map[string]string{"Online": "Bringing node " + e.Node + " online", "Offline": "Taking node " + e.Node + " offline",
			"Failing": "Failing node " + e.Node}[e.Task]
	case TicketChange:
		if e.Task == "Standby" {
			return "Making ticket " + e.Name + " standby"
		}
		return e.Task + " ticket " + e.Name
	case Injection:
		return "Injecting " + e.Value + " into the configuration"
	case AttributeSet:
		return "Injecting attribute " + e.Name + "=" + e.Value + " into " + NodePath + " '" + e.Node + "'"
	case PseudoAction:
		return "Pseudo action:   " + e.Task + onNode(e.Node)
	case ResourceAction:
		interval := ""
		if e.IntervalMS > 0 {
			interval = "=" + strconv.FormatInt(e.IntervalMS, 10)
		}
		return fmt.Sprintf("Resource action: %-15s %s%s on %s", e.Resource, e.Task, interval, e.Node)
	case ClusterAction:
		if e.Resource != "" {
			return "Cluster action:  " + e.Task + " for " + e.Resource + " on " + e.Node
		}
		return "Cluster action:  " + e.Task + " on " + e.Node
	case FencingAction:
		return "Fencing " + e.Node + " (" + e.Task + ")"
	}
	return e.Value
}

func onNode(n string) string {
	if n == "" {
		return ""
	}
	return " on " + n
}
