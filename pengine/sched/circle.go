package sched

import (
	"strconv"
	"strings"

	"github.com/tactus-ha/tactus/pengine/graph"
)

// remarkCircle names actions that wait for each other because orderings contradict one
// another: they are never done, all else is.
func (p *plan) remarkCircle(g *graph.Graph) {
	const most = 6
	stuck := g.Circle()
	if len(stuck) == 0 {
		return
	}
	var names []string
	for i, a := range stuck {
		if i == most {
			names = append(names, "and "+strconv.Itoa(len(stuck)-most)+" more")
			break
		}
		name := a.Key
		if a.Node != "" {
			name += " on " + string(a.Node)
		}
		names = append(names, name)
	}
	p.confErr("Orderings contradict each other: " + strings.Join(names, ", ") + " wait for each other and will not be done")
}
