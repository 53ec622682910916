package sched

import (
	"strconv"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func opKey(id crm.ResourceID, task string, intervalMS int64) string {
	return string(id) + "_" + task + "_" + itoa(intervalMS)
}

// newPlan makes the scheduler's records of what the CIB says.
func newPlan(c *state.Cluster, opts Options) *plan {
	p := &plan{c: c, opts: opts, singletons: map[string][]*Action{}, tickets: map[string]*state.Ticket{},
		metas: map[metaKey]map[string]string{}, derived: map[derivedMeta]map[string]string{}, metaNames: map[string]string{}, byName: map[string]*resource{}}
	if opts.Explain {
		p.origins = map[*Action]origin{}
	}
	if opts.Trace {
		p.trace = &Trace{}
	}
	for id, t := range c.Tickets {
		p.tickets[id] = t
	}
	p.byIndex = make([]*node, len(c.Nodes))
	for _, n := range c.Nodes {
		w := &node{Node: n, idx: n.Index, kind: n.Kind, online: n.Online, unclean: n.Unclean, shutdown: n.Shutdown,
			standby: n.Standby, maintenance: n.Maintenance, pending: n.Pending, remoteReset: n.RemoteReset,
			seen: n.Seen, utilization: utilizationValues(n.Utilization)}
		p.nodes = append(p.nodes, w)
		p.byIndex[n.Index] = w
	}
	p.all = make([]*resource, len(c.All))
	for _, r := range c.All {
		p.all[r.Index] = &resource{Resource: r}
	}
	for _, r := range p.all {
		p.fill(r)
	}
	for _, r := range c.Resources {
		p.resources = append(p.resources, p.wrap(r))
	}
	for _, n := range p.nodes {
		n.remote = p.wrap(n.Remote)
		for _, r := range n.Running {
			n.running = append(n.running, p.wrap(r))
		}
	}
	for _, r := range p.resources {
		p.index(r)
	}
	return p
}

// fill copies what may change while deciding, and ties a resource to others.
func (p *plan) fill(r *resource) {
	f := r.Resource
	for _, each := range []struct {
		is   bool
		flag rflag
	}{
		{f.Managed, fManaged}, {f.Blocked, fBlocked}, {f.Maintenance, fMaintenance}, {f.Failed, fFailed},
		{f.StopIfFailed, fStopIfFailed}, {f.ExclusiveDiscovery, fExclusiveProbes}, {f.StartPending, fStartPending},
		{true, fUnassigned},
	} {
		if each.is {
			r.set(each.flag)
		}
	}
	r.parent, r.launcher = p.wrap(f.Parent), p.wrap(f.Launcher)
	for _, c := range f.Children {
		r.children = append(r.children, p.wrap(c))
	}
	for _, l := range f.Launched {
		r.launched = append(r.launched, p.wrap(l))
	}
	r.role, r.next, r.priority, r.histID = f.Role, f.Target, crm.Score(f.Priority), f.HistoryID
	r.threshold = crm.Score(f.MigrationThreshold)
	r.util = utilizationValues(f.Utilization)
	r.active = p.wrapNodes(f.RunningOn)
	r.dangling = p.wrapNodes(f.DanglingSources)
	r.probed = make([]bool, len(p.byIndex))
	for _, n := range f.ProbedOn {
		r.probed[n.Index] = true
	}
	r.partialSource, r.partialDest = p.wrapNode(f.PartialSource), p.wrapNode(f.PartialTarget)
	r.lockNode, r.lockTime = p.wrapNode(f.LockNode), f.LockTime
	p.fillAllowed(r)
	if f.BundleData != nil {
		p.fillBundle(r)
	}
}

func (p *plan) wrapNodes(list []*state.Node) []*node {
	var out []*node
	for _, n := range list {
		out = append(out, p.wrapNode(n))
	}
	return out
}

func (p *plan) fillAllowed(r *resource) {
	r.allowed = p.newScores()
	for _, a := range r.Resource.Allowed {
		r.allowed.slots[a.Node.Index] = slot{allowed: true, score: a.Score, probe: probeMode(a.Probe)}
		if r.allowed.ordered {
			r.allowed.inserted = append(r.allowed.inserted, p.wrapNode(a.Node))
		}
	}
	if p.opts.Explain {
		p.recordBase(r)
	}
}

// recordBase puts on record what the CIB gave before any constraint. What was said of a
// clone or group was said of its parts too.
func (p *plan) recordBase(r *resource) {
	sums := make([]crm.Score, len(p.byIndex))
	var base []mark
	for each := r.Resource; each != nil; each = each.Parent {
		for _, b := range each.Base {
			nodes := p.nodes
			if b.Node != nil {
				nodes = []*node{p.wrapNode(b.Node)}
			}
			for _, n := range nodes {
				sums[n.idx] = sums[n.idx].Add(b.Score)
				base = append(base, mark{n, b.Score, 0, baseCause{b.Reason}})
			}
		}
	}
	for _, n := range p.nodes {
		// What no contribution explains is what the table began with: the node's own score.
		began := crm.Score(0)
		if s := r.allowed.at(n); s != nil && s.score != sums[n.idx] {
			if began = s.score; s.score > -infinity {
				began -= sums[n.idx]
			}
			r.allowed.trail = append(r.allowed.trail, mark{n, began, began, nodeScore{n}})
		}
		sums[n.idx] = began
	}
	for _, m := range base {
		sums[m.node.idx] = sums[m.node.idx].Add(m.delta)
		m.result = sums[m.node.idx]
		r.allowed.trail = append(r.allowed.trail, m)
	}
}

func (p *plan) fillBundle(r *resource) {
	r.bundled = p.wrap(r.BundleData.Child)
	for _, f := range r.BundleData.Replicas {
		rep := &replica{offset: f.Offset, ip: p.wrap(f.IP), container: p.wrap(f.Container), remote: p.wrap(f.Remote),
			child: p.wrap(f.Child), node: p.wrapNode(f.Node), bundle: r}
		if rep.container == nil {
			continue
		}
		rep.container.replica = rep
		r.replicas = append(r.replicas, rep)
	}
}

// index remembers by which names constraints find r and all below it: ids, and names in
// histories, which for an anonymous instance mean the whole clone.
func (p *plan) index(r *resource) {
	if _, have := p.byName[string(r.ID)]; !have {
		p.byName[string(r.ID)] = r
	}
	if h := string(r.histID); h != "" {
		if _, have := p.byName[h]; !have {
			p.byName[h] = r.top()
		}
	}
	for _, c := range r.children {
		p.index(c)
	}
}
