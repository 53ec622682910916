package sched

import (
	"strings"

	"github.com/tactus-ha/tactus/crm"
)

// applyHealth turns node health into a location for every resource on the node, as
// node-health-strategy says.
func (p *plan) applyHealth() {
	h := p.c.Options.Health
	if h.Strategy == "" || h.Strategy == "none" {
		return
	}
	base := crm.Score(0)
	if h.Strategy == "progressive" {
		base = h.Base
	}
	for _, n := range p.nodes {
		health := p.healthOf(n, base)
		if health == 0 {
			continue
		}
		for _, r := range p.resources {
			if health < 0 && isTrue(r.Meta["allow-unhealthy-nodes"]) {
				continue
			}
			p.newLocation(h.Strategy, r, "", []locationScore{{n, health}}).health = true
		}
	}
}

// healthOf sums the #health attributes of a node.
func (p *plan) healthOf(n *node, sum crm.Score) crm.Score {
	for _, name := range sortedKeys(n.Attrs) {
		if !strings.HasPrefix(name, "#health") {
			continue
		}
		value := n.Attrs[name]
		if s, err := p.c.ParseScore(value); err == nil {
			sum = sum.Add(s)
		} else {
			p.warn("Ignoring " + name + " for " + n.name() + " because '" + value + "' is not a valid value")
		}
	}
	return sum
}
