package fencing

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// listAge is after what time a device is asked again for a list that could not be had. One
// that was had is asked for again when a node is to be fenced that it does not name.
const listAge = time.Minute

// questionTime is how long a device may take to say whom it can fence, where its
// configuration does not say: fencing waits for the answer.
const questionTime = 20 * time.Second

// deviceList is what a device said to "list".
type deviceList struct {
	names   []string
	known   bool      // there was an answer
	asked   time.Time // last
	err     string    // why the last one failed
	attempt string    // under way
}

// inquire asks devices whom they can fence, where only they know. True: nothing is asked
// any more.
func (e *Engine) inquire(r *round) bool {
	if r.can == nil {
		r.can, r.asked = map[crm.ResourceID]bool{}, map[crm.ResourceID]bool{}
	}
	if e.world.Guess {
		return true
	}
	complete := true
	for _, d := range e.candidates(r.request.Target) {
		switch d.Check(e.world.Agents[d.Agent]) {
		case DynamicList:
			complete = e.freshList(d, r.request.Target) && complete
		case ByStatus:
			if !r.asked[d.ID] {
				r.asked[d.ID] = true
				e.askStatus(r, d)
			}
		}
	}
	return complete && r.waiting == 0
}

// candidates are the devices that a round may use: those of the topology, else all.
func (e *Engine) candidates(target crm.NodeName) []Device {
	levels := e.equipment.Levels(target)
	if levels == nil {
		return e.equipment.Devices
	}
	var list []Device
	for _, d := range e.equipment.Devices {
		if slices.ContainsFunc(levels, func(l []crm.ResourceID) bool { return slices.Contains(l, d.ID) }) {
			list = append(list, d)
		}
	}
	return list
}

// prefetch asks devices for their lists before they are needed: a node that must be fenced
// should not wait for that.
func (e *Engine) prefetch() {
	if e.world.Guess {
		return
	}
	for _, d := range e.equipment.Devices {
		if l := e.lists[d.ID]; d.Check(e.world.Agents[d.Agent]) == DynamicList && (l == nil || !l.known && l.attempt == "" && e.now.Sub(l.asked) >= listAge) && len(e.executors(d, List, "")) > 0 {
			e.askList(d)
		}
	}
}

// freshList reports whether it is known whether the device's list names the target, or
// cannot be known; it asks otherwise. A name that was listed once is believed: at worst the
// device refuses.
func (e *Engine) freshList(d Device, target crm.NodeName) bool {
	l := e.lists[d.ID]
	switch {
	case l == nil:
	case e.listed(d, target) == "":
		return true
	case l.attempt != "":
		return false
	case e.now.Sub(l.asked) < firstPause:
		return true
	}
	return e.askList(d)
}

// askList asks a device for its list. True: nobody can be asked.
func (e *Engine) askList(d Device) bool {
	l := e.lists[d.ID]
	if l == nil {
		l = &deviceList{}
		e.lists[d.ID] = l
	}
	l.asked = e.now
	nodes := e.executors(d, List, "")
	if len(nodes) == 0 {
		l.err = "no node that may use it is there"
		return true
	}
	e.try(nil, Attempt{Node: nodes[0], Device: d.ID, Agent: d.Agent, Params: d.Params, Action: List, Timeout: d.timeout(List, questionTime)})
	l.attempt = e.name + "/" + itoa(e.serial)
	return false
}

// listAnswered notes a list; one that was known before outlives a failure to refresh it.
func (e *Engine) listAnswered(a *attempt, in Answered) {
	if l := e.lists[a.Device]; l != nil && l.attempt == a.ID {
		l.attempt = ""
		if in.OK {
			l.names, l.known, l.err = ParseList(in.Output), true, ""
		} else {
			l.err = "its list of targets cannot be had: " + reasonOf(in)
		}
	}
	e.goOn()
}

// goOn lets rounds that wait for answers look again.
func (e *Engine) goOn() {
	for _, id := range slices.Sorted(maps.Keys(e.requests)) {
		if r := e.requests[id]; r != nil && r.round != nil && !r.round.planned {
			e.advance(r.round)
		}
	}
}

// listed tells why a device with a dynamic list cannot be used; "" when it can.
func (e *Engine) listed(d Device, target crm.NodeName) string {
	l := e.lists[d.ID]
	switch {
	case l == nil || !l.known && l.err == "":
		return "its list of targets is not known yet"
	case slices.ContainsFunc(l.names, func(s string) bool { return strings.EqualFold(s, d.Plug(target)) }):
		return ""
	case l.err != "":
		return l.err
	}
	return "its list does not name " + d.Plug(target)
}

// listFailed reports whether a device was asked whom it can fence, and did not say.
func (e *Engine) listFailed(d Device) bool {
	l := e.lists[d.ID]
	return l != nil && !l.known && l.err != ""
}

// askStatus finds out whether a device knows the target.
func (e *Engine) askStatus(r *round, d Device) {
	target := r.request.Target
	nodes := e.executors(d, Status, target)
	if len(nodes) == 0 {
		return
	}
	r.waiting++
	e.try(r, Attempt{Request: r.request.ID, Node: nodes[0], Device: d.ID, Agent: d.Agent, Params: d.Params, Action: Status, Target: target, Plug: d.Plug(target), Timeout: d.timeout(Status, questionTime)})
}

func (e *Engine) statusAnswered(a *attempt, in Answered) {
	r := a.round
	r.waiting--
	r.can[a.Device] = !in.Lost && (in.OK || in.Code == statusOff)
	e.advance(r)
}

// statusOff is how a fence agent says that the target is off.
const statusOff crm.ExitCode = 2
