package fencing

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// listAge is how long a device's answer to "list" is believed.
// Source: the fencer of Pacemaker refreshes dynamic lists after a minute.
const listAge = time.Minute

// deviceList is what a device said to "list".
type deviceList struct {
	names   []string
	at      time.Time // of the answer; zero: there is none yet
	err     string    // why the last one failed
	errAt   time.Time
	attempt string // under way
}

// inquire asks devices whom they can fence, where only they know. True: nothing is asked
// any more.
func (e *Engine) inquire(r *round) bool {
	if r.can == nil {
		r.can, r.asked = map[crm.ResourceID]bool{}, map[crm.ResourceID]bool{}
	}
	complete := true
	for _, d := range e.candidates(r.request.Target) {
		switch d.Check(e.world.Agents[d.Agent]) {
		case DynamicList:
			complete = e.freshList(d) && complete
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

// freshList reports whether the device's list is known, or cannot be; it asks otherwise.
func (e *Engine) freshList(d Device) bool {
	l := e.lists[d.ID]
	if l == nil {
		l = &deviceList{}
		e.lists[d.ID] = l
	}
	switch {
	case l.attempt != "":
		return false
	case !l.at.IsZero() && e.now.Sub(l.at) < listAge, !l.errAt.IsZero() && e.now.Sub(l.errAt) < firstPause:
		return true
	}
	nodes := e.executors(d, List, "")
	if len(nodes) == 0 {
		l.err, l.errAt = "no node that may use it is there", e.now
		return true
	}
	e.try(nil, Attempt{Node: nodes[0], Device: d.ID, Agent: d.Agent, Params: d.Params, Action: List, Timeout: d.timeout(List, e.equipment.Timeout)})
	l.attempt = e.name + "/" + itoa(e.serial)
	return false
}

// listAnswered notes a list; one that was known before outlives a failure to refresh it.
func (e *Engine) listAnswered(a *attempt, in Answered) {
	if l := e.lists[a.Device]; l != nil && l.attempt == a.ID {
		l.attempt = ""
		if in.OK {
			l.names, l.at, l.err, l.errAt = ParseList(in.Output), e.now, "", time.Time{}
		} else {
			l.err, l.errAt = "its list of targets cannot be had: "+reasonOf(in), e.now
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
	case l == nil || l.at.IsZero() && l.err == "":
		return "its list of targets is not known yet"
	case slices.ContainsFunc(l.names, func(s string) bool { return strings.EqualFold(s, d.Plug(target)) }):
		return ""
	case l.err != "":
		return l.err
	}
	return "its list does not name " + d.Plug(target)
}

// askStatus finds out whether a device knows the target.
func (e *Engine) askStatus(r *round, d Device) {
	target := r.request.Target
	nodes := e.executors(d, Status, target)
	if len(nodes) == 0 {
		return
	}
	r.waiting++
	e.try(r, Attempt{Request: r.request.ID, Node: nodes[0], Device: d.ID, Agent: d.Agent, Params: d.Params, Action: Status, Target: target, Plug: d.Plug(target), Timeout: d.timeout(Status, e.equipment.Timeout)})
}

func (e *Engine) statusAnswered(a *attempt, in Answered) {
	r := a.round
	r.waiting--
	r.can[a.Device] = !in.Lost && (in.OK || in.Code == statusOff)
	e.advance(r)
}

// statusOff is how a fence agent says that the target is off.
const statusOff crm.ExitCode = 2
