package api

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// CIBOp is one change of the CIB, with cibadmin's meanings.
type CIBOp struct {
	Kind        string `json:"kind"`                   // create, modify, delete, delete-all, replace, patch, erase, upgrade, bump
	Scope       string `json:"scope,omitempty"`        // section name; "" or "all": the whole CIB
	XPath       string `json:"xpath,omitempty"`        // instead of Scope
	XML         string `json:"xml,omitempty"`          // the data; empty for erase, upgrade, bump, delete by xpath
	AllowCreate bool   `json:"allow_create,omitempty"` // modify: create what is missing
	Force       bool   `json:"force,omitempty"`
}

// CIBRequest changes the CIB: all operations, or none.
type CIBRequest struct {
	Ops       []CIBOp `json:"ops"`
	IfVersion string  `json:"if_version,omitempty"` // admin_epoch.epoch.num_updates: refuse (103) unless the CIB is at it
	DryRun    bool    `json:"dry_run,omitempty"`    // say what would happen, change nothing
}

// CIBReply answers a CIBRequest once the change is on disk at a majority.
type CIBReply struct {
	ExitCode int       `json:"exit_code"` // of the command-line tools: 0, 103 old, 105 no such, 108 exists, 78 invalid ...
	Error    string    `json:"error,omitempty"`
	Version  string    `json:"version"`            // after the change
	XML      string    `json:"xml,omitempty"`      // operations that return data
	Findings []Finding `json:"findings,omitempty"` // what the schema or the policy engine says about it
}

// Finding is one remark about the configuration.
type Finding struct {
	Level   string `json:"level"` // "error", "warning", "info"
	Message string `json:"message"`
}

// Error is the body of every answer with an HTTP status of 400 and above.
type Error struct {
	ExitCode int    `json:"exit_code"`
	Message  string `json:"error"`
}

// Status is one node's view of the cluster. A field that this node cannot know is
// zero, and Partial says what is missing and why.
type Status struct {
	Cluster      string       `json:"cluster"`
	Node         crm.NodeName `json:"node"`
	NodeID       crm.NodeID   `json:"node_id"`
	Version      string       `json:"version"`
	State        string       `json:"state"` // S_IDLE, S_NOT_DC, S_TRANSITION_ENGINE, S_POLICY_ENGINE, S_PENDING, S_STOPPING ...
	DC           crm.NodeName `json:"dc,omitempty"`
	Stamp        crm.Stamp    `json:"stamp"`
	Quorate      bool         `json:"quorate"`
	QuorumReason string       `json:"quorum_reason"` // in words: "2 of 3 votes", "alone, waits: fencing is on and server1 is not confirmed off"
	Protected    bool         `json:"protected"`     // false: UNPROTECTED, resources may run twice
	Protection   string       `json:"protection"`    // what keeps resources from running twice: fencing, watchdog, witness, quorum alone or nothing, in words
	Votes        Votes        `json:"votes"`

	// FencingTrouble tells what keeps nodes from being fenced, what waits for it and what to
	// do, one sentence each. Only the DC knows it, and one of two nodes that is alone.
	FencingTrouble []string `json:"fencing_trouble,omitempty"`

	CIBVersion string           `json:"cib_version"`
	Members    []MemberStatus   `json:"members"`
	Transition TransitionStatus `json:"transition"`
	DiskError  string           `json:"disk_error,omitempty"` // writes are refused because of it
	Partial    string           `json:"partial,omitempty"`
	Refused    []Refusal        `json:"refused,omitempty"` // what this node dropped since it started, because it is nobody's who belongs here
	Stale      string           `json:"stale,omitempty"`   // why the node's copy of the CIB is not the cluster's, and since when; "" when it is
}

// Refusal counts what was dropped for one reason.
type Refusal struct {
	Kind  string `json:"kind"` // packets: garbage, version, cluster, stranger, key, replay, retired, oversized, self; stream, connection, message
	Why   string `json:"why"`
	Count uint64 `json:"count"`
}

// Votes counts the votes for quorum. The additional vote of a tie-breaker counts.
type Votes struct {
	Configured int          `json:"configured"` // votes of all nodes that vote, as configured
	Expected   int          `json:"expected"`
	Present    int          `json:"present"`
	Quorum     int          `json:"quorum"`
	TieBreaker crm.NodeName `json:"tie_breaker,omitempty"`  // has one vote more than configured, because the votes are even
	WaitForAll bool         `json:"wait_for_all,omitempty"` // some node was not seen yet since this one started, and the configuration demands it
	Flags      []string     `json:"flags,omitempty"`        // options of the quorum section that are on, as corosync-quorumtool names them

	LastManStandingWindow time.Duration `json:"last_man_standing_window,omitempty"`
}

// MemberStatus is one configured node as seen from here.
type MemberStatus struct {
	Name        crm.NodeName `json:"name"`
	ID          crm.NodeID   `json:"id"`
	Alive       bool         `json:"alive"`  // heartbeats arrive
	Joined      bool         `json:"joined"` // its crmd takes part (crmd="online", join="member")
	Role        string       `json:"role"`   // leader, voter, learner, out
	Links       []LinkStatus `json:"links"`
	Incarnation uint64       `json:"incarnation"`
	Votes       int          `json:"votes"`             // that count now, without a tie-breaker's additional one
	Witness     bool         `json:"witness,omitempty"` // it votes and runs nothing: no node of the CIB

	// ExecutorLost says that the node's crmd cannot reach its lrmd; of other nodes it may
	// be some seconds old.
	ExecutorLost bool `json:"executor_lost,omitempty"`
	// Stalled says that another node's controller hangs: it is heard, and decides nothing.
	Stalled bool `json:"stalled,omitempty"`
}

// LinkStatus is one link to one node.
type LinkStatus struct {
	Number       int           `json:"number"` // ring number
	Kind         string        `json:"kind"`   // udp, mcast, bcast, serial
	Local        string        `json:"local"`
	Remote       string        `json:"remote"`
	Up           bool          `json:"up"`
	LastHeard    time.Duration `json:"last_heard"` // ago
	RTT          time.Duration `json:"rtt"`
	LossPermille int           `json:"loss_permille"`
	Error        string        `json:"error,omitempty"`
}

// TransitionStatus is what the DC is doing; zero on other nodes.
type TransitionStatus struct {
	ID        int       `json:"id"`
	State     string    `json:"state"` // idle, running, waiting
	Pending   int       `json:"pending"`
	Done      int       `json:"done"`
	Total     int       `json:"total"`
	Reason    string    `json:"reason"`              // why it was computed
	InFlight  []string  `json:"in_flight,omitempty"` // "start vip on server2 (0.3 s)"
	RecheckAt time.Time `json:"recheck_at"`
}

// Event is one line of the event stream.
type Event struct {
	Seq        uint64         `json:"seq"`
	At         time.Time      `json:"at"`
	Kind       string         `json:"kind"` // cib, member, dc, quorum, transition, action, result, fence
	Node       crm.NodeName   `json:"node,omitempty"`
	Resource   crm.ResourceID `json:"resource,omitempty"`
	Message    string         `json:"message"`
	CIBVersion string         `json:"cib_version,omitempty"`
}

// AttributeUpdate sets or deletes a transient node attribute.
type AttributeUpdate struct {
	Node    crm.NodeName  `json:"node,omitempty"` // "": this node
	Name    string        `json:"name"`
	Pattern bool          `json:"pattern,omitempty"` // Name is a regular expression (delete only)
	Value   *string       `json:"value"`             // nil: delete. "value++" and "value+=N" count from the present value
	Dampen  time.Duration `json:"dampen,omitempty"`  // wait for further changes before writing
	Set     string        `json:"set,omitempty"`
	Private bool          `json:"private,omitempty"`
}

// Attribute is one transient node attribute.
type Attribute struct {
	Node  crm.NodeName `json:"node"`
	Name  string       `json:"name"`
	Value string       `json:"value"`
}

// Cleanup asks that a resource's history be forgotten and probed again.
type Cleanup struct {
	Resource  crm.ResourceID `json:"resource,omitempty"` // "": all
	Node      crm.NodeName   `json:"node,omitempty"`     // "": all
	Operation string         `json:"operation,omitempty"`
	Interval  time.Duration  `json:"interval,omitempty"`
	Refresh   bool           `json:"refresh,omitempty"` // also where nothing failed
	Force     bool           `json:"force,omitempty"`
}

// CleanupReply names what was forgotten.
type CleanupReply struct {
	Cleaned []CleanedUp `json:"cleaned"`
}

// CleanedUp is one resource's history on one node.
type CleanedUp struct {
	Resource crm.ResourceID `json:"resource"`
	Node     crm.NodeName   `json:"node"`
}

// FailRequest records a failure that did not happen (crm_resource -F).
type FailRequest struct {
	Resource crm.ResourceID `json:"resource"`
	Node     crm.NodeName   `json:"node"`
}

// Timing is what follows from token or deadtime.
type Timing struct {
	Source    string        `json:"source"` // "corosync.conf: totem.token 1000"
	Heartbeat time.Duration `json:"heartbeat"`
	Warn      time.Duration `json:"warn"`
	Dead      time.Duration `json:"dead"`
	Election  time.Duration `json:"election"`
	InitDead  time.Duration `json:"init_dead"`
	Failover  time.Duration `json:"failover"` // expected: node death to first start order
	Lines     []string      `json:"lines"`    // the same as text, for people
}

// Transition is one decision of the DC and what came of it: the answer of /v1/explain.
type Transition struct {
	ID         int                `json:"id"`
	UUID       string             `json:"uuid"` // of the DC's term of office, as in transition keys
	At         time.Time          `json:"at"`
	Ended      time.Time          `json:"ended"`             // zero: under way
	Reason     string             `json:"reason"`            // why it was computed
	Aborted    string             `json:"aborted,omitempty"` // why it ended before everything was done
	Input      string             `json:"input,omitempty"`   // file with the CIB it was computed from
	CIBVersion string             `json:"cib_version"`
	Summary    string             `json:"summary"`
	Findings   []Finding          `json:"findings,omitempty"`
	Actions    []TransitionAction `json:"actions"`
}

// TransitionAction is one action of a transition.
type TransitionAction struct {
	ID        int            `json:"id"`
	Operation string         `json:"operation"`
	Key       string         `json:"key,omitempty"` // operation key
	Resource  crm.ResourceID `json:"resource,omitempty"`
	Node      crm.NodeName   `json:"node,omitempty"`
	Pseudo    bool           `json:"pseudo,omitempty"` // a milestone: nothing is executed
	Reason    string         `json:"reason,omitempty"`
	Text      string         `json:"text,omitempty"`  // "start db on n1"; this and the next two only when one transition was asked for, and it is one of the last
	Why       []string       `json:"why,omitempty"`   // its causes as sentences, the nearest first
	After     []string       `json:"after,omitempty"` // the actions that it waits for, and why
	State     string         `json:"state"`           // waiting, running, done, failed
	Result    string         `json:"result,omitempty"`
	Since     time.Time      `json:"since"` // when it was started; zero: not yet
}
