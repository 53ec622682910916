package consensus

import (
	"maps"
	"slices"

	"github.com/tactus-ha/tactus/crm"
)

// peerView is what this node knows about another one.
type peerView struct {
	heard   bool // anything at all since start
	heardAt int  // tick of the last message
	met     bool // it knows of this start of the node: what it says is no older than that
	life    uint64
	hint    int8 // membership's word: 1 alive, -1 dead, 0 none
	hintAt  int
	hello   Hello
	helloAt int
	greeted bool // a hello was received since start
	disk    uint32
	group   Group
	replyAt int // tick of the last hello that was sent as an answer
	proof   string
}

// setPeers takes over the list of configured nodes.
func (c *Core) setPeers(peers []Peer) {
	c.cfg.Peers = slices.Clone(peers)
	slices.SortFunc(c.cfg.Peers, func(a, b Peer) int { return int(int64(a.ID) - int64(b.ID)) })
	for _, p := range c.cfg.Peers {
		if p.ID != c.cfg.Self {
			c.peer(p.ID)
		}
	}
}

// SetPeers replaces the list of configured members, this node included. The leader adds
// and removes accordingly.
func (c *Core) SetPeers(peers []Peer) { c.setPeers(peers) }

func (c *Core) peer(id crm.NodeID) *peerView {
	p := c.peers[id]
	if p == nil {
		p = &peerView{replyAt: -1}
		c.peers[id] = p
		c.order = slices.Sorted(maps.Keys(c.peers))
	}
	return p
}

func (c *Core) configured(id crm.NodeID) bool {
	return slices.ContainsFunc(c.cfg.Peers, func(p Peer) bool { return p.ID == id })
}

// twoNode reports whether exactly two nodes are configured, and which the other one is.
func (c *Core) twoNode() (other crm.NodeID, ok bool) {
	if len(c.cfg.Peers) != 2 {
		return 0, false
	}
	for _, p := range c.cfg.Peers {
		if p.ID != c.cfg.Self {
			other = p.ID
		}
	}
	return other, true
}

// alive is this node's best guess. Only liveness hangs on it, never safety.
func (c *Core) alive(id crm.NodeID) bool {
	if id == c.cfg.Self {
		return true
	}
	p := c.peers[id]
	switch {
	case p == nil:
		return false
	case p.hint < 0:
		return p.heard && p.heardAt > p.hintAt+2 // it spoke after it was said to be dead
	case p.hint > 0:
		return true
	}
	return p.heard && c.now-p.heardAt < c.cfg.DeadTicks
}

// dead is stronger than !alive: membership said so and nothing was heard since, or
// nothing was heard for DeadTicks.
func (c *Core) dead(id crm.NodeID) bool {
	p := c.peers[id]
	if p == nil || p.hint > 0 {
		return false
	}
	if p.hint < 0 {
		return !c.alive(id)
	}
	since := c.now
	if p.heard {
		since = c.now - p.heardAt
	}
	return since >= c.cfg.DeadTicks
}

// Alive takes membership's word about a peer. A wrong word costs an election, or in a
// two-node cluster that is configured to be unsafe a takeover; it never breaks the
// agreement of a majority.
func (c *Core) Alive(id crm.NodeID, alive bool) {
	c.idle()
	if id == c.cfg.Self {
		return
	}
	p := c.peer(id)
	p.hintAt = c.now
	if alive {
		p.hint, p.proof = 1, ""
		return
	}
	p.hint = -1
	c.leaderLost(id)
	c.considerTakeover()
}

// Restarted takes membership's word that a peer's process began anew, although its
// machine was never silent long enough to be dead: if it led, it leads no more.
func (c *Core) Restarted(id crm.NodeID) {
	c.idle()
	if id == c.cfg.Self {
		return
	}
	p := c.peer(id)
	p.hintAt, p.hint, p.proof = c.now, 1, ""
	c.leaderLost(id)
}

// Confirm takes a durable proof that a peer is off: fencing was confirmed, or an
// operator said so. It is forgotten when the peer is heard of again.
func (c *Core) Confirm(id crm.NodeID, proof string) {
	c.idle()
	if id == c.cfg.Self {
		return
	}
	c.peer(id).proof = proof
	c.considerTakeover()
}
