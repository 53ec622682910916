package sched

import (
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/graph"
	"github.com/tactus-ha/tactus/pengine/state"
)

// plan is one run of the scheduler: everything that is being decided.
type plan struct {
	c    *state.Cluster
	opts Options

	nodes     []*node     // in display order
	byIndex   []*node     // by state.Node.Index
	resources []*resource // top level, in the order in which they are assigned
	all       []*resource // by state.Resource.Index
	byName    map[string]*resource

	actions    []*Action // in order of creation
	singletons map[string][]*Action
	orderings  []*ordering
	locations  []*location
	checks     []paramCheck
	tickets    map[string]*state.Ticket
	xmlIDs     map[string]*cib.Element // filled when first needed
	metas      map[metaKey]map[string]string
	derived    map[derivedMeta]map[string]string
	metaNames  map[string]string // by name of a meta-attribute: see metaName
	visit      int               // generation counter of walks over actions
	depth      int               // nesting of updateForOrderings
	reentries  int               // nesting of assignBundle

	// For Options.Explain only.
	orderID string             // of the constraint that is being read
	named   []namedOrdering    // orderings of constraints
	origins map[*Action]origin // why actions are required, where nothing else tells

	spareActions   []Action // made in advance, many at a time
	spareOrderings []ordering

	remarks   []Remark // what crm_simulate -s and -U print, in order
	findings  []state.Finding
	recheckAt time.Time

	trace *Trace       // nil unless asked for
	graph *graph.Graph // while it is built
}

// slab is how many actions or orderings are made in advance.
const slab = 128

// Options says what the caller wants beside the graph.
type Options struct {
	ShowScores      bool // report scores as crm_simulate -s prints them
	ShowUtilization bool // report capacities and what is taken from them
	Explain         bool // keep the trail of every score
	Trace           bool // note where products come from; see Result.Trace

	Stop func() bool // asked between stages; once it reports true, Run gives nil; nil: never

	Background *Background // what to take for granted of resources that are left out; its Moves are used up
}

// node is a node while deciding.
type node struct {
	*state.Node
	idx  int
	kind state.NodeKind

	online, unclean, shutdown bool // these three change when remote connections are placed
	standby, maintenance      bool
	pending                   bool
	remoteReset, seen         bool
	remote                    *resource
	running                   []*resource

	assigned    int    // resources assigned so far
	unameKey    string // see colocationKey
	utilization map[string]int
}

// rflag is a set of facts and decisions about a resource.
type rflag uint32

const (
	fManaged rflag = 1 << iota
	fBlocked
	fMaintenance
	fFailed
	fStopIfFailed
	fUnassigned    // not placed yet
	fAssigning     // being placed: protects from loops
	fUpdatingNodes // node scores being merged: protects from loops
	fRestarting    // actions are made to bring it down and up again
	fReload
	fStartPending
	fStopUnexpected
	fExclusiveProbes
	fPromotionAdded
	fPromotionConstrained
)

// resource is a resource while deciding.
type resource struct {
	*state.Resource
	parent   *resource
	children []*resource
	flags    rflag

	role, next        crm.Role
	priority          crm.Score
	promotionPriority crm.Score
	active            []*node
	probed            []bool // by node
	allowed           *Scores
	assigned          *node
	assignedScore     crm.Score
	choice            *Choice // how its place was found, for Options.Explain

	actions []*Action // in order of creation
	actionIndex
	thisWith   []*colocation
	withThis   []*colocation
	located    []*location // in order of creation
	ticketed   []*ticketNeed
	keys       [3]taskKey // of the commonest tasks
	configured configured // for its last action
	histID     crm.ResourceID
	threshold  crm.Score
	util       map[string]int

	launcher                   *resource
	launched                   []*resource
	partialSource, partialDest *node
	dangling                   []*node
	lockNode                   *node
	lockTime                   time.Time
	replicas                   []*replica // of a bundle
	bundled                    *resource  // the clone inside a bundle
	replica                    *replica   // whose container this is
	onStart, onStop            *notices   // clone notifications
	onPromote, onDemote        *notices
	remoteAddr                 string // calculated address of a bundle's connection
}

type taskKey struct{ task, key string }

// replica is one instance of a bundle while deciding.
type replica struct {
	offset                       int
	ip, container, remote, child *resource
	node                         *node
	bundle                       *resource
}

func (r *resource) is(f rflag) bool   { return r.flags&f != 0 }
func (r *resource) all(f rflag) bool  { return r.flags&f == f }
func (r *resource) set(f rflag)       { r.flags |= f }
func (r *resource) clear(f rflag)     { r.flags &^= f }
func (r *resource) isPrimitive() bool { return r != nil && r.Variant == state.Primitive }
func (r *resource) isGroup() bool     { return r != nil && r.Variant == state.Group }
func (r *resource) isClone() bool     { return r != nil && r.Variant == state.Clone }
func (r *resource) isBundle() bool    { return r != nil && r.Variant == state.Bundle }
func (r *resource) isAnonClone() bool { return r.isClone() && !r.Unique }
func (r *resource) isUniqueClone() bool {
	return r.isClone() && r.Unique
}

// key is the operation key of a task without interval: "vip_start_0".
func (r *resource) key(task string) string {
	for i := range r.keys {
		k := &r.keys[i]
		if k.task == task {
			return k.key
		}
		if k.task == "" {
			*k = taskKey{task, string(r.ID) + "_" + task + "_0"}
			return k.key
		}
	}
	return string(r.ID) + "_" + task + "_0"
}

// top is the topmost ancestor below a bundle.
func (r *resource) top() *resource {
	for r.parent != nil && !r.parent.isBundle() {
		r = r.parent
	}
	return r
}

// topWithBundle is the topmost ancestor.
func (r *resource) topWithBundle() *resource {
	for r.parent != nil {
		r = r.parent
	}
	return r
}

func (r *resource) isBundled() bool { return r != nil && r.topWithBundle().isBundle() }

func (r *resource) isReplicaContainer() bool { return r.replica != nil }

// descendsFrom reports whether other is an ancestor of r.
func (r *resource) descendsFrom(other *resource) bool {
	if other == nil {
		return false
	}
	for a := r.parent; a != nil; a = a.parent {
		if a == other {
			return true
		}
	}
	return false
}

// activeOn reports whether r runs on n now.
func (r *resource) activeOn(n *node) bool {
	for _, a := range r.active {
		if a == n {
			return true
		}
	}
	return false
}

// activeOnlyOn reports whether r runs on n and nowhere else.
func (r *resource) activeOnlyOn(n *node) bool {
	return len(r.active) == 1 && r.active[0] == n
}

// setNext decides the role that r shall have.
func (r *resource) setNext(role crm.Role) { r.next = role }

func (n *node) isRemote() bool { return n != nil && n.kind != state.ClusterNode }
func (n *node) isGuest() bool {
	return n != nil && n.kind == state.GuestNode && n.remote != nil && n.remote.launcher != nil
}
func (n *node) isPlainRemote() bool {
	return n != nil && n.kind == state.RemoteNode
}

// isBundleNode reports whether n is inside the container of a bundle.
func (n *node) isBundleNode() bool { return n.isGuest() && n.remote.isBundled() }

func (n *node) name() string {
	if n == nil {
		return "unspecified node"
	}
	return n.Label()
}

// rolePromotedOrBelow etc. are compared as numbers: crm.Role climbs in that order.
const (
	roleUnknown    = crm.RoleUnknown
	roleStopped    = crm.RoleStopped
	roleStarted    = crm.RoleStarted
	roleUnpromoted = crm.RoleUnpromoted
	rolePromoted   = crm.RolePromoted
)

const infinity = crm.Infinity

// find returns a configured resource, an instance or a member by the name that a
// constraint uses; an anonymous instance's name stands for the whole clone.
func (p *plan) find(id string) *resource { return p.byName[id] }

func (p *plan) warn(msg string) {
	p.findings = append(p.findings, state.Finding{Level: "warning", Msg: msg})
}
func (p *plan) confErr(msg string) {
	p.findings = append(p.findings, state.Finding{Level: "error", Msg: msg})
}
func (p *plan) notice(msg string) {
	p.findings = append(p.findings, state.Finding{Level: "notice", Msg: msg})
}
func (p *plan) recheck(t time.Time) {
	if p.trace != nil && t.After(p.c.Now) {
		p.trace.Rechecks = append(p.trace.Rechecks, Recheck{p.trace.place, t})
	}
	if !t.IsZero() && t.After(p.c.Now) && (p.recheckAt.IsZero() || t.Before(p.recheckAt)) {
		p.recheckAt = t
	}
}
