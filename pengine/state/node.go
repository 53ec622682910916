package state

import "github.com/tactus-ha/tactus/crm"

// NodeKind says how a node takes part.
type NodeKind uint8

// The kinds of nodes.
const (
	ClusterNode NodeKind = iota // runs the whole stack
	RemoteNode                  // runs an executor, reached through an ocf:pacemaker:remote resource
	GuestNode                   // the same, inside a resource of the cluster (a virtual machine or a bundle's container)
)

// Node is one node as the CIB shows it.
type Node struct {
	Index int    // dense, in order of creation; stays
	ID    string // the CIB's node id
	Name  crm.NodeName
	Kind  NodeKind

	// Score is what every resource's score on this node starts from: the node's own
	// score, or -INFINITY when it is down or shutting down.
	Score       crm.Score
	Probe       ProbeMode         // of resources in general: never on a bundle's nodes
	Attrs       map[string]string // permanent attributes overlaid with transient ones, #uname and the like included
	Utilization map[string]string

	Online        bool
	Unclean       bool // must be fenced before anything is known about it
	Pending       bool // coming up, cannot run resources yet
	Shutdown      bool // wants to leave
	Standby       bool
	FailedStandby bool // Standby comes from a failed operation with on-fail=standby
	Maintenance   bool
	Seen          bool // there is (or was, in this life of the cluster) a state entry
	ExpectedUp    bool
	ProbesAllowed bool // resource-discovery-enabled is not false (remote nodes only)

	RemoteReset       bool // a remote node to be fenced, a guest whose container must be recovered
	RemoteFenced      bool // fenced since its connection was last up
	RemoteMaintenance bool // its state entry says maintenance
	Unpacked          bool // its history was read

	Priority int         // sum of the priorities of what runs there, +1 per promoted instance
	Running  []*Resource // primitives, in the order found
	Remote   *Resource   // the connection of a remote or guest node

	History []*History // of resources on this node, in document order

	fails     map[string]failures // by resource name as in the attributes
	failsBase map[string]failures // the same without instance numbers
}

// IsRemote reports whether the node is a remote or a guest node.
func (n *Node) IsRemote() bool { return n.Kind != ClusterNode }

// FeatureSet is the crm_feature_set the node last reported; "" when unknown.
func (n *Node) FeatureSet() string { return n.Attrs["#feature-set"] }

// guest reports whether the node lives inside a resource of the cluster.
func (n *Node) guest() bool {
	return n.Kind != ClusterNode && n.Remote != nil && n.Remote.Launcher != nil
}

// Label is the name that displays use: the name, or the id of a nameless node.
func (n *Node) Label() string {
	if n == nil {
		return "unspecified node"
	}
	if n.Name != "" {
		return string(n.Name)
	}
	return n.ID
}
