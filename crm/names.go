package crm

// NodeName is the name of a cluster node as `uname -n` or corosync.conf gives it.
// Names are case-sensitive inside Tactus; readers of ha.cf lower-case them first.
type NodeName string

// NodeID is a node's numeric identity (corosync's nodeid). Zero means "not known".
type NodeID uint32

// ResourceID is the XML id of a resource, or of one instance of a globally unique
// clone ("web:1").
type ResourceID string

// Role is what a resource instance does on a node.
type Role uint8

// The roles, in the order in which a resource climbs through them.
const (
	RoleUnknown Role = iota
	RoleStopped
	RoleStarted
	RoleUnpromoted
	RolePromoted
)

// String gives the current name of the role ("Promoted", not "Master").
func (r Role) String() string {
	switch r {
	case RoleStopped:
		return "Stopped"
	case RoleStarted:
		return "Started"
	case RoleUnpromoted:
		return "Unpromoted"
	case RolePromoted:
		return "Promoted"
	default:
		return "Unknown"
	}
}

// ParseRole reads a role in any case, old names (Master, Slave) included.
// It returns RoleUnknown and false for anything else.
func ParseRole(s string) (Role, bool) {
	switch lower(s) {
	case "stopped":
		return RoleStopped, true
	case "started":
		return RoleStarted, true
	case "unpromoted", "slave":
		return RoleUnpromoted, true
	case "promoted", "master":
		return RolePromoted, true
	default:
		return RoleUnknown, false
	}
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
