package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// scores tells the score of r on every node and what made it, the best node first. Of a
// group it is that of its first member: the others follow. Of a clone it is that of the
// instance that is, or could be, on the node.
func (k *Case) scores(r *state.Resource) []Score {
	type row struct {
		Score
		value crm.Score
	}
	var rows []row
	for _, n := range k.c.Nodes {
		p := k.judged(r, n)
		if p == nil || k.hidden(r, n) {
			continue
		}
		value, ok := k.res.Score(p, n)
		_, bad := k.res.NodeTrouble(n)
		s := Score{Node: n.Label(), Usable: ok && value >= 0 && !bad, Contributions: k.contributions(p, n)}
		if ok {
			s.Score = value.String()
		}
		rows = append(rows, row{s, value})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if a.Usable != b.Usable {
			if a.Usable {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.value, a.value)
	})
	out := make([]Score, len(rows))
	for i, each := range rows {
		out[i] = each.Score
	}
	return out
}

// contributions lists what made the score of p on n: equal causes added up, the heaviest
// first. What is the matter with the node comes before all.
func (k *Case) contributions(p *state.Resource, n *state.Node) []Contribution {
	type part struct {
		cause sched.Cause
		score crm.Score
	}
	var parts []part
	if c, bad := k.res.NodeTrouble(n); bad {
		c.Score = -crm.Infinity
		parts = append(parts, part{c, -crm.Infinity - 1})
	}
next:
	for _, c := range k.res.Contributions(p, n) {
		if c.Cause.Kind == sched.CauseInstanceLimit && len(parts) > 0 && parts[0].score < -crm.Infinity {
			continue // there is no room on a node that takes nothing
		}
		for i := range parts {
			o := &parts[i]
			if o.cause.Kind == c.Cause.Kind && o.cause.ID == c.Cause.ID && o.cause.Rule == c.Cause.Rule && o.cause.Resource == c.Cause.Resource {
				o.score = o.score.Add(c.Delta)
				continue next
			}
		}
		parts = append(parts, part{c.Cause, c.Delta})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(abs(b.score), abs(a.score)) })
	out := []Contribution{}
	for _, each := range parts {
		if each.score < -crm.Infinity {
			out = append(out, Contribution{Text: k.short(each.cause), Cause: causeJSON(each.cause)})
			continue
		}
		out = append(out, Contribution{Score: signed(each.score), Text: k.short(each.cause), Cause: causeJSON(each.cause)})
	}
	return out
}

func abs(s crm.Score) crm.Score { return max(s, -s) }

// short names a cause in a few words, for the table of scores.
func (k *Case) short(c sched.Cause) string {
	switch c.Kind {
	case sched.CauseLocation:
		return "location " + c.ID
	case sched.CauseMove:
		return "moved by command (" + c.ID + ")"
	case sched.CauseHealth:
		return "node health"
	case sched.CauseStickiness:
		return "stickiness"
	case sched.CauseColocation:
		return fmt.Sprintf("colocation %s with %s", c.ID, rscName(c.Resource))
	case sched.CauseMember:
		return "group: with " + rscName(c.Resource)
	case sched.CausePromotion:
		return "promotion score"
	case sched.CauseFailLimit:
		return "failed too often"
	case sched.CauseTicket:
		return "ticket " + c.Rule
	case sched.CauseContainer:
		return "with " + rscName(c.Resource)
	case sched.CauseTargetRole:
		return "target-role"
	case sched.CauseUnmanaged:
		return "unmanaged, stays"
	case sched.CauseNodeScore:
		return "the node's own score"
	case sched.CauseInstanceLimit:
		return "has its instances already"
	case sched.CauseUtilization:
		return "not enough capacity"
	case sched.CauseNodeUnclean:
		return label(c.Node) + " is lost"
	case sched.CauseStopFailed:
		return "could not be stopped"
	case sched.CauseHardError, sched.CauseFatalError, sched.CauseProbeFailed:
		return "its agent cannot run it"
	case sched.CauseOnFailStop, sched.CauseOnFailMigrate:
		return "failed (" + strings.Replace(c.Kind.String(), "on-fail-", "on-fail=", 1) + ")"
	case sched.CauseShutdownLock:
		return "locked to " + label(c.Node)
	case sched.CauseRemoved:
		return "no longer configured"
	case sched.CauseMultiple:
		return "was active several times"
	}
	return k.say(c, subject{})
}
