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
}
