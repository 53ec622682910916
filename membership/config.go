package membership

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// DefaultPort is the UDP port of heartbeats and the TCP port of gossip streams when the
// configuration names none: corosync's own default.
const DefaultPort = 5405

// MaxNodes is how many full members a configuration may list.
const MaxNodes = 32

// MaxLinks is how many redundant links there may be (corosync's limit).
const MaxLinks = 8

// Node is one configured member.
type Node struct {
	Name  crm.NodeName
	ID    crm.NodeID
	Addrs []netip.Addr // by link number; the zero Addr where it is not known (yet)
	Hosts []string     // the addresses as written; host names among them are resolved by membership/files
	Votes int          // for quorum; 1 unless quorum_votes says otherwise

	Witness bool // it votes and runs nothing
	Line    int  // where the configuration names it; 0 when nothing does
}

// LinkKind is how packets of a link travel.
type LinkKind string

// The kinds of links.
const (
	Unicast   LinkKind = "udp"
	Multicast LinkKind = "mcast"
	Broadcast LinkKind = "bcast"
)

// LinkConfig is one of the redundant networks.
type LinkConfig struct {
	Number    int
	Kind      LinkKind
	Interface string       // network interface; "": the one that has the local node's address
	BindNet   netip.Prefix // corosync's bindnetaddr; invalid when not given
	Group     netip.Addr   // multicast group
	Port      int          // UDP
	TTL       int          // multicast only; 0 means 1
	Loop      bool         // multicast is looped back to this machine
	Peers     []netip.Addr // unicast targets that are not yet tied to a node's name (ha.cf's ucast)
}

// QuorumConfig is the quorum section.
type QuorumConfig struct {
	Provider        string // "corosync_votequorum", or "" when nothing is said
	ExpectedVotes   int    // the sum of all votes unless given
	TwoNode         bool
	WaitForAll      bool          // two_node implies it unless it is written as 0
	LastManStanding time.Duration // after being dead for so long a node's votes are not counted; 0: always counted
	TieBreaker      string        // auto_tie_breaker: "lowest", "highest" or node ids in order, "" when it is off
}

// LogConfig says where the daemons log.
type LogConfig struct {
	ToStderr, ToSyslog, ToFile bool
	File                       string
	DebugFile                  string
	Facility                   string // syslog facility, lower case
	Debug                      bool
}

// Config is everything that must be known before the first packet is sent.
type Config struct {
	ClusterName string
	Nodes       []Node // sorted by ID
	Local       crm.NodeName
	Links       []LinkConfig
	Timing      Timing
	Quorum      QuorumConfig
	Keys        [][]byte // the first signs and seals, all are accepted
	Log         LogConfig
	Port        int    // TCP port of gossip streams; consensus uses Port+1
	KeyFile     string // totem.keyfile; "": the default place
	Source      string // the file that all this is from
	HeartbeatV1 bool   // from ha.cf: without "crm on", haresources says what runs
	Failback    string // ha.cf's auto_failback: "on", "off", "legacy"; "" from corosync.conf
}

// Key returns the key that signs, or nil.
func (c Config) Key() []byte {
	if len(c.Keys) == 0 {
		return nil
	}
	return c.Keys[0]
}

// WirePort is the TCP port of the agreement protocol between the daemons.
func (c Config) WirePort() int { return c.Port + 1 }

// Node returns the configured node of that name.
func (c Config) Node(name crm.NodeName) (Node, bool) {
	i := slices.IndexFunc(c.Nodes, func(n Node) bool { return n.Name == name })
	if i < 0 {
		return Node{}, false
	}
	return c.Nodes[i], true
}

// NodeByID returns the configured node of that id.
func (c Config) NodeByID(id crm.NodeID) (Node, bool) {
	i := slices.IndexFunc(c.Nodes, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return Node{}, false
	}
	return c.Nodes[i], true
}

// LocalNode returns the node that this machine is; the zero Node when it is not listed.
func (c Config) LocalNode() Node {
	n, _ := c.Node(c.Local)
	return n
}

// Witnesses counts the nodes that vote and run nothing.
func (c Config) Witnesses() (count int) {
	for _, n := range c.Nodes {
		if n.Witness {
			count++
		}
	}
	return count
}

// Peers returns all nodes but the local one, by id.
func (c Config) Peers() []Node {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(n Node) bool { return n.Name == c.Local })
}

// Digest is a short fingerprint of what must be equal on all nodes: names, ids, links'
// kinds and ports, votes and timing. Nodes compare it and warn when it differs. Keys
// and this node's own addresses are not in it.
func (c Config) Digest() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %q port %d dead %d beat %d\n", c.ClusterName, c.Port, c.Timing.Dead, c.Timing.Heartbeat)
	for _, n := range c.Nodes {
		fmt.Fprintf(&b, "node %q %d votes %d witness %t\n", n.Name, n.ID, n.Votes, n.Witness)
	}
	for _, l := range c.Links {
		fmt.Fprintf(&b, "link %d %s %v %d\n", l.Number, l.Kind, l.Group, l.Port)
	}
	q := c.Quorum
	fmt.Fprintf(&b, "quorum %d %t %t %q %d\n", q.ExpectedVotes, q.TwoNode, q.WaitForAll, q.TieBreaker, q.LastManStanding)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

// DeriveID is the id of a node that the configuration gives none: its IPv4 address of
// the first link, as corosync does, else a hash of its name. It never is zero.
func DeriveID(name crm.NodeName, first netip.Addr) crm.NodeID {
	if a := first.Unmap(); a.Is4() {
		b := a.As4()
		if id := crm.NodeID(b[0])<<24 | crm.NodeID(b[1])<<16 | crm.NodeID(b[2])<<8 | crm.NodeID(b[3]); id != 0 {
			return id
		}
	}
	h := uint32(2166136261)
	for _, c := range []byte(name) {
		h = (h ^ uint32(c)) * 16777619
	}
	return crm.NodeID(max(1, h&0x7fffffff))
}
