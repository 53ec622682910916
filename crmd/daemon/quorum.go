package daemon

import (
	"context"
	"net/netip"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/membership"
)

// voters are the configured members as agreement sees them, witnesses among them. Each
// is reached at the addresses that are known by now.
func voters(cluster membership.Config, known map[crm.NodeID][]netip.Addr) (peers []consensus.Peer) {
	for _, n := range cluster.Nodes {
		p := consensus.Peer{ID: n.ID, Name: n.Name, Addrs: hostPorts(known[n.ID], cluster.WirePort()), Votes: n.Votes, Witness: n.Witness}
		if n.Votes == 0 && cluster.Quorum.ExpectedVotes > 0 {
			p.Votes = consensus.NoVotes
		}
		peers = append(peers, p)
	}
	return peers
}

// workers are the members that may run resources: the controller knows no others.
func workers(cluster membership.Config) (peers []crmd.Peer) {
	for _, n := range cluster.Nodes {
		if !n.Witness {
			peers = append(peers, crmd.Peer{ID: n.ID, Name: n.Name})
		}
	}
	return peers
}

// policyOf is what the CIB and the configuration say about quorum.
func policyOf(cluster membership.Config, fencing bool, noQuorumPolicy string) consensus.Policy {
	q := cluster.Quorum
	p := consensus.Policy{FencingEnabled: fencing, NoQuorumPolicy: noQuorumPolicy, TwoNode: q.TwoNode, WaitForAll: q.WaitForAll, TieBreaker: q.TieBreaker}
	if p.NoQuorumPolicy == "" {
		p.NoQuorumPolicy = "stop"
	}
	if q.LastManStanding > 0 && cluster.Timing.RaftTick > 0 {
		p.LastManStandingTicks = int(max(1, q.LastManStanding/cluster.Timing.RaftTick))
	}
	return p
}

// isWitness reports whether a node votes and runs nothing.
func (d *Daemon) isWitness(id crm.NodeID) bool {
	n, _ := d.cfg.Cluster.NodeByID(id)
	return n.Witness
}

// witnessHeard logs what happens to a witness. The controller does not know it: it is no
// node that anything could run on.
func (d *Daemon) witnessHeard(e membership.Event) {
	text, warn := "the witness is there", false
	if e.Kind == membership.NodeDown {
		text, warn = "the witness is lost: the cluster goes on; if one more vote is lost, the quorum may be", true
	}
	if e.Left {
		text, warn = "the witness was stopped", true
	}
	if warn {
		d.log.Warn(text, "node", e.Node, "detail", e.Detail)
	} else {
		d.log.Info(text, "node", e.Node, "detail", e.Detail)
	}
	d.events.publish(crmd.Notice{Kind: "member", Node: e.Node, Text: text}, d.replica.Current().Version())
}

// witnessStep is all that the controller's inputs mean to a witness: it is told to end.
func (d *Daemon) witnessStep(in crmd.Input) {
	if x, ok := in.(crmd.ShutdownWanted); ok {
		d.leave(crmd.Leave{Reason: x.Reason})
	}
}

// attendNobody stands for attend on a witness, which has no executor.
func attendNobody(context.Context) {}

// votesOf translates agreement's count. The tie-breaker's additional vote is not among the
// configured ones.
func (d *Daemon) votesOf(v consensus.Votes) api.Votes {
	out := api.Votes{Expected: v.Expected, Present: v.Present, Quorum: v.Quorum, WaitForAll: v.WaitForAll}
	if n, ok := d.cfg.Cluster.NodeByID(v.TieBreaker); ok {
		out.TieBreaker = n.Name
	}
	q := d.cfg.Cluster.Quorum
	out.Configured = q.ExpectedVotes
	for _, f := range []struct {
		name string
		set  bool
	}{{"2Node", q.TwoNode}, {"WaitForAll", q.WaitForAll}, {"LastManStanding", q.LastManStanding > 0}, {"AutoTieBreaker", q.TieBreaker != ""}} {
		if f.set {
			out.Flags = append(out.Flags, f.name)
		}
	}
	out.LastManStandingWindow = q.LastManStanding.Round(time.Millisecond)
	return out
}
