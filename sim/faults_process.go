package sim

import (
	"math"
	"slices"
	"time"
)

// shortestPause and longestPause are how long a process or a machine may stand still.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 120 * time.Second
)

// drawPause draws how long something stands still: short pauses are as frequent as long ones.
func drawPause(x float64) time.Duration {
	return time.Duration(float64(shortestPause) * math.Pow(float64(longestPause)/float64(shortestPause), x))
}

// faultRolling restarts crmd and lrmd of one node after the other, as an operator does for
// an update: the next one when the last one takes part again, or when patience is over.
// Nodes leave in order first, or what they run goes on. Where nothing may stop there is one such
// operator at a time: two would restart a majority at once.
func (s *Site) faultRolling(f Fault, a, _ *Host) {
	if s.plan.Quiet && s.rolling {
		return
	}
	s.rolling = true
	s.say(nil, "every node's daemons are restarted, one after the other: %s", f.Kind)
	restart := s.restartDaemons
	if f.Kind == "rolling-leave" {
		restart = func(h *Host, away time.Duration) { s.leaveAndReturn(Fault{For: away}, h) }
	}
	var next func(hosts []*Host)
	next = func(hosts []*Host) {
		if len(hosts) > 0 {
			restart(hosts[0], f.For)
			s.whenBack(hosts[0], 10*time.Second, func() { next(hosts[1:]) })
			return
		}
		s.rolling = false
	}
	at := slices.Index(s.hosts, a)
	next(slices.Concat(s.hosts[at:], s.hosts[:at]))
}

// restartDaemons restarts crmd and lrmd, one a little after the other; what runs goes on.
func (s *Site) restartDaemons(h *Host, took time.Duration) {
	if !h.on {
		return
	}
	s.say(h, "crmd and lrmd are restarted")
	h.killController()
	h.killExecutor()
	s.w.After(took/4, func() {
		if s.faulty {
			h.startExecutor()
		}
	})
	s.w.After(took, func() {
		if s.faulty {
			h.startController()
		}
	})
}

// whenBack waits until a node has taken part again for a while, or until patience is over.
func (s *Site) whenBack(h *Host, patience time.Duration, then func()) {
	until := s.w.Now + patience
	var wait func()
	wait = func() {
		if !s.faulty {
			return
		}
		back := h.ctl != nil && h.ctl.view.Quorate && (h.isWitness() || s.joined(h.ctl.snap, h.name)) && s.w.Now-h.ctl.born > time.Second
		if !back && s.w.Now < until {
			s.w.After(200*time.Millisecond, wait)
			return
		}
		then()
	}
	s.w.After(time.Second, wait)
}
