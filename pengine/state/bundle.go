package state

import "github.com/tactus-ha/tactus/crm"

// BundleData is what is special to a bundle.
type BundleData struct {
	Agent        string // docker, podman
	Image        string
	Network      string // network option of the container
	IPRangeStart string
	HostNetwork  string
	HostNetmask  string
	ControlPort  string
	RunCommand   string
	Options      string // as configured; "" also when empty
	hasOptions   bool
	AddHost      bool
	Replicas     []*Replica
	ReplicaCount int
	PerHost      int
	PromotedMax  int
	Ports        []BundlePort
	Mounts       []BundleMount
	Child        *Resource // the clone that runs inside; nil when the bundle is bare
	hosts        string    // addresses of all replicas, as options of the container
	lastIP       string
}

// Replica is one instance of a bundle: its address, its container, the connection to
// the node inside, and the resource that runs there.
type Replica struct {
	Offset    int
	IPAddr    string    // "" when there is no address range, or no address left in it
	IP        *Resource // nil when there is no address range
	Container *Resource
	Remote    *Resource // nil for a bare bundle
	Child     *Resource // the instance inside; nil for a bare bundle
	Node      *Node     // the guest node; nil for a bare bundle
	Bundle    *Resource
}

// BundlePort is a port mapping.
type BundlePort struct{ Source, Target string }

// BundleMount is a storage mapping.
type BundleMount struct {
	Source, Target, Options string
	SourceRoot              bool // a directory per replica below Source
}

// Name is the node name of the guest inside the replica.
func (r *Replica) Name() crm.NodeName {
	if r.Node == nil {
		return ""
	}
	return r.Node.Name
}

// NeedsRemoteName reports whether r is a connection whose address is that of the node
// that runs its container, which is known only once that is assigned.
func (r *Resource) NeedsRemoteName() bool {
	return r.RemoteConnection && equalFold(r.Params(nil)["addr"], "#uname")
}
