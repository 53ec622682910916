package consensus

// Phase is where a node stands towards its cluster.
type Phase string

// The phases.
const (
	Forming Phase = "forming" // an empty disk: forms a cluster with others, or waits to be added
	Joined  Phase = "member"  // has a log: follower, candidate, leader or learner
	Yielded Phase = "yielded" // met a better group: waits until what it runs is stopped (Rejoin)
)
