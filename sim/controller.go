package sim

import (
	"fmt"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
	"github.com/tactus-ha/tactus/pengine"
)

// controller is crmd's part above the agreement, as crmd/daemon runs it: a mailbox, timers,
// commits, calls to other controllers, the connection to lrmd, the policy engine.
type controller struct {
	h       *Host
	born    time.Duration
	core    *crmd.Controller
	beat    *heartbeats
	parting parting
	mail    []any // crmd.Input or func(), for pump
	inPump  bool
	asleep  []func() // what a pause holds back
	timers  map[string]*timer

	view    crmd.View
	snap    *cib.Snapshot
	shown   *cib.Snapshot // as the controller knows it
	config  *cib.Element  // the options that the policy was made from
	commits commits
	boxes   map[crm.NodeID]*outbox
	replies map[int]func([]crmd.Answer)
	tokens  int
	link    link
	engine  pengine.Scheduler
	ceased  int
	leaving bool
}

type timer struct{ at time.Time }

// startController starts crmd, its part of the agreement first.
func (h *Host) startController() {
	if h.ctl != nil || !h.on {
		return
	}
	if h.held { // what is to start it stands still, too
		h.s.w.After(triesAgain/10, h.startController)
		return
	}
	if h.disk.full { // the raft file is written anew at every start
		h.s.w.After(triesAgain, h.startController)
		return
	}
	t := h.s.timing
	p := &controller{h: h, born: h.s.w.Now, timers: map[string]*timer{}, boxes: map[crm.NodeID]*outbox{}, replies: map[int]func([]crmd.Answer){}}
	p.core = crmd.New(crmd.Config{Cluster: "sim", Self: h.peer(), Peers: h.s.workers(), Seed: fmt.Sprintf("%016x", h.s.w.Rand.Uint64()),
		QuorumGrace: t.Leaderless, FewGrace: t.Dead / 4, Takeover: t.Takeover, GivenUp: t.GivenUp(), Dead: t.Dead})
	p.parting = parting{p: p, heardAt: map[crm.NodeID]time.Time{}, backAt: map[crm.NodeID]time.Time{}}
	h.ctl = p
	if h.s.broken(ForgetGroup) {
		h.disk.forgetGroup()
	}
	h.start()
	if h.d == nil {
		h.ctl = nil
		return
	}
	p.commits = commits{p: p, life: h.life}
	p.beat = newHeartbeats(p)
	p.readLease()
	p.agreed()
	if !h.isWitness() {
		p.attend()
		p.feedWatchdog()
	}
}

// killController ends crmd.
func (h *Host) killController() {
	if h.ctl == nil {
		return
	}
	if x := h.lrm; x != nil && x.hears == h.ctl {
		x.hears = nil
	}
	h.ctl = nil
	h.crash()
}

// stopController makes crmd stand still for a while.
func (h *Host) stopController(d time.Duration) {
	if h.ctl != nil {
		h.pause(d)
	}
}

// alive reports whether this life of crmd goes on.
func (p *controller) alive() bool { return p.h.ctl == p }

// awake runs f when crmd can: not at all when it is dead, later when it stands still.
func (p *controller) awake(f func()) {
	switch {
	case !p.alive():
	case p.h.paused:
		if len(p.asleep) < maxWaiting {
			p.asleep = append(p.asleep, f)
		}
	default:
		f()
	}
}

// after runs f when d has passed by this machine's clock.
func (p *controller) after(d time.Duration, f func()) {
	p.h.s.w.After(p.h.clock.Lasts(d), func() { p.awake(f) })
}

func (p *controller) woke() {
	waiting := p.asleep
	p.asleep = nil
	for _, f := range waiting {
		p.awake(f)
	}
	p.agreed()
	p.ring()
}

// post puts an input into the mailbox.
func (p *controller) post(in any) {
	p.mail = append(p.mail, in)
	p.ring()
}

func (p *controller) ring() {
	if p.inPump || (len(p.mail) == 0 && p.snap == p.shown) {
		return
	}
	p.inPump = true
	p.h.s.w.After(20*time.Microsecond, func() {
		p.inPump = false
		p.awake(p.pump)
	})
}

// pump feeds the controller: the newest CIB first, then what came meanwhile.
func (p *controller) pump() {
	mail := p.mail
	p.mail = nil
	if p.snap != p.shown {
		p.shown = p.snap
		p.step(crmd.CIBChanged{Snapshot: p.snap})
	}
	for _, m := range mail {
		if !p.alive() {
			return
		}
		switch m := m.(type) {
		case crmd.Input:
			p.step(m)
		case func():
			m()
		}
	}
	p.ring()
}

func (p *controller) step(in crmd.Input) {
	if p.h.isWitness() {
		p.witnessStep(in)
		return
	}
	for _, e := range p.core.Step(p.h.now(), in) {
		p.carry(e)
	}
	p.parting.hasQuorum(p.core.Quorate())
}

// carry does what the controller says.
func (p *controller) carry(e crmd.Effect) {
	switch e := e.(type) {
	case crmd.Commit:
		p.commits.put(e)
	case crmd.Abandon:
		p.commits.abandon()
	case crmd.Send:
		p.outbox(e.To).put(e.Orders)
	case crmd.HangUp:
		p.outbox(e.To).hangUp()
	case crmd.Reply:
		if f := p.replies[e.Token]; f != nil {
			delete(p.replies, e.Token)
			f(e.Answers)
		}
	case crmd.Ack:
		p.acknowledge(e)
	case crmd.Execute, crmd.Withdraw, crmd.Drop, crmd.Recall:
		p.link.put(p, e)
	case crmd.LookUp:
		p.after(time.Millisecond, func() {
			known := crmd.AgentKnown{Agent: e.Agent}
			if isSwitch(e.Agent) {
				known.Traits = fenceTraits()
			}
			p.post(known)
		})
	case crmd.Think:
		p.think(e)
	case crmd.Cease:
		p.ceased = e.Serial
	case crmd.Arm:
		p.arm(e)
	case crmd.Notice:
		p.notice(e)
	case crmd.HandOver:
		p.h.input(func() { p.h.d.core.TransferLeadership() })
	case crmd.Rejoin:
		p.rejoin()
	case crmd.Report:
		p.report(e)
	case crmd.ConfirmOff:
		p.h.input(func() { p.h.d.core.Confirm(e.Node, e.Proof) })
	case crmd.Reset:
		p.resetMyself(e.Reason)
	case crmd.Ask:
		p.askAround(e)
	case crmd.Announce: // nobody here remembers where an address was
	case crmd.Unjoined:
		p.h.lease.unjoined = e.Since
	case crmd.Renew:
		p.parting.renew()
		p.agreed()
	case crmd.Leave:
		p.leave(e)
	default:
		panic(fmt.Sprintf("sim: unknown effect %T", e))
	}
}

func (p *controller) arm(a crmd.Arm) {
	if old := p.timers[a.Name]; old != nil && old.at.Equal(a.At) {
		return
	}
	delete(p.timers, a.Name)
	if a.At.IsZero() {
		return
	}
	t := &timer{a.At}
	p.timers[a.Name] = t
	p.after(max(0, a.At.Sub(p.h.now())), func() {
		p.post(func() {
			if p.timers[a.Name] == t {
				delete(p.timers, a.Name)
				p.step(crmd.TimerFired{Name: a.Name})
			}
		})
	})
}

func (p *controller) notice(n crmd.Notice) {
	if p.h.s.w.Trace && n.Level > crmd.Debug {
		p.h.s.say(p.h, "says: %s %v", n.Text, n.Keys)
	}
}

// agreed looks at what agreement says after a cycle of it.
func (p *controller) agreed() {
	if p.h.d == nil || p.h.paused {
		return
	}
	core := p.h.d.core
	if now := current(core.Machine()); now != p.snap {
		p.h.s.checks.changed(p.h, p.snap, now)
		p.snap = now
	}
	if p.snap != p.shown {
		if config := p.snap.Section(cib.TagCRMConfig); config != p.config && !p.h.d.saving {
			p.config = config
			core.SetPolicy(p.h.s.policyOf(p.snap))
		}
	}
	status := p.h.status()
	p.parting.counted(status)
	v := viewOf(status, p.h.id, p.h.s.plan.Nodes)
	v.Leading = v.Leading && !p.h.isWitness()
	v.Unheard = p.parting.unheard(v.Leader)
	if v.Cut = p.parting.cut(); v != p.view {
		if v.Leading && !p.view.Leading {
			p.h.s.counts.Elections++
			if p.h.s.broken(ForgetRequests) {
				p.forgetRequests()
			}
		}
		if p.h.s.broken(NoPolicy) && p.view.Quorate {
			v.Leader, v.Quorate, v.Cut, v.Few = p.view.Leader, true, false, false
		}
		p.view = v
		p.post(crmd.ViewChanged{View: v})
	}
	p.ring()
}

// viewOf is what agreement says, in the controller's words (crmd/daemon has the same).
func viewOf(s consensus.Status, self crm.NodeID, nodes int) crmd.View {
	leads := s.Leader == self && (s.Role == consensus.Leader || s.Role == consensus.Alone)
	return crmd.View{Leader: s.Leader, Leading: leads && s.Quorate && s.DiskError == "", Stamp: s.Stamp, Quorate: s.Quorate, Reason: s.QuorumReason,
		Alone: s.Role == consensus.Alone, Few: s.Votes.Present < s.Votes.Quorum, Learning: s.Role == consensus.Learner && nodes == 2, Lone: loneOf(s, self, nodes), WaitForAll: nodes == 2}
}

// loneOf is the other one of two nodes, when it is gone and this one cannot go on without
// a proof that it is off (crmd/daemon has the same).
func loneOf(s consensus.Status, self crm.NodeID, nodes int) crm.NodeID {
	if s.Quorate || nodes != 2 || len(s.Members) != 2 {
		return 0
	}
	other := crm.NodeID(0)
	for _, m := range s.Members {
		switch {
		case m.Role != "voter":
			return 0
		case m.ID != self:
			other = m.ID
		}
	}
	return other
}

// policyOf is what a CIB says about going on without a majority.
func (s *Site) policyOf(snap *cib.Snapshot) consensus.Policy {
	nodes := s.plan.Nodes
	if s.broken(NoProof) {
		return consensus.Policy{NoQuorumPolicy: "ignore", TwoNode: true}
	}
	p := consensus.Policy{FencingEnabled: crmd.FencingEnabled(snap), NoQuorumPolicy: crmd.PropertyOf(snap, "no-quorum-policy"), TwoNode: nodes == 2, WaitForAll: nodes == 2}
	if p.NoQuorumPolicy == "" {
		p.NoQuorumPolicy = "stop"
	}
	return p
}

// think runs the policy engine beside everything else.
func (p *controller) think(t crmd.Think) {
	began := p.h.now()
	p.after(p.h.s.w.Between(time.Millisecond, 20*time.Millisecond), func() {
		plan := crmd.Plan{Snapshot: t.Snapshot, Now: began}
		if p.ceased != t.Serial {
			p.h.s.counts.Decisions++
			d := p.engine.Next(pengine.Input{CIB: t.Snapshot, Now: began})
			plan.Graph, plan.RecheckAt, plan.Part = d.Graph, d.RecheckAt, d.Whole == ""
			if p.h.s.broken(ActUnconfirmed) {
				plan.Graph = hasty(d.Graph)
			}
			if p.h.s.broken(EagerPromote) {
				plan.Graph = eager(d.Graph)
			}
			for _, f := range d.Findings {
				plan.Findings = append(plan.Findings, crmd.Finding{Level: f.Level, Msg: f.Msg})
			}
			p.h.s.checks.decided(p.h, t.Snapshot, began, d)
		}
		p.post(crmd.Planned{Serial: t.Serial, Plan: plan})
	})
}

// leave ends crmd in order: goodbye to the others, then to the agreement.
func (p *controller) leave(l crmd.Leave) {
	if p.leaving {
		return
	}
	p.leaving = true
	p.h.s.say(p.h, "leaves: %s", l.Reason)
	p.h.input(func() { p.h.d.core.Leave() })
	until := p.h.s.w.Now + callBound
	var wait func()
	wait = func() {
		if p.h.s.w.Now < until && (p.h.d.saving || !p.h.d.core.Left()) {
			p.after(20*time.Millisecond, wait)
			return
		}
		if !l.Running {
			p.beat.goodbye()
		}
		p.after(30*time.Millisecond, func() {
			p.h.dog.armed = p.h.dog.armed && l.Running
			if !l.Running {
				p.h.lease = lease{}
			}
			p.h.killController()
			p.h.s.checks.left(p.h, l.Running)
		})
	}
	p.after(0, wait)
}
