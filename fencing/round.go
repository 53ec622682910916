package fencing

import (
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// Watchdog is the device that stands for a node's own watchdog: it works by waiting until
// the node must have reset itself.
const Watchdog crm.ResourceID = "watchdog"

// round is one pass over the devices that may serve a request: first it is found out
// which can, then alternatives are tried until all steps of one are done.
type round struct {
	request *request
	planned bool
	can     map[crm.ResourceID]bool // what status said
	asked   map[crm.ResourceID]bool // devices that were asked for status
	waiting int                     // attempts that must answer before there is a plan

	alternatives []alternative
	at           int // of the alternative under way
	step         int // of its step under way
	active       bool
	wait         time.Time // of a delay, or of a watchdog
	delayed      bool      // the delay was waited out
	tries, lost  int       // of this step
	began        time.Time // of its first try
	why          []string  // what failed, for people
	device       string    // that failed last
	delegate     crm.NodeName
}

// alternative is a list of steps that together do what is asked.
type alternative struct{ steps []step }

// step is one thing to do with one device. A soft one may fail.
type step struct {
	device Device
	action Action
	soft   bool
}

// advance does what can be done now for a round.
func (e *Engine) advance(r *round) {
	if r.request.round != r {
		return
	}
	if !r.planned {
		if !e.inquire(r) {
			return
		}
		r.planned = true
		e.plan(r)
	}
	for r.request.round == r && !r.active {
		switch {
		case r.at >= len(r.alternatives):
			e.failure(r.request, r.device, strings.Join(r.why, "; "))
		case r.step >= len(r.alternatives[r.at].steps):
			var used []string
			for _, s := range r.alternatives[r.at].steps {
				if id := string(s.device.ID); !slices.Contains(used, id) {
					used = append(used, id)
				}
			}
			e.success(r.request, r.delegate, strings.Join(used, " "))
		default:
			if !e.launch(r) {
				return
			}
		}
	}
}

// plan turns the devices that can fence the target into alternatives.
func (e *Engine) plan(r *round) {
	target, action := r.request.Target, r.request.Action
	var sick []string // devices that may be meant for this target, if they only answered
	levels := e.equipment.Levels(target)
	switch {
	case levels != nil:
		for _, ids := range levels {
			e.planLevel(r, ids)
		}
	case action == On && e.planUnfencing(r):
	default:
		for _, d := range e.equipment.Devices {
			if why := e.unusable(r, d); why != "" {
				if text := r.complain(d.ID, why); e.listFailed(d) {
					sick = append(sick, text)
				}
				continue
			}
			r.alternatives = append(r.alternatives, e.alternative([]Device{d}, action))
		}
	}
	if len(r.alternatives) == 0 {
		e.planWatchdog(r)
	}
	switch {
	case len(r.alternatives) > 0:
		r.why = sick // not those of devices that are meant for others
	case len(e.equipment.Devices) == 0 && len(r.why) == 0:
		r.why = []string{"no fence device is configured"}
	}
}

// planLevel makes one level of a topology an alternative, if all its devices can be used.
func (e *Engine) planLevel(r *round, ids []crm.ResourceID) {
	var devices []Device
	for _, id := range ids {
		d, ok := e.equipment.device(id)
		why := ""
		switch {
		case id == Watchdog:
			if why = e.noWatchdog(r.request.Target, r.request.Action); why == "" {
				devices = append(devices, Device{ID: Watchdog})
				continue
			}
		case !ok:
			why = "no such device, or it is disabled"
		default:
			why = e.unusable(r, d)
		}
		if why != "" {
			r.complain(id, why)
			return
		}
		devices = append(devices, d)
	}
	r.alternatives = append(r.alternatives, e.alternative(devices, r.request.Action))
}

// planUnfencing finds the devices that must unfence the target; all have to.
func (e *Engine) planUnfencing(r *round) bool {
	var devices []Device
	for _, d := range e.equipment.Devices {
		if (d.Unfences || e.world.Agents[d.Agent].Automatic) && e.unusable(r, d) == "" {
			devices = append(devices, d)
		}
	}
	if len(devices) > 0 {
		r.alternatives = append(r.alternatives, e.alternative(devices, On))
	}
	return len(devices) > 0
}

// alternative lists the steps of an action with devices that must all act. A reboot of a
// node with several supplies is all off, then all on, as is one with an agent that has no
// reboot; what was switched off is off, whether it can be switched on again or not.
func (e *Engine) alternative(devices []Device, action Action) (a alternative) {
	split := false
	for _, d := range devices {
		split = split || d.ID != Watchdog && !e.world.Agents[d.Agent].Has(Reboot)
	}
	if action != Reboot || len(devices) == 1 && !split {
		for _, d := range devices {
			a.steps = append(a.steps, step{device: d, action: action})
		}
		return a
	}
	for _, d := range devices {
		a.steps = append(a.steps, step{device: d, action: Off})
	}
	for _, d := range devices {
		if d.ID != Watchdog {
			a.steps = append(a.steps, step{device: d, action: On, soft: true})
		}
	}
	return a
}

// planWatchdog lets a node's own watchdog be its device when it has no other.
func (e *Engine) planWatchdog(r *round) {
	if e.equipment.WatchdogTimeout == 0 {
		return
	}
	if why := e.noWatchdog(r.request.Target, r.request.Action); why != "" {
		r.complain(Watchdog, why)
		return
	}
	r.alternatives = append(r.alternatives, alternative{[]step{{device: Device{ID: Watchdog}, action: r.request.Action}}})
}

// noWatchdog tells why waiting for the target's watchdog would prove nothing.
func (e *Engine) noWatchdog(target crm.NodeName, action Action) string {
	switch {
	case !action.Stops():
		return "a watchdog cannot switch a node on"
	case e.watchdogWait() <= 0:
		return "stonith-watchdog-timeout is not set"
	case !e.world.Watchdogs[target]:
		return "node " + string(target) + " is not known to have a watchdog"
	case !e.world.Quorate:
		return "without quorum nobody may rely on a watchdog of the others"
	}
	return ""
}

// watchdogWait is after how long a node without quorum has reset itself.
func (e *Engine) watchdogWait() time.Duration {
	if e.equipment.WatchdogTimeout < 0 {
		return 2 * e.world.Watchdog
	}
	return e.equipment.WatchdogTimeout
}

// unusable tells why a device cannot be used for the request; "" when it can.
func (e *Engine) unusable(r *round, d Device) string {
	target, agent := r.request.Target, e.world.Agents[d.Agent]
	if a := r.request.Action; !agent.Has(a) && !(a == Reboot && agent.Has(Off)) {
		return "its agent has no action " + string(a)
	}
	switch d.Check(agent) {
	case StaticList:
		if !d.Names(target) {
			return "pcmk_host_list and pcmk_host_map do not name " + string(target)
		}
	case DynamicList, ByStatus:
		if e.world.Guess {
			break
		}
		if d.Check(agent) == ByStatus {
			if !r.can[d.ID] {
				return "it does not know " + string(target)
			}
			break
		}
		return e.listed(d, target)
	}
	if len(e.executors(d, r.request.Action, target)) == 0 {
		return "no node that may use it is there"
	}
	return ""
}

// executors lists the nodes that may run a device, the best first: where it is started,
// then the preferred one. The target itself does it only when nobody else can.
func (e *Engine) executors(d Device, action Action, target crm.NodeName) (nodes []crm.NodeName) {
	for _, n := range e.world.Executors {
		if d.Allowed[n] {
			nodes = append(nodes, n)
		}
	}
	if action == On && e.world.Agents[d.Agent].OnTarget {
		return slices.DeleteFunc(nodes, func(n crm.NodeName) bool { return n != target })
	}
	if action.Stops() {
		if others := slices.DeleteFunc(slices.Clone(nodes), func(n crm.NodeName) bool { return n == target }); len(others) > 0 {
			nodes = others
		}
	}
	active := ActiveOn(e.snap, d.ID)
	rank := func(n crm.NodeName) int {
		switch {
		case slices.Contains(active, n):
			return 0
		case n == e.world.Prefer:
			return 1
		}
		return 2
	}
	slices.SortFunc(nodes, func(a, b crm.NodeName) int {
		if x := rank(a) - rank(b); x != 0 {
			return x
		}
		return strings.Compare(string(a), string(b))
	})
	return nodes
}

// complain notes why a device did not do it.
func (r *round) complain(id crm.ResourceID, why string) (text string) {
	r.device = string(id)
	text = "device " + string(id) + ": " + why
	if !slices.Contains(r.why, text) {
		r.why = append(r.why, text)
	}
	return text
}
