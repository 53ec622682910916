// Package graph answers "what shall be done, and in which order?": the transition
// graph that the policy engine makes and the transition engine walks, its XML (the
// transition_graph of Pacemaker) and its DOT picture.
//
//	Graph ── Synapse: one Action, ready when all its Inputs (other actions' ids) are done
package graph
