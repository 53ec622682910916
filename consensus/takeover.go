package consensus

import (
	"fmt"
	"slices"
	"strings"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// considerTakeover goes on without a majority when there is a durable proof that the
// missing voters do nothing any more. See docs/decisions/0013.
func (c *Core) considerTakeover() {
	if c.busy || c.rn == nil || c.leaving {
		return
	}
	if proof, _ := c.takeoverProof(); proof != "" {
		c.takeover()
	}
}

// OperatorProof begins a proof (Confirm) that an operator gave: it counts even when
// wait_for_all forbids to go on alone because the peer may have newer data.
const OperatorProof = "operator"

// takeoverProof returns why this node may go on alone, or why it may not. Both are
// empty when nobody is missing.
func (c *Core) takeoverProof() (proof, obstacle string) {
	voters := c.conf.GetVoters()
	if c.onlyVoter(c.seat()) {
		return "", ""
	}
	if c.weight(c.seat()) == 0 {
		if c.operatorInsists(voters) {
			return "an operator said that all voters are off for good", ""
		}
		if c.unsafeLearner(voters) {
			return c.twoNodeProof(seatOf(voters[0]), voters)
		}
		return "", "this node's copy of the configuration may not be the newest"
	}
	if other, ok := c.twoNode(); ok && c.onlyNodes() {
		return c.twoNodeProof(Seat{other, 0}, voters)
	}
	byOperator := true
	for _, id := range c.everyVoter() {
		s := seatOf(id)
		p := c.peers[s.Node]
		switch {
		case s == c.seat():
		case p == nil || p.proof == "":
			return "", ""
		default:
			byOperator = byOperator && strings.HasPrefix(p.proof, OperatorProof)
		}
	}
	if !byOperator && c.dispensable() {
		return "", "the other nodes are off, but may have agreed on more without this node before; an operator may say that it is to go on (crm cluster take-over)"
	}
	return "every other voter is confirmed to be off", ""
}

// dispensable reports whether the others may have agreed on something without this node:
// whether they have a majority of the votes now, or would have one once a change of members
// that is on this node's disk were agreed on. What they acknowledged would be lost.
func (c *Core) dispensable() bool {
	voters := slices.Clone(c.conf.GetVoters())
	if out := c.conf.GetVotersOutgoing(); c.othersRule(voters) && (len(out) == 0 || c.othersRule(out)) {
		return true
	}
	for _, ch := range c.tailChanges() {
		id := ch.GetNodeId()
		voters = slices.DeleteFunc(voters, func(v uint64) bool { return v == id })
		if ch.GetType() == pb.ConfChangeAddNode {
			voters = append(voters, id)
		}
		if c.othersRule(voters) {
			return true
		}
	}
	return false
}

// othersRule reports whether the other nodes have a majority of these votes.
func (c *Core) othersRule(voters []uint64) bool {
	others := 0
	for _, id := range voters {
		if seatOf(id) != c.seat() {
			others++
		}
	}
	return others > len(voters)/2
}

// unsafeLearner reports whether this node is the other one of two, was let in again by a
// peer that had gone on alone, and is not a voter yet. The peer may have acknowledged more
// than this node has. Where the configuration says that it need not be safe, and that a
// node need not wait for the other, that is no reason to leave the service down, unless
// this node knows that it lacks something: the peer tells its learner how far it is.
func (c *Core) unsafeLearner(voters []uint64) bool {
	other, two := c.twoNode()
	return two && c.policy.Unsafe() && !c.policy.WaitForAll && c.applied > 0 && len(c.conf.GetVotersOutgoing()) == 0 &&
		len(c.voterSeats()) == 1 && seatOf(voters[0]).Node == other && slices.Contains(c.conf.GetLearners(), c.seat().raftID()) &&
		!c.lacks(c.peers[other])
}

// lacks reports whether a peer of this group told of more than this node has.
func (c *Core) lacks(p *peerView) bool {
	last, _ := c.log.last()
	return p.greeted && c.sameGroup(p.group) && p.hello.Position > last
}

// operatorInsists reports whether an operator confirmed every voter to be off, to a node
// that is none: the last resort when the voters' disks are lost.
func (c *Core) operatorInsists(voters []uint64) bool {
	return c.applied > 0 && len(voters) > 0 && !slices.ContainsFunc(voters, func(id uint64) bool {
		p := c.peers[seatOf(id).Node]
		return p == nil || !strings.HasPrefix(p.proof, OperatorProof)
	})
}

// twoNodeProof knows the cases of a two-node cluster.
func (c *Core) twoNodeProof(other Seat, voters []uint64) (proof, obstacle string) {
	p := c.peers[other.Node]
	name := c.nameOf(other.Node)
	for _, id := range voters {
		if s := seatOf(id); s.Node == other.Node {
			other = s
		}
	}
	operator := strings.HasPrefix(p.proof, OperatorProof)
	switch {
	case p.group.Cluster == c.id.Group.Cluster && p.group.Incarnation > c.id.Group.Incarnation:
		return "", fmt.Sprintf("node %s went on without this node (incarnation %d) and has newer data; waiting for it", name, p.group.Incarnation)
	case p.proof != "" && !operator && c.dispensable():
		return "", fmt.Sprintf("node %s is off, but holds most of the votes and may have newer data; waiting for it, or for an operator's word (crm cluster take-over)", name)
	case p.proof != "" && (p.met || !c.policy.WaitForAll || operator):
		return fmt.Sprintf("node %s is confirmed to be off: %s", name, p.proof), ""
	case p.proof != "":
		return "", fmt.Sprintf("node %s is off, but was not seen since this node started and may have gone on alone before (wait_for_all)", name)
	case p.heard && p.disk != other.Disk && p.group.Zero() && c.now-p.heardAt < c.cfg.ElectionTicks:
		if c.dispensable() {
			return "", fmt.Sprintf("node %s came back with an empty disk and held most of the votes: what it had agreed on by itself is lost; stop it, then an operator may let this node go on (crm cluster take-over)", name)
		}
		return fmt.Sprintf("node %s came back with an empty disk", name), ""
	case !c.dead(other.Node):
		return "", ""
	case c.policy.Unsafe() && (c.lacks(p) || c.policy.WaitForAll && c.outgoing()):
		return "", fmt.Sprintf("node %s went on without this node and has newer data; waiting for it, or for an operator's word (crm cluster take-over)", name)
	case !c.policy.Unsafe():
		return "", fmt.Sprintf("node %s does not answer, and nothing proves that it is off (no fencing result, no operator's word)", name)
	case p.met:
	case c.policy.WaitForAll:
		return "", fmt.Sprintf("node %s was not seen since this node started (wait_for_all)", name)
	case c.now < c.aloneTicks():
		return "", fmt.Sprintf("waiting for node %s after start", name)
	}
	return "fencing is off and no-quorum-policy is ignore", ""
}

func (c *Core) aloneTicks() int {
	if c.policy.StartAloneTicks > 0 {
		return c.policy.StartAloneTicks
	}
	return c.cfg.DeadTicks
}

// onlyNodes reports whether the voters, and whoever an entry that is not applied yet
// would add, are the two configured nodes: nobody else can be a majority somewhere.
func (c *Core) onlyNodes() bool {
	foreign := func(id uint64) bool { return !c.configured(seatOf(id).Node) }
	return !slices.ContainsFunc(c.everyVoter(), foreign) &&
		!slices.ContainsFunc(c.tailChanges(), func(ch *pb.ConfChangeSingle) bool { return foreign(ch.GetNodeId()) })
}

// outgoing reports whether this node asked to be no voter any more and does not know whether
// that was agreed on: since it was, the others acknowledge without this node.
func (c *Core) outgoing() bool {
	for _, ch := range c.tailChanges() {
		if seatOf(ch.GetNodeId()) == c.seat() && ch.GetType() != pb.ConfChangeAddNode {
			return true
		}
	}
	return false
}

// tailChanges lists the changes of members that are stored and not applied.
func (c *Core) tailChanges() (changes []*pb.ConfChangeSingle) {
	for _, e := range c.tail() {
		if e.GetType() != pb.EntryNormal {
			cc := &pb.ConfChangeV2{}
			must(proto.Unmarshal(e.GetData(), cc)) // this package proposes no other kind
			changes = append(changes, cc.GetChanges()...)
		}
	}
	return changes
}

// tail returns the stored entries that are not applied.
func (c *Core) tail() []*pb.Entry {
	last, _ := c.log.last()
	if last <= c.applied {
		return nil
	}
	entries, err := c.log.Entries(c.applied+1, last+1, 1<<62)
	must(err)
	return entries
}

// takeover begins a new incarnation with this node as its only voter. It holds
// everything that this node has on disk: a command that was acknowledged with this
// node's help is among it, whether this node knew that it was agreed on or not.
func (c *Core) takeover() {
	term := c.rn.BasicStatus().GetTerm()
	for _, e := range c.tail() {
		c.applied = e.GetIndex()
		if e.GetType() == pb.EntryNormal {
			c.applyCommand(e)
		}
	}
	c.id.Seen = max(c.id.Seen, c.id.Group.Incarnation) + 1
	c.id.Group = Group{c.id.Group.Cluster, c.id.Seen, c.seat().raftID()}
	_, lastTerm := c.log.last()
	c.begin(&pb.ConfState{Voters: []uint64{c.seat().raftID()}}, c.applied, lastTerm, max(term, lastTerm))
	c.campaign()
}
