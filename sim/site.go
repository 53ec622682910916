package sim

import (
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/consensus"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/membership"
)

// Plan says what kind of whole cluster is tried, and what goes wrong in it.
type Plan struct {
	Name    string // of the kind, for summaries
	Nodes   int
	Config  Config        // what the CIB says
	Late    bool          // the last node is configured, and comes for the first time when a fault says so
	Witness bool          // the last node votes, and runs nothing
	Leased  bool          // executors stop everything when their node is not heard (package lrmd/lease)
	Unsafe  bool          // the configuration lets both halves of a split go on
	Quiet   bool          // nothing that goes wrong may move a service or fence a node
	Length  time.Duration // of the time in which things go wrong
	Faults  []Fault       // in the order in which they happen
	Trace   bool
	Break   Break // on purpose, to show that the checks notice
}

// Site is a whole cluster: machines with a controller, an executor and services each.
type Site struct {
	*Cluster
	plan    Plan
	hosts   []*Host // by id
	timing  membership.Timing
	mood    mood // of the power switch
	checks  checks
	damaged bool // a disk was
	rolling bool // one node's daemons after the other's are being restarted
	counts  Counts
}

// Counts say how much happened in a run.
type Counts struct {
	Faults    map[string]int // by kind
	Starts    int            // of services
	Takeovers int            // incarnations beyond the first
	Fences    int            // nodes that the switch really turned off
	Resets    int            // nodes that ended themselves
	Refused   int            // orders refused by executors, because of an old stamp
	Decisions int
	Elections int
	Acked     int // writes of clients
}

// Outcome is what a run of a whole cluster showed.
type Outcome struct {
	Failure *Failure
	Counts  Counts
	Stable  time.Duration // from the end of faults until all was well
	Events  int
	Record  string
}

// RunPlan tries one plan. The seed decides about everything that the plan leaves open.
func RunPlan(seed uint64, plan Plan) Outcome {
	s := newSite(seed, plan)
	s.runToTheEnd()
	return Outcome{Failure: s.failure, Counts: s.counts, Stable: s.work.stable, Events: s.w.Events, Record: s.w.Record()}
}

func newSite(seed uint64, plan Plan) *Site {
	w := NewWorld(seed)
	w.Trace = plan.Trace
	t := membership.TimingFromToken(0, 0, "sim")
	s := &Site{plan: plan, timing: t, Cluster: &Cluster{w: w, net: NewNetwork(w), nodes: map[crm.NodeID]*Node{}, saveTime: saveUsually,
		opts: Options{Nodes: plan.Nodes, App: documents{}, CompactEntries: 400}, maxEvents: 2_000_000,
		pace: pace{tick: t.RaftTick, heartbeat: t.RaftHeartbeatTicks, election: t.RaftElectionTicks, dead: 2 * t.RaftElectionTicks}}}
	if seed%3 == 0 {
		s.opts.CompactEntries = 10 // snapshots all the time: who boots alone knows what it ran before
	}
	s.counts.Faults = map[string]int{}
	s.work.init()
	for i := 1; i <= plan.Nodes; i++ {
		id := crm.NodeID(i)
		s.ids = append(s.ids, id)
		s.peers = append(s.peers, consensus.Peer{ID: id, Name: crm.NodeName(fmt.Sprint("n", i)), Witness: id == s.witness() && plan.Break != LeadingWitness})
	}
	if plan.Break == ConfuseGroups {
		s.opts.Break = (*consensus.Core).ConfuseGroups
	}
	founders := s.peers
	if plan.Late {
		founders = founders[:len(founders)-1]
	}
	disks := append(formedDisks(founders, plan.Config), &Disk{})
	for i, id := range s.ids {
		disks[i].lossy = plan.Break == AckBeforeSync
		h := newHost(s, id, disks[i])
		s.hosts = append(s.hosts, h)
		s.nodes[id] = h.Node
		if i < len(founders) {
			s.w.After(s.w.Between(0, 300*time.Millisecond), h.boot)
		}
	}
	s.checks.init(s)
	s.watchPolicies()
	return s
}

// host finds a machine by the name of its node.
func (s *Site) host(name crm.NodeName) *Host {
	i := slices.IndexFunc(s.hosts, func(h *Host) bool { return h.name == name })
	if i < 0 {
		return nil
	}
	return s.hosts[i]
}

func (s *Site) hostOf(id crm.NodeID) *Host { return s.hosts[id-1] }

// runToTheEnd also survives an engine that gives up because its invariant is broken.
func (s *Site) runToTheEnd() {
	defer func() {
		if r := recover(); r != nil {
			s.fail("engine", "%v\n%s", r, debug.Stack())
		}
	}()
	s.safety()
	if !s.failed() {
		s.liveness()
	}
	for _, h := range s.hosts {
		if h.d != nil {
			s.counts.Takeovers = max(s.counts.Takeovers, int(h.d.core.Status().Incarnation)-1)
		}
	}
	s.counts.Acked = len(s.work.acked)
}

// safety is the time in which things go wrong: what must never be, is checked all the time.
func (s *Site) safety() {
	for _, f := range s.plan.Faults {
		s.w.After(f.At, func() { s.inflict(f) })
	}
	s.writers()
	s.faulty = true
	s.w.RunUntil(s.plan.Length, s.failed)
}

// liveness ends all faults, and wants order within a bounded time.
func (s *Site) liveness() {
	s.faulty, s.work.over = false, true
	s.net.Heal()
	s.mood = mood{}
	s.saveTime = saveUsually
	s.say(nil, "all faults end")
	for _, h := range s.hosts {
		h.mend()
	}
	s.settleAll()
}

// say adds a line to the story.
func (s *Site) say(h *Host, format string, args ...any) {
	if !s.w.Trace {
		return
	}
	who := ""
	if h != nil {
		who = string(h.name) + " "
	}
	s.w.Logf("%s%s", who, fmt.Sprintf(format, args...))
}

// documents is the App of whole clusters: the CIB, without the tricks of CIB.
type documents struct{ CIB }

func (documents) Whole(consensus.StateMachine) error { return nil }

// Has reports whether a client's write is there.
func (documents) Has(m consensus.StateMachine, id string) bool {
	return current(m).ByID("client-"+id) != nil
}

// Command writes a cluster property that means nothing to the policy engine.
func (documents) Command(id string) []byte {
	set := cib.New(cib.TagPropertySet, cib.AttrID, "clients").WithChildren(cib.New(cib.TagNvpair, cib.AttrID, "client-"+id, cib.AttrName, "client-"+id, cib.AttrValue, "1"))
	return cib.EncodeCommand(cib.Command{ID: id, Ops: []cib.Op{{Kind: cib.Modify, Scope: cib.TagCRMConfig, Data: set, AllowCreate: true}}})
}
