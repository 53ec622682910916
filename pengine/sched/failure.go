package sched

import (
	"fmt"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// applyFailures bans what failed too often from where it failed, and enforces
// exclusive discovery.
func (p *plan) applyFailures() {
	for i, n := range p.nodes {
		for k, r := range p.resources {
			p.at(i, k)
			p.checkThreshold(r, n)
			p.applyExclusiveDiscovery(r, n)
		}
	}
}

func (p *plan) checkThreshold(r *resource, n *node) {
	if len(r.children) > 0 {
		for _, c := range r.children {
			p.checkThreshold(c, n)
		}
		return
	}
	if len(r.actionsOn(r.key(taskClearFail), n)) > 0 {
		return
	}
	if failed := p.overThreshold(r, n); failed != nil {
		p.addLocation(failed, n, -infinity, CauseFailLimit)
	}
}

// overThreshold returns what must be banned from n because r reached its
// migration-threshold there; nil when nothing. For an anonymous instance that is the
// whole clone.
func (p *plan) overThreshold(r *resource, n *node) *resource {
	if r.threshold == 0 || r.FailureIgnored {
		return nil
	}
	count := p.failcount(r, n, true)
	if count <= 0 || crm.Score(count) < r.threshold {
		return nil
	}
	ban := r
	if !r.Unique {
		ban = r.top()
	}
	p.warn(fmt.Sprintf("%s cannot run on %s due to reaching migration threshold (clean up resource to allow again)", ban.ID, n.name()))
	return ban
}

// failcount is how often r failed on n, expired failures left out; with launched,
// failures of what r launched count too.
func (p *plan) failcount(r *resource, n *node, launched bool) int {
	count, _ := p.c.FailCount(n.Node, r.Resource, state.FailCountOptions{Effective: true, Launched: launched}, nil)
	return int(count)
}

func (p *plan) applyExclusiveDiscovery(r *resource, n *node) {
	if !r.is(fExclusiveProbes) && !r.top().is(fExclusiveProbes) {
		return
	}
	for _, c := range r.children {
		p.applyExclusiveDiscovery(c, n)
	}
	if s := r.allowed.at(n); s != nil && s.probe != probeExclusive {
		r.allowed.ban(n, CauseDiscovery)
	}
}

// clearRemovedFailures forgets the failures of resources that are no longer configured.
func (p *plan) clearRemovedFailures() {
	if !p.c.Options.StopRemoved {
		return
	}
	for _, r := range p.resources {
		if !r.Removed {
			continue
		}
		for _, n := range p.nodes {
			if n.online && p.failcount(r, n, false) != 0 {
				a := p.clearFailcount(r, n, "it is removed")
				p.orderEnds(actionEnd(a), taskOf(r, taskStop), relOrdered)
			}
		}
	}
}
