package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Fault is one thing that goes wrong. A plan has a list of them, so that a failing one
// can be made smaller.
type Fault struct {
	At   time.Duration
	Kind string // a key of faultKinds
	A, B crm.NodeID
	For  time.Duration
	X    float64 // how bad, from 0 to 1
	Rsc  crm.ResourceID
}

// String is a line of a story.
func (f Fault) String() string {
	return fmt.Sprintf("%.3fs %s n%d n%d %s for %.3fs (%.2f)", f.At.Seconds(), f.Kind, f.A, f.B, f.Rsc, f.For.Seconds(), f.X)
}

// faultKind is what a kind of fault does.
type faultKind struct {
	name    string
	low     time.Duration // For is drawn between low and high
	high    time.Duration
	inflict func(s *Site, f Fault, a, b *Host)
}

// faultKinds are all kinds, in a fixed order.
func faultKinds() []faultKind {
	return []faultKind{
		{"power", 100 * time.Millisecond, 5 * time.Second, (*Site).faultPower},
		{"all-power", 100 * time.Millisecond, 3 * time.Second, (*Site).faultAllPower},
		{"kill-crmd", 10 * time.Millisecond, 3 * time.Second, (*Site).faultKillController},
		{"kill-lrmd", 10 * time.Millisecond, 2 * time.Second, (*Site).faultKillExecutor},
		{"pause-crmd", 100 * time.Millisecond, 15 * time.Second, (*Site).faultPauseController},
		{"pause-lrmd", 100 * time.Millisecond, 8 * time.Second, (*Site).faultPauseExecutor},
		{"pause-node", 100 * time.Millisecond, 15 * time.Second, (*Site).faultHold},
		{"partition", 200 * time.Millisecond, 8 * time.Second, (*Site).faultPartition},
		{"one-way", 200 * time.Millisecond, 6 * time.Second, (*Site).faultOneWay},
		{"bridge", 200 * time.Millisecond, 6 * time.Second, (*Site).faultBridge},
		{"flap", 500 * time.Millisecond, 5 * time.Second, (*Site).faultFlap},
		{"bad-network", 500 * time.Millisecond, 5 * time.Second, (*Site).faultBadNetwork},
		{"slow-disks", 500 * time.Millisecond, 3 * time.Second, (*Site).faultSlowDisks},
		{"clock-jump", 0, 0, (*Site).faultClockJump},
		{"leave", 10 * time.Millisecond, 4 * time.Second, (*Site).faultLeave},
		{"agent-fails", 500 * time.Millisecond, 4 * time.Second, (*Site).faultAgent},
		{"agent-hangs", 500 * time.Millisecond, 6 * time.Second, (*Site).faultAgent},
		{"service-dies", 0, 0, (*Site).faultService},
		{"switch-fails", 500 * time.Millisecond, 6 * time.Second, (*Site).faultSwitch},
		{"switch-hangs", 500 * time.Millisecond, 6 * time.Second, (*Site).faultSwitch},
		{"switch-slow", 500 * time.Millisecond, 6 * time.Second, (*Site).faultSwitch},
		{"switch-both", 500 * time.Millisecond, 6 * time.Second, (*Site).faultSwitch},
		{"long-pause-crmd", shortestPause, longestPause, (*Site).faultPauseController},
		{"long-pause-lrmd", shortestPause, longestPause, (*Site).faultPauseExecutor},
		{"long-pause-node", shortestPause, longestPause, (*Site).faultHold},
		{"full-disk", 500 * time.Millisecond, 6 * time.Second, (*Site).faultFullDisk},
		{"damaged-disk", 10 * time.Millisecond, 3 * time.Second, (*Site).faultDamagedDisk},
		{"join", 0, 0, (*Site).faultJoin},
		{"rolling", 20 * time.Millisecond, 300 * time.Millisecond, (*Site).faultRolling},
		{"rolling-leave", 20 * time.Millisecond, 300 * time.Millisecond, (*Site).faultRolling},
	}
}

// drawFaults makes a schedule of what may go wrong in a cluster of this kind.
func (k planKind) drawFaults(r *rand.Rand) (list []Fault) {
	all, resources := faultKinds(), k.config.resources()
	if k.faults != nil {
		all = slices.DeleteFunc(all, func(f faultKind) bool { return !slices.Contains(k.faults, f.name) })
	}
	soonest, latest := 300*time.Millisecond, 4*time.Second
	if k.dense {
		soonest, latest = 50*time.Millisecond, 900*time.Millisecond
	}
	between := func(low, high time.Duration) time.Duration { return low + time.Duration(r.Int64N(int64(high-low)+1)) }
	for at := between(2*time.Second, 4*time.Second); at < k.length; at += between(soonest, latest) {
		kind := all[r.IntN(len(all))]
		f := Fault{At: at, Kind: kind.name, A: crm.NodeID(1 + r.IntN(k.nodes)), B: crm.NodeID(1 + r.IntN(k.nodes)), For: between(kind.low, kind.high), X: r.Float64(),
			Rsc: resources[r.IntN(len(resources))]}
		if kind.high == longestPause {
			f.For = drawPause(f.X)
		}
		list = append(list, f)
	}
	return list
}

// inflict makes a fault happen.
func (s *Site) inflict(f Fault) {
	if !s.faulty {
		return
	}
	all := faultKinds()
	k := all[slices.IndexFunc(all, func(k faultKind) bool { return k.name == f.Kind })]
	s.counts.Faults[f.Kind]++
	k.inflict(s, f, s.hostOf(f.A), s.hostOf(f.B))
}

// while does something to the world that ends after f.For, or with all faults.
func (s *Site) while(f Fault, end func()) {
	s.w.After(f.For, func() {
		if s.faulty {
			end()
		}
	})
}

func (s *Site) faultPower(f Fault, a, _ *Host) {
	a.powerOff("power failure")
	s.while(f, a.boot)
}

func (s *Site) faultAllPower(f Fault, _, _ *Host) {
	if f.X > 0.3 {
		return
	}
	for _, h := range s.hosts {
		h.powerOff("power failure everywhere")
		s.w.After(s.w.Between(10*time.Millisecond, f.For), func() {
			if s.faulty {
				h.boot()
			}
		})
	}
}

func (s *Site) faultKillController(f Fault, a, _ *Host) {
	s.say(a, "crmd is killed")
	a.killController()
	s.while(f, a.startController)
}

func (s *Site) faultKillExecutor(f Fault, a, _ *Host) {
	s.say(a, "lrmd is killed")
	a.killExecutor()
	s.while(f, a.startExecutor)
}

func (s *Site) faultPauseController(f Fault, a, _ *Host) {
	s.say(a, "crmd stands still for %v", f.For)
	a.stopController(f.For)
}

func (s *Site) faultPauseExecutor(f Fault, a, _ *Host) {
	s.say(a, "lrmd stands still for %v", f.For)
	a.stopExecutor(f.For)
}

func (s *Site) faultHold(f Fault, a, _ *Host) { a.hold(f.For) }

// faultPartition cuts the nodes into two halves of any size, by the bits of X.
func (s *Site) faultPartition(f Fault, _, _ *Host) {
	side := func(h *Host) bool { return int(f.X*float64(int(1)<<len(s.hosts)))>>(h.id-1)&1 == 1 }
	text := ""
	for _, h := range s.hosts {
		if side(h) {
			text += " " + string(h.name)
		}
	}
	s.say(nil, "the network is cut:%s on one side", text)
	set := func(cut bool) {
		for _, a := range s.hosts {
			for _, b := range s.hosts {
				if side(a) != side(b) {
					s.net.Cut(a.id, b.id, cut)
				}
			}
		}
	}
	set(true)
	s.while(f, func() { set(false); s.say(nil, "the network is whole again") })
}

func (s *Site) faultOneWay(f Fault, a, b *Host) {
	if a == b {
		return
	}
	s.say(nil, "nothing goes from %s to %s any more", a.name, b.name)
	s.net.Cut(a.id, b.id, true)
	s.while(f, func() { s.net.Cut(a.id, b.id, false); s.say(nil, "%s reaches %s again", a.name, b.name) })
}

// faultBridge leaves a and b connected only by way of the others.
func (s *Site) faultBridge(f Fault, a, b *Host) {
	if a == b {
		return
	}
	s.say(nil, "%s and %s do not reach each other, but the rest", a.name, b.name)
	set := func(cut bool) { s.net.Cut(a.id, b.id, cut); s.net.Cut(b.id, a.id, cut) }
	set(true)
	s.while(f, func() { set(false); s.say(nil, "%s and %s reach each other again", a.name, b.name) })
}

// faultFlap cuts a node off and on again, many times.
func (s *Site) faultFlap(f Fault, a, _ *Host) {
	s.say(a, "is cut off and connected again and again")
	until, cut := s.w.Now+f.For, false
	var flip func()
	flip = func() {
		if !s.faulty {
			return
		}
		cut = !cut && s.w.Now < until
		for _, h := range s.hosts {
			if h != a {
				s.net.Cut(a.id, h.id, cut)
				s.net.Cut(h.id, a.id, cut)
			}
		}
		if cut || s.w.Now < until {
			s.w.After(s.w.Between(30*time.Millisecond, 1500*time.Millisecond), flip)
		}
	}
	flip()
}

func (s *Site) faultBadNetwork(f Fault, _, _ *Host) {
	s.net.Loss, s.net.Duplicate, s.net.Slow = f.X*0.3, f.X*0.1, (1-f.X)*0.3
	s.say(nil, "the network loses %.0f%%, delays %.0f%%", s.net.Loss*100, s.net.Slow*100)
	s.while(f, func() { s.net.Loss, s.net.Duplicate, s.net.Slow = 0, 0, 0; s.say(nil, "the network is good again") })
}

func (s *Site) faultSlowDisks(f Fault, _, _ *Host) {
	s.say(nil, "disks are slow")
	s.saveTime = 200 * time.Millisecond
	s.while(f, func() { s.saveTime = saveUsually; s.say(nil, "disks are quick again") })
}

func (s *Site) faultClockJump(f Fault, a, _ *Host) {
	jump := time.Duration((f.X - 0.5) * float64(2*time.Hour))
	s.say(a, "its wall clock jumps by %v", jump.Round(time.Second))
	a.clock.Jump += jump
}

// faultLeave shuts crmd down in order; it is killed when that takes too long.
func (s *Site) faultLeave(f Fault, a, _ *Host) { s.leaveAndReturn(f, a) }

func (s *Site) leaveAndReturn(f Fault, a *Host) {
	p := a.ctl
	if p == nil {
		return
	}
	s.say(a, "is told to leave")
	p.awake(func() { p.shutdown("told to") })
	s.w.After(8*time.Second, func() {
		if s.faulty && a.ctl == p {
			s.say(a, "takes too long to leave: power is cut")
			a.powerOff("an administrator lost patience")
		}
	})
	var back func()
	back = func() {
		if !s.faulty {
			return
		}
		if a.ctl == p {
			s.w.After(200*time.Millisecond, back)
			return
		}
		s.w.After(f.For, func() {
			if s.faulty {
				a.boot()
				a.startExecutor()
				a.startController()
			}
		})
	}
	back()
}

// faultAgent makes an agent fail or hang.
func (s *Site) faultAgent(f Fault, a, _ *Host) {
	if !a.on {
		return
	}
	ops := []string{"start", "monitor", "stop"}
	if f.Rsc == "disk" {
		ops = append(ops, "promote", "demote")
	}
	if !s.plan.Config.fences() { // a stop that fails blocks the resource for ever
		ops = ops[:2]
	}
	bad := trouble{op: ops[int(f.X*float64(len(ops)))%len(ops)], hangs: f.Kind == "agent-hangs"}
	s.say(a, "%s of %s goes wrong from now on (%s)", bad.op, f.Rsc, f.Kind)
	a.trouble[f.Rsc] = bad
	boots := a.boots
	s.while(f, func() {
		if a.boots == boots && a.trouble[f.Rsc] == bad {
			delete(a.trouble, f.Rsc)
		}
	})
}

func (s *Site) faultSwitch(f Fault, _, _ *Host) {
	m := mood{fails: f.Kind == "switch-fails", hangs: f.Kind == "switch-hangs", both: f.Kind == "switch-both"}
	if f.Kind == "switch-slow" {
		m.slow = time.Duration(f.X * float64(8*time.Second))
	}
	s.say(nil, "the power switch is bad: %s", f.Kind)
	s.mood = m
	s.while(f, func() { s.mood = mood{}; s.say(nil, "the power switch works again") })
}

func (s *Site) faultService(f Fault, a, _ *Host) {
	if a.on {
		a.failService(f.Rsc)
	}
}
