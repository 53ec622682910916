package crmd

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crmd/transition"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// reasonCheck is why a decision follows a transition that went well.
const reasonCheck = "the transition before is done"

const (
	maxStaleRuns   = 3                      // decisions thrown away in a row because the CIB changed meanwhile
	longestThought = 500 * time.Millisecond // of the pause after a decision that nothing is to be done
	defaultRecheck = 15 * time.Minute       // cluster-recheck-interval
	longestPause   = 10 * time.Second       // between transitions in which nothing works
)

// planned takes a decision. One that was made on a CIB that has changed since is thrown
// away, but not for ever: under constant change the cluster must still act.
func (c *Controller) planned(in Planned) {
	if c.alone != nil && in.Serial == c.alone.thinking {
		c.alonePlanned(in.Plan)
		return
	}
	if c.lone != nil && in.Serial == c.lone.thinking {
		c.lonePlanned(in.Plan)
		return
	}
	d := c.duty
	if d == nil || in.Serial != d.thinking {
		return
	}
	d.thinking = 0
	if in.Plan.Err != "" {
		c.say(Error, "transition", "the policy engine could not decide; the cluster stays as it is until the configuration changes", "error", in.Plan.Err)
		d.dirty = ""
		return
	}
	if d.stale && d.staleRuns < maxStaleRuns || in.Plan.Graph == nil { // without a graph: given up, see Cease
		d.staleRuns++
		return // dirty still holds the reason; tryThink runs it again
	}
	d.staleRuns = 0
	if len(in.Plan.Graph.Synapses) == 0 {
		// When nothing is to be done, deciding takes at most half of the time.
		d.pauseTill = c.now.Add(min(longestThought, c.now.Sub(d.thoughtAt)))
	}
	if !d.stale {
		c.dropMoot(in.Plan)
	}
	if c.duty == d {
		c.begin(in.Plan)
	}
}

// begin starts to walk what was decided.
func (c *Controller) begin(p Plan) {
	d := c.duty
	reason := d.dirty
	d.dirty = ""
	if d.stale {
		d.dirty = "the CIB changed while a decision was made"
	}
	d.transition++
	d.fencing.released, d.fencing.actions = 0, map[string][]int{}
	p.Graph.TransitionID = d.transition
	limit, _ := strconv.Atoi(c.Property("node-action-limit"))
	d.walk = transition.New(p.Graph, d.uuid, limit)
	d.record = &Record{ID: d.transition, UUID: d.uuid, At: c.now, Reason: reason, Input: p.Input, CIBVersion: c.snap.Version().String(), Findings: p.Findings, Snapshot: p.Snapshot, Now: p.Now, walk: d.walk}
	if reason != reasonCheck || len(p.Graph.Synapses) > 0 {
		if n := len(c.records) - maxAskable; n >= 0 {
			c.records[n].Snapshot = nil
		}
		if c.records = append(c.records, d.record); len(c.records) > maxRecords {
			c.records = c.records[1:]
		}
	}
	c.armRecheck(p.RecheckAt)
	if n := len(p.Graph.Synapses); n > 0 {
		// Log analysers of the field look for this sentence.
		c.say(Info, "transition", "Calculated transition "+itoa(d.transition)+", saving inputs in "+p.Input, "actions", itoa(n), "reason", reason, "uuid", d.uuid)
		c.tellFindings(p.Findings)
	}
	c.dispatch(d.walk.Start(c.now))
	c.afterStep()
}

// tellFindings logs what the decision before did not say already: findings stay true for
// as long as a failure is on record.
func (c *Controller) tellFindings(list []Finding) {
	d := c.duty
	told := map[Finding]bool{}
	for _, f := range list {
		if f.Level != "error" && f.Level != "warning" {
			continue
		}
		if told[f] = true; !d.told[f] {
			c.say(Warning, "transition", f.Msg, "transition", itoa(d.transition))
		}
	}
	d.told = told
}

// armRecheck sets when to look again: when the CIB begins to mean something else, and at
// least every cluster-recheck-interval.
func (c *Controller) armRecheck(at time.Time) {
	interval := defaultRecheck
	if d, ok := ParseInterval(c.Property("cluster-recheck-interval")); ok {
		interval = d
	}
	if interval > 0 {
		if periodic := c.now.Add(interval); at.IsZero() || periodic.Before(at) {
			at = periodic
		}
	}
	if !at.IsZero() && !at.After(c.now) {
		at = c.now.Add(time.Second)
	}
	c.duty.recheckAt = at
	c.armAt("recheck", at)
}

// ParseInterval reads a time as options have it: a number of seconds, or with a unit
// (ms, us, s, sec, m, min, h, hr).
func ParseInterval(text string) (time.Duration, bool) {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(text[:i], 10, 64)
	if err != nil {
		return 0, false
	}
	units := map[string]time.Duration{"": time.Second, "s": time.Second, "sec": time.Second, "ms": time.Millisecond, "msec": time.Millisecond,
		"us": time.Microsecond, "usec": time.Microsecond, "m": time.Minute, "min": time.Minute, "h": time.Hour, "hr": time.Hour}
	unit, ok := units[text[i:]]
	if !ok || n > int64(1<<62)/int64(unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// leavesTraces reports whether a transition did more than pseudo actions: those alone change
// nothing, so that the next decision would be the same, for ever. (The stop of a clone whose
// instances cannot be stopped now is such a transition, and so are monitors that wait for a
// start that cannot run.)
func leavesTraces(w *transition.Walk) bool {
	return slices.ContainsFunc(w.Steps(), func(s transition.Step) bool {
		return s.State == transition.Done && (s.Action.Kind != graph.PseudoEvent || len(maintenanceOps(s.Action)) > 0)
	})
}

// maxRepeats is how often the same actions may be wanted in a row, each time done, before
// the DC waits for a change of something else.
const maxRepeats = 5

// repeatsItself reports whether the transition that ended well was the same as those
// before it. That is a mistake of ours; it must not keep the DC busy for ever.
func (c *Controller) repeatsItself() bool {
	d := c.duty
	var b strings.Builder
	for i := range d.walk.Graph().Synapses {
		a := &d.walk.Graph().Synapses[i].Action
		b.WriteString(string(a.Node) + " " + a.Key + "\n")
	}
	if b.String() != d.wanted || d.record.Reason != reasonCheck {
		d.wanted, d.repeats = b.String(), 0
		return false
	}
	if d.repeats++; d.repeats == maxRepeats {
		c.say(Error, "transition", "the same actions are decided on again and again although they succeed: waiting for a change; please report this, with the input", "transition", itoa(d.transition), "input", d.record.Input)
	}
	return d.repeats >= maxRepeats
}

// afterStep ends a transition that has nothing left to do.
func (c *Controller) afterStep() {
	d := c.duty
	if d == nil || d.walk == nil {
		return
	}
	c.armAt("walk", d.walk.Deadline())
	if !d.walk.Complete() || d.record == nil || !d.record.Ended.IsZero() {
		return
	}
	reason, aborted := d.walk.Aborted()
	s := d.walk.Summary()
	c.closeRecord(reason)
	if s.Total > 0 {
		c.say(Info, "transition", "transition ended", "transition", itoa(d.transition), "summary", s.String(), "aborted", reason)
	}
	switch {
	case aborted && !leavesTraces(d.walk) && s.Failed > d.fencing.released:
		d.fruitless++
		d.pauseTill = c.now.Add(min(longestPause, time.Duration(d.fruitless-1)*100*time.Millisecond))
	case s.Total == 0 || leavesTraces(d.walk):
		d.fruitless = 0
	}
	switch {
	case d.dirty != "":
	case aborted:
		d.dirty = reason
	case s.Failed == 0 && leavesTraces(d.walk) && !c.repeatsItself():
		// Deciding once more costs little and shows that nothing is left to do.
		d.dirty = reasonCheck
	}
	if d.dirty == "" {
		c.say(Debug, "transition", "idle", "transition", itoa(d.transition))
	}
}
