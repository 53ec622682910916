package consensus

import "github.com/tactus-ha/tactus/crm"

// Weights tells how many votes each node has now, the tie-breaker's included; nodes without
// one are not in it.
func (s Status) Weights() map[crm.NodeID]int {
	w := map[crm.NodeID]int{}
	for _, m := range s.Members {
		if m.Role == "voter" && m.Votes > 0 {
			w[m.ID] = m.Votes
		}
	}
	return w
}
