package explain

import (
	"fmt"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// subject is what a sentence is about: "it" is the resource id.
type subject struct {
	id   string
	node *state.Node        // the place in question; nil when there is none
	told map[*state.Op]bool // failures that were told already; nil: none
}

func aboutResource(r *state.Resource, n *state.Node) subject {
	return subject{id: string(r.PrintableID()), node: n, told: map[*state.Op]bool{}}
}

// say tells a cause as a sentence without capital and period, in which "it" is the
// subject.
func (k *Case) say(c sched.Cause, about subject) string {
	if c.Op != nil && about.told != nil {
		defer func() { about.told[c.Op] = true }()
	}
	if c.Of != nil && string(c.Of.PrintableID()) != about.id {
		about.id = string(c.Of.PrintableID())
		c.Of = nil
		return about.id + ": " + k.say(c, about)
	}
	for _, tell := range []func(sched.Cause, subject) string{k.sayScore, k.sayFailure, k.sayNode, k.sayTie, k.sayRest} {
		if s := tell(c, about); s != "" {
			return s
		}
	}
	return c.Kind.String()
}

// sayScore tells causes that are configured likings.
func (k *Case) sayScore(c sched.Cause, about subject) string {
	node := label(c.Node)
	switch c.Kind {
	case sched.CauseLocation:
		if c.Node == nil {
			node = "every node"
		}
		return locationWords(c) + " " + likes(c.Score, node)
	case sched.CauseMove:
		rsc := k.commandOwner(c.ID)
		if c.Score < 0 {
			return fmt.Sprintf("it was moved or banned from %s by command, which left constraint %s; crm resource clear %s removes it", node, c.ID, rsc)
		}
		return fmt.Sprintf("it was moved to %s by command, which left constraint %s; crm resource clear %s removes it", node, c.ID, rsc)
	case sched.CauseHealth:
		return fmt.Sprintf("the health of %s counts (node-health-strategy=%s)%s: %s", node, c.ID, healthWords(c.Node), signed(c.Score))
	case sched.CauseStickiness:
		return fmt.Sprintf("it likes to stay where it is (resource-stickiness %s)", signed(c.Score))
	case sched.CauseColocation:
		return k.colocationWords(c, about)
	case sched.CauseMember:
		if c.Dependent && c.Node != nil {
			if c.Score <= -crm.Infinity {
				return fmt.Sprintf("members of a group stay together, and %s cannot be on %s", rscName(c.Resource), node)
			}
			return fmt.Sprintf("members of a group stay together, and %s brings %s for %s", rscName(c.Resource), signed(c.Score), node)
		}
		return fmt.Sprintf("members of a group stay together, and %s %s", rscName(c.Resource), placedOn(c))
	case sched.CausePromotion:
		s := fmt.Sprintf("its promotion score on %s is %s", node, c.Score)
		if len(c.Names) > 0 {
			s += fmt.Sprintf("; the next best is %s with %s", c.Names[0], crm.Score(c.Limit))
		}
		return s
	case sched.CauseNodeScore:
		return "every resource begins with the node's own score " + c.Score.String()
	case sched.CauseUnmanaged:
		return "it is not managed: nobody may move, stop or start it"
	}
	return ""
}

func locationWords(c sched.Cause) string {
	if c.Rule != "" {
		return fmt.Sprintf("location constraint %s (rule %s)", c.ID, c.Rule)
	}
	return "location constraint " + c.ID
}

// likes says what a score means for a node.
func likes(s crm.Score, node string) string {
	switch {
	case s <= -crm.Infinity:
		return "forbids " + node
	case s < 0:
		return "speaks against " + node + " (" + signed(s) + ")"
	case s >= crm.Infinity:
		return "wants it on " + node
	}
	return "prefers " + node + " (" + signed(s) + ")"
}

func signed(s crm.Score) string {
	if s > 0 {
		return "+" + s.String()
	}
	return s.String()
}

func healthWords(n *state.Node) string {
	var list []string
	for _, name := range sortedKeys(n.Attrs) {
		if strings.HasPrefix(name, "#health") {
			list = append(list, name+"="+n.Attrs[name])
		}
	}
	if len(list) == 0 {
		return ""
	}
	return ", " + strings.Join(list, ", ")
}

func (k *Case) colocationWords(c sched.Cause, about subject) string {
	other, score := rscName(c.Resource), crm.Score(c.Limit)
	must := "should be with"
	switch {
	case score >= crm.Infinity:
		must = "must be with"
	case score <= -crm.Infinity:
		must = "must not be with"
	case score < 0:
		must = "should not be with"
	}
	if c.Dependent {
		s := fmt.Sprintf("%s %s it (colocation %s)", other, must, c.ID)
		switch {
		case c.Node == nil || c.Score == 0:
			return s
		case score < 0 && c.Score < 0:
			return s + " and has its own claim to " + label(c.Node)
		case score < 0:
			return s + " and does not want " + label(c.Node) + " (" + signed(c.Score) + ")"
		case c.Score <= -crm.Infinity:
			return s + " and cannot be on " + label(c.Node)
		}
		return s + " and brings " + signed(c.Score) + " for " + label(c.Node)
	}
	return fmt.Sprintf("it %s %s (colocation %s), which %s", must, other, c.ID, placedOn(c))
}

// placedOn says where the other side of a colocation is placed.
func placedOn(c sched.Cause) string {
	switch {
	case len(c.Names) == 0 && c.Rule != "":
		return "is promoted nowhere"
	case len(c.Names) == 0:
		return "runs nowhere"
	case c.Rule != "":
		return "is promoted on " + join(c.Names)
	}
	return "is placed on " + join(c.Names)
}

// commandOwner is the resource that a constraint made by command is about.
func (k *Case) commandOwner(id string) string {
	for _, con := range k.c.Constraints {
		if con.Location != nil && con.Location.ID == id {
			return con.Location.Resource
		}
	}
	if con := k.constraintOfRule(id); con != "" {
		return con
	}
	return "RESOURCE"
}

func (k *Case) constraintOfRule(rule string) string {
	for _, con := range k.c.Constraints {
		if con.Location == nil {
			continue
		}
		for _, r := range con.Location.Rules {
			if r.ID() == rule {
				return con.Location.Resource
			}
		}
	}
	return ""
}

// sayFailure tells causes that begin with an operation that failed.
func (k *Case) sayFailure(c sched.Cause, about subject) string {
	told := ""
	if c.Op != nil {
		told = k.failure(c.Op, about.id)
	}
	because := func(s string) string {
		if told == "" || about.told[c.Op] {
			return s
		}
		return s + ": " + told
	}
	switch c.Kind {
	case sched.CauseFailLimit:
		return k.failLimitWords(c, about, told)
	case sched.CauseStopFailed:
		return because("it could not be stopped on " + label(c.Node))
	case sched.CauseHardError:
		return because("its agent cannot run it on " + label(c.Node))
	case sched.CauseFatalError:
		return because("its agent cannot run it anywhere")
	case sched.CauseProbeFailed:
		return because("its agent cannot even look for it on " + label(c.Node))
	case sched.CauseOnFailMigrate:
		return because("it failed on " + label(c.Node) + " and has on-fail=migrate")
	case sched.CauseOnFailStop:
		return because("it failed and has on-fail=stop")
	case sched.CauseBlocked:
		return because("it is blocked: nothing may be done about it until somebody has looked")
	case sched.CauseFailed:
		if told == "" {
			return "it failed on " + label(c.Node)
		}
		return told
	}
	return ""
}

func (k *Case) failLimitWords(c sched.Cause, about subject, told string) string {
	owner := "it"
	if c.Resource != nil && string(c.Resource.PrintableID()) != about.id {
		owner = rscName(c.Resource)
	}
	times := fmt.Sprintf("%d times", c.Count)
	if c.Count == 1 {
		times = "once"
	}
	limit := fmt.Sprint(c.Limit)
	if c.Limit >= int(crm.Infinity) {
		limit = "INFINITY"
	}
	s := fmt.Sprintf("%s failed %s on %s, and migration-threshold is %s", owner, times, label(c.Node), limit)
	if c.Count >= int(crm.Infinity) {
		s = fmt.Sprintf("%s failed on %s in a way that counts as INFINITY (as starts and stops do), and migration-threshold is %s", owner, label(c.Node), limit)
	}
	if told != "" && !about.told[c.Op] {
		s += "; " + told
	}
	if !c.Until.IsZero() {
		s += "; it is forgotten after " + k.time(c.Until) + " (failure-timeout)"
	}
	return s
}

// sayNode tells what is the matter with a node or the cluster.
func (k *Case) sayNode(c sched.Cause, _ subject) string {
	n := label(c.Node)
	switch c.Kind {
	case sched.CauseNodeOffline:
		return n + " is offline"
	case sched.CauseNodeStandby:
		return n + " is in standby"
	case sched.CauseNodeFailed:
		return n + " is in standby because something failed there (on-fail=standby)"
	case sched.CauseNodeMaint:
		return n + " is in maintenance"
	case sched.CauseNodeUnclean:
		return k.uncleanWords(c)
	case sched.CauseNodePending:
		return n + " is still joining the cluster"
	case sched.CauseNodeShutdown:
		return n + " is shutting down"
	case sched.CauseNotAllowed:
		if c.Node != nil && c.Node.IsRemote() {
			return "nothing places it on the remote or guest node " + n
		}
		return "the cluster is opt-in (symmetric-cluster=false) and no constraint allows it on " + n
	case sched.CauseNoNode:
		return "no node can run it"
	case sched.CauseStopAll:
		return "the cluster property stop-all-resources is set"
	case sched.CauseNoQuorum:
		return "the cluster has no quorum (no-quorum-policy=" + c.ID + ")"
	case sched.CauseNoFencing:
		return "fencing is on (stonith-enabled) but no fencing device is configured, so nothing may be started or stopped"
	case sched.CauseMaintenance:
		if c.Resource == nil {
			return "the cluster is in maintenance (maintenance-mode): nothing is started or stopped"
		}
		return "it is in maintenance: nothing is started or stopped"
	case sched.CauseFencing:
		return n + " is fenced first"
	case sched.CauseUnfencing:
		return n + " must be unfenced" + inParens(c.ID)
	case sched.CauseShutdownLock:
		s := "it is locked to " + n + ", which was shut down in good order (shutdown-lock)"
		if !c.Until.IsZero() {
			s += " until " + k.time(c.Until)
		}
		return s
	case sched.CauseRemoteNode:
		return n + " is a remote or guest node, which cannot run connections and fencing devices"
	}
	return ""
}

func (k *Case) uncleanWords(c sched.Cause) string {
	s := label(c.Node) + " is lost or not to be trusted"
	if c.ID != "" {
		s += " (" + c.ID + ")"
	}
	switch {
	case !k.c.Options.FencingEnabled:
		return s
	case k.c.CanFence(c.Node):
		return s + ": it must be fenced before anything of it runs elsewhere"
	case !k.c.HaveFencing:
		return s + ": it must be fenced, but no fencing device is configured"
	}
	return s + ": it must be fenced, which needs quorum"
}

func inParens(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// sayTie tells how equals were told apart.
func (k *Case) sayTie(c sched.Cause, _ subject) string {
	switch c.Kind {
	case sched.CauseTieCapacity:
		return "scores are equal, and " + label(c.Node) + " has more free capacity"
	case sched.CauseTieFewer:
		return fmt.Sprintf("scores are equal, and fewer resources were placed on %s (%d against %d)", label(c.Node), c.Count, c.Limit)
	case sched.CauseTieStays:
		return "scores are equal, and it is on " + label(c.Node) + " already"
	case sched.CauseTieName:
		return "scores are equal, and " + label(c.Node) + " comes first by name"
	}
	return ""
}

// sayRest tells everything else.
func (k *Case) sayRest(c sched.Cause, about subject) string {
	switch c.Kind {
	case sched.CauseTargetRole:
		return "target-role is " + c.ID + k.setOn(about.id, "target-role")
	case sched.CauseTicket:
		return fmt.Sprintf("ticket %s is %s (constraint %s)", c.Rule, k.ticketWords(c.Rule), c.ID)
	case sched.CauseDiscovery:
		return "resource-discovery=exclusive names other nodes only"
	case sched.CauseInstanceLimit:
		return fmt.Sprintf("%s has its instances of %s already (at most %d on a node)", label(c.Node), rscName(c.Resource), c.Limit)
	case sched.CauseCloneMax:
		return fmt.Sprintf("%s has all the instances that it shall have (%d)", rscName(c.Resource), c.Limit)
	case sched.CauseUtilization:
		if len(c.Names) == 0 {
			return "capacities of " + label(c.Node) + " count: what leaves makes room first"
		}
		return label(c.Node) + " has not enough capacity (" + strings.Join(c.Names, "; ") + ")"
	case sched.CauseContainer:
		return "it lives with " + rscName(c.Resource) + " (container or guest)"
	case sched.CauseMultiple:
		return fmt.Sprintf("it is active on %d nodes at once (multiple-active%s)", c.Count, orDefault(c.ID, "=stop_start"))
	case sched.CauseRemoved:
		return "it is no longer configured"
	case sched.CausePlacement:
		return "nothing speaks against " + label(c.Node)
	case sched.CauseDeclined:
		return fmt.Sprintf("%s on %s is promoted instead (promotion score %s against %s)", rscName(c.Resource), label(c.Node), crm.Score(c.Count), c.Score)
	case sched.CauseLoop:
		return "its colocations form a loop"
	}
	return k.sayAction(c)
}

func orDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return "=" + value
}

// sayAction tells what ties one action to another.
func (k *Case) sayAction(c sched.Cause) string {
	step := taskNoun(c.Task) + " of " + rscName(c.Resource)
	if c.Resource == nil {
		step = taskNoun(c.Task)
	}
	switch c.Kind {
	case sched.CauseOrder:
		return fmt.Sprintf("order %s ties it to the %s", c.ID, step)
	case sched.CauseMemberStep:
		return "the group's order ties it to the " + step
	case sched.CauseNeeds:
		return "it depends on the " + step
	case sched.CauseRestart:
		return "it goes together with its own " + taskNoun(c.Task)
	case sched.CausePart:
		return "it is part of the " + step
	case sched.CauseRemote:
		return "the connection to its node matters: the " + step
	case sched.CauseParameters:
		return "its parameters are no longer those that it runs with" + oneOf(c.Names)
	case sched.CauseAgent:
		return "another agent is configured than the one it runs with"
	case sched.CauseProbe:
		return "nobody knows yet whether it runs on " + label(c.Node)
	case sched.CauseRecurring:
		return fmt.Sprintf("a monitor every %s is configured", interval(c.Count))
	case sched.CauseNotWatched:
		return "this is no longer configured"
	case sched.CauseMigration:
		return "it can move while it runs (allow-migrate); the other end is " + label(c.Node)
	case sched.CauseExpired:
		return c.ID
	case sched.CauseNotice:
		return fmt.Sprintf("instances of %s are told of each %s (notify)", rscName(c.Resource), taskNoun(c.Task))
	case sched.CauseRole:
		return "its role becomes " + c.ID
	case sched.CauseOther:
		return c.ID
	case sched.CauseUnknown:
		return "no cause is on record"
	}
	return ""
}

// oneOf lists the parameters of which some changed: a history knows only a digest.
func oneOf(names []string) string {
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return " (" + names[0] + ")"
	case len(names) > 8:
		return ""
	}
	return " (of " + strings.Join(names, ", ") + ")"
}
