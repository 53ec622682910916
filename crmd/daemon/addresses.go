package daemon

import (
	"net/netip"
	"slices"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// addresses are the nodes' addresses by link, those that were learned included: ha.cf
// does not say where a node is. Only the goroutine that hears the events uses it.
type addresses map[crm.NodeID][]netip.Addr

func configuredAddresses(cluster membership.Config) addresses {
	a := addresses{}
	for _, n := range cluster.Nodes {
		a[n.ID] = slices.Clone(n.Addrs)
	}
	return a
}

// learned tells agreement where a peer was heard.
func (d *Daemon) learned(known addresses, e membership.Event) {
	list := known[e.ID]
	for len(list) <= e.Link {
		list = append(list, netip.Addr{})
	}
	list[e.Link] = e.Addr
	known[e.ID] = list
	d.agreement.SetPeers(voters(d.cfg.Cluster, known))
}
