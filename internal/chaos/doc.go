// Package chaos answers "does it hold when everything breaks?": rounds of real faults on
// clusters of real processes under load. A round breaks something on a running cluster,
// mends it, waits until the cluster is calm, and then looks at everything.
//
//	campaign ─> round ─> plan (what breaks, from the seed)
//	                       │
//	   services ──beats──> referee: is anything active twice?
//	   clients ──writes──> history ──porcupine──> is it linearizable? is anything acknowledged lost?
//	                       │
//	                     audits: resources once, groups together, one DC, equal CIBs, nothing left over,
//	                             a reason for everything that was done
//
// `make chaos` runs it; see Main for what it takes. A round that fails keeps its logs,
// tells what happened in the order of time, and prints the command that repeats it.
//
// # What counts as twice
//
// Every service of the load tells the referee 50 times a second that it is at work, with the
// kernel's monotonic time. A service is active from one beat to the next as long as they are
// not far apart: a process that stands still does nothing. Two nodes are active at
// once when such times of theirs overlap; slowness of the machine cannot make that up.
package chaos
