package sched

import (
	"github.com/tactus-ha/tactus/crm"
	"github.com/tactus-ha/tactus/pengine/state"
)

// Change is one line of a transition summary: what becomes of a resource or node.
type Change struct {
	Verb     string          // Start, Stop, Move, Recover, Migrate, Reload, Restart, Promote, Demote, Re-promote; Shutdown, Fence (reboot)
	Resource *state.Resource // nil for changes of nodes
	From, To *state.Node     // where it is and will be; nil: nowhere. For changes of nodes: From
	Role     crm.Role        // now
	Next     crm.Role        // then
	Reason   string
	Blocked  bool // it cannot be done
}

// changes tells what becomes of every node and resource.
func (p *plan) changes() []Change {
	var out []Change
	for i := len(p.actions) - 1; i >= 0; i-- {
		a := p.actions[i]
		if a.rsc != nil || a.Is(Optional) {
			continue
		}
		c := Change{From: a.Node(), Reason: a.Reason}
		switch a.Task {
		case taskShutdown:
			c.Verb = "Shutdown"
		case taskFence:
			c.Verb = "Fence (" + a.meta["stonith_action"] + ")"
		default:
			continue
		}
		out = append(out, c)
	}
	for _, r := range p.resources {
		out = p.changesOf(r, out)
	}
	return out
}

func (p *plan) changesOf(r *resource, out []Change) []Change {
	if r.isBundle() {
		for _, rep := range r.replicas {
			for _, part := range []*resource{rep.ip, rep.container, rep.remote, rep.child} {
				if part != nil {
					out = p.changesOf(part, out)
				}
			}
		}
		return out
	}
	if len(r.children) > 0 {
		for _, c := range r.children {
			out = p.changesOf(c, out)
		}
		return out
	}
	var current *node
	if len(r.active) > 0 {
		current = p.current(r)
		if r.role == roleStopped {
			r.role = roleStarted
		}
	}
	if current == nil && r.Removed || !r.is(fManaged) || current == nil && r.assigned == nil {
		return out
	}
	s := summarizer{p: p, r: r, current: current, next: r.assigned}
	s.findActions()
	return append(out, s.changes()...)
}

// summarizer puts what happens to one resource into words.
type summarizer struct {
	p                            *plan
	r                            *resource
	current, next                *node
	start, stop, promote, demote *Action
}

func (s *summarizer) first(task string, n *node) *Action {
	if list := s.r.actionsByKey(s.r.key(task), n); len(list) > 0 {
		return list[0]
	}
	return nil
}

func (s *summarizer) findActions() {
	s.start = s.first(taskStart, s.next)
	from := (*node)(nil)
	if s.start != nil && s.start.Is(Runnable) {
		from = s.current
	}
	s.stop = s.first(taskStop, from)
	if s.stop == nil && s.r.is(fStopUnexpected) {
		s.stop = s.first(taskStop, nil)
	}
	s.promote, s.demote = s.first(taskPromote, s.next), s.first(taskDemote, s.next)
}

// say makes a change; the reason is that of because, or of the action itself.
func (s *summarizer) say(verb string, from, to *node, a, because *Action) []Change {
	if a == nil || from == nil && to == nil {
		return nil
	}
	if because == nil {
		because = a
	}
	return []Change{{Verb: verb, Resource: s.r.Resource, From: stateNode(from), To: stateNode(to),
		Role: s.r.role, Next: s.r.next, Reason: because.Reason, Blocked: !a.Is(Runnable)}}
}

func (s *summarizer) moving() bool {
	return s.current != nil && s.next != nil && s.current != s.next
}

func (s *summarizer) changes() []Change {
	if s.r.role == s.r.next {
		return s.sameRole()
	}
	r, cur, next := s.r, s.current, s.next
	switch {
	case s.stop != nil && (r.next == roleStopped || s.start != nil && !s.start.Is(Runnable)):
		return s.stops()
	case s.stop != nil && r.all(fFailed|fStopIfFailed):
		return s.say("Recover", cur, next, s.stop, s.start)
	case s.moving():
		return s.say("Move", cur, next, s.stop, nil)
	case r.is(fReload):
		return s.say("Reload", cur, next, s.start, nil)
	case s.stop != nil && !s.stop.Is(Optional):
		return s.say("Restart", cur, next, s.start, nil)
	case r.role == rolePromoted:
		return s.say("Demote", cur, next, s.demote, nil)
	case r.next == rolePromoted:
		return s.say("Promote", cur, next, s.promote, nil)
	case r.role == roleStopped && r.next > roleStopped:
		return s.say("Start", cur, next, s.start, nil)
	}
	return nil
}

func (s *summarizer) sameRole() []Change {
	r, cur, next := s.r, s.current, s.next
	if next == nil {
		return nil
	}
	migrate := s.first(taskMigrateFrom, next)
	switch {
	case migrate != nil && cur != nil && migrate.Is(Runnable):
		return s.say("Migrate", cur, next, s.start, nil)
	case r.is(fReload):
		return s.say("Reload", cur, next, s.start, nil)
	case s.start == nil || s.start.Is(Optional):
		if s.demote != nil && s.promote != nil && !s.demote.Is(Optional) && !s.promote.Is(Optional) {
			return s.say("Re-promote", cur, next, s.promote, s.demote)
		}
		return nil
	case !s.start.Is(Runnable):
		cause := s.stop
		if s.stop == nil || s.stop.Reason == "" {
			cause = s.start
		}
		return s.say("Stop", cur, nil, s.stop, cause)
	case s.moving():
		if r.is(fFailed) {
			return s.say("Recover", cur, next, s.stop, nil)
		}
		return s.say("Move", cur, next, s.stop, nil)
	case r.is(fFailed):
		return s.say("Recover", cur, nil, s.stop, nil)
	}
	return s.say("Restart", cur, next, s.start, nil)
}

// stops: one line for every node where it runs.
func (s *summarizer) stops() []Change {
	var out []Change
	for _, n := range s.r.active {
		stop, cause := s.first(taskStop, n), s.start
		if stop != nil && stop.Reason != "" {
			cause = stop
		}
		out = append(out, s.say("Stop", n, nil, stop, cause)...)
	}
	return out
}

// Details says where and in which role: "node1", "node1 -> node2", "Stopped -> Promoted
// node1". It is "" for changes of nodes.
func (c Change) Details() string {
	if c.Resource == nil {
		return ""
	}
	withRole := c.Role > roleStarted || c.Next > roleUnpromoted
	sameRole, sameNode := c.Role == c.Next, c.From == c.To
	role, next := c.Role.String(), c.Next.String()
	from, to := c.From.Label(), c.To.Label()
	switch {
	case c.From == nil && withRole:
		return role + " -> " + next + " " + to
	case c.From == nil:
		return to
	case withRole && (c.To == nil || sameRole && sameNode):
		return role + " " + from
	case c.To == nil, sameRole && sameNode:
		return from
	case withRole && sameRole:
		return from + " -> " + to + " " + role
	case sameRole:
		return from + " -> " + to
	case sameNode:
		return role + " -> " + next + " " + from
	}
	return role + " " + from + " -> " + next + " " + to
}

// Because says why, and whether it is blocked: "due to colocation with db (blocked)".
func (c Change) Because() string {
	switch {
	case c.Reason != "" && c.Blocked:
		return "due to " + c.Reason + " (blocked)"
	case c.Reason != "":
		return "due to " + c.Reason
	case c.Blocked:
		return "blocked"
	}
	return ""
}

// String gives the change as one line of crm_simulate's transition summary, without its
// columns. Shutdowns and fencing without a reason read "": they are not listed.
func (c Change) String() string {
	if c.Resource == nil {
		if c.Reason == "" {
			return ""
		}
		name := c.From.Label()
		if r := c.From.Remote; r != nil && r.Launcher != nil && c.From.Kind == state.GuestNode {
			name += " (resource: " + string(r.Launcher.ID) + ")"
		}
		return c.Verb + " " + name + " '" + c.Reason + "'"
	}
	s := c.Verb + " " + string(c.Resource.ID) + " ( " + c.Details() + " )"
	if because := c.Because(); because != "" {
		s += " " + because
	}
	return s
}
