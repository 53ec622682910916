package crmd

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// Input is one thing that happened.
type Input interface{ input() }

// MemberSeen says that heartbeats of a node arrive, or do so no more.
type MemberSeen struct {
	ID    crm.NodeID
	Alive bool
	Left  bool   // not alive because it said goodbye: nothing of it runs any more
	Life  uint64 // alive: which of its lives is heard, its boot id; zero: not said
	Anew  bool   // alive, but its controller was started anew: orders in flight may be lost
	Why   string // what membership saw, in words
}

// View is what consensus says.
type View struct {
	Leader  crm.NodeID // zero: none
	Leading bool       // this node is the DC, and may decide
	Stamp   crm.Stamp
	Quorate bool
	Reason  string // of quorate or not, in words
	Few     bool   // too few votes are present: no election can help

	// Lone is the other one of two nodes, when it is gone and a proof that it is off would
	// let this node go on. WaitForAll demands that both were together since this one started.
	Lone       crm.NodeID
	WaitForAll bool

	// Learning says that this node is the second of two and is not a voter yet: were the
	// other one lost now, this one could not go on.
	Learning bool

	// Cut says that no majority has heard this node for Timing.Cut, while others could go on
	// without it. Without fencing that is as good as no quorum: they will take over.
	Cut bool
	// Unheard says that the DC, which is heard, has not shown for Timing.Cut, or never since this
	// controller began, that it hears this node: it takes it for dead.
	Unheard bool
	// Alone says that this node leads without a majority, on a proof or by configuration.
	Alone bool
}

// Lapsed says that no majority heard this node for so long that the others had time to
// take over what it runs: it was stopped, or cut off, and may have noticed only now.
type Lapsed struct{ For time.Duration }

// LastHeard answers Ask: how long ago the node was last heard by any of those that were
// asked and by this node, and by whom.
type LastHeard struct {
	ID      crm.NodeID
	For     time.Duration
	By      crm.NodeName
	Unknown bool // somebody alive did not answer, and may hear it
}

// QuorateBefore says when this node last had a quorum by the word of the controller that was
// here before this one. It comes before the first ViewChanged.
type QuorateBefore struct {
	At     time.Time
	Leased bool // the node kept a lease: the others count on it to stop in time
	// Unjoined is since when that controller could have taken part and did not; zero: it did.
	Unjoined time.Time
}

// ViewChanged brings a new View.
type ViewChanged struct{ View View }

// CIBChanged brings the newest CIB.
type CIBChanged struct{ Snapshot *cib.Snapshot }

// LRMUp brings the executor's memory: after connecting, and as the answer to Recall.
type LRMUp struct {
	States []lrmd.ResourceState
	Fresh  bool // it is not the executor that was there before: the machine or lrmd began anew

	// Newest is the highest authority that the executor has seen: it refuses what is older,
	// of this node's own accord, too.
	Newest crm.Stamp
}

// LRMDown says that the executor cannot be reached.
type LRMDown struct{}

// OpResult is what came of an operation on this node.
type OpResult struct{ Result lrmd.Result }

// AgentTraits is what history needs to know of an agent.
type AgentTraits struct {
	Reload  bool          // it has reload-agent (or the older reload)
	Restart []string      // parameters whose change needs a restart: all that are not reloadable
	Private []string      // parameters that secure digests leave out
	Fence   fencing.Agent // of a fence agent
}

// AgentKnown answers LookUp. An agent without readable meta-data has zero traits.
type AgentKnown struct {
	Agent  lrmd.Agent
	Traits AgentTraits
}

// OrdersCame brings orders of the DC. Token names the caller, for Reply.
type OrdersCame struct {
	From   crm.NodeID
	Orders []Order
	Token  int
}

// OrdersAnswered tells the DC what became of a Send.
type OrdersAnswered struct {
	To      crm.NodeID
	Orders  []Order
	Answers []Answer // same order; nil when Err is set
	Err     string   // the node could not be asked
}

// Acked is a result that is not recorded in the CIB: a notification's, or that an order
// was lost with the executor.
type Acked struct {
	Key string
	RC  crm.ExitCode
}

// FenceReported brings the DC the result of a FenceOrder.
type FenceReported struct{ Result FenceResult }

// FenceResult is what came of one use of a fence device.
type FenceResult struct {
	Key    string         `json:"key"` // of the order
	RC     crm.ExitCode   `json:"rc"`
	Status crm.ExecStatus `json:"status"`
	Reason string         `json:"reason,omitempty"`
	Output string         `json:"output,omitempty"`
}

// Plan is what the policy engine decided.
type Plan struct {
	Graph     *graph.Graph
	Findings  []Finding
	RecheckAt time.Time
	Input     string // where the input was saved; "" when it was not
	Err       string // the policy engine could not decide
	Part      bool   // only what changes concerned was decided; the rest is as decided before

	Snapshot *cib.Snapshot // what it was decided from, and the time then: to be asked for reasons later
	Now      time.Time
}

// Finding is a remark of the policy engine.
type Finding struct{ Level, Msg string }

// Planned answers Think.
type Planned struct {
	Serial int
	Plan   Plan
}

// Committed answers Commit.
type Committed struct {
	Tag      string
	ExitCode int    // cibadmin's; 0 is success
	Err      string // why not; with ExitCode 0: it is unknown whether it was done
}

// TimerFired says that an armed timer is due.
type TimerFired struct{ Name string }

// AttributeWanted asks for a transient attribute.
type AttributeWanted struct {
	Node   crm.NodeName // "": this one
	Name   string
	Value  *string // nil: delete. "value++" and "value+=N" count
	Dampen time.Duration
	Set    string
	Now    bool // write what dampening holds back, too
}

// ForgetWanted asks this node to forget a resource's history and failures.
type ForgetWanted struct {
	Resource crm.ResourceID
	Token    int
}

// ShutdownWanted asks this node to leave in order.
type ShutdownWanted struct{ Reason string }

// RecheckWanted asks the DC to run the policy engine.
type RecheckWanted struct{ Reason string }

// Yielded says that this node lost a merge, or comes back with an older incarnation: it
// must stop what it runs, except what the winner lists, and then rejoin.
type Yielded struct{ Keep []crm.ResourceID }

func (MemberSeen) input()      {}
func (Lapsed) input()          {}
func (QuorateBefore) input()   {}
func (LastHeard) input()       {}
func (ViewChanged) input()     {}
func (CIBChanged) input()      {}
func (LRMUp) input()           {}
func (LRMDown) input()         {}
func (OpResult) input()        {}
func (AgentKnown) input()      {}
func (OrdersCame) input()      {}
func (OrdersAnswered) input()  {}
func (Acked) input()           {}
func (FenceReported) input()   {}
func (Planned) input()         {}
func (Committed) input()       {}
func (TimerFired) input()      {}
func (AttributeWanted) input() {}
func (ForgetWanted) input()    {}
func (ShutdownWanted) input()  {}
func (RecheckWanted) input()   {}
func (Yielded) input()         {}
