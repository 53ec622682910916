package sched

import (
	"time"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// CauseKind says what sort of thing brought something about. Its text is stable: it is
// part of the JSON that tools print.
type CauseKind uint8

// The kinds of causes. Which fields of Cause are set is said beside each.
const (
	CauseUnknown CauseKind = iota

	CauseNodeScore     // the node's own score
	CauseLocation      // a location constraint: ID, Rule, Score
	CauseMove          // a location that moving or banning by command left behind: ID, Score
	CauseHealth        // the node's health: ID is the strategy, Score
	CauseStickiness    // it likes to stay: Score
	CauseColocation    // a colocation: ID, Resource is the other side (Dependent), Names where that is, Rule the role that counts there, Limit its score
	CauseMember        // a group keeps its members together: Resource is the member before (or after: Dependent), Names where that is
	CausePromotion     // its promotion score (agent's, and what constraints add): Score, Node; Names and Limit: the next best
	CauseFailLimit     // migration-threshold is reached: Count, Limit, At, Until
	CauseStopFailed    // a stop failed there
	CauseHardError     // the agent said that it cannot ever work there: Op
	CauseFatalError    // the agent said that it cannot ever work: Op
	CauseProbeFailed   // it cannot even be looked for there: Op
	CauseOnFailMigrate // it failed and on-fail=migrate: Op
	CauseOnFailStop    // it failed and on-fail=stop: Op
	CauseMultiple      // it was active on several nodes: Count, ID is the multiple-active setting
	CauseUnmanaged     // nobody may move it
	CauseTargetRole    // target-role says so: ID is the role
	CauseTicket        // a ticket is missing: ID of the constraint, Rule is the ticket
	CauseDiscovery     // resource-discovery=exclusive does not name the node
	CauseInstanceLimit // the node has its share of instances: Limit
	CauseCloneMax      // there are enough instances: Limit
	CauseUtilization   // no room: Names tell what is needed and what is free
	CauseShutdownLock  // it waits for the node that was shut down: Node, Until
	CauseContainer     // it lives inside a container or guest: Resource
	CauseRemoteNode    // remote nodes cannot run it

	CauseNodeOffline  // Node is down
	CauseNodeStandby  // Node is in standby
	CauseNodeFailed   // Node is in standby because of a failure with on-fail=standby
	CauseNodeMaint    // Node is in maintenance
	CauseNodeUnclean  // Node must be fenced first
	CauseNodePending  // Node is still joining
	CauseNodeShutdown // Node is leaving
	CauseNotAllowed   // nothing allows Node in an opt-in cluster, or to a remote node
	CauseNoNode       // no node is left
	CauseStopAll      // stop-all-resources
	CauseNoQuorum     // ID is the no-quorum-policy
	CauseNoFencing    // fencing is required and there is no device
	CauseMaintenance  // the resource, or the cluster, is in maintenance
	CauseBlocked      // a failure that nothing can be done about: Op
	CauseRemoved      // it is no longer configured
	CausePlacement    // it shall run there: Node, and Names say what decided
	CauseDeclined     // another instance is promoted instead: Resource, Node
	CauseLoop         // its colocations lead back to it

	CauseFailed     // an operation failed: Op
	CauseOrder      // an ordering: ID, Resource and Task of the other action
	CauseMemberStep // members of a group come one after the other: Resource, Task
	CauseNeeds      // what it needs is not to be had: Resource, Task
	CauseRestart    // it goes down to come up again: Task
	CauseParameters // parameters changed: Names
	CauseAgent      // another agent is configured
	CauseProbe      // nobody knows whether it runs there
	CauseRecurring  // the configuration wants it watched: Op's interval in Count (milliseconds)
	CauseNotWatched // the configuration no longer wants this watched
	CauseMigration  // a live migration: Node is the other end
	CauseExpired    // the failure expired, or was outlived: ID is the wording
	CauseFencing    // a node is fenced: Node
	CauseNotice     // the clone wants to be told: Task
	CausePart       // part of something larger that happens: Resource, Task
	CauseUnfencing  // the node must be let to the shared disk first: Node
	CauseRemote     // the connection to the node: Resource
	CauseRole       // its role changes: ID is the role
	CauseOther      // ID is the wording

	CauseTieCapacity // equal scores, and more free capacity: Node against Resource's loser
	CauseTieFewer    // equal scores, and fewer resources there: Count against Limit
	CauseTieStays    // equal scores, and it is there already
	CauseTieName     // equal scores, and the name comes first
)

var causeNames = [...]string{
	CauseUnknown: "unknown", CauseNodeScore: "node-score", CauseLocation: "location", CauseMove: "moved-by-command",
	CauseHealth: "node-health", CauseStickiness: "stickiness", CauseColocation: "colocation", CauseMember: "group-member",
	CausePromotion: "promotion-score", CauseFailLimit: "migration-threshold", CauseStopFailed: "stop-failed",
	CauseHardError: "hard-error", CauseFatalError: "fatal-error", CauseProbeFailed: "probe-failed",
	CauseOnFailMigrate: "on-fail-migrate", CauseOnFailStop: "on-fail-stop", CauseMultiple: "multiple-active",
	CauseUnmanaged: "unmanaged", CauseTargetRole: "target-role", CauseTicket: "ticket", CauseDiscovery: "resource-discovery",
	CauseInstanceLimit: "clone-node-max", CauseCloneMax: "clone-max", CauseUtilization: "utilization",
	CauseShutdownLock: "shutdown-lock", CauseContainer: "container", CauseRemoteNode: "remote-node",
	CauseNodeOffline: "node-offline", CauseNodeStandby: "node-standby", CauseNodeFailed: "on-fail-standby",
	CauseNodeMaint: "node-maintenance", CauseNodeUnclean: "node-unclean", CauseNodePending: "node-pending",
	CauseNodeShutdown: "node-shutdown", CauseNotAllowed: "not-allowed", CauseNoNode: "no-node", CauseStopAll: "stop-all-resources",
	CauseNoQuorum: "no-quorum", CauseNoFencing: "no-fencing-device", CauseMaintenance: "maintenance", CauseBlocked: "blocked",
	CauseRemoved: "removed", CausePlacement: "placement", CauseDeclined: "not-chosen", CauseLoop: "loop",
	CauseFailed: "failed", CauseOrder: "order", CauseMemberStep: "group-order", CauseNeeds: "needs", CauseRestart: "restart",
	CauseParameters: "changed-parameters", CauseAgent: "changed-agent", CauseProbe: "probe", CauseRecurring: "recurring",
	CauseNotWatched: "not-configured", CauseMigration: "migration", CauseExpired: "failure-expired", CauseFencing: "fencing",
	CauseNotice: "notification", CausePart: "part", CauseUnfencing: "unfencing", CauseRemote: "remote-connection",
	CauseRole: "role", CauseOther: "other", CauseTieCapacity: "tie-capacity", CauseTieFewer: "tie-fewer-resources",
	CauseTieStays: "tie-stays", CauseTieName: "tie-name",
}

// String gives the kind as tools print it.
func (k CauseKind) String() string {
	if int(k) >= len(causeNames) {
		return causeNames[CauseUnknown]
	}
	return causeNames[k]
}

// Cause is one reason as data: why a score changed, why something is done, or cannot be.
// Only the fields that its Kind names are set.
type Cause struct {
	Kind     CauseKind
	ID       string          // of a constraint, strategy, policy ...
	Rule     string          // of the rule within it, or the ticket
	Of       *state.Resource // whose cause it is, when a chain of causes led to another resource
	Resource *state.Resource
	Node     *state.Node
	Task     string
	Op       *state.Op // the operation that failed
	Score    crm.Score
	Count    int
	Limit    int
	At       time.Time // when it happened
	Until    time.Time // when it ends by itself; zero: never
	Names    []string
	// Dependent says that Resource is the dependent of a colocation: its likings count.
	Dependent bool
}

// by is what a score is changed for. It is recorded as it is, and becomes a Cause only
// when somebody asks: scheduling pays nothing for it.
type by interface{ cause() Cause }

func (k CauseKind) cause() Cause { return Cause{Kind: k} }

func (l *location) cause() Cause {
	switch {
	case l.health:
		return Cause{Kind: CauseHealth, ID: l.id}
	case l.constraint != "":
		return Cause{Kind: CauseLocation, ID: l.constraint, Rule: l.id}
	case isCommandID(l.id):
		return Cause{Kind: CauseMove, ID: l.id}
	}
	return Cause{Kind: CauseLocation, ID: l.id}
}

// isCommandID reports whether a constraint was made by crm_resource --move or --ban.
func isCommandID(id string) bool {
	for _, prefix := range []string{"cli-prefer-", "cli-ban-", "cli-standby-"} {
		if len(id) > len(prefix) && id[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

func (t *ticketNeed) cause() Cause {
	return Cause{Kind: CauseTicket, ID: t.id, Rule: t.ticket.ID}
}

func (c *colocation) cause() Cause {
	kind := CauseColocation
	switch c.id {
	case "#group-members":
		kind = CauseMember
	case "#resource-with-container", "#ip-with-container", "#replica-remote-with-host-remote":
		kind = CauseContainer
	}
	return Cause{Kind: kind, ID: c.id, Resource: c.primary.Resource}
}

// inside is the ban of all nodes but the one that some resource makes.
type inside struct{ launcher *resource }

func (i inside) cause() Cause {
	return Cause{Kind: CauseContainer, Resource: i.launcher.Resource}
}

// nodeScore is what every resource's score on a node begins with: a node that is down or
// leaving forbids everything.
type nodeScore struct{ node *node }

func (s nodeScore) cause() Cause {
	if c := s.node.trouble(); c.Kind != CauseUnknown && s.node.Score <= -infinity {
		return c
	}
	return Cause{Kind: CauseNodeScore, Node: s.node.Node}
}

// trouble says why nothing can run on a node; of kind unknown when it can.
func (n *node) trouble() Cause {
	c := Cause{Node: n.Node}
	switch {
	case n.unclean:
		c.Kind = CauseNodeUnclean
	case n.pending && n.online:
		c.Kind = CauseNodePending
	case !n.online:
		c.Kind = CauseNodeOffline
	case n.shutdown:
		c.Kind = CauseNodeShutdown
	case n.standby && n.FailedStandby:
		c.Kind = CauseNodeFailed
	case n.standby:
		c.Kind = CauseNodeStandby
	case n.maintenance:
		c.Kind = CauseNodeMaint
	}
	return c
}

// baseCauses are the words of state.BaseLocation.
var baseCauses = map[string]CauseKind{
	"not_managed_default": CauseUnmanaged, "__stop_fail__": CauseStopFailed, "hard-error": CauseHardError,
	"fatal-error": CauseFatalError, "masked-probe-failure": CauseProbeFailed, "__action_migration_auto__": CauseOnFailMigrate,
	"on-fail=stop": CauseOnFailStop, "multiple-active=stop_only": CauseMultiple, "__removed_do_not_run__": CauseRemoved,
}

// baseCause is a contribution that reading the CIB made.
type baseCause struct{ word string }

func (b baseCause) cause() Cause {
	if k, ok := baseCauses[b.word]; ok {
		return Cause{Kind: k, ID: b.word}
	}
	return Cause{Kind: CauseOther, ID: b.word}
}

// orNode is the colocation itself or, when there is none, the node's own score.
func (c *colocation) orNode() by {
	if c == nil {
		return CauseNodeScore
	}
	return c
}

// origin says why an action is required where neither another action nor its resource's
// place tells; other values are wordings.
type origin string

const (
	originFailure    origin = "failed"
	originDangling   origin = "dangling"
	originAgent      origin = "agent"
	originDefinition origin = "definition"
)

// noteOrigin remembers why an action is required, for Options.Explain.
func (p *plan) noteOrigin(a *Action, o origin) {
	if p.opts.Explain && a != nil && p.origins[a] == "" {
		p.origins[a] = o
	}
}
