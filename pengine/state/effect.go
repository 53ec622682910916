package state

// EffectKind says what the scheduler must do because of what was read.
type EffectKind uint8

// The kinds of effects.
const (
	FenceNode         EffectKind = iota // a required fencing of Node, with Reason; PriorityDelay may apply
	StopResource                        // a required stop of Resource on Node
	DemoteResource                      // a required demote of Resource on Node
	ExistingOp                          // an optional Op (a recurring monitor that already runs) of Resource on Node
	ClearFailcount                      // clear Resource's failcount on Node, because of Reason
	ClearHistory                        // delete Resource's history on Node (a shutdown lock expired)
	OrderAfterFencing                   // the last ClearFailcount waits for the fencing of Node (created if need be)
	OptionalStops                       // stops of Resource on Node made so far become optional: it is stopped
	CheckParams                         // compare the parameters of Op with the configuration once addresses are assigned
)

// Effect is one consequence of the status section, to be carried out in order.
type Effect struct {
	Kind          EffectKind
	Resource      *Resource
	Node          *Node
	Op            *Op // ExistingOp: its Task and IntervalMS; CheckParams
	Reason        string
	PriorityDelay bool
	Reset         bool // Node's RemoteReset when this came up: it may change later in the reading
}
