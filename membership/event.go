package membership

import (
	"net/netip"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// EventKind is what happened.
type EventKind uint8

// The kinds of events.
const (
	NodeUp      EventKind = iota + 1 // heard, and it hears us
	NodeDown                         // silent on all links for Dead, or left, or started anew
	NodeLate                         // silent on all links for Warn
	LinkUp                           // heard again on one link
	LinkDown                         // one link is silent while another is heard
	SelfPaused                       // this node itself stood still; peers get a new deadline
	PeerRefused                      // packets came that are not ours to read
	NodeAddr                         // a peer whose address was not configured was heard at Addr
	NodeMeta                         // a peer's metadata changed
	NodeDeaf                         // a peer that is up has not shown for Cut, or since it is back, that it hears us
	NodeHears                        // it has shown it again
)

// String is a word for logs.
func (k EventKind) String() string {
	names := [...]string{"none", "node up", "node down", "node late", "link up", "link down", "self paused", "peer refused", "node address", "node metadata", "node deaf", "node hears"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// Event is one change that membership noticed.
type Event struct {
	Kind   EventKind
	Node   crm.NodeName
	ID     crm.NodeID
	Link   int // for LinkUp, LinkDown, NodeAddr
	At     time.Time
	Boot   uint64     // the peer's boot id, for NodeUp and NodeDown
	Left   bool       // NodeDown: it said goodbye, so nothing of it runs any more
	Addr   netip.Addr // for NodeAddr
	Detail string     // in words, for logs and people
}

// LinkState is what is known of one link to one peer.
type LinkState struct {
	Number       int
	Kind         LinkKind
	Node         crm.NodeName
	ID           crm.NodeID
	Local        string
	Remote       string
	Up           bool
	LastHeard    time.Time     // zero: never
	RTT          time.Duration // smoothed; zero: not measured yet
	LossPermille int           // of the last heartbeats, 0 to 1000
	Error        string        // why nothing can be sent; "" when all is well
}
