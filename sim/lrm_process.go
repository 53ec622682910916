package sim

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// lrmProcess is lrmd as its daemon runs it: requests of crmd, agents, the timetable, and
// what must outlive it.
type lrmProcess struct {
	h      *Host
	core   *lrmd.Executor
	life   int
	paused bool
	inbox  []func() // what waits for the pause to end
	runs   map[int]*run
	hears  *controller // who is told results
	unsaid []lrmd.Result
	saving bool
	lapsed bool // see keepLease
	wakeAt time.Time
}

// stamp is the executor's stamp file: two slots, written in turn and synced.
type stamp struct{ slots [2]crm.Stamp }

func (s *stamp) highest() crm.Stamp {
	if s.slots[0].Less(s.slots[1]) {
		return s.slots[1]
	}
	return s.slots[0]
}

// write replaces the lower slot.
func (s *stamp) write(st crm.Stamp) {
	if s.slots[0].Less(s.slots[1]) {
		s.slots[0] = st
	} else {
		s.slots[1] = st
	}
}

// memory is the executor's memory file, which names the boot.
type memory struct {
	boot int
	lrmd.Memory
}

const (
	localWay  = 100 * time.Microsecond // one way over a local socket
	saveLater = 250 * time.Millisecond
)

// errGone is what crmd hears when the connection to lrmd ends, or lrmd does not answer.
var errGone = errors.New("executor: no answer")

// startExecutor starts lrmd. What agents its predecessor left behind are ended first.
func (h *Host) startExecutor() {
	if h.lrm != nil || !h.on || h.isWitness() {
		return
	}
	if h.held { // what is to start it stands still, too
		h.s.w.After(triesAgain/10, h.startExecutor)
		return
	}
	h.lives++
	for _, r := range h.leftover {
		r.over = true
	}
	h.leftover = nil
	x := &lrmProcess{h: h, life: h.lives, core: lrmd.New(lrmd.Config{MaxRunning: 4, Slack: 50 * time.Millisecond}, h.stampOf.highest()), runs: map[int]*run{}}
	h.lrm = x
	m := h.memory.Memory
	if h.memory.boot != h.boots {
		m = lrmd.Memory{LastCall: m.LastCall}
	}
	x.carry(x.core.Restore(h.now(), m))
	x.plan()
	if h.s.keepsLease() {
		x.watchLease()
	}
}

// killExecutor ends lrmd; agents under way go on.
func (h *Host) killExecutor() {
	x := h.lrm
	if x == nil {
		return
	}
	h.lrm = nil
	for _, id := range slices.Sorted(maps.Keys(x.runs)) {
		h.leftover = append(h.leftover, x.runs[id])
	}
	if p := x.hears; p != nil {
		h.s.w.After(localWay, func() { p.awake(p.executorGone) })
	}
}

// stopExecutor makes lrmd stand still for a while.
func (h *Host) stopExecutor(d time.Duration) {
	x := h.lrm
	if x == nil || x.paused {
		return
	}
	x.paused = true
	h.s.w.After(d, func() {
		if h.lrm == x {
			h.wakeExecutor()
		}
	})
}

func (h *Host) wakeExecutor() {
	x := h.lrm
	if x == nil || !x.paused {
		return
	}
	x.paused = false
	for h.lrm == x && !x.paused && len(x.inbox) > 0 {
		f := x.inbox[0]
		x.inbox = x.inbox[1:]
		x.input(f)
	}
}

// input gives lrmd something, now or when it goes on.
func (x *lrmProcess) input(f func()) {
	switch {
	case x.h.lrm != x:
	case x.paused:
		x.inbox = append(x.inbox, f)
	default:
		f()
		x.plan()
	}
}

// plan sets when the timetable is looked at next.
func (x *lrmProcess) plan() {
	at, ok := x.core.Next()
	if !ok || (!x.wakeAt.IsZero() && !at.Before(x.wakeAt)) {
		return
	}
	x.wakeAt = at
	x.h.s.w.After(x.h.clock.Lasts(max(0, at.Sub(x.h.now()))), func() {
		x.input(func() {
			if x.wakeAt.Equal(at) {
				x.wakeAt = time.Time{}
			}
			x.carry(x.core.Tick(x.h.now()))
		})
	})
}

// carry does what the executor says.
func (x *lrmProcess) carry(effects []lrmd.Effect) {
	for _, e := range effects {
		switch {
		case e.Run != nil:
			x.start(*e.Run)
		case e.Report != nil:
			x.changed()
			x.tell(*e.Report)
		case e.Kill != 0:
			x.kill(e.Kill)
		case e.Forget != "":
			x.changed()
		}
	}
}

// kill ends a run; that it is over is told like any other end.
func (x *lrmProcess) kill(id int) {
	r := x.runs[id]
	if r == nil || r.over {
		return
	}
	r.over = true
	x.h.s.w.After(time.Millisecond, func() { x.finish(id, lrmd.Outcome{RC: crm.GenericError, Status: crm.ExecError, ExitReason: "killed"}) })
}

func (x *lrmProcess) finish(id int, out lrmd.Outcome) {
	x.input(func() {
		delete(x.runs, id)
		x.carry(x.core.Finished(x.h.now(), id, out))
	})
}

func (x *lrmProcess) start(n lrmd.Run) {
	r := &run{id: n.ID, order: n.Order}
	x.runs[n.ID] = r
	if n.Order.Op.Interval == 0 {
		x.changed()
	}
	x.h.runAgent(r, func(out lrmd.Outcome) { x.finish(r.id, out) })
}

// tell passes a result on, or keeps it for the next who listens.
func (x *lrmProcess) tell(r lrmd.Result) {
	p := x.hears
	if p == nil {
		x.unsaid = append(x.unsaid, r)
		return
	}
	x.h.s.w.After(localWay, func() { p.awake(func() { p.result(x, r) }) })
}

// changed has the memory written soon.
func (x *lrmProcess) changed() {
	if x.saving {
		return
	}
	x.saving = true
	x.h.s.w.After(saveLater, func() {
		x.input(func() {
			x.saving = false
			if x.h.disk.full {
				return
			}
			x.h.memory = memory{x.h.boots, x.core.Remember()}
		})
	})
}

// admit makes a newer authority durable, and refuses an older one.
func (x *lrmProcess) admit(s crm.Stamp) error {
	newer, err := x.core.Admit(s)
	if err != nil {
		x.h.s.counts.Refused++
		x.h.s.say(x.h, "refuses an order of %v: it has seen %v", s, x.core.Stamp())
		return err
	}
	if newer {
		x.h.stampOf.write(s)
	}
	x.h.s.checks.admitted(x.h, s)
	return nil
}

// The requests of crmd, as lrmd answers them.

func (x *lrmProcess) submit(o lrmd.Order) error {
	if err := x.admit(o.Stamp); err != nil {
		return err
	}
	x.h.s.checks.ordered(x.h, o)
	_, effects, err := x.core.Submit(x.h.now(), o)
	x.carry(effects)
	return err
}

func (x *lrmProcess) cancel(s crm.Stamp, key crm.OpKey) error {
	if err := x.admit(s); err != nil {
		return err
	}
	_, effects, err := x.core.Cancel(x.h.now(), s, key)
	x.carry(effects)
	return err
}

func (x *lrmProcess) forget(s crm.Stamp, id crm.ResourceID) error {
	if err := x.admit(s); err != nil {
		return err
	}
	effects, err := x.core.Forget(x.h.now(), s, id)
	x.carry(effects)
	return err
}
