// Package state answers "what does the CIB say?": the cluster as facts that the
// scheduler, the status displays and the simulator read.
//
//	cib.Snapshot + now ──Read──> *Cluster
//	    options ── nodes ── resources (templates, groups, clones, bundles) ── history ── effects
//
// Nothing here changes after Read, except caches that cannot be seen. What the
// scheduler works out (scores in progress, assigned nodes, actions) it keeps in records
// of its own, found by the dense Index of every Node and Resource.
//
// Reading a history has consequences that the scheduler must carry out in the order in
// which they were found, because action numbers follow that order: fencing, stops,
// clearing of failcounts. They are recorded as Effects; the table of nodes
// with which scheduling begins is Resource.Allowed, and why it is so is Resource.Base.
//
// A Cluster may be used by one goroutine at a time.
package state
