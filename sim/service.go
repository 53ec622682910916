package sim

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/membership"
)

// service is the truth about one resource on one machine, whatever anybody believes.
type service struct {
	active, promoted bool
	since            time.Duration
}

// trouble is what is wrong with a resource's agent on one machine.
type trouble struct {
	op    string // start, stop or monitor
	hangs bool   // else it fails
}

// run is an agent at work. It goes on when its executor dies, until the next one ends it.
type run struct {
	id    int
	order lrmd.Order
	over  bool // it has ended, or was killed
}

// Agents of the model take so long.
const (
	quickest = 5 * time.Millisecond
	slowest  = 300 * time.Millisecond
)

func (h *Host) service(id crm.ResourceID) *service {
	v := h.services[id]
	if v == nil {
		v = &service{}
		h.services[id] = v
	}
	return v
}

// runAgent lets an agent do its work: what it does to the service happens somewhere on
// the way, what it says comes at the end.
func (h *Host) runAgent(r *run, done func(lrmd.Outcome)) {
	o := r.order
	if isSwitch(o.Agent) && o.Op.Name != "start" && o.Op.Name != "stop" {
		h.runSwitch(r, done)
		return
	}
	boots := h.boots
	took := h.s.w.Between(quickest, slowest)
	if o.Op.Name == "monitor" {
		took = h.s.w.Between(quickest, slowest/10)
	}
	if (o.Op.Name == "stop" || o.Op.Name == "demote") && !h.s.plan.Config.fences() {
		// Without fencing the others wait for so long, and no longer: docs/guarantees.md.
		took = h.s.w.Between(quickest, membership.StopAllowance/5)
	}
	bad := h.trouble[o.Op.Resource]
	wrong := bad.op == o.Op.Name
	alive := func(f func()) func() {
		return func() {
			if h.boots == boots && h.on && !r.over {
				f()
			}
		}
	}
	if limit := h.clock.Lasts(o.Timeout); wrong && bad.hangs || took > limit {
		h.s.w.After(limit, alive(func() {
			r.over = true
			done(lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecTimeout, ExitReason: "timed out"})
		}))
		return
	}
	if !wrong {
		h.s.w.After(h.s.w.Between(0, took), alive(func() { h.affect(o) }))
	}
	h.s.w.After(took, alive(func() {
		r.over = true
		if wrong {
			done(lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecDone, ExitReason: "the model says no"})
			return
		}
		done(lrmd.Outcome{RC: h.answer(o), Status: crm.ExecDone})
	}))
}

// affect does to the service what an operation is for.
func (h *Host) affect(o lrmd.Order) {
	id := o.Op.Resource
	v := h.service(id)
	was := *v
	switch o.Op.Name {
	case "start":
		v.active = true
	case "stop":
		v.active, v.promoted = false, false
	case "promote":
		v.promoted = v.active
	case "demote":
		v.promoted = false
	}
	if was.active == v.active && was.promoted == v.promoted {
		return
	}
	v.since = h.s.w.Now
	if v.active && !was.active {
		h.ran = true
		h.s.counts.Starts++
	}
	h.s.say(h, "%ss %s", o.Op.Name, id)
	h.s.checks.serviceChanged(h, id)
}

// answer is the agent's exit code when nothing is wrong with it.
func (h *Host) answer(o lrmd.Order) crm.ExitCode {
	v := h.service(o.Op.Resource)
	switch {
	case o.Op.Name != "monitor" && o.Op.Name != "status":
		return crm.OK
	case v.promoted:
		return crm.RunningPromoted
	case v.active:
		return crm.OK
	}
	return crm.NotRunning
}

// fail makes a service die by itself.
func (h *Host) failService(id crm.ResourceID) {
	if v := h.services[id]; v != nil && v.active {
		v.active, v.promoted = false, false
		h.s.say(h, "%s dies by itself", id)
	}
}
