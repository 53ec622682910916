package state

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Demand is something that reading nodes and histories requires of the scheduler: an
// action that must exist, or a score. Read records demands in the order in which it
// comes upon them, and sched carries them out before anything else, because action
// ids, and which reason is kept, follow that order.
//
// Resource and Node are the dense indexes of Resource and Node; -1 means none (for
// DemandScore: every node).
type Demand struct {
	Kind          DemandKind
	Resource      int
	Node          int
	Task          string        // DemandRecurring: the operation's name
	Interval      time.Duration // DemandRecurring
	Score         crm.Score     // DemandScore
	Reason        string        // why, in Pacemaker's words; for DemandScore its tag ("__stop_fail__")
	PriorityDelay bool          // DemandFence: priority-fencing-delay applies
	AfterFencing  bool          // DemandClearFailcount: only after the remote node was fenced (reconnect interval)
	Entry         *cib.Element  // DemandParamCheck: the failed history entry
}

// DemandKind says what a Demand asks for.
type DemandKind uint8

// The kinds of demands.
const (
	DemandFence          DemandKind = iota // an (as yet optional) fencing action exists for Node; Node.Unclean says whether it is needed
	DemandStop                             // Resource must be stopped on Node
	DemandDemote                           // Resource must be demoted on Node
	DemandRecurring                        // this recurring operation is active on Node (an optional action)
	DemandClearFailcount                   // the failcount of Resource on Node must be cleared
	DemandScore                            // add Score to Resource (and all below it) on Node, or on all nodes
	DemandScoreSet                         // Resource's table becomes every node with Score (multiple-active=stop_only)
	DemandStopsOptional                    // stops demanded so far of Resource on Node are not needed after all
	DemandParamCheck                       // clear the failcount if parameters changed since Entry failed (needs placement first)
)
