package report

import (
	"fmt"

	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/sched"
	"github.com/tactus-ha/tactus/pengine/state"
)

// TransitionSummary writes what a transition will do to nodes and resources.
func TransitionSummary(w *Writer, changes []sched.Change) {
	w.Begin("Transition Summary")
	rscWidth, detailWidth := 5, 5
	for _, c := range changes { // columns fit the longest name
		if c.Resource == nil {
			continue
		}
		if n := len(c.Resource.ID); n > rscWidth {
			rscWidth = n + 2
		}
		detailWidth = max(detailWidth, len(changeDetails(c)))
	}
	for _, c := range changes {
		if c.Resource == nil {
			nodeChange(w, c)
			continue
		}
		d := changeDetails(c)
		line := fmt.Sprintf("%-8s   %-*s   ( %*s )", c.Verb, rscWidth, c.Resource.ID, detailWidth, d)
		switch {
		case c.Reason != "" && c.Blocked:
			line += "  due to " + c.Reason + " (blocked)"
		case c.Reason != "":
			line += "  due to " + c.Reason
		case c.Blocked:
			line += "  blocked"
		}
		w.Item(line)
	}
	w.End()
}

// nodeChange writes what happens to a node; without a reason nothing is said.
func nodeChange(w *Writer, c sched.Change) {
	if c.Reason == "" {
		return
	}
	w.Item(c.Verb + " " + changedNode(c) + " '" + c.Reason + "'")
}

// changedNode is the node that something happens to, as displays name it.
func changedNode(c sched.Change) string {
	name := c.From.Label()
	if c.From != nil && c.From.Kind == state.GuestNode {
		name += " (resource: " + string(c.From.Remote.Launcher.ID) + ")"
	}
	return name
}

// changeDetails is the part in brackets: where from, where to, in which roles.
func changeDetails(c sched.Change) string {
	from, to := c.From.Label(), c.To.Label()
	needRole := c.Role > crm.RoleStarted || c.Next > crm.RoleUnpromoted
	sameRole, sameHost := c.Role == c.Next, c.From == c.To
	role, next := c.Role.String(), c.Next.String()
	switch {
	case needRole && c.From == nil:
		return role + " -> " + next + " " + to
	case c.From == nil:
		return to
	case needRole && c.To == nil, needRole && sameRole && sameHost:
		return role + " " + from
	case c.To == nil, sameRole && sameHost:
		return from
	case needRole && sameRole:
		return from + " -> " + to + " " + role
	case sameRole:
		return from + " -> " + to
	case sameHost:
		return role + " -> " + next + " " + from
	}
	return role + " " + from + " -> " + next + " " + to
}
