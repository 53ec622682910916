package state

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

// Variant says what a resource is made of.
type Variant uint8

// The variants. Their order matters to comparisons, as in the CIB's nesting.
const (
	Primitive Variant = iota
	Group
	Clone
	Bundle
)

// String gives the element name of the variant.
func (v Variant) String() string { return [...]string{"primitive", "group", "clone", "bundle"}[v] }

// MultiplyActive is what to do with a resource found active on too many nodes.
type MultiplyActive uint8

// The values of multiple-active.
const (
	MultiplyRestart    MultiplyActive = iota // stop_start
	MultiplyStop                             // stop_only
	MultiplyBlock                            // block
	MultiplyUnexpected                       // stop_unexpected
)

// Requires is what a resource needs before it may start.
type Requires uint8

// The values of requires.
const (
	RequiresNothing Requires = iota
	RequiresQuorum
	RequiresFencing
	RequiresUnfencing
)

// Resource is one resource, or one instance of a clone, or a part of a bundle.
type Resource struct {
	Index    int            // dense; Cluster.All[Index] is this resource
	ID       crm.ResourceID // "vip", or "web:1" for an instance
	XMLID    crm.ResourceID // the configured id, without instance number
	Variant  Variant
	Class    string
	Provider string
	Type     string

	XML      *cib.Element // configuration, expanded from the template
	Orig     *cib.Element // as configured
	Parent   *Resource
	Children []*Resource

	// HistoryID is the name in the node's history when it differs from ID: "" otherwise.
	HistoryID crm.ResourceID

	Meta        map[string]string // meta-attributes, defaults and inheritance applied, rules evaluated
	Utilization map[string]string
	Ops         []*OpConfig // configured operations, in order

	Priority           int
	Stickiness         crm.Score
	MigrationThreshold int           // failures; crm.Infinity: no limit
	FailureTimeout     time.Duration // zero: failures count for ever
	ReconnectInterval  time.Duration // remote connections: wait so long before trying again
	MultiplyActive     MultiplyActive
	Requires           Requires

	// Role is what it does now; Target what the configuration (or a failure) wants at
	// most: RoleUnknown when nothing is asked.
	Role   crm.Role
	Target crm.Role

	Managed            bool
	Maintenance        bool
	Blocked            bool // no action may be taken
	Failed             bool
	StopIfFailed       bool // must be stopped when Failed (demote-failures are not)
	FailureIgnored     bool
	Removed            bool // no longer configured
	RemovedLaunched    bool // a removed resource that a launcher had started
	Unique             bool // not an anonymous instance
	Promotable         bool
	Notify             bool
	Migratable         bool
	Critical           bool
	NeedsQuorum        bool
	NeedsFencing       bool
	NeedsUnfencing     bool
	FenceDevice        bool
	RemoteConnection   bool
	ExclusiveDiscovery bool
	StartPending       bool
	ReplicaContainer   bool // the container of a bundle's replica
	NestingAllowed     bool // a connection that may be on another node than its container

	RunningOn   []*Node // where it is active, in the order found
	ProbedOn    []*Node // where its state is known, in the order found
	PendingOp   string  // task of an operation in flight: start, stop, monitor, ...
	PendingNode *Node   // where; nil for probes
	LockNode    *Node   // shutdown lock
	LockTime    time.Time

	PartialSource   *Node // migrate_to is done, migrate_from is not
	PartialTarget   *Node
	DanglingSources []*Node // migrated away, stop still to do

	Launcher *Resource // guest connections, bundle parts: what starts them
	Launched []*Resource

	// Allowed is the table of nodes with which scheduling begins, in order of insertion:
	// what a symmetric cluster, failures and bundles gave before any constraint.
	Allowed []AllowedNode
	Base    []BaseLocation // why: every contribution to Allowed that is not a plain zero

	CloneData  *CloneData  // Variant Clone
	GroupData  *GroupData  // Variant Group
	BundleData *BundleData // Variant Bundle
	Replica    *Replica    // parts of a bundle

	cluster   *Cluster
	stopAsked bool                        // an Effect stops it
	params    map[*Node]map[string]string // evaluated parameters; nil key: no node
	plain     int8                        // 1: parameters do not depend on the node, -1: they do, 0: not known
}

// CloneData is what is special to a clone.
type CloneData struct {
	Max, NodeMax                 int
	PromotedMax, PromotedNodeMax int
	Min                          int // clone-min; 0: none
	Interleave, Ordered          bool
	Total                        int          // instances made, removed ones included
	Child                        *cib.Element // the cloned primitive or group
}

// GroupData is what is special to a group.
type GroupData struct {
	Ordered, Colocated bool // false only by deprecated meta-attributes
}

// ProbeMode says whether a resource is looked for on a node where nobody started it.
type ProbeMode uint8

// The values of resource-discovery.
const (
	ProbeAlways ProbeMode = iota
	ProbeNever
	ProbeExclusive
)

// AllowedNode is a node that a resource may be placed on, with its first score.
type AllowedNode struct {
	Node  *Node
	Score crm.Score
	Probe ProbeMode
}

// BaseLocation is a score that reading gave a resource on nodes, before constraints.
type BaseLocation struct {
	Node   *Node // nil: every node
	Score  crm.Score
	Reason string // not_managed_default, __stop_fail__, hard-error ...
}

// OpConfig is a configured operation.
type OpConfig struct {
	ID       string
	Name     string
	Interval time.Duration
	Role     crm.Role // RoleUnknown when not given
	Enabled  bool
	XML      *cib.Element
}

// Top returns the topmost parent below a bundle: r itself when it has no parent.
func (r *Resource) Top() *Resource {
	for r.Parent != nil && r.Parent.Variant != Bundle {
		r = r.Parent
	}
	return r
}

// TopWithBundle returns the topmost parent, bundles included.
func (r *Resource) TopWithBundle() *Resource {
	for r.Parent != nil {
		r = r.Parent
	}
	return r
}

// Bundled reports whether r is part of a bundle.
func (r *Resource) Bundled() bool { return r.Parent != nil && r.TopWithBundle().Variant == Bundle }

// AnonymousClone reports whether r is a clone whose instances are interchangeable.
func (r *Resource) AnonymousClone() bool { return r.Variant == Clone && !r.Unique }
