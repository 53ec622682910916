package whatif

import (
	"time"

	"github.com/tactus-ha/tactus/pengine/graph"
)

// finished tells for every action of a graph when it is done, counted from the beginning,
// if each begins as soon as its inputs are done and takes as long as length says. Limits
// on what may run at the same time are left out of account. Actions that wait for each
// other, which no valid graph has, are missing from the answer.
func finished(g *graph.Graph, length func(*graph.Action) time.Duration) map[int]time.Duration {
	index := make(map[int]int, len(g.Synapses)) // action id -> synapse
	for i := range g.Synapses {
		index[g.Synapses[i].Action.ID] = i
	}
	open := make([]int, len(g.Synapses))   // inputs not done
	then := make([][]int, len(g.Synapses)) // who waits for it
	begin := make([]time.Duration, len(g.Synapses))
	var ready []int
	for i := range g.Synapses {
		for _, id := range g.Synapses[i].Inputs {
			if j, ok := index[id]; ok {
				open[i]++
				then[j] = append(then[j], i)
			}
		}
		if open[i] == 0 {
			ready = append(ready, i)
		}
	}
	done := make(map[int]time.Duration, len(g.Synapses))
	for len(ready) > 0 {
		i := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		a := &g.Synapses[i].Action
		end := begin[i] + length(a)
		done[a.ID] = end
		for _, j := range then[i] {
			begin[j] = max(begin[j], end)
			if open[j]--; open[j] == 0 {
				ready = append(ready, j)
			}
		}
	}
	return done
}
