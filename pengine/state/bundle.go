package state

import "github.com/tactus-ha/tactus/crm"

// BundleData is what is special to a bundle.
type BundleData struct {
	Agent               string // docker, podman
	Image               string
	Network             string // network option
	IPRangeStart        string
	HostNetwork         string
	HostNetmask         string
	ControlPort         string
	RunCommand          string
	Options             string
	AddHost             bool
	Replicas            []*Replica
	ReplicaCount        int
	PerHost             int
	PromotedMax         int
	Ports               []BundlePort
	Mounts              []BundleMount
	Child               *Resource // the clone that runs inside; nil when the bundle is bare
	ContainerUsesRemote bool
}

// Replica is one instance of a bundle: its address, its container, the connection to
// the node inside, and the resource that runs there.
type Replica struct {
	Offset    int
	IPAddr    string
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
