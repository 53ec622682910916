// Package explain answers "why is this resource here, why not there, what will be done
// about it, and what would change that?".
//
//	*state.Cluster ──Of──> *Case ──Resource, Transition──> values ──Text──> sentences
//
// Everything it says is derived from one run of the scheduler that kept the trail of its
// scores (sched.Cause), and tried out where it is about the future: the next node by
// scheduling again without the present one, each suggested change by scheduling again with
// it. What was not seen to work is not suggested.
//
//	what is said about a resource    resource.go why.go answer.go
//	one cause as a sentence          sentence.go operation.go words.go
//	scores, node by node             scores.go
//	if a node was lost               lost.go
//	what would change it             remedy.go candidate.go apply.go outcome.go
//	actions, and what they wait for  transition.go
//	the text                         text.go
//
// Times are printed in the time zone of the cluster's Now.
package explain
