package crmd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// fencedWorld is a cluster of n nodes with a fence device, vip on n1, and that DC.
func fencedWorld(t *testing.T, n int, dc crm.NodeID) *world {
	t.Helper()
	w := newWorld(t, n)
	w.decide = fencingSchedule
	w.configure(cib.Op{Kind: cib.Modify, Scope: cib.TagResources, AllowCreate: true, Data: cib.New(cib.TagPrimitive, cib.AttrID, "power", cib.AttrClass, "stonith", cib.AttrType, "fence_toy").WithChildren(
		cib.New(cib.TagInstanceAttrs, cib.AttrID, "power-ia").WithChildren(cib.New(cib.TagNvpair, cib.AttrID, "power-l", cib.AttrName, "pcmk_host_list", cib.AttrValue, "n1 n2 n3")))})
	w.allSeen()
	w.elect(dc)
	w.pass(5 * time.Second)
	if got := w.where(); got != "n1" {
		t.Fatalf("after forming vip runs on %q, want n1\n%s", got, strings.Join(w.trace, "\n"))
	}
	w.trace = nil
	return w
}

// fencingSchedule is toySchedule, except that a member that is lost is fenced before
// anything else is done.
func fencingSchedule(snap *cib.Snapshot, order []crm.NodeID) *graph.Graph {
	rest := snap
	var unclean []*cib.Element
	for st := range snap.Section(cib.TagStatus).All(cib.TagNodeState) {
		if st.Get("crmd") == "offline" && st.Get("expected") == "member" {
			unclean = append(unclean, st)
			rest, _, _ = rest.Apply(cib.Command{Ops: []cib.Op{remove("/cib/status/node_state[@id='" + st.ID() + "']")}})
		}
	}
	g := toySchedule(rest, order)
	var fence []int
	for i, st := range unclean {
		id := 1000 + i
		fence = append(fence, id)
		g.Synapses = append(g.Synapses, graph.Synapse{ID: id, Action: graph.Action{ID: id, Kind: graph.ClusterEvent, Operation: "stonith", Key: "stonith-" + st.Get("uname") + "-reboot",
			Node: crm.NodeName(st.Get("uname")), NodeUUID: st.ID(), Reason: "peer is no longer part of the cluster", Attributes: map[string]string{"CRM_meta_stonith_action": "reboot"}}})
	}
	for i := range g.Synapses {
		if g.Synapses[i].Action.Kind == graph.ResourceOp {
			g.Synapses[i].Inputs = append(g.Synapses[i].Inputs, fence...)
		}
	}
	return g
}

// events tells what is on record: "n1 success by power on n2".
func (w *world) events() (list []string) {
	for _, e := range fencing.History(w.snap) {
		text := fmt.Sprintf("%s %s", e.Target, e.State)
		if e.State == fencing.Success {
			text += fmt.Sprintf(" by %s on %s", e.Device, e.Delegate)
		} else if e.ExitReason != "" {
			text += ": " + e.ExitReason
		}
		list = append(list, text)
	}
	return list
}

func (w *world) expectEvents(what string, want ...string) {
	w.t.Helper()
	if got := w.events(); !slices.Equal(got, want) {
		w.t.Errorf("%s: on record\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// refuse makes the device fail on every node.
func (w *world) refuse(yes bool) {
	for _, m := range w.nodes {
		delete(m.rc, "reboot power")
		if yes {
			m.rc["reboot power"] = crm.GenericError
		}
	}
}

func TestLostNodeIsFencedBeforeRecovery(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.kill(1)
	w.pass(time.Second)
	w.expectTrace("after n1 died", "reboot power on n2", "start vip on n2", "monitor/10s vip on n2")
	w.expectEvents("after n1 died", "n1 success by power on n2")
	if st := w.nodes[2].c.nodeState(w.nodes[1].peer); st.Get("expected") != "down" || st.Child(cib.TagLRM) != nil {
		t.Errorf("n1's entry after fencing: %s", st.XML())
	}
	if got := w.confirmed; !slices.Contains(got, 1) {
		t.Errorf("consensus was told that %v are off, want 1", got)
	}
}

func TestNothingIsRecoveredWhileFencingFails(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.refuse(true)
	w.kill(1)
	w.pass(10 * time.Second)
	if slices.ContainsFunc(w.trace, func(s string) bool { return strings.HasPrefix(s, "start") }) {
		t.Errorf("something was started: %v", w.trace)
	}
	w.expectEvents("while the device refuses", "n1 pending: device power: its agent failed with exit code 1")
	if got := w.nodes[2].c.FencingTrouble(); len(got) != 1 || !strings.Contains(got[0], "cannot fence n1: device power: its agent failed with exit code 1; resources wait: vip; trying again in") {
		t.Errorf("trouble: %q", got)
	}
	w.refuse(false)
	w.trace = nil
	w.pass(time.Minute)
	w.expectTrace("when the device works", "reboot power on n2", "start vip on n2", "monitor/10s vip on n2")
}

// TestNewDCGoesOn: the DC dies while a device is at work. Its successor does it again, and
// what came of the old order counts for nothing.
func TestNewDCGoesOn(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.nodes[2].hold, w.nodes[3].hold = true, true
	w.kill(1)
	w.pass(time.Second)
	w.expectEvents("while the device works", "n1 pending")
	late := w.nodes[2].held
	w.elect(3)
	w.pass(time.Second)
	for _, end := range late {
		end() // the old DC's device says that it is done
	}
	w.run()
	w.expectEvents("after the old order's result", "n1 pending")
	w.nodes[2].hold, w.nodes[3].hold = false, false
	for _, m := range []crm.NodeID{2, 3} {
		for _, end := range w.nodes[m].held[len(w.nodes[m].held)-min(1, len(w.nodes[m].held)):] {
			end()
		}
	}
	w.pass(5 * time.Second)
	w.expectEvents("after the new order's result", "n1 success by power on n3")
	if got := w.where(); got != "n2" {
		t.Errorf("vip is on %q, want n2", got)
	}
}

func TestOpenRequestOutlivesTheCIB(t *testing.T) {
	for _, c := range []struct {
		name string
		op   cib.Op
	}{
		{"cleanup of history", cib.Op{Kind: cib.Delete, XPath: "/cib/status/fencing", Force: true}},
		{"erased status", cib.Op{Kind: cib.Replace, Scope: cib.TagStatus, Data: cib.New(cib.TagStatus)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := fencedWorld(t, 3, 2)
			w.refuse(true)
			w.kill(1)
			w.pass(5 * time.Second)
			w.configure(c.op)
			w.pass(time.Second)
			if len(fencing.Requests(w.snap)) != 1 {
				t.Errorf("open requests: %v, want that for n1", w.events())
			}
		})
	}
}

// TestRestartOfAll: everything goes down while a request is open; whoever leads next goes on.
func TestRestartOfAll(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.refuse(true)
	w.kill(1)
	w.pass(5 * time.Second)
	w.kill(2)
	w.kill(3)
	w.lead = 0
	w.pass(time.Second)
	w.refuse(false)
	w.boot(2, true)
	w.boot(3, true)
	w.seen(2, true, false)
	w.seen(3, true, false)
	w.nodes[2].put(MemberSeen{ID: 1})
	w.nodes[3].put(MemberSeen{ID: 1})
	w.elect(3)
	w.pass(time.Minute)
	if len(fencing.Requests(w.snap)) != 0 || !slices.ContainsFunc(w.events(), func(s string) bool { return strings.HasPrefix(s, "n1 success by power on") }) {
		t.Errorf("on record: %v, want n1 fenced", w.events())
	}
}

// TestLostAnswer: the executing node's result does not reach the DC. It is asked again,
// and the device is not used twice.
func TestLostAnswer(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.configure(cib.Op{Kind: cib.Modify, Scope: cib.TagConstraints, AllowCreate: true, Data: cib.New(cib.TagRscLocation, cib.AttrID, "l", cib.AttrRsc, "power", cib.AttrNode, "n2", cib.AttrScore, "-INFINITY")})
	w.pass(time.Second)
	w.trace = nil
	w.loseReports = 1
	w.kill(1)
	w.pass(time.Second)
	w.expectEvents("while the answer is lost", "n1 pending")
	w.pass(5 * time.Second)
	w.expectEvents("after it was asked for again", "n1 success by power on n3")
	if n := strings.Count(strings.Join(w.trace, "\n"), "reboot power"); n != 1 {
		t.Errorf("the device was used %d times, want once:\n%s", n, strings.Join(w.trace, "\n"))
	}
}

// TestAliveNodeIsFenced: a node that is heard is fenced by an operator. It stays down in
// the CIB while its last heartbeats arrive, and joins when it is back.
func TestAliveNodeIsFenced(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	ev := fencing.Event{ID: "by-hand", Target: "n1", Action: fencing.Reboot, Client: fencing.ClientOperator, Origin: "n3", Requested: w.now, State: fencing.Pending, Once: true}
	w.powerOff = func(id crm.NodeID) { w.nodes[id].c = nil } // nobody notices yet
	w.configure(fencing.RecordOps(w.snap, ev)...)
	w.pass(500 * time.Millisecond)
	w.expectTrace("before anybody misses n1", "reboot power on n2", "start vip on n2", "monitor/10s vip on n2")
	w.seen(1, false, false)
	w.pass(time.Second)
	w.boot(1, true)
	w.seen(1, true, false)
	w.nodes[1].put(MemberSeen{ID: 2, Alive: true})
	w.views()
	w.pass(5 * time.Second)
	if st := w.nodes[2].c.nodeState(w.nodes[1].peer); !Joined(st) {
		t.Errorf("n1 did not join after it was fenced: %s", st.XML())
	}
}

// TestQuickReboot: a node is fenced and up again before its heartbeats were missed and
// before the device has answered. It joins.
func TestQuickReboot(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.powerOff = func(id crm.NodeID) {
		w.boot(id, true)
		for other := range w.nodes {
			if other != id {
				w.nodes[other].put(MemberSeen{ID: id, Alive: true, Anew: true})
				w.nodes[id].put(MemberSeen{ID: other, Alive: true})
			}
		}
		w.views()
	}
	ev := fencing.Event{ID: "by-hand", Target: "n1", Action: fencing.Reboot, Client: fencing.ClientOperator, Origin: "n3", Requested: w.now, State: fencing.Pending, Once: true}
	w.configure(fencing.RecordOps(w.snap, ev)...)
	w.pass(10 * time.Second)
	w.expectEvents("after all", "n1 success by power on n2")
	if st := w.nodes[2].c.nodeState(w.nodes[1].peer); !Joined(st) || w.nodes[1].resets > 0 {
		t.Errorf("n1 did not join after a quick reboot (it reset itself %d times): %s", w.nodes[1].resets, st.XML())
	}
}

// TestLyingDevice: a device says "done" and does nothing. The node learns that the others
// count it as off, and ends itself.
func TestLyingDevice(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.powerOff = func(crm.NodeID) {}
	ev := fencing.Event{ID: "by-hand", Target: "n1", Action: fencing.Reboot, Client: fencing.ClientOperator, Origin: "n3", Requested: w.now, State: fencing.Pending, Once: true}
	w.configure(fencing.RecordOps(w.snap, ev)...)
	w.pass(time.Second)
	if w.nodes[1].resets == 0 {
		t.Error("n1 goes on although the others think that it is off")
	}
}

// TestWatchdogOfALiveNode: a node whose only device is its watchdog is told to reset
// itself, and counts as off when stonith-watchdog-timeout is over and it is not heard.
func TestWatchdogOfALiveNode(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.property("stonith-watchdog-timeout", "10")
	w.configure(cib.Op{Kind: cib.DeleteAll, XPath: "//primitive[@id='power']", Force: true},
		modify(transient(w.nodes[1].peer, "", attribute{WatchdogAttribute, "true"})))
	ev := fencing.Event{ID: "by-hand", Target: "n1", Action: fencing.Reboot, Client: fencing.ClientOperator, Origin: "n3", Requested: w.now, State: fencing.Pending, Once: true}
	w.configure(fencing.RecordOps(w.snap, ev)...)
	w.pass(9 * time.Second)
	w.expectEvents("before the time is over", "n1 pending")
	if w.nodes[1].resets != 1 {
		t.Errorf("n1 reset itself %d times, want once", w.nodes[1].resets)
	}
	w.pass(2 * time.Second)
	w.expectEvents("after it", "n1 success by watchdog on n1")
}

// TestADCKnowsTheOthersWatchdogs: one that has just booted has not told of its own yet. Without
// have-watchdog the policy engine takes it that nobody can be fenced, and stops nothing.
func TestADCKnowsTheOthersWatchdogs(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	for _, told := range []string{"true", "false"} {
		w.configure(modify(transient(w.nodes[1].peer, "", attribute{WatchdogAttribute, told})))
		w.pass(time.Second)
		if got := PropertyOf(w.snap, "have-watchdog"); got != told {
			t.Errorf("n1 tells of a watchdog: %s, and have-watchdog is %s", told, got)
		}
	}
}

// TestDCIsFenced: the DC is not asked to shoot itself: another node leads first.
func TestDCIsFenced(t *testing.T) {
	w := fencedWorld(t, 3, 1)
	ev := fencing.Event{ID: "by-hand", Target: "n1", Action: fencing.Reboot, Client: fencing.ClientOperator, Origin: "n3", Requested: w.now, State: fencing.Pending, Once: true}
	w.configure(fencing.RecordOps(w.snap, ev)...)
	w.pass(5 * time.Second)
	w.expectEvents("after all", "n1 success by power on n2")
	if n := strings.Count(strings.Join(w.trace, "\n"), "reboot power"); n != 1 {
		t.Errorf("the device was used %d times, want once", n)
	}
}

// TestAWordAboutAClosedRequestIsNotRepeated: that a device failed is written on condition that the
// request is open. When it is not, an operator's word, say, came first; any other refusal is
// tried again.
func TestAWordAboutAClosedRequestIsNotRepeated(t *testing.T) {
	for exit, want := range map[int]int{cib.ExitNoSuch: 0, cib.ExitOK + 1: 1} {
		w := fencedWorld(t, 3, 2)
		c := w.nodes[2].c
		c.duty.fencing.writing["word"] = fencing.Event{Target: "n1", State: fencing.Pending}
		c.fenceCommitted(Committed{Tag: "word", ExitCode: exit})
		if got := len(c.duty.fencing.unwrit); got != want || len(c.duty.fencing.writing) != 0 {
			t.Errorf("exit code %d: %d words are to be written again, want %d", exit, got, want)
		}
	}
}

// TestAChangeMeanwhile: while a device is at work the cluster still reacts to other things.
func TestAChangeMeanwhile(t *testing.T) {
	w := fencedWorld(t, 3, 2)
	w.nodes[2].hold, w.nodes[3].hold = true, true
	w.kill(1)
	w.pass(time.Second)
	before := len(w.nodes[2].c.records)
	w.property("cluster-delay", "33s")
	w.pass(time.Second)
	if got := len(w.nodes[2].c.records); got <= before {
		t.Error("no new decision was made while a device was at work")
	}
	w.nodes[2].hold = false
	for _, end := range w.nodes[2].held {
		end()
	}
	w.nodes[2].held = nil
	w.pass(time.Second)
	w.expectEvents("in the end", "n1 success by power on n2")
	if got := w.where(); got != "n2" {
		t.Errorf("vip is on %q, want n2", got)
	}
}
