package state

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Cluster is everything the CIB says, at one time.
type Cluster struct {
	Root    *cib.Element // the whole document
	Now     time.Time    // what rules and timeouts are measured against
	Options Options
	Quorate bool  // have-quorum
	DC      *Node // by dc-uuid; nil when unknown or not a node

	Nodes     []*Node     // sorted: case-insensitive, digits as numbers (node9 before node10)
	Resources []*Resource // top level: configured ones by falling priority (document order among equals), then removed ones as their history was found
	All       []*Resource // every resource and instance; All[r.Index] == r

	Constraints []Constraint        // in document order
	Tickets     map[string]*Ticket  // state of tickets by id; constraints may name others
	Tags        map[string][]string // tag id -> ids it refers to
	Templates   map[string][]string // template id -> ids of resources made from it; empty when unused

	Effects   []Effect  // what reading the status demands of the scheduler, in order
	Failed    []*Op     // failed operations to show, in the order found
	Findings  []Finding // remarks about the configuration
	RecheckAt time.Time // the earliest time at which the same CIB means something else; zero: none

	HaveFencing    bool // there is a fencing resource or a watchdog
	HaveRemotes    bool // there are remote or guest nodes
	UnfencingInUse bool // something provides or requires unfencing
	Sanitized      bool // passwords may be masked: compare secure digests

	Instances int // primitive instances, removed and inactive ones not counted
	Disabled  int // of them: target-role says stopped (or unpromoted)
	Blocked   int // of them: blocked from further action

	r *reader // evaluates parameters on demand
}

// Finding is one remark about the configuration, for the operator.
type Finding struct {
	Level string // "error", "warning", "notice"
	Msg   string
}

// ReadOptions says how to read.
type ReadOptions struct {
	Sanitized    bool         // the input may lack passwords (files are treated so)
	LocationOnly bool         // leave the status section out
	Local        crm.NodeName // make a node of this name if there is none
	Trace        bool         // note where findings and effects come from; see Cluster.Units
	HaveFencing  bool         // there are fencing resources, though the document may lack them
}

// QuorumPolicy is what to do without quorum.
type QuorumPolicy uint8

// The values of no-quorum-policy. "suicide" is the old name of fence.
const (
	QuorumStop QuorumPolicy = iota
	QuorumFreeze
	QuorumIgnore
	QuorumDemote
	QuorumFence
)

// String gives the value as the CIB writes it.
func (p QuorumPolicy) String() string {
	return [...]string{"stop", "freeze", "ignore", "demote", "fence"}[p]
}

// Options are the cluster properties, typed, with defaults filled in.
// Source: Pacemaker Explained, "Cluster Options".
type Options struct {
	Raw map[string]string // as set in the CIB, names as there

	NoQuorum            QuorumPolicy
	Symmetric           bool
	MaintenanceMode     bool
	StopAll             bool
	FencingEnabled      bool // fencing-enabled, stonith-enabled
	StartupFencing      bool
	ConcurrentFencing   bool
	StartFailureIsFatal bool
	StopRemoved         bool // stop-removed-resources, stop-orphan-resources
	CancelRemoved       bool // cancel-removed-actions, stop-orphan-actions
	ProbeResources      bool // enable-startup-probes
	ShutdownLock        bool
	FenceRemoteNoQuorum bool

	FenceAction          string // reboot or off
	FencingTimeout       time.Duration
	PriorityFencingDelay time.Duration
	ShutdownLockLimit    time.Duration // zero: none
	NodePendingTimeout   time.Duration // zero: none
	PlacementStrategy    string        // default, utilization, minimal, balanced
	Health               Health
}

// Health is the node-health configuration.
type Health struct {
	Strategy           string // none, migrate-on-red, only-green, progressive, custom
	Base               crm.Score
	Red, Yellow, Green crm.Score // what the words are worth
}

// Ticket is the state of a multi-site ticket.
type Ticket struct {
	ID          string
	Granted     bool
	Standby     bool
	LastGranted time.Time         // zero: never
	State       map[string]string // every attribute but id, as in the CIB
}

// Node finds a node by name (case-insensitively, as the field does); nil when there is none.
func (c *Cluster) Node(name crm.NodeName) *Node {
	for _, n := range c.Nodes {
		if equalFold(string(n.Name), string(name)) {
			return n
		}
	}
	return nil
}

// NodeByID finds a node by its CIB id; nil when there is none.
func (c *Cluster) NodeByID(id string) *Node {
	for _, n := range c.Nodes {
		if equalFold(n.ID, id) {
			return n
		}
	}
	return nil
}

// Resource finds a resource or instance by its id, or by the id of its history; nil when
// there is none.
func (c *Cluster) Resource(id string) *Resource { return c.r.find(id) }
