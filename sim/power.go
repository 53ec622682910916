package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
)

// mood is what is wrong with the power switch; the zero mood works.
type mood struct {
	fails bool          // it says that it could not
	hangs bool          // it never answers
	slow  time.Duration // longer than usual
	lies  bool          // it says that it did, and did nothing
	both  bool          // it takes the power of who asked as well
}

// fenceTraits is what the meta-data of the switch's agent say.
func fenceTraits() crmd.AgentTraits {
	return crmd.AgentTraits{Fence: fencing.Agent{Known: true, Actions: []fencing.Action{fencing.On, fencing.Off, fencing.Reboot, fencing.Monitor, fencing.Status, fencing.List}}}
}

// runSwitch lets the agent of the power switch do its work.
func (h *Host) runSwitch(r *run, done func(lrmd.Outcome)) {
	o, s := r.order, h.s
	m := s.mood
	took := s.w.Between(50*time.Millisecond, 500*time.Millisecond) + m.slow
	if slices.Contains([]string{"monitor", "list", "status"}, o.Op.Name) {
		took = s.w.Between(quickest, slowest/10)
	}
	boots := h.boots
	alive := func(f func()) func() {
		return func() {
			if h.boots == boots && h.on && !r.over {
				f()
			}
		}
	}
	if limit := h.clock.Lasts(o.Timeout); m.hangs || took > limit {
		if s.w.Chance(0.5) { // the switch may act all the same
			s.w.After(s.w.Between(0, limit), alive(func() { s.throw(h, o) }))
		}
		s.w.After(limit, alive(func() {
			r.over = true
			if s.broken(TimeoutIsSuccess) {
				done(lrmd.Outcome{RC: crm.OK, Status: crm.ExecDone})
				return
			}
			done(lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecTimeout, ExitReason: "the switch does not answer"})
		}))
		return
	}
	if !m.fails && !m.lies {
		s.w.After(took*9/10, alive(func() { s.throw(h, o) }))
	}
	s.w.After(took, alive(func() {
		r.over = true
		out := lrmd.Outcome{RC: crm.OK, Status: crm.ExecDone}
		switch {
		case m.fails:
			out = lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecDone, ExitReason: "the switch refuses"}
		case o.Op.Name == "list":
			for _, n := range s.hosts {
				out.Output += string(n.name) + "\n"
			}
		case o.Op.Name == "status" && o.Fence != nil && !s.host(o.Fence.Target).on:
			out.RC = lrmd.FenceStatusOff
		}
		done(out)
	}))
}

// throw does what an action of the switch is for. A machine that was turned off is turned
// on by somebody after a while.
func (s *Site) throw(by *Host, o lrmd.Order) {
	if o.Fence == nil {
		return
	}
	h := s.host(o.Fence.Target)
	switch o.Op.Name {
	case "off", "reboot":
		s.counts.Fences++
		h.confirmedAt = s.w.Now
		s.checks.notTheWitness(h, by)
		s.checks.quietPower(h, "fenced by "+string(by.name))
		h.powerOff("fenced by " + string(by.name))
		wait := s.w.Between(time.Second, 4*time.Second)
		if o.Op.Name == "off" {
			wait *= 2
		}
		s.bootLater(h, wait)
		if s.mood.both {
			by.powerOff("the switch that fenced " + string(h.name) + " took its power, too")
			s.bootLater(by, s.w.Between(time.Second, 4*time.Second))
		}
	case "on":
		h.boot()
	}
}

// bootLater turns a machine on, unless something else has happened to it by then.
func (s *Site) bootLater(h *Host, wait time.Duration) {
	changed := h.changedAt
	s.w.After(wait, func() {
		if !h.on && h.changedAt == changed {
			h.boot()
		}
	})
}

// resetMyself is what a machine does that must not go on.
func (p *controller) resetMyself(reason string) {
	p.h.s.checks.needed(p.h, reason)
	p.h.powerOff("it resets itself: " + reason)
	p.h.s.counts.Resets++
	p.h.s.bootLater(p.h, p.h.s.w.Between(time.Second, 4*time.Second))
}

// report tells the DC what came of the use of the switch, until it arrives or another leads.
func (p *controller) report(r crmd.Report) {
	until := new(p.h.s.w.Now + 20*time.Second)
	p.stream(p.h.s.hostOf(r.To), until, func(there *controller) { there.post(crmd.FenceReported{Result: r.Result}) })
	var watch func()
	watch = func() {
		if p.view.Leader != 0 && p.view.Leader != r.To {
			*until = 0
			return
		}
		if p.h.s.w.Now < *until {
			p.after(time.Second, watch)
		}
	}
	p.after(time.Second, watch)
}

// isSwitch reports whether an agent is that of the power switch.
func isSwitch(a lrmd.Agent) bool { return a.Class == "stonith" && strings.HasPrefix(a.Type, "fence_") }
