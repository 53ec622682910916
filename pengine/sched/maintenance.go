package sched

import "github.com/tactus-ha/tactus/pengine/graph"

// maintenanceChanges lists the remote nodes whose recorded maintenance state is wrong:
// nobody else records it for them.
func (p *plan) maintenanceChanges() []graph.Maintenance {
	var out []graph.Maintenance
	for _, n := range p.nodes {
		if n.isRemote() && n.maintenance != n.RemoteMaintenance {
			out = append(out, graph.Maintenance{NodeUUID: n.ID, Maintenance: n.maintenance})
		}
	}
	return out
}
