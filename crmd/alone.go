package crmd

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd/transition"
)

// cause is one reason why a node acts on its own. Several may hold at once: then what is
// demanded by any of them counts. The weightiest, which is told to people, is the last.
type cause uint8

// The causes: when each begins (alone_when.go), what the node may run then, and when that ends.
//
//	cause      begins                                              may run              ends
//	noQuorum   without a quorum or a DC for Config.QuorumGrace,    what the policy      with a quorum
//	           FewGrace when no election can help                  lets it (demote)
//	cutOff     View.Cut: at once, without fencing                  the same             with a quorum
//	leaves     told to leave while nobody leads: at once           nothing              when it is stopped: it goes
//	unable     hears a quorum and cannot join for UnjoinedGrace    nothing              stopped, and a quorum
//	lapse      Lapsed: the others had time to take over; at once   nothing              stopped, and a quorum
//	givesWay   Yielded: a better group was met; at once            what the winner      when it is stopped: it
//	           there is an executor                                lets it keep         joins anew
//
// How long stopping may take is nobody's promise but the resources'; what must be off in
// time all the same is the watchdog's (feeding.go) and the lease's (package lrmd/lease).
const (
	noQuorum cause = iota
	cutOff
	leaves
	unable
	lapse
	givesWay
	numCauses
)

// demand is what a cause demands of the node.
type demand struct {
	says     string // to people: "this node acts alone: ..."
	stops    bool   // everything, whatever no-quorum-policy says
	finishes bool   // it stops to the end, also when the quorum is back: others may run it by now
	rejoins  bool   // consensus waits until it has stopped
}

var demands = [numCauses]demand{
	noQuorum: {says: "no quorum"},
	cutOff:   {says: "cut off"},
	leaves:   {says: "shutdown", stops: true},
	unable:   {says: "cannot take part", stops: true, finishes: true},
	lapse:    {says: "not heard for too long", stops: true, finishes: true},
	givesWay: {says: "yielded", stops: true, rejoins: true},
}

// causes is a set of them.
type causes uint8

func because(c cause) causes { return 1 << c }

// demand is what they demand together.
func (s causes) demand() (sum demand) {
	for c := range numCauses {
		if d := demands[c]; s&because(c) != 0 {
			sum = demand{d.says, sum.stops || d.stops, sum.finishes || d.finishes, sum.rejoins || d.rejoins}
		}
	}
	return sum
}

// alone is a node that acts on its own: without a quorum it applies no-quorum-policy to
// itself; when others may run what it runs, or it must leave while nobody leads, it stops that.
// It works on its last CIB, completed by what its executor remembers (what was started just
// before is not agreed on any more), and keeps what it does there; on its return it brings
// the executor's memory, which holds the same, into the common CIB.
type alone struct {
	causes      causes
	policyStops bool             // no-quorum-policy is stop, or is overruled
	keep        []crm.ResourceID // what the winner of a merge lets it keep

	snap     *cib.Snapshot
	asking   bool // the executor for its memory
	thinking int
	rounds   int
	walk     *transition.Walk
	over     bool               // nothing more to do
	probes   map[crm.OpKey]bool // under way: whether those resources run is not known yet
}

// stops reports whether everything is to be stopped, but for what may be kept.
func (a *alone) stops() bool { return a.policyStops || a.causes.demand().stops }

// mayEnd reports whether a quorum ends it now.
func (a *alone) mayEnd() bool {
	d := a.causes.demand()
	return !d.rejoins && (!d.finishes || a.over)
}

// owes reports whether others may start what runs here as soon as this node says, or is
// taken to say, that it has stopped it.
func (a *alone) owes() bool {
	d := a.causes.demand()
	return d.finishes || d.rejoins
}

// actAlone begins to act on its own.
func (c *Controller) actAlone(a *alone) {
	c.alone = a
	a.snap = c.snap
	c.before.Unjoined = time.Time{} // what ran then is stopped now
	// A try to join that is on its way tells what runs now, not what is left afterwards: it
	// may still be agreed on, and does not count then.
	c.join.recalled, c.join.committing = false, ""
	if c.executor.up {
		a.asking = true
		c.do(Recall{})
		return
	}
	c.seclude(nil)
}

// aloneAgain acts alone anew with an executor that is back: what was asked while there was
// none came to nothing, and what was under way has no result.
func (c *Controller) aloneAgain() {
	c.actAlone(&alone{causes: c.alone.causes, policyStops: c.alone.policyStops, keep: c.alone.keep})
}

// settle tells those who waited for it that nothing runs here any more that must not.
func (c *Controller) settle(a *alone) {
	d := a.causes.demand()
	if d.finishes {
		c.do(Renew{})
	}
	if d.rejoins {
		c.rejoin()
	}
}

// rejoin ends giving way: consensus takes over what the better group has agreed on.
func (c *Controller) rejoin() {
	c.alone, c.join.done = nil, false
	c.do(Rejoin{})
}

// Alone tells why the node acts alone, if it does.
func (c *Controller) Alone() (reason string, ok bool) {
	if c.alone == nil {
		return "", false
	}
	return c.alone.causes.demand().says, true
}
