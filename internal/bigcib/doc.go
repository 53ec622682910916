// Package bigcib answers "what does a CIB of a thousand resources on thirty nodes look
// like?": it makes large CIBs of a stated size, always the same for the same size, for
// benchmarks of the policy engine and for tests of its incremental use.
//
//	Cold:   every node is up, nothing is known of any resource
//	Probed: every node was asked about every resource, and none runs
//	Steady: all that can run does, monitors included: nothing is to be done
//
// Three in ten primitives are in groups of five, one in a hundred is an anonymous clone on
// every node, one in a hundred a promotable clone of three instances. Between the rest,
// and the groups, there are colocations, orderings and locations.
package bigcib
