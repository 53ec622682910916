package state

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// History is what one node remembers of one resource (lrm_resource).
type History struct {
	Node                  *Node
	Entry                 string    // the id in the history: may be an instance name of old
	Resource              *Resource // whom it belongs to; nil when nothing was made of it
	Class, Provider, Type string
	Container             string // set by old bundles and nagios resources
	XML                   *cib.Element
	Ops                   []*Op // oldest first (by call id and its exceptions)

	// Of the entries in Ops: the last start and the last stop; -1 when there is none.
	StartIndex, StopIndex int
}

// Op is one entry of a history: an operation and its result (lrm_rsc_op).
type Op struct {
	XML        *cib.Element
	Node       *Node
	Resource   *Resource
	ID         string // "vip_last_0", "vip_last_failure_0", "vip_monitor_10000"
	Key        string // operation_key
	Task       string // start, stop, monitor ...
	IntervalMS int64
	CallID     int
	Status     crm.ExecStatus
	RC         crm.ExitCode
	ExpectedRC crm.ExitCode // of the transition key; -1 when there is none
	Transition crm.TransitionKey
	LastChange time.Time // last-rc-change; zero when absent
	ExitReason string

	// Rescheduled says that a recurring operation's failure has expired: treat its
	// parameters as changed, so that it is started anew.
	Rescheduled bool
}

// IsProbe reports whether the operation asked "is it running?" once.
func (o *Op) IsProbe() bool { return o.Task == "monitor" && o.IntervalMS == 0 }
