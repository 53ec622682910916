package daemon

import (
	"sync"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/pengine"
)

// decider runs the policy engine, one decision at a time: what a change of the CIB cannot
// concern is kept from the decision before.
type decider struct {
	mu     sync.Mutex // guards all following fields
	engine pengine.Scheduler
}

// schedule decides. When stop reports true the decision is no longer wanted: then the plan
// has no graph.
func (d *decider) schedule(snap *cib.Snapshot, now time.Time, stop func() bool) crmd.Plan {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.nextLocked(pengine.Input{CIB: snap, Now: now, Stop: stop})
	p := crmd.Plan{Graph: out.Graph, RecheckAt: out.RecheckAt, Part: out.Whole == "" && out.Graph != nil}
	for _, f := range out.Findings {
		p.Findings = append(p.Findings, crmd.Finding{Level: f.Level, Msg: f.Msg})
	}
	return p
}

// nextLocked falls back on a decision about everything if that about a part crashes.
func (d *decider) nextLocked(in pengine.Input) (out pengine.Decision) {
	defer func() {
		if recover() == nil {
			return
		}
		d.engine = pengine.Scheduler{}
		all := pengine.Schedule(in)
		out = pengine.Decision{Graph: all.Graph, Findings: all.Findings, RecheckAt: all.RecheckAt, Whole: "the decision about a part crashed"}
	}()
	return d.engine.Next(in)
}
