package heartbeat

import (
	"net/netip"

	"github.com/tactus-ha/tactus/membership"
)

// Config turns an ha.cf into the configuration of the membership. Nodes get ids from
// their names, and addresses only from what membership/files finds out; peers whose
// address nobody knows are learned from their heartbeats.
func (h HA) Config() (membership.Config, []membership.Problem) {
	r := membership.Report{File: h.file}
	c := membership.Config{ClusterName: h.Cluster, Source: h.file, Log: h.Log, HeartbeatV1: !h.CRM, Failback: h.Failback, Port: DefaultPort}
	c.Log.ToSyslog = c.Log.ToSyslog || h.Log.File == "" && h.Log.DebugFile == ""
	for _, n := range h.Nodes {
		c.Nodes = append(c.Nodes, membership.Node{Name: n.Name, ID: membership.DeriveID(n.Name, netip.Addr{}), Votes: 1, Witness: n.Witness, Line: n.Line})
	}
	c.Links = h.links()
	for _, l := range c.Links {
		if c.Port = l.Port; l.Kind != membership.Multicast {
			break
		}
	}
	c.Quorum = membership.QuorumConfig{ExpectedVotes: len(c.Nodes), TwoNode: len(c.Nodes) == 2}
	c.Timing = membership.TimingFromHeartbeat(h.Times, "ha.cf")
	membership.Check(&c, &r)
	return c, r.Problems
}

// links makes one link of each medium; all ucast lines of an interface are one.
func (h HA) links() []membership.LinkConfig {
	var links []membership.LinkConfig
	unicast := map[string]int{}
	for _, m := range h.Media {
		if at, ok := unicast[m.Interface]; ok && m.Kind == membership.Unicast {
			if m.Peer.IsValid() {
				links[at].Peers = append(links[at].Peers, m.Peer)
			}
			continue
		}
		l := membership.LinkConfig{Number: len(links), Kind: m.Kind, Interface: m.Interface, Group: m.Group, Port: m.Port, TTL: m.TTL, Loop: m.Loop}
		if m.Kind == membership.Unicast {
			unicast[m.Interface] = l.Number
			if m.Peer.IsValid() {
				l.Peers = append(l.Peers, m.Peer)
			}
		}
		links = append(links, l)
	}
	return links
}
