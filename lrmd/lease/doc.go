// Package lease answers "what if nobody renews this node's right to run its resources?".
// crmd writes until when the right lasts into a page of memory that lrmd reads:
//
//	crmd, whenever enough others are known to have heard this node ──Renew──> /run/tactus/lease
//	lrmd, at that time ──Left──> it was renewed: wait again; it was not: stop what runs here
//
// Nothing is sent and nobody is woken for a renewal: it is one store into shared memory. A
// crmd that hangs, was killed or was stopped together with the whole machine does not renew,
// and lrmd acts as soon as it runs. The clock is the machine's time since boot, which goes on
// while it is suspended.
//
// Beside it crmd keeps, for the next crmd, when the node last had a quorum, and since when it
// has not taken part although it could: a node has no more time to stop what it runs, or to be
// reset, for its crmd being started anew.
package lease
