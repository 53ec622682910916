package crmd

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/lrmd"
)

// DCVersion is what the DC writes as dc-version. Its first part is the Pacemaker whose
// behaviour clients may expect.
const DCVersion = "2.1.5-tactus"

// Peer is one configured node.
type Peer struct {
	ID   crm.NodeID
	Name crm.NodeName
}

// UUID is the node's id in the CIB.
func (p Peer) UUID() string { return strconv.FormatUint(uint64(p.ID), 10) }

// Config is what a controller is told once.
type Config struct {
	Cluster string // cluster-name
	Self    Peer
	Peers   []Peer // all nodes, this one included, by id
	Seed    string // makes the ids of transitions unique: one for each start of the daemon

	// QuorumGrace is how long this node waits without a quorum before it applies
	// no-quorum-policy.
	QuorumGrace time.Duration
	// FewGrace is the same when too few votes are present, so that no election is to be
	// waited for. It counts for a controller that had a quorum: one that has just begun
	// needs time to hear the others.
	FewGrace time.Duration
	// Takeover is how long, after a node was declared dead that nothing proves to be off,
	// the DC waits before it starts what that node may still run. Zero: it does not wait.
	Takeover time.Duration
	// GivenUp is how long after that the DC waits at the longest: a node that others still
	// hear has noticed by then that the DC does not (membership.Timing.GivenUp).
	GivenUp time.Duration
	// Dead is the silence after which membership declares a node dead.
	Dead time.Duration
	// SyncGrace is how long a new DC waits for the nodes to say what is in flight.
	SyncGrace time.Duration
	// LRMGrace is how long the executor may be gone before the node says that it is unable.
	LRMGrace time.Duration
	// PendingAfter is how long an operation runs before the CIB says that it does.
	PendingAfter time.Duration
	// ShutdownBound is how long an orderly shutdown may take (shutdown-escalation).
	ShutdownBound time.Duration
}

// Defaults of Config's times.
const (
	DefaultSyncGrace     = time.Second
	DefaultLRMGrace      = 10 * time.Second
	DefaultPendingAfter  = 500 * time.Millisecond
	DefaultShutdownBound = 20 * time.Minute
)

// Presence is what membership says about a node.
type Presence uint8

// The presences. Unknown is a node not heard yet, within initdead.
const (
	Unknown Presence = iota
	Alive
	Dead
	Left // dead, and it said goodbye
)

// Controller is the state of one node's controller. It is not safe for concurrent use.
type Controller struct {
	cfg      Config
	view     View
	presence map[crm.NodeID]Presence
	lost     map[crm.NodeID]*lostNode
	unproven map[crm.NodeID]bool // were lost for a moment, and have not joined since: what they ran goes on
	snap     *cib.Snapshot       // the newest; nil: none yet
	effects  []Effect            // of the Step under way
	now      time.Time           // of the Step under way
	inDoubt  map[string]bool

	// of this node
	executor   executor
	newest     crm.Stamp // highest authority whose orders were accepted
	join       joinState
	attrs      map[string]*heldBack // transient attributes that dampening holds back
	leaving    leaving
	alone      *alone
	owedYield  *alone                       // what is to be done about a lost merge when the executor is back
	lostAt     time.Time                    // when the quorum was lost; zero: it is there
	wasQuorate bool                         // there was one since this controller began
	before     QuorateBefore                // when there was one before it began; zero: not known
	lone       *lone                        // it makes sure that the other one of two nodes is off
	dogTimeout time.Duration                // of this node's watchdog; zero: it has none
	lostKeys   []string                     // of orders that were not carried out, which the DC is still to be told
	orderedBy  crm.NodeID                   // of the orders being accepted; zero: they are this node's own
	askedFor   *cib.Element                 // the resources whose fence agents were looked up
	devices    deviceUse                    // by order of the DC, or alone
	lives      map[crm.NodeID]uint64        // of the other nodes, as heard last
	strokes    map[crm.NodeID]stroke        // devices at work on them
	shot       map[crm.NodeID]bool          // fenced while their heartbeats arrived: until membership notices
	proven     map[crm.NodeID]fencing.Event // off, which is still to be written
	tokens     map[string]replyWhen
	owedSyncs  []replyWhen // see owesResults
	tags       int

	// of the DC
	duty    *duty
	records []*Record
	serial  int
	offices int // terms as DC, and decisions alone, so far: see uuid
}

// executor is what is known of lrmd and of orders given to it.
type executor struct {
	up       bool
	lostAt   time.Time
	inFlight map[string]*flight       // by transition key
	owed     []string                 // keys of what was in flight when the executor was lost
	started  map[crm.ResourceID]Order // what it was told to start or promote last, and has not told to be stopped
	late     []lrmd.Result            // that came while it was asked for its memory
	recorded map[crm.OpKey]mark       // the last result recorded, so that none is counted twice
	agents   map[lrmd.Agent]*agent
}

// mark identifies one result.
type mark struct {
	call   int
	change time.Time
	rc     crm.ExitCode
	status crm.ExecStatus
}

// agent is what is known of an agent: results wait until it is.
type agent struct {
	asked   time.Time // of fence agents
	known   bool
	traits  AgentTraits
	waiting []lrmd.Result
}

// flight is an order given to the executor.
type flight struct {
	order    Order
	since    time.Time
	recorded bool // as pending, in the CIB
}

// replyWhen is an answer that waits for commits.
type replyWhen struct {
	token   int
	answers []Answer
}

// New makes a controller that knows nothing yet.
func New(cfg Config) *Controller {
	if cfg.SyncGrace == 0 {
		cfg.SyncGrace = DefaultSyncGrace
	}
	if cfg.LRMGrace == 0 {
		cfg.LRMGrace = DefaultLRMGrace
	}
	if cfg.PendingAfter == 0 {
		cfg.PendingAfter = DefaultPendingAfter
	}
	if cfg.ShutdownBound == 0 {
		cfg.ShutdownBound = DefaultShutdownBound
	}
	return &Controller{cfg: cfg, presence: map[crm.NodeID]Presence{cfg.Self.ID: Alive}, lost: map[crm.NodeID]*lostNode{}, unproven: map[crm.NodeID]bool{}, inDoubt: map[string]bool{},
		executor: executor{inFlight: map[string]*flight{}, started: map[crm.ResourceID]Order{}, recorded: map[crm.OpKey]mark{}, agents: map[lrmd.Agent]*agent{}},
		attrs:    map[string]*heldBack{}, tokens: map[string]replyWhen{}, devices: deviceUse{}, shot: map[crm.NodeID]bool{}, lives: map[crm.NodeID]uint64{}, strokes: map[crm.NodeID]stroke{}, proven: map[crm.NodeID]fencing.Event{}}
}

// Step takes one input and returns what is to be done about it.
func (c *Controller) Step(now time.Time, in Input) []Effect {
	c.now, c.effects = now, nil
	switch in := in.(type) {
	case MemberSeen:
		c.memberSeen(in)
	case ViewChanged:
		c.viewChanged(in.View)
	case CIBChanged:
		c.cibChanged(in.Snapshot)
	case LRMUp:
		c.lrmUp(in)
	case LRMDown:
		c.lrmDown()
	case OpResult:
		c.opResult(in.Result)
	case AgentKnown:
		c.agentKnown(in)
	case OrdersCame:
		c.ordersCame(in)
	case OrdersAnswered:
		c.ordersAnswered(in)
	case Acked:
		c.acked(in)
	case FenceReported:
		c.fenceReported(in.Result)
	case Planned:
		c.planned(in)
	case Committed:
		c.committed(in)
	case TimerFired:
		c.timerFired(in.Name)
	case AttributeWanted:
		c.attributeWanted(in)
	case ForgetWanted:
		c.forgetWanted(in)
	case ShutdownWanted:
		c.shutdownWanted(in.Reason)
	case RecheckWanted:
		c.recompute(in.Reason, int(crm.Infinity))
	case Yielded:
		c.yielded(in)
	case Lapsed:
		c.lapsed(in)
	case LastHeard:
		c.lastHeard(in)
	case QuorateBefore:
		c.before = in
	default:
		panic(fmt.Sprintf("crmd: unknown input %T", in))
	}
	c.reconsider()
	return c.effects
}

// reconsider does what became possible: nothing here depends on which input came.
func (c *Controller) reconsider() {
	c.tryJoin()
	c.runFencing()
	c.reconcile()
	c.tryThink()
}

func (c *Controller) do(e ...Effect) { c.effects = append(c.effects, e...) }

// commit submits operations under a fresh tag that begins with kind.
func (c *Controller) commit(kind string, solo bool, ops ...cib.Op) (tag string) {
	c.tags++
	tag = kind + "#" + strconv.Itoa(c.tags)
	if c.alone != nil {
		c.alone.apply(c, ops)
		return tag
	}
	c.inDoubt[tag] = true
	c.do(Commit{Tag: tag, Ops: ops, Solo: solo})
	return tag
}

// say emits an event; keys alternate names and values.
func (c *Controller) say(level Level, kind, text string, keys ...string) {
	n := Notice{Level: level, Kind: kind, Text: text, Keys: keys}
	for i := 0; i+1 < len(keys); i += 2 {
		switch keys[i] {
		case "node":
			n.Node = crm.NodeName(keys[i+1])
		case "resource":
			n.Resource = crm.ResourceID(keys[i+1])
		}
	}
	c.do(n)
}

func (c *Controller) arm(name string, after time.Duration) {
	c.do(Arm{Name: name, At: c.now.Add(after)})
}
func (c *Controller) armAt(name string, at time.Time) { c.do(Arm{Name: name, At: at}) }
func (c *Controller) disarm(name string)              { c.do(Arm{Name: name}) }

// peer finds a configured node by name.
func (c *Controller) peer(name crm.NodeName) (Peer, bool) {
	i := slices.IndexFunc(c.cfg.Peers, func(p Peer) bool { return p.Name == name })
	if i < 0 {
		return Peer{}, false
	}
	return c.cfg.Peers[i], true
}

// nameOf names a node for people.
func (c *Controller) nameOf(id crm.NodeID) crm.NodeName {
	for _, p := range c.cfg.Peers {
		if p.ID == id {
			return p.Name
		}
	}
	return crm.NodeName("node " + strconv.FormatUint(uint64(id), 10))
}

// nodeState is a node's entry in the CIB that decisions are made on, nil when there is none.
func (c *Controller) nodeState(p Peer) *cib.Element {
	snap := c.current()
	if snap == nil {
		return nil
	}
	return snap.Section(cib.TagStatus).ChildWith(cib.TagNodeState, cib.AttrID, p.UUID())
}

// committed takes the answer to a Commit.
func (c *Controller) committed(in Committed) {
	delete(c.inDoubt, in.Tag)
	c.ackLost()
	if w, ok := c.tokens[in.Tag]; ok {
		delete(c.tokens, in.Tag)
		for i := range w.answers {
			if in.Err != "" {
				w.answers[i].Err = in.Err
			}
		}
		c.do(Reply{w.token, w.answers})
	}
	c.joinCommitted(in)
	c.dutyCommitted(in)
	c.fenceCommitted(in)
	c.resultCommitted(in)
	c.shutdownCommitted(in)
}

// timerFired takes a timer that is due.
func (c *Controller) timerFired(name string) {
	kind, rest := cutTimer(name)
	switch kind {
	case "attr":
		c.flushAttribute(rest)
	case "pending":
		c.recordPending(rest)
	case "quorum":
		c.goAlone(noQuorum)
	case "takeover":
		c.askAround(rest)
	case "sync":
		c.syncOver()
	case "walk":
		c.walkOverdue()
	case "fence", "fence-again":
		// runFencing does it
	case "fence-self":
		c.fenceSelf()
	case "fence-poll":
		c.pollDevices()
	case "shot":
		c.shotStillHeard(rest)
	case "recheck":
		c.recompute("time came to look again", int(crm.Infinity))
	case "think", "let-in":
		// reconsider does it
	case "lrm-told":
		c.tellLRMDown()
	case "lrm":
		c.lrmGoneTooLong()
	case "join":
		c.join.waiting = false
	case "unjoined":
		c.unjoinedTooLong()
	case "resend":
		c.resend()
	case "leave-unserved":
		c.leaveUnserved()
	case "shutdown":
		c.shutdownOverdue()
	case "duty":
		if c.duty != nil {
			c.duty.committing = ""
		}
	default:
		panic("crmd: unknown timer " + name)
	}
}

func cutTimer(name string) (kind, rest string) {
	for i := range len(name) {
		if name[i] == ':' {
			return name[:i], name[i+1:]
		}
	}
	return name, ""
}
