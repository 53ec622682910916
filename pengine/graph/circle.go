package graph

// Circle lists, in the order of the graph, actions that can never be done because they
// wait for each other. What only waits for them is not listed.
func (g *Graph) Circle() []*Action {
	at := make(map[int]int, len(g.Synapses))
	for i := range g.Synapses {
		at[g.Synapses[i].Action.ID] = i
	}
	before, after := make([][]int, len(g.Synapses)), make([][]int, len(g.Synapses))
	for i := range g.Synapses {
		for _, id := range g.Synapses[i].Inputs {
			if j, ok := at[id]; ok {
				before[i], after[j] = append(before[i], j), append(after[j], i)
			}
		}
	}
	done := make([]bool, len(g.Synapses))
	peel(before, after, done) // what becomes ready
	peel(after, before, done) // what nothing stuck waits for
	var out []*Action
	for i := range g.Synapses {
		if !done[i] {
			out = append(out, &g.Synapses[i].Action)
		}
	}
	return out
}

// peel marks, step by step, what waits for nothing that is not marked.
func peel(waits, frees [][]int, done []bool) {
	open := make([]int, len(waits))
	var ready []int
	for i := range waits {
		for _, j := range waits[i] {
			if !done[j] {
				open[i]++
			}
		}
		if !done[i] && open[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		done[i] = true
		for _, j := range frees[i] {
			if open[j]--; open[j] == 0 && !done[j] {
				ready = append(ready, j)
			}
		}
	}
}
