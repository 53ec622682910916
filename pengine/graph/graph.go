package graph

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Graph is one transition: what to do to come from what is to what should be.
type Graph struct {
	TransitionID      int
	ClusterDelay      time.Duration // added to every action's timeout for the way there and back
	FencingTimeout    time.Duration
	FailedStopOffset  string    // "INFINITY": failcount after a failed stop
	FailedStartOffset string    // "INFINITY" or "1": failcount after a failed start
	BatchLimit        int       // actions in flight at once over the whole cluster; 0: no limit set
	MigrationLimit    int       // migrations in flight per node; negative: no limit
	RecheckBy         time.Time // zero: nothing in the CIB changes its meaning with time
	FeatureSet        string
	Synapses          []Synapse

	// The same limits as configured ("3m"), for the XML; "" prints the typed value.
	ClusterDelayText, FencingTimeoutText, BatchLimitText, MigrationLimitText string
}

// Synapse is one action and what it waits for.
type Synapse struct {
	ID       int
	Priority int // crm.Infinity-like numbers first; 0 usual
	Action   Action
	Inputs   []int // ids of the actions that must be done before; sorted

	// Triggers describe, in brief, inputs that are not part of the graph (they count as
	// done). Those that are need no description here.
	Triggers []Action
}

// Kind says who carries an action out.
type Kind uint8

// The kinds of actions.
const (
	ResourceOp   Kind = iota // rsc_op: an executor runs an agent
	PseudoEvent              // pseudo_event: a milestone, done at once
	ClusterEvent             // crm_event: fencing (stonith), node shutdown, clear-failcount, maintenance, delete ...
)

// Action is one thing to do.
type Action struct {
	ID          int
	Kind        Kind
	Operation   string            // start, stop, monitor, stonith, do_shutdown, clear_failcount, delete, cancel, ...
	Key         string            // operation_key, e.g. "vip_start_0"
	InternalKey string            // set when Key is a notification's or migration's outward key
	Node        crm.NodeName      // on_node; "" for pseudo events
	NodeUUID    string            // on_node_uuid: the CIB node id
	RouterNode  crm.NodeName      // router_node: the cluster node whose executor runs it; "" when the same
	Resource    Resource          // zero unless Kind is ResourceOp (or a resource-related ClusterEvent)
	Attributes  map[string]string // operation parameters, CRM_meta_* included
	Downed      []string          // node ids that this action takes down
	Maintenance []Maintenance     // maintenance states to record (maintenance_nodes event)
	Reason      string            // why, for people; not part of the XML

	Mode         string // "cib": only the CIB is changed (lrm_delete)
	ShutdownLock int64  // when the resource was locked to its node, seconds since the epoch; 0: it is not
}

// Maintenance is a node's maintenance flag to record in its node_state.
type Maintenance struct {
	NodeUUID    string
	Maintenance bool
}

// Resource is what the executor needs to know about the resource of an action.
type Resource struct {
	ID       crm.ResourceID // instance id the executor uses: "vip", "web:1" when globally unique
	LongID   crm.ResourceID // "web-clone:web:1" where it differs from ID
	Class    string         // ocf, lsb, systemd, service, stonith
	Provider string         // heartbeat, pacemaker, tactus, ...; "" unless ocf
	Type     string         // the agent
}
