package crmd

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
)

// Feeding says whether this node's watchdog may be fed.
type Feeding struct {
	OK   bool
	Why  string // not: the reason, for the note that is left
	Tell bool   // the others do not know yet that this node has a watchdog
	// Short is the least stonith-watchdog-timeout that this watchdog can serve, when the
	// configured one is shorter: the others must not rely on it then.
	Short time.Duration
	// Running is how many resources may be active here.
	Running int
	Quorate bool // there is a quorum and a DC
}

// MayLive judges at now, for a watchdog of that timeout. A node that lost the others has
// half of stonith-watchdog-timeout to stop what it runs; the other half is for the watchdog
// itself. It must be off by then, as the others wait no longer. States are the executor's
// memory, nil when it is not known: without a quorum it knows more than the CIB does.
func (c *Controller) MayLive(now time.Time, timeout time.Duration, states []lrmd.ResourceState) Feeding {
	running := max(c.activeAlone(), activeBy(states))
	v := c.mayLive(now, timeout, running)
	v.Running, v.Quorate = running, c.Quorate()
	return v
}

func (c *Controller) mayLive(now time.Time, timeout time.Duration, running int) Feeding {
	c.dogTimeout = timeout
	wait := c.watchdogWait(timeout)
	if wait == 0 {
		return Feeding{OK: true}
	}
	if wait < 2*timeout {
		return Feeding{OK: true, Short: 2 * timeout}
	}
	if c.Quorate() {
		v := c.attributeOf(c.cfg.Self, WatchdogAttribute)
		return Feeding{OK: true, Tell: (v == nil || !isTrue(*v)) && Joined(c.nodeState(c.cfg.Self))}
	}
	since, limit := c.without(timeout, wait/2)
	if c.lone != nil || since.IsZero() || running == 0 || now.Sub(since) < limit {
		return Feeding{OK: true}
	}
	return Feeding{Why: fmt.Sprintf("it has been without the others for %s and still runs %d resources, which they take over after stonith-watchdog-timeout (%s)",
		now.Sub(since).Round(100*time.Millisecond), running, wait)}
}

// without is since when this node has been without the others, and how long it may be. Being
// started anew gives no more time. One that was started without them, and does not know how
// long they have been gone, has only the watchdog's own timeout.
func (c *Controller) without(timeout, allowance time.Duration) (since time.Time, limit time.Duration) {
	switch {
	case c.wasQuorate:
		return c.lostAt, allowance
	case !c.before.At.IsZero():
		return c.before.At, allowance
	}
	return c.lostAt, timeout
}

// watchdogWait is after how long without quorum the others rely on this node's watchdog;
// zero: they do not.
func (c *Controller) watchdogWait(timeout time.Duration) time.Duration {
	text := c.Property("fencing-watchdog-timeout")
	if text == "" {
		text = c.Property("stonith-watchdog-timeout")
	}
	if text == "" || !c.fencing() {
		return 0
	}
	if wait := fencing.WatchdogWait(text); wait >= 0 {
		return wait
	}
	return 2 * timeout
}

// activeAlone counts what runs here, by what this node knows of itself: nothing, on a machine
// that has not joined the others since it booted. What its CIB says then is of the boot before,
// and to reset it for that would do so at every boot.
func (c *Controller) activeAlone() int {
	if !c.joinedSinceBoot() {
		return 0
	}
	snap := c.snap
	if c.alone != nil && c.alone.snap != nil {
		snap = c.alone.snap
	}
	if snap == nil {
		return 0
	}
	return activeIn(snap, c.cfg.Self)
}

// joinedSinceBoot reports whether this machine has been with the others since it booted, by the
// word of this controller or of the one before it.
func (c *Controller) joinedSinceBoot() bool { return c.join.once || !c.before.At.IsZero() }

// activeIn counts the resources that were active on a node, fence devices left out.
func activeIn(snap *cib.Snapshot, p Peer) (count int) {
	for rsc := range stateIn(snap, p).Child(cib.TagLRM).Child(cib.TagLRMRscs).All(cib.TagLRMRsc) {
		if rsc.Get(cib.AttrClass) == "stonith" {
			continue
		}
		if mayBeActive(rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, rsc.ID()+"_last_0")) {
			count++
		}
	}
	return count
}

// activeBy counts what may be active by an executor's memory: what was started just before
// the quorum was lost is in no CIB, and a controller that has just begun has an old one. What it
// was only told to stop, as a node alone tells it to by the CIB of the boot before, never ran.
func activeBy(states []lrmd.ResourceState) (count int) {
	for _, s := range states {
		last, active, began := -1, false, false
		for _, r := range s.History {
			if r.Op.Interval != 0 || !isTask(r.Op.Name) {
				continue
			}
			runs := mayRun(r.Op.Name, itoa(int(r.RC)), false)
			began = began || runs && r.Op.Name != "stop"
			if r.Call > last {
				last, active = r.Call, runs
			}
		}
		for _, op := range s.InFlight {
			if op.Interval == 0 && op.Name != "stop" && mayRun(op.Name, "", true) {
				began, active = true, true
			}
		}
		if began && active && s.Agent.Class != "stonith" {
			count++
		}
	}
	return count
}

// mayBeActive judges a resource by the last thing that was done about it.
func mayBeActive(last *cib.Element) bool {
	return last != nil && mayRun(last.Get("operation"), last.Get("rc-code"), last.Get("op-status") == "-1")
}

// mayRun judges one operation and its exit code. What could not be stopped still runs, for
// all that is known, and what is being started, or failed to start, may run.
func mayRun(operation, rc string, pending bool) bool {
	switch operation {
	case "stop":
		return pending || rc != "0"
	case "monitor":
		return !pending && (rc == "0" || rc == "8" || rc == "9")
	}
	return true
}
