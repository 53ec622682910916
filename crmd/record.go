package crmd

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd/transition"
)

const maxRecords = 50

// maxAskable is of how many of these the input is kept, so that reasons can be given.
const maxAskable = 10

// Record is what a DC remembers of one transition: why, what, and what came of it.
type Record struct {
	ID         int
	UUID       string
	At         time.Time
	Ended      time.Time // zero: under way
	Reason     string    // why it was computed
	Aborted    string    // why it ended early; "" when it did not
	Input      string    // the pe-input file; "" when it was not saved
	CIBVersion string
	Findings   []Finding
	Summary    transition.Summary
	Steps      []transition.Step

	Snapshot *cib.Snapshot // what it was decided from, of the last few; nil: forgotten
	Now      time.Time     // the time that was decided with

	walk *transition.Walk
}

// closeRecord keeps the outcome of the transition and lets go of the walk.
func (c *Controller) closeRecord(aborted string) {
	r := c.duty.record
	if r == nil || !r.Ended.IsZero() {
		return
	}
	r.Ended, r.Aborted = c.now, aborted
	r.Summary, r.Steps, r.walk = r.walk.Summary(), r.walk.Steps(), nil
}

// Records returns the last transitions of this node's time as DC, oldest first; the one
// under way as it stands now.
func (c *Controller) Records() []Record {
	list := make([]Record, 0, len(c.records))
	for _, r := range c.records {
		copied := *r
		if r.walk != nil {
			copied.Summary, copied.Steps = r.walk.Summary(), r.walk.Steps()
			copied.walk = nil
		}
		list = append(list, copied)
	}
	return list
}

// Progress is the transition under way, for status displays.
type Progress struct {
	ID       int
	State    string // idle, running, waiting
	Reason   string
	Summary  transition.Summary
	InFlight []transition.Step
	Recheck  time.Time
}

// Progress tells how far the DC is; the zero Progress when this node is not the DC.
func (c *Controller) Progress() (p Progress) {
	d := c.duty
	if d == nil {
		return p
	}
	p.ID, p.State, p.Recheck = d.transition, "idle", d.recheckAt
	if d.walk != nil {
		p.Summary = d.walk.Summary()
		if !d.walk.Complete() {
			p.State = "running"
			for _, s := range d.walk.Steps() {
				if s.State == transition.InFlight {
					p.InFlight = append(p.InFlight, s)
				}
			}
		}
	}
	if d.record != nil {
		p.Reason = d.record.Reason
	}
	if d.dirty != "" || d.thinking != 0 {
		p.State, p.Reason = "waiting", d.dirty
	}
	return p
}
