// Package report answers "how is it said?": the texts in which the field reads the state
// of a cluster and of a transition, line by line as crm_mon and crm_simulate print them.
//
//	state.Cluster ──Status──> lines (node list, resource list, attributes, failures ...)
//
// Programs parse these texts: a change of one word breaks them.
package report
