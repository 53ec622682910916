package sim

import (
	"time"

	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/crmd"
)

// Host is one machine: services that run or do not, an executor, and the controller with
// its part in the agreement (Node). Each of them may be killed or stopped for itself.
type Host struct {
	*Node
	s     *Site
	name  crm.NodeName
	clock Clock

	on       bool
	boots    int
	ran      bool // something was started since it booted
	held     bool // the machine as a whole stands still
	services map[crm.ResourceID]*service
	trouble  map[crm.ResourceID]trouble

	ctl      *controller // nil: crmd is down
	lrm      *lrmProcess // nil: lrmd is down
	lives    int         // of lrmd
	leftover []*run      // agents that outlived their lrmd
	stampOf  stamp       // on disk: the highest authority seen by lrmd
	memory   memory      // on disk: what lrmd remembers
	lease    lease
	dog      watchdog
	lastSeen int // on disk: the life of lrmd that crmd met last

	changedAt   time.Duration // when power went or came
	confirmedAt time.Duration // when the switch last turned it off
	offBy       string        // why it is off
}

func newHost(s *Site, id crm.NodeID, disk *Disk) *Host {
	h := &Host{s: s, name: crm.NodeName("n" + string(rune('0'+id))), clock: Clock{Rate: 1 + (s.w.Rand.Float64()-0.5)/500}}
	h.Node = &Node{c: s.Cluster, id: id, disk: disk}
	h.Node.hooks = hooks{
		policy:  h.policy,
		cycled:  func() { h.withController((*controller).agreed) },
		yielded: func(consensus.Yield) { h.withController((*controller).yielded) },
		woke:    func() { h.withController((*controller).woke) },
		reached: func(from crm.NodeID, sent time.Duration) { s.checks.agreed(id, from, sent) },
	}
	return h
}

func (h *Host) peer() crmd.Peer { return crmd.Peer{ID: h.id, Name: h.name} }

func (p *controller) yielded() {
	if p.h.s.broken(SkipYield) {
		p.rejoin()
		return
	}
	p.post(crmd.Yielded{})
}

// rejoin tells agreement that what this node ran for its old history is stopped.
func (p *controller) rejoin() {
	p.h.s.checks.rejoins(p.h)
	p.h.input(func() { p.h.d.core.Rejoin() })
}

func (h *Host) withController(f func(*controller)) {
	if h.ctl != nil {
		f(h.ctl)
	}
}

// now is what the machine's clock shows.
func (h *Host) now() time.Time { return h.reading() }

// boot turns the machine on: both daemons start.
func (h *Host) boot() {
	if h.on {
		return
	}
	h.on, h.held, h.ran = true, false, false
	h.boots++
	h.changedAt, h.offBy = h.s.w.Now, ""
	h.lease, h.dog = lease{}, watchdog{}
	h.services, h.trouble = map[crm.ResourceID]*service{}, map[crm.ResourceID]trouble{}
	h.s.say(h, "boots")
	h.startExecutor()
	h.startController()
}

// powerOff takes the power away: nothing of what ran is left.
func (h *Host) powerOff(why string) {
	if !h.on {
		return
	}
	h.s.say(h, "is off: %s", why)
	h.on, h.held = false, false
	h.changedAt, h.offBy = h.s.w.Now, why
	h.killController()
	h.killExecutor()
	h.services = nil
}

// hold stops the machine as a whole, as a hypervisor does: services too, but they still
// hold what they hold.
func (h *Host) hold(d time.Duration) {
	if !h.on || h.held {
		return
	}
	h.s.say(h, "stands still for %v", d)
	h.held = true
	h.stopController(d)
	h.stopExecutor(d)
	boots := h.boots
	h.s.w.After(d, func() {
		if h.boots == boots {
			h.held = false
		}
	})
}

// mend ends whatever is wrong with the machine.
func (h *Host) mend() {
	h.held, h.trouble, h.disk.full = false, map[crm.ResourceID]trouble{}, false
	if !h.on {
		h.boot()
		return
	}
	if h.lrm == nil {
		h.startExecutor()
	}
	h.wakeExecutor()
	if h.ctl == nil {
		h.startController()
	}
	if h.paused {
		h.resume()
	}
}

// policy is what the CIB on disk says about going on without a majority.
func (h *Host) policy() consensus.Policy {
	if h.ctl != nil && h.ctl.snap != nil {
		return h.s.policyOf(h.ctl.snap)
	}
	if h.s.broken(NoProof) {
		return consensus.Policy{NoQuorumPolicy: "ignore", TwoNode: true}
	}
	return consensus.Policy{FencingEnabled: true, NoQuorumPolicy: "stop", TwoNode: h.s.plan.Nodes == 2, WaitForAll: h.s.plan.Nodes == 2}
}
