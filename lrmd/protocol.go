package lrmd

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Agent names a resource agent.
type Agent struct {
	Class    string `json:"class"`              // ocf, lsb, systemd, service, stonith, heartbeat
	Provider string `json:"provider,omitempty"` // only for ocf
	Type     string `json:"type"`
}

// Order asks for one operation, once (Interval zero) or for ever (recurring monitor).
// A recurring order with the same OpKey as one that already recurs replaces it.
type Order struct {
	Stamp      crm.Stamp         `json:"stamp"`
	Op         crm.OpKey         `json:"op"`
	Agent      Agent             `json:"agent"`
	Timeout    time.Duration     `json:"timeout"`               // zero: the executor's default, 20 s
	StartDelay time.Duration     `json:"start_delay,omitempty"` // before the first run
	Params     map[string]string `json:"params,omitempty"`      // without OCF_RESKEY_; CRM_meta_* included
	UserData   string            `json:"user_data,omitempty"`   // the transition key; comes back in the Result
	// PreferNative asks for the native agent also where a script of that name is
	// installed (cluster property prefer-native-agents); Params may ask for it too, with
	// CRM_meta_prefer_native_agents=true.
	PreferNative bool `json:"prefer_native,omitempty"`
	// Fence makes this an order to a fence device (class stonith): Op.Resource is the
	// device, Op.Name the action as its agent knows it. Nil in what a device goes through
	// as a resource.
	Fence *FenceCall `json:"fence,omitempty"`
}

// Result is what came of one run of an operation. A recurring operation reports its
// first result and after that only changes.
type Result struct {
	Call       int               `json:"call"` // the executor's number of the order, from 1, rising
	Op         crm.OpKey         `json:"op"`
	Agent      Agent             `json:"agent"`
	RC         crm.ExitCode      `json:"rc"`
	Status     crm.ExecStatus    `json:"status"`
	ExitReason string            `json:"exit_reason,omitempty"`
	Output     string            `json:"output,omitempty"` // bounded; for metadata and validation
	QueueTime  time.Duration     `json:"queue_time"`
	ExecTime   time.Duration     `json:"exec_time"`
	LastRun    time.Time         `json:"last_run"`       // wall clock, for the history
	LastChange time.Time         `json:"last_rc_change"` // wall clock, for the history
	UserData   string            `json:"user_data,omitempty"`
	Params     map[string]string `json:"params,omitempty"` // as ordered, so that history and digests can be rebuilt
	Recurring  bool              `json:"recurring,omitempty"`
	Fence      *FenceCall        `json:"fence,omitempty"`   // as ordered; such a result belongs to no resource's history
	Unknown    bool              `json:"unknown,omitempty"` // the executor was restarted while it ran, as far as it remembers
	Removed    bool              `json:"removed,omitempty"` // the operation was cancelled or its resource forgotten
}

// ResourceState is what the executor remembers of one resource: enough for a crmd
// that was killed to take it up again without touching the resource.
type ResourceState struct {
	Resource  crm.ResourceID `json:"resource"`
	Agent     Agent          `json:"agent"`
	History   []Result       `json:"history"`   // the last result of each OpKey (start, stop, monitor_10000 ...)
	Recurring []crm.OpKey    `json:"recurring"` // what is on the timetable now
	InFlight  []crm.OpKey    `json:"in_flight"` // queued or running
	// Restored says that the history was read back from disk after the executor itself
	// was restarted: nothing recurs any more, and what the history says must be probed
	// before it is believed.
	Restored bool `json:"restored,omitempty"`
}

// PromotionScore is what a native agent says its instance is worth for promotion on
// this node: what a script says with `crm_attribute --promotion -v SCORE` (or -D).
type PromotionScore struct {
	Resource crm.ResourceID `json:"resource"`
	Score    string         `json:"score,omitempty"` // a score; meaningless when Delete
	Delete   bool           `json:"delete,omitempty"`
}

// DefaultTimeout is how long an operation may take whose order says nothing.
const DefaultTimeout = 20 * time.Second

// StaleStampError is the refusal of an order that is older than one already accepted.
type StaleStampError struct {
	Have crm.Stamp `json:"have"` // of the refused order
	Want crm.Stamp `json:"want"` // the least that is accepted
}

func (e *StaleStampError) Error() string {
	return "order of " + e.Have.String() + " refused: the newest authority seen is " + e.Want.String()
}

// Outcome is what package lrmd/exec found out by running an order once.
type Outcome struct {
	RC         crm.ExitCode
	Status     crm.ExecStatus
	ExitReason string
	Output     string
}
