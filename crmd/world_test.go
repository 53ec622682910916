package crmd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/lrmd"
	"github.com/tactus-ha/tactus/pengine/graph"
)

// world runs several controllers on virtual time. Commits are agreed on at once, the
// executors are toys, and decisions are those of a toy scheduler for one resource, vip.
type world struct {
	t           testing.TB
	now         time.Time
	snap        *cib.Snapshot
	nodes       map[crm.NodeID]*machine
	order       []crm.NodeID
	queue       []func()
	trace       []string // operations executed: "start vip on n1"
	term        uint64
	lead        crm.NodeID
	decide      func(*cib.Snapshot, []crm.NodeID) *graph.Graph // toySchedule
	powerOff    func(crm.NodeID)                               // what a fence device does
	confirmed   []crm.NodeID                                   // nodes that consensus was told to be off
	loseReports int                                            // so many results of fence devices do not arrive
	cut         map[crm.NodeID]bool                            // nodes that do not take part in agreement
	asked       int                                            // how often it was asked who heard a lost node
	heard       func(crm.NodeID) LastHeard
	decided     int
	idle        []graph.Synapse // what the toy scheduler wants when it wants nothing
}

// machine is one node: a controller (nil when it is killed) and a toy executor.
type machine struct {
	w       *world
	peer    Peer
	c       *Controller
	timers  map[string]time.Time
	states  map[crm.ResourceID]*lrmd.ResourceState
	running map[crm.ResourceID]bool
	call    int
	rc      map[string]crm.ExitCode // overrides: "start vip" -> rc
	hold    bool                    // operations do not end
	slow    int                     // so many answers of what it remembers are held back, too
	gone    bool                    // the executor cannot be reached
	full    bool                    // the disk is full: nothing it says is agreed on
	held    []func()
	left    bool
	rejoins int
	renewed int
	lease   QuorateBefore // what the next controller is told
	replied []int         // tokens of orders that were answered
	told    int           // how often the network was told anew where addresses are
	resets  int
	stamp   crm.Stamp
}

func newWorld(t testing.TB, nodes int) *world {
	w := &world{t: t, now: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC), snap: cib.Empty(time.Time{}), nodes: map[crm.NodeID]*machine{}, cut: map[crm.NodeID]bool{}, decide: toySchedule}
	w.powerOff = w.kill
	for i := 1; i <= nodes; i++ {
		id := crm.NodeID(i)
		w.nodes[id] = &machine{w: w, peer: Peer{id, crm.NodeName(fmt.Sprintf("n%d", i))}, states: map[crm.ResourceID]*lrmd.ResourceState{}, running: map[crm.ResourceID]bool{}, rc: map[string]crm.ExitCode{}}
		w.order = append(w.order, id)
	}
	for _, id := range w.order {
		w.boot(id, true)
	}
	return w
}

func (w *world) peers() (list []Peer) {
	for _, id := range w.order {
		list = append(list, w.nodes[id].peer)
	}
	return list
}

// boot starts a controller; fresh means that the executor is new too.
func (w *world) boot(id crm.NodeID, fresh bool) {
	m := w.nodes[id]
	if fresh {
		m.states, m.running = map[crm.ResourceID]*lrmd.ResourceState{}, map[crm.ResourceID]bool{}
	}
	m.timers, m.left = map[string]time.Time{}, false
	m.c = New(Config{Cluster: "test", Self: m.peer, Peers: w.peers(), Seed: "seed", QuorumGrace: time.Second})
	m.put(CIBChanged{w.snap})
	m.put(LRMUp{Fresh: fresh})
}

func (m *machine) put(in Input) {
	m.w.queue = append(m.w.queue, func() {
		if m.c == nil {
			return
		}
		for _, e := range m.c.Step(m.w.now, in) {
			m.carry(e)
		}
	})
}

// run works until nothing is left to do now.
func (w *world) run() {
	w.t.Helper()
	for n := 0; len(w.queue) > 0; n++ {
		if n > 100000 {
			w.t.Fatalf("the controllers never come to rest; last: %v", w.trace[max(0, len(w.trace)-10):])
		}
		next := w.queue[0]
		w.queue = w.queue[1:]
		next()
	}
}

// pass lets time go by, timers included.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	end := w.now.Add(d)
	for {
		w.run()
		var due *machine
		var name string
		at := end
		for _, id := range w.order {
			for _, n := range sortedKeys(w.nodes[id].timers) {
				if t := w.nodes[id].timers[n]; !t.After(at) && (due == nil || t.Before(at)) {
					due, name, at = w.nodes[id], n, t
				}
			}
		}
		if due == nil {
			break
		}
		if at.After(w.now) {
			w.now = at
		}
		delete(due.timers, name)
		due.put(TimerFired{name})
	}
	w.now = end
	w.run()
}

// elect makes a node the DC.
func (w *world) elect(id crm.NodeID) {
	w.term++
	w.lead = id
	w.views()
}

func (w *world) views() {
	for _, n := range w.order {
		v := View{Leader: w.lead, Leading: w.lead == n, Stamp: crm.Stamp{Incarnation: 1, Term: w.term}, Quorate: true, Reason: "test"}
		if w.cut[n] || w.lead == 0 {
			v = View{Stamp: v.Stamp, Reason: "cut off"}
		}
		w.nodes[n].put(ViewChanged{v})
	}
}

// seen tells everybody that a node lives or died.
func (w *world) seen(id crm.NodeID, alive, left bool) {
	for _, n := range w.order {
		if n != id && !w.cut[n] {
			w.nodes[n].put(MemberSeen{ID: id, Alive: alive, Left: left})
		}
	}
}

func (w *world) allSeen() {
	for _, id := range w.order {
		w.seen(id, true, false)
	}
}

// kill takes a node's power away.
func (w *world) kill(id crm.NodeID) {
	m := w.nodes[id]
	m.c, m.timers, m.held = nil, map[string]time.Time{}, nil
	m.states, m.running = map[crm.ResourceID]*lrmd.ResourceState{}, map[crm.ResourceID]bool{}
	w.seen(id, false, false)
}

func (w *world) commit(m *machine, c Commit) {
	w.queue = append(w.queue, func() {
		if w.cut[m.peer.ID] || w.lead == 0 || m.full {
			m.put(Committed{Tag: c.Tag, Err: "no leader"})
			return
		}
		next, _, err := w.snap.Apply(cib.Command{Ops: c.Ops})
		answer := Committed{Tag: c.Tag}
		if no, ok := err.(*cib.OpError); ok {
			answer.ExitCode, answer.Err = no.ExitCode, no.Msg
		} else if next != w.snap {
			w.snap = next
			for _, id := range w.order {
				if !w.cut[id] {
					w.nodes[id].put(CIBChanged{next})
				}
			}
		}
		m.put(answer)
	})
}

// configure changes the CIB from outside.
func (w *world) configure(ops ...cib.Op) {
	w.commit(&machine{w: w, peer: Peer{ID: 99}}, Commit{Ops: ops})
}

func (w *world) property(name, value string) {
	w.configure(cib.Op{Kind: cib.Modify, Scope: cib.TagCRMConfig, AllowCreate: true, Data: cib.New(cib.TagPropertySet, cib.AttrID, "cib-bootstrap-options").WithChildren(
		cib.New(cib.TagNvpair, cib.AttrID, "opt-"+name, cib.AttrName, name, cib.AttrValue, value))})
}

func (m *machine) carry(e Effect) {
	w := m.w
	switch x := e.(type) {
	case Commit:
		w.commit(m, x)
	case Send:
		to := w.nodes[x.To]
		if to.c == nil || w.cut[x.To] || w.cut[m.peer.ID] {
			m.put(OrdersAnswered{To: x.To, Orders: x.Orders, Err: "unreachable"})
			return
		}
		token := len(w.trace)*1000 + int(x.To)
		to.put(OrdersCame{From: m.peer.ID, Orders: x.Orders, Token: token})
		w.queue = append(w.queue, func() {
			answers := make([]Answer, len(x.Orders)) // toys are always content
			for i, o := range x.Orders {
				answers[i].Unjoined = o.Kind == SyncOrder && to.c != nil && to.c.neverJoined()
			}
			m.put(OrdersAnswered{To: x.To, Orders: x.Orders, Answers: answers})
		})
	case Ack:
		w.nodes[x.To].put(Acked{x.Key, x.RC})
	case Report:
		if w.loseReports > 0 {
			w.loseReports--
			return
		}
		w.nodes[x.To].put(FenceReported{x.Result})
	case ConfirmOff:
		w.confirmed = append(w.confirmed, x.Node)
	case Reset:
		m.resets++
		w.kill(m.peer.ID)
	case Execute:
		if x.Order.Fence != nil {
			m.fence(x.Order)
			return
		}
		m.execute(x.Order)
	case Withdraw:
		if s := m.states[x.Op.Resource]; s != nil {
			s.History = slices.DeleteFunc(s.History, func(r lrmd.Result) bool { return r.Op == x.Op })
		}
		m.put(OpResult{lrmd.Result{Op: x.Op, Removed: true}})
	case Drop:
		delete(m.states, x.Resource)
	case Recall:
		var list []lrmd.ResourceState
		for _, id := range sortedStates(m.states) {
			s := *m.states[id]
			s.History = slices.Clone(s.History)
			list = append(list, s)
		}
		if m.slow > 0 {
			m.held = append(m.held, func() { m.put(LRMUp{States: list}) })
			m.slow--
			return
		}
		m.put(LRMUp{States: list})
	case LookUp:
		m.put(AgentKnown{Agent: x.Agent})
	case Think:
		snap := x.Snapshot
		w.queue = append(w.queue, func() { m.put(Planned{x.Serial, Plan{Graph: w.schedule(snap)}}) })
	case Arm:
		if x.At.IsZero() {
			delete(m.timers, x.Name)
		} else {
			m.timers[x.Name] = x.At
		}
	case HandOver:
		for _, id := range w.order {
			if id != m.peer.ID && w.nodes[id].c != nil && !w.nodes[id].left {
				w.elect(id)
				break
			}
		}
	case Leave:
		m.left, m.c = true, nil
		w.seen(m.peer.ID, false, !x.Running)
	case Rejoin:
		m.rejoins++
	case Ask:
		w.asked++
		heard := LastHeard{ID: x.ID, For: time.Hour, By: m.peer.Name}
		if w.heard != nil {
			heard = w.heard(x.ID)
		}
		m.put(heard)
	case Renew:
		m.renewed++
	case Unjoined:
		m.lease.Unjoined = x.Since
	case Reply:
		m.replied = append(m.replied, x.Token)
	case Announce:
		m.told++
	}
}

func sortedStates(m map[crm.ResourceID]*lrmd.ResourceState) (ids []crm.ResourceID) {
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// fence is the toy fence device.
func (m *machine) fence(o lrmd.Order) {
	if o.Stamp.Less(m.stamp) {
		m.w.t.Errorf("executor of %s got an order of %s after one of %s", m.peer.Name, o.Stamp, m.stamp)
	}
	m.stamp = o.Stamp
	end := func() {
		rc := m.rc[o.Op.Name+" "+string(o.Op.Resource)]
		m.w.trace = append(m.w.trace, fmt.Sprintf("%s %s on %s", o.Op.Name, o.Op.Resource, m.peer.Name))
		if rc == crm.OK {
			for _, id := range m.w.order {
				if m.w.nodes[id].peer.Name == o.Fence.Target && m.w.nodes[id].c != nil {
					m.w.powerOff(id)
				}
			}
		}
		m.put(OpResult{lrmd.Result{Op: o.Op, Agent: o.Agent, RC: rc, UserData: o.UserData}})
	}
	if m.hold {
		m.held = append(m.held, end)
		return
	}
	m.w.queue = append(m.w.queue, end)
}

// execute is the toy executor.
func (m *machine) execute(o lrmd.Order) {
	if o.Stamp.Less(m.stamp) {
		m.w.t.Errorf("executor of %s got an order of %s after one of %s", m.peer.Name, o.Stamp, m.stamp)
	}
	if m.gone {
		m.put(OpResult{lrmd.Result{Call: -1, Op: o.Op, Agent: o.Agent, RC: crm.GenericError, Status: crm.ExecNotConnected, UserData: o.UserData}})
		return
	}
	m.stamp = o.Stamp
	m.call++
	call := m.call
	s := m.states[o.Op.Resource]
	if s == nil {
		s = &lrmd.ResourceState{Resource: o.Op.Resource, Agent: o.Agent}
		m.states[o.Op.Resource] = s
	}
	if o.Op.Interval == 0 {
		s.InFlight = append(s.InFlight, o.Op)
	}
	end := func() {
		rc, forced := m.rc[o.Op.Name+" "+string(o.Op.Resource)]
		switch {
		case forced:
		case o.Op.Name == "start":
			m.running[o.Op.Resource] = true
		case o.Op.Name == "stop":
			m.running[o.Op.Resource] = false
		case !m.running[o.Op.Resource]:
			rc = crm.NotRunning
		}
		m.w.trace = append(m.w.trace, fmt.Sprintf("%s %s on %s", strings.TrimSuffix(o.Op.Name+"/"+o.Op.Interval.String(), "/0s"), o.Op.Resource, m.peer.Name))
		r := lrmd.Result{Call: call, Op: o.Op, Agent: o.Agent, RC: rc, LastRun: m.w.now, LastChange: m.w.now, UserData: o.UserData, Params: o.Params, Recurring: o.Op.Interval > 0}
		s.InFlight = slices.DeleteFunc(s.InFlight, func(k crm.OpKey) bool { return k == o.Op })
		s.History = append(slices.DeleteFunc(s.History, func(h lrmd.Result) bool { return h.Op == o.Op }), r)
		m.put(OpResult{r})
	}
	if m.hold {
		m.held = append(m.held, end)
		return
	}
	m.w.queue = append(m.w.queue, end)
}

// monitorFails lets the recurring monitor of vip report a failure.
func (m *machine) monitorFails() {
	for i, r := range m.states["vip"].History {
		if r.Op.Interval > 0 {
			r.RC, r.LastChange = crm.NotRunning, m.w.now
			m.running["vip"] = false
			m.states["vip"].History[i] = r
			m.put(OpResult{r})
			return
		}
	}
	m.w.t.Fatalf("%s monitors nothing", m.peer.Name)
}

var agentDummy = graph.Resource{ID: "vip", Class: "ocf", Provider: "test", Type: "Dummy"}

// toySchedule wants vip on the first node that is a member, does not shut down and has no
// infinite failcount.
func (w *world) schedule(snap *cib.Snapshot) *graph.Graph {
	w.decided++
	g := w.decide(snap, w.order)
	if len(g.Synapses) == 0 {
		g.Synapses = w.idle
	}
	return g
}

func toySchedule(snap *cib.Snapshot, order []crm.NodeID) *graph.Graph {
	g := &graph.Graph{MigrationLimit: -1, ClusterDelay: time.Minute, FailedStartOffset: "INFINITY", FailedStopOffset: "INFINITY"}
	add := func(kind graph.Kind, op, node, uuid string, interval, target string, after ...int) int {
		id := len(g.Synapses) + 1
		a := graph.Action{ID: id, Kind: kind, Operation: op, Key: "vip_" + op + "_" + interval, Node: crm.NodeName(node), NodeUUID: uuid, Attributes: map[string]string{"CRM_meta_timeout": "20000"}}
		if kind == graph.ResourceOp {
			a.Resource = agentDummy
			a.Attributes["CRM_meta_op_target_rc"] = target
			if interval != "0" {
				a.Attributes["CRM_meta_interval"] = interval
			}
		}
		g.Synapses = append(g.Synapses, graph.Synapse{ID: id - 1, Action: a, Inputs: after})
		return id
	}
	quorum := snap.Root().Get("have-quorum") == "1"
	var running, want []*cib.Element
	probes := 0
	for st := range snap.Section(cib.TagStatus).All(cib.TagNodeState) {
		if !Joined(st) {
			continue
		}
		attrs := st.Child(cib.TagTransient).Child(cib.TagInstanceAttrs)
		rsc := st.Child(cib.TagLRM).Child(cib.TagLRMRscs).ChildWith(cib.TagLRMRsc, cib.AttrID, "vip")
		last := rsc.ChildWith(cib.TagLRMRscOp, cib.AttrID, "vip_last_0")
		shutdown := attrs.ChildWith(cib.TagNvpair, cib.AttrName, "shutdown") != nil
		active := (last.Get("operation") != "stop" && last.Get("rc-code") == "0") || last.Get("op-status") == "-1"
		if last == nil && quorum {
			add(graph.ResourceOp, "monitor", st.Get("uname"), st.ID(), "0", "7")
			probes++
		}
		if active {
			running = append(running, st)
		} else if shutdown {
			add(graph.ClusterEvent, "do_shutdown", st.Get("uname"), st.ID(), "0", "0")
		}
		start := attrs.ChildWith(cib.TagNvpair, cib.AttrName, "fail-count-vip#start_0")
		monitor := attrs.ChildWith(cib.TagNvpair, cib.AttrName, "fail-count-vip#monitor_10000")
		if quorum && !shutdown && start == nil && monitor == nil {
			want = append(want, st)
		}
	}
	if probes > 0 {
		return g
	}
	slices.SortFunc(want, func(a, b *cib.Element) int { return strings.Compare(a.ID(), b.ID()) })
	var after []int
	settled := false
	for _, st := range running {
		if len(want) > 0 && want[0].ID() == st.ID() {
			settled = true
			continue
		}
		after = append(after, add(graph.ResourceOp, "stop", st.Get("uname"), st.ID(), "0", "0"))
	}
	if !settled && len(want) > 0 {
		start := add(graph.ResourceOp, "start", want[0].Get("uname"), want[0].ID(), "0", "0", after...)
		add(graph.ResourceOp, "monitor", want[0].Get("uname"), want[0].ID(), "10000", "0", start)
	}
	return g
}

// where lists the machines that run vip.
func (w *world) where() string {
	var list []string
	for _, id := range w.order {
		if m := w.nodes[id]; m.running["vip"] {
			list = append(list, string(m.peer.Name))
		}
	}
	return strings.Join(list, " ")
}

// formed makes a cluster of n nodes that runs vip on n1, with the given node as DC.
func formed(t *testing.T, n int, dc crm.NodeID) *world {
	w := newWorld(t, n)
	w.property("stonith-enabled", "false")
	w.allSeen()
	w.elect(dc)
	w.pass(5 * time.Second)
	if got := w.where(); got != "n1" {
		t.Fatalf("after forming vip runs on %q, want n1\n%s", got, strings.Join(w.trace, "\n"))
	}
	w.trace = nil
	return w
}

func (w *world) expectTrace(what string, want ...string) {
	w.t.Helper()
	if !slices.Equal(w.trace, want) {
		w.t.Errorf("%s: executed\n  %s\nwant\n  %s", what, strings.Join(w.trace, "\n  "), strings.Join(want, "\n  "))
	}
}
