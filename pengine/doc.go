// Package pengine answers "what should the cluster do now, and why?".
//
//	cib.Snapshot + now ──Schedule──> transition graph, findings, reasons, when to look again
//
// A daemon decides again after every change: Scheduler (again.go) keeps what the change cannot
// concern. again_links.go says what is tied together, again_changes.go what changed and whom it
// concerns, again_frame.go what pieces and places are, again_pieces.go takes a run apart, again_fit.go
// puts pieces together.
//
// Facts, decisions and product are one package each: state (what the CIB says), sched
// (scores, placements, actions), graph (what to do, in which order). Beside them: rules
// (what is in force when), report (texts), simulate (a graph carried out on paper), whatif
// (what a change or a loss would do) and explain (why).
//
// Where to look:
//
//	what are the steps, and why in this order?       sched/stages.go
//	who changed this score?                          sched/score.go
//	why, as data; why a place, an action             sched/cause.go sched/why_place.go sched/why_winner.go sched/why_action.go sched/why_link.go sched/why_promote.go
//	location, stickiness, health, utilization        sched/location.go sched/location_pattern.go sched/stickiness.go sched/health.go sched/utilization.go
//	which constraints are there?                     sched/constraint.go
//	what does a colocation mean, and decide now?     sched/colocation_read.go sched/colocation.go
//	where do colocation scores come from?            sched/colocation_score.go sched/colocation_primitive.go sched/colocation_group.go sched/colocation_clone.go sched/colocation_bundle.go
//	which node wins, and between equals?             sched/assign.go sched/assign_primitive.go sched/assign_group.go sched/assign_clone.go sched/assign_bundle.go
//	and if capacities make no order?                 sched/tie.go state/sort.go
//	how many instances where? who is promoted?       sched/instance.go sched/promote.go
//	what about bundles?                              sched/bundle.go
//	why is it started, restarted, moved?             sched/action.go sched/action_index.go sched/recover.go sched/migrate.go
//	what is an operation configured to do?           sched/operation.go sched/task.go
//	cause texts                                      sched/reason.go
//	what do histories demand, and failures forbid?   sched/effect.go sched/failure.go
//	probes, monitors, cancels, changed parameters    sched/probe.go sched/recurring.go sched/cancel.go sched/digest.go
//	orderings: configured and implied                sched/order.go sched/order_implicit.go sched/relation.go
//	optional, runnable, blocked                      sched/order_apply.go sched/runnable.go sched/collective.go
//	orderings that contradict each other             sched/circle.go
//	fencing, shutdown, quorum, standby               sched/fence.go sched/shutdown.go sched/quorum.go sched/standby.go
//	maintenance, tickets                             sched/maintenance.go sched/ticket.go
//	remote and guest nodes; clone notifications      sched/remote.go sched/notify.go
//	the records of a run, and where it starts        sched/plan.go sched/build.go sched/run.go
//	where did each product of a run come from?       sched/trace.go state/trace.go
//	what goes into the graph, summary and picture    sched/graph.go sched/summary.go sched/picture.go
//	what do crm_simulate -s and -U print?            sched/remark.go
//	what does this history entry mean? failcounts?   state/history.go state/failcount.go
//	what do old schemas mean?                        state/upgrade.go
//	is this rule in force now? is it sound?          rules/date.go rules/expression.go rules/check.go
//	what would a change do, and how long is it felt?  whatif/rehearsal.go whatif/event.go whatif/effect.go whatif/why.go
//	how long does an operation, or a graph, take?    whatif/times.go whatif/path.go whatif/timeline.go
//	which resources survive the loss of a node?      whatif/lose.go whatif/quorum.go
//	the same in sentences                            whatif/text.go whatif/text_loss.go whatif/text_times.go
//	what people are told of all that                 explain/resource.go explain/sentence.go explain/transition.go
//	what would change it                             explain/remedy.go explain/lost.go
//	the XML of a graph, the DOT picture              graph/xml.go graph/parse.go graph/dot.go
//	which actions wait for each other?               graph/circle.go
package pengine
