package crmd

import (
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
)

// TestExecutorLosesOrders: lrmd dies with an operation, or before it takes one. The DC
// hears of it when the node joins again, and does not wait for a result until its timeout.
func TestExecutorLosesOrders(t *testing.T) {
	for _, tc := range []struct {
		name string
		dc   crm.NodeID // vip is on 1
		lose func(m *machine)
	}{
		{"taken and forgotten", 2, func(m *machine) { m.put(LRMDown{}) }},
		{"taken and forgotten, on the DC", 1, func(m *machine) { m.put(LRMDown{}) }},
		{"taken and restored as failed", 2, func(m *machine) {
			m.put(LRMDown{})
			m.put(OpResult{lrmd.Result{Call: 7, Op: crm.OpKey{Resource: "vip", Name: "stop"}, RC: crm.GenericError, Status: crm.ExecError, UserData: m.ordered()}})
		}},
		{"never taken, before the loss is noticed", 2, func(m *machine) {
			m.put(OpResult{lrmd.Result{Call: -1, Op: crm.OpKey{Resource: "vip", Name: "stop"}, RC: crm.GenericError, Status: crm.ExecNotConnected, UserData: m.ordered()}})
			m.put(LRMDown{})
		}},
		{"never taken", 2, func(m *machine) {
			m.put(LRMDown{})
			m.put(OpResult{lrmd.Result{Call: -1, Op: crm.OpKey{Resource: "vip", Name: "stop"}, RC: crm.GenericError, Status: crm.ExecNotConnected, UserData: m.ordered()}})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := formed(t, 3, tc.dc)
			m := w.nodes[1]
			m.hold = true
			m.monitorFails()
			w.pass(time.Second)
			if len(m.held) == 0 {
				t.Fatal("nothing was ordered after the monitor failed")
			}
			m.gone = true
			tc.lose(m)
			w.pass(3 * time.Second)
			m.hold, m.gone, m.held = false, false, nil
			m.states, m.running = map[crm.ResourceID]*lrmd.ResourceState{}, map[crm.ResourceID]bool{}
			m.put(LRMUp{Fresh: true})
			w.pass(5 * time.Second)
			if got := w.where(); got == "" {
				t.Error("five seconds after the executor is back vip runs nowhere: the DC waits for a result that was lost")
			}
		})
	}
}

// TestExecutorGivesOrdersUp: the lease ends, and lrmd drops orders that have no result yet,
// while the node is a member, or acts alone. The DC hears of it at once, or when the node
// joins; a node alone that waits for such a stop decides anew.
func TestExecutorGivesOrdersUp(t *testing.T) {
	removed := func(m *machine) {
		m.held = nil
		for _, s := range m.states {
			s.InFlight = nil
		}
		m.put(OpResult{lrmd.Result{Call: 7, Op: crm.OpKey{Resource: "vip", Name: "stop"}, Status: crm.ExecCancelled, Removed: true, UserData: m.ordered()}})
		m.hold = false
	}
	for _, tc := range []struct {
		name string
		dc   crm.NodeID // vip is on 1
		drop func(w *world, m *machine)
	}{
		{"of a member", 2, func(w *world, m *machine) { removed(m) }},
		{"of the DC itself", 1, func(w *world, m *machine) { removed(m) }},
		{"while it is alone and has not begun", 2, func(w *world, m *machine) {
			w.cut[1] = true
			w.views()
			m.put(Lapsed{For: 3 * time.Second})
			removed(m)
			w.pass(time.Second)
			w.cut[1] = false
			w.views()
		}},
		{"what it ordered alone", 2, func(w *world, m *machine) {
			w.cut[1] = true
			w.views()
			m.put(Lapsed{For: 3 * time.Second})
			removed(m)
			m.hold = true
			w.pass(time.Second)
			removed(m)
			w.pass(time.Second)
			if m.running["vip"] {
				t.Error("alone, it waits for a stop that was given up")
			}
			w.cut[1] = false
			w.views()
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := formed(t, 3, tc.dc)
			m := w.nodes[1]
			m.hold = true
			m.monitorFails()
			w.pass(time.Second)
			tc.drop(w, m)
			w.pass(5 * time.Second)
			if got := w.where(); got == "" {
				t.Error("five seconds after the order was given up vip runs nowhere: the DC waits for its result")
			}
		})
	}
}

// ordered is the key of the one order that the executor is at.
func (m *machine) ordered() string {
	for _, key := range sortedKeys(m.c.executor.inFlight) {
		return key
	}
	m.w.t.Fatalf("%s is at nothing", m.peer.Name)
	return ""
}

// TestAFailedStopOutlivesItsController: a controller is killed after its executor told that a
// stop had failed, and before that was agreed on. The next one brings it along, with what it
// counts; also one that finds no quorum, and has to tell people.
func TestAFailedStopOutlivesItsController(t *testing.T) {
	for _, quorum := range []bool{true, false} {
		w := formed(t, 3, 2)
		m := w.nodes[1]
		m.rc["stop vip"] = crm.GenericError
		m.hold = true
		m.put(OrdersCame{From: 2, Orders: []Order{{Kind: RunOrder, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Key: "1:1:0:late", Op: crm.OpKey{Resource: "vip", Name: "stop"},
			Agent: lrmd.Agent{Class: "ocf", Provider: "test", Type: "Dummy"}}}})
		w.run()
		m.c = nil
		m.hold = false
		for _, end := range m.held {
			end()
		}
		m.held = nil
		w.cut[1] = !quorum
		w.controllerAnew(1)
		w.pass(5 * time.Second)
		snap := w.snap
		if !quorum {
			snap = m.c.alone.snap
		}
		rsc := stateIn(snap, m.peer).Child(cib.TagLRM).Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, "vip")
		failure := rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, "vip_last_failure_0")
		if failure.Get("operation") != "stop" || failure.Get("rc-code") != "1" {
			t.Errorf("a quorum %v: that the stop failed is not known: %s", quorum, rsc.XML())
		}
		if count := m.c.attributeOf(m.peer, "fail-count-vip#stop_0"); quorum && count == nil {
			t.Error("the failure is not counted")
		}
		if _, alone := m.c.Alone(); alone == quorum {
			t.Errorf("a quorum %v: the node acts alone: %v", quorum, alone)
		}
	}
}
