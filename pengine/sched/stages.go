package sched

// stage is one step of a run.
type stage struct {
	name string
	run  func(*plan)
}

// stages is what a run does, in order. These pairs must keep their order:
//
//   - effects before everything: ids and reasons of what histories demand come first.
//   - health before constraints: both add locations, and the newest is applied first.
//   - constraints before criteria: stickiness and bans add to what they gave.
//   - implicit orderings before changed definitions: a restart relies on stop-then-start.
//   - changed definitions before placement: what must restart may go elsewhere.
//   - placement before probes and actions: these need to know where things go.
//   - remote orderings after actions, fencing after both: they look at what there is.
//   - orderings last of all but the graph: they tie actions that exist.
var stages = []stage{
	{"effects", (*plan).applyEffects},
	{"health", (*plan).applyHealth},
	{"constraints", (*plan).readConstraints},
	{"shutdown locks", (*plan).applyShutdownLocks},
	{"locations", (*plan).applyLocations},
	{"stickiness", (*plan).applyStickiness},
	{"failures", (*plan).applyFailures},
	{"implicit orderings", (*plan).orderImplicitly},
	{"changed definitions", (*plan).checkDefinitions},
	{"placement", (*plan).assignAll},
	{"deferred checks", (*plan).runParamChecks},
	{"probes", (*plan).scheduleProbes},
	{"removed resources", (*plan).clearRemovedFailures},
	{"actions", (*plan).createActions},
	{"remote connections", (*plan).orderRemoteActions},
	{"fencing and shutdown", (*plan).fenceAndShutDown},
	{"orderings", (*plan).applyOrderings},
}
