package crmd

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// Effect is one thing the daemon has to do. Effects are carried out in order.
type Effect interface{ effect() }

// Commit submits operations on the CIB; Committed answers it. Commits take effect in the
// order in which they were given; several may travel together unless Solo.
type Commit struct {
	Tag  string
	Ops  []cib.Op
	Solo bool // it may be refused: it must not drag others along
}

// Abandon gives up the Commits that are not answered yet: they were meant for a history that
// gives way to another one, and must not be agreed on as part of that. Each is answered with
// an error.
type Abandon struct{}

// Send gives orders to the controller of another node; OrdersAnswered answers it.
type Send struct {
	To     crm.NodeID
	Orders []Order
}

// HangUp gives up orders to a node that it has not answered; OrdersAnswered says so. They
// must not reach a later life of it, or of the DC's duties, in which nobody expects them.
type HangUp struct{ To crm.NodeID }

// Reply answers OrdersCame.
type Reply struct {
	Token   int
	Answers []Answer
}

// Ack tells the DC a result that is not recorded in the CIB: a notification's, or that an
// order was lost with the executor.
type Ack struct {
	To  crm.NodeID
	Key string
	RC  crm.ExitCode
}

// Report tells the DC the result of a FenceOrder. It is repeated until it arrives, or the
// DC is another one.
type Report struct {
	To     crm.NodeID
	Result FenceResult
}

// ConfirmOff tells consensus that a node is proven to be off.
type ConfirmOff struct {
	Node  crm.NodeID
	Proof string
}

// Execute gives an order to the executor. When that fails the daemon answers with an
// OpResult of status ExecNotConnected.
type Execute struct{ Order lrmd.Order }

// Withdraw cancels a recurring operation.
type Withdraw struct {
	Stamp crm.Stamp
	Op    crm.OpKey
}

// Drop makes the executor forget a resource.
type Drop struct {
	Stamp    crm.Stamp
	Resource crm.ResourceID
}

// Recall asks the executor for its memory; LRMUp answers it.
type Recall struct{}

// Announce has the network told anew where the addresses are that are active here.
type Announce struct{}

// LookUp asks for an agent's traits; AgentKnown answers it.
type LookUp struct{ Agent lrmd.Agent }

// Think runs the policy engine, off the main loop; Planned answers it.
type Think struct {
	Serial       int
	Snapshot     *cib.Snapshot
	TransitionID int
	Save         bool // keep the input as a pe-input file
}

// Cease says that the decision under way will be thrown away, whatever it is: there is no
// need to finish it. Planned answers Think all the same.
type Cease struct{ Serial int }

// Arm sets a timer to a time, replacing one of the same name; the zero time disarms it.
type Arm struct {
	Name string
	At   time.Time
}

// Notice is one event for the log and the event stream.
type Notice struct {
	Level    Level
	Kind     string // cib, member, dc, quorum, transition, action, result, fence
	Node     crm.NodeName
	Resource crm.ResourceID
	Text     string
	Keys     []string // alternating names and values for the log
}

// Level says who must read a Notice.
type Level uint8

// The levels.
const (
	Debug Level = iota
	Info
	Warning
	Error
)

// HandOver asks consensus to let another node lead.
type HandOver struct{}

// Leave ends this node's part in the cluster: goodbye to the others, then the daemon ends.
// Running says that resources may go on here: then there is no goodbye, because that
// would tell the others that nothing runs any more.
type Leave struct {
	Reason  string
	Running bool
}

// Rejoin tells consensus that this node has stopped what it had to stop.
type Rejoin struct{}

// Reset ends this machine at once: what runs here must not go on, and stopping it in order
// is impossible or would take too long. Nothing follows it.
type Reset struct{ Reason string }

// Ask has the living nodes asked when they last heard a node that this one takes for dead;
// LastHeard answers it.
type Ask struct{ ID crm.NodeID }

// Renew says that what this node had to stop after Lapsed is stopped.
type Renew struct{}

// Unjoined notes for a later controller since when this node could take part in the cluster
// and does not; zero: it does, or cannot.
type Unjoined struct{ Since time.Time }

func (Ask) effect()        {}
func (Unjoined) effect()   {}
func (Renew) effect()      {}
func (Reset) effect()      {}
func (Commit) effect()     {}
func (Abandon) effect()    {}
func (Send) effect()       {}
func (HangUp) effect()     {}
func (Reply) effect()      {}
func (Ack) effect()        {}
func (Report) effect()     {}
func (ConfirmOff) effect() {}
func (Execute) effect()    {}
func (Withdraw) effect()   {}
func (Drop) effect()       {}
func (Recall) effect()     {}
func (Announce) effect()   {}
func (LookUp) effect()     {}
func (Think) effect()      {}
func (Cease) effect()      {}
func (Arm) effect()        {}
func (Notice) effect()     {}
func (HandOver) effect()   {}
func (Leave) effect()      {}
func (Rejoin) effect()     {}
